"""Random sequences of an owner's edits and of `archgen add`, and what became of the owner's lines."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.support.owner import Owner

TYPES = ("string", "text", "integer", "boolean", "date", "number")


@dataclass(frozen=True)
class Sequence:
    """How many commands merged without a conflict and with one; `lost`: the owner's lines that are nowhere, and files that rose again."""

    clean: int
    conflicting: int
    lost: tuple[str, ...]
    said: tuple[str, ...]


def draw_command(chance: random.Random, number: int, *, sql: bool) -> list[str]:
    """Something to add to the project of tests/growth/conftest.py, the like of which is not there."""
    kind = chance.choice(["field", "field", "entity", "module", "reference", *(["list", "required"] if sql else [])])
    entity = chance.choice(["catalog.book", "reviews.review"])
    if kind == "field":
        return ["add", "field", f"{entity}.field_{number}", "--type", chance.choice(TYPES)]
    if kind == "required":
        return ["add", "field", f"{entity}.count_{number}", "--type", "integer", "--required", "--value", "1"]
    if kind == "list":
        return ["add", "list", "catalog.book", chance.choice(["title", "-title", "price", "category,title"])]
    if kind == "reference":
        return ["add", "reference", f"{entity}.about_{number}", "--to", "catalog.book"]
    fields = "fields.name={type: string, required: true}"
    if kind == "entity":
        return ["add", "entity", f"{entity.split('.')[0]}.thing_{number}", "--set", fields]
    return ["add", "module", f"module_{number}", "--set", f"entities.part_{number}.{fields}"]


def run_sequence(
    folder: Path, seed: int, run: Callable[[list[str]], int], *, sql: bool, commands: int = 2, edits: int = 8
) -> Sequence:
    """Edits, a command, conflicts settled, and so on, in the project in `folder`; `run` runs a command there."""
    chance = random.Random(seed)
    owner = Owner(folder, chance)
    clean = conflicting = 0
    lost: list[str] = []
    for number in range(commands):
        owner.work(edits)
        command = draw_command(chance, number, sql=sql)
        code = run(command)
        owner.said.append(f"archgen {' '.join(command)}: {code}")
        if code == 2:  # that list is there already
            continue
        assert code in (0, 4), owner.said
        clean, conflicting = clean + (code == 0), conflicting + (code == 4)
        lost += [*owner.list_lost(), *(f"{path} is there again" for path in owner.list_risen())]
        owner.settle()
    return Sequence(clean, conflicting, tuple(lost), tuple(owner.said))


def list_seeds(count: int) -> Iterator[tuple[int, str]]:
    """Seeds, each with an architecture."""
    for seed in range(count):
        yield seed, ("monolith", "microservices", "serverless")[seed % 3]
