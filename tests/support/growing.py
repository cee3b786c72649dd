"""Sequences of an owner's edits and of commands that change the project, and what
became of both.

A command is one line of COMMANDS; what it says is drawn from the project's own record.
"""

from __future__ import annotations

import os
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import product
from pathlib import Path
from typing import Any

from tests.growth.conftest import ANSWERS
from tests.support.owner import RECORD, Owner, git, keep_sides, list_conflicts

from archgen import __version__
from archgen.generator import load_record
from archgen.growth.record.retiring import list_waiting

TYPES = (
    "string",
    "text",
    "integer",
    "boolean",
    "date",
    "number",
    "decimal",
    "datetime",
    "uuid",
    "json",
)
ARCHITECTURES = ("monolith", "microservices", "serverless")
DOMAINS: dict[str, dict[str, Any]] = {
    "library": ANSWERS,
    "tasks": {"name": "tasks", "preset": "crud"},
    "shop": {
        "name": "shop",
        "preset": "ecommerce",
        "workload": "ecommerce",
        "scope": "product",
    },
    "clinic": {
        "name": "clinic",
        "workload": "internal",
        "scope": "product",
        "modules": {
            "people": {
                "entities": {
                    "patient": {
                        "fields": {
                            "name": {
                                "type": "string",
                                "required": True,
                                "indexed": True,
                            },
                            "born": {"type": "date"},
                            "insured": {"type": "boolean", "default": True},
                        }
                    },
                    "doctor": {
                        "fields": {
                            "code": {
                                "type": "string",
                                "max_length": 9,
                                "unique": True,
                                "required": True,
                            }
                        }
                    },
                }
            },
            "visits": {
                "reacts_to": ["people.patient.deleted"],
                "entities": {
                    "visit": {
                        "lists": [["doctor", "-at"]],
                        "fields": {
                            "patient": {
                                "type": "reference",
                                "to": "people.patient",
                                "required": True,
                            },
                            "doctor": {
                                "type": "reference",
                                "to": "people.doctor",
                                "indexed": True,
                            },
                            "at": {"type": "datetime", "required": True},
                            "fee": {"type": "decimal", "default": "0"},
                        },
                    }
                },
            },
        },
    },
}


@dataclass(frozen=True)
class Draw:
    """What a command is about, drawn from the project in `folder`."""

    folder: Path
    chance: random.Random
    number: int

    @cached_property
    def record(self) -> dict[str, Any]:
        return load_record(self.folder / RECORD)

    @property
    def entities(self) -> list[tuple[dict[str, Any], dict[str, Any]]]:
        """Each with its module; of those that have no code of their own, where there
        are such.
        """
        modules = [module for module in self.record["modules"] if module["entities"]]
        found = [
            module for module in modules if module["kind"] == "entities"
        ] or modules
        return [(module, entity) for module in found for entity in module["entities"]]

    @property
    def module(self) -> str:
        return str(self.chance.choice(self.entities)[0]["name"])

    @property
    def entity(self) -> str:
        module, entity = self.chance.choice(self.entities)
        return f"{module['name']}.{entity['name']}"

    @property
    def field(self) -> str:
        module, entity = self.chance.choice(
            [one for one in self.entities if one[1]["fields"]] or self.entities
        )
        return f"{module['name']}.{entity['name']}.{self.chance.choice(entity['fields'])['name']}"

    @property
    def counted(self) -> str:
        """A field of numbers that rows may lack, where there is one."""
        found = [
            f"{module['name']}.{entity['name']}.{field['name']}"
            for module, entity in self.entities
            for field in entity["fields"]
            if field["type"] in ("integer", "number", "decimal")
            and not field["required"]
        ]
        return self.chance.choice(found) if found else self.field

    @property
    def parts(self) -> list[str]:
        """Two of the parts, where there are so many."""
        names = [str(part["name"]) for part in self.record["parts"]]
        return self.chance.sample(names, min(2, len(names)))

    def name(self, kind: str) -> str:
        """One that is not there."""
        return f"{kind}_{self.number}_{self.chance.randrange(1000)}"

    def one_of(self, *of: str) -> str:
        return self.chance.choice(of)


FIELDS = "fields.name={type: string, required: true}"
# how often, and what; a command that will not do for a project is refused, and has to
# leave it as it was
COMMANDS: list[tuple[int, Callable[[Draw], list[str]]]] = [
    (
        4,
        lambda d: [
            "add",
            "field",
            f"{d.entity}.{d.name('field')}",
            "--type",
            d.one_of(*TYPES),
        ],
    ),
    (
        1,
        lambda d: [
            "add",
            "field",
            f"{d.entity}.{d.name('count')}",
            "--type",
            "integer",
            "--required",
            "--value",
            "1",
        ],
    ),
    (
        1,
        lambda d: [
            "add",
            "field",
            f"{d.entity}.{d.name('kind')}",
            "--type",
            "enum",
            "--set",
            "values=[one, two]",
            "--indexed",
        ],
    ),
    (2, lambda d: ["add", "entity", f"{d.module}.{d.name('thing')}", "--set", FIELDS]),
    (
        2,
        lambda d: [
            "add",
            "module",
            d.name("module"),
            "--set",
            f"entities.{d.name('part')}.{FIELDS}",
        ],
    ),
    (
        2,
        lambda d: [
            "add",
            "reference",
            f"{d.entity}.{d.name('about')}",
            "--to",
            d.entity,
        ],
    ),
    (1, lambda d: ["add", "list", *_list(d)]),
    (1, lambda d: ["add", "reaction", d.module, f"{d.entity}.deleted"]),
    (1, lambda d: ["add", "option", "worker"]),
    (2, lambda d: ["rename", "field", d.field, d.name("renamed")]),
    (2, lambda d: ["rename", "entity", d.entity, d.name("renamed")]),
    (2, lambda d: ["remove", "field", d.field, "--cascade", "--yes"]),
    (1, lambda d: ["remove", "entity", d.entity, "--cascade", "--yes"]),
    (1, lambda d: ["remove", "module", d.module, "--cascade", "--yes"]),
    (1, lambda d: ["remove", "list", *_list(d, there=True)]),
    (
        1,
        lambda d: [
            "remove",
            "option",
            d.one_of("worker", "load_test", "openapi_docs", "cache", "broker"),
        ],
    ),
    (
        2,
        lambda d: [
            "change",
            "field",
            d.counted,
            "--set",
            "required=true",
            "--value",
            "1",
        ],
    ),
    (
        1,
        lambda d: [
            "change",
            "field",
            d.field,
            "--set",
            d.one_of("indexed=true", "required=false", "unique=true"),
        ],
    ),
    (
        4,
        lambda d: [
            "evolve",
            "--to",
            d.one_of(*(one for one in ARCHITECTURES if one != d.record["template"])),
        ],
    ),
    (1, lambda d: ["evolve", "--to", "serverless", "--database", "dynamodb"]),
    (
        2,
        lambda d: ["evolve", "--extract", d.chance.choice(d.record["modules"])["name"]],
    ),
    (2, lambda d: ["evolve", "--merge", ",".join(d.parts)]),
]


def _list(draw: Draw, *, there: bool = False) -> list[str]:
    """An entity, and the fields that a list of it is by."""
    having = [
        (f"{module['name']}.{entity['name']}", one)
        for module, entity in draw.entities
        for one in entity["lists"]
    ]
    if there and having:
        where, fields = draw.chance.choice(having)
        return [where, ",".join(fields)]
    module, entity, name = draw.field.split(".")
    return [f"{module}.{entity}", draw.one_of(name, f"-{name}")]


@dataclass(frozen=True)
class Sequence:
    """`merged`: the kinds of commands that were; `refused`: of those that were not;
    `lines`: how many the owner wrote. `conflicts`: paths, each with the command;
    `needless`: those that a person would not have made. `lost`: the owner's lines that
    are nowhere, files that rose again, and what else should not be. `said`: what was
    done, in turn.
    """

    merged: list[str]
    refused: list[str]
    lines: int
    conflicts: list[str]
    needless: list[str]
    lost: list[str]
    said: list[str]


def draw_command(draw: Draw) -> list[str]:
    """A project of a release before this one is updated before anything else; what
    waits to be contracted is, often.
    """
    if draw.record["archgen_version"] != __version__:
        return ["update"]
    if any(list_waiting(draw.record)) and draw.chance.random() < 0.3:
        return ["contract", "--yes"]
    weights = [weight for weight, _ in COMMANDS]
    command = draw.chance.choices([command for _, command in COMMANDS], weights)[0](
        draw
    )
    return (
        ["contract", "--yes"]
        if command[0] == "evolve" and any(list_waiting(draw.record))
        else command
    )


def run_sequence(
    folder: Path,
    seed: int,
    run: Callable[[list[str]], int],
    *,
    commands: int = 2,
    edits: int = 8,
    keep: Path | None = None,
) -> Sequence:
    """Edits, a command, conflicts settled, and so on, in the project in `folder`; `run`
    runs a command there; what conflicts without need is kept in `keep`.

    Now and then edits are not committed and the command is forced, is looked at first,
    or is taken back and given again.
    """
    chance = random.Random(seed)
    owner = Owner(folder, chance)
    merged: list[str] = []
    refused: list[str] = []
    conflicts: list[str] = []
    needless: list[str] = []
    lost: list[str] = []
    for number in range(commands):
        command = draw_command(Draw(folder, chance, number))
        forced = chance.random() < 0.15
        owner.work(edits)
        if forced:
            owner.scribble(2)
        flags = ["--no-input", *(["--force"] if forced else [])]
        before = _see(folder)
        if chance.random() < 0.1:
            run([*command, *flags, "--dry-run"])
            lost += [
                f"{path} was touched by a dry run" for path in _differ(folder, before)
            ]
        code = run([*command, *flags])
        owner.said.append(f"archgen {' '.join([*command, *flags])}: {code}")
        if code in (0, 4) and chance.random() < 0.1:
            taken_back = run([command[0], "--abort"])
            owner.said.append(f"archgen {command[0]} --abort: {taken_back}")
            lost += [
                f"{path} is not as before after --abort"
                for path in _differ(folder, before)
            ]
            code = run([*command, *flags])
        stopped = code == 4 and not git(folder, "ls-files", "--unmerged")
        if code in (2, 3) or stopped:
            refused.append(_kind(command))
            lost += [
                f"{path} was touched by a command that was refused"
                for path in _differ(folder, before)
            ]
            owner.commit("Mine too")
            continue
        if code not in (0, 4):
            lost.append(f"exit {code}")
            break
        merged.append(_kind(command))
        if command[0] in ("evolve", "update"):
            owner.gone.clear()  # what another architecture or release has no more may come with the next
        found = list_conflicts(folder)
        conflicts += [f"{' '.join(command)}: {path}" for path in found]
        for path in (path for path, needs_none in found.items() if needs_none):
            needless.append(path)
            if keep:
                keep_sides(folder, path, keep / f"{number}-{path.replace('/', '-')}")
        lost += [
            *owner.list_lost(),
            *(f"{path} is there again" for path in owner.list_risen()),
        ]
        owner.settle()
    return Sequence(merged, refused, owner.lines, conflicts, needless, lost, owner.said)


def _kind(command: list[str]) -> str:
    """A command without what it is about."""
    return " ".join(word for word in command[:2] if word.removeprefix("--") != "yes")


def _see(folder: Path) -> dict[Path, tuple[bytes, int]]:
    """All that lies there but what git keeps for itself; of a link what it says."""
    return {
        path: (
            os.fsencode(os.readlink(path)) if path.is_symlink() else path.read_bytes(),
            path.lstat().st_mode,
        )
        for path in folder.rglob("*")
        if (path.is_file() or path.is_symlink())
        and ".git" not in path.relative_to(folder).parts
    }


def _differ(folder: Path, before: dict[Path, tuple[bytes, int]]) -> list[str]:
    now = _see(folder)
    return sorted(
        path.relative_to(folder).as_posix()
        for path in before.keys() | now.keys()
        if before.get(path) != now.get(path)
    )


@dataclass(frozen=True)
class Start:
    """What a sequence begins with; `older`: as a release before this one wrote it."""

    seed: int
    architecture: str
    domain: str
    older: bool = False


def list_starts(count: int, domains: int = len(DOMAINS)) -> Iterator[Start]:
    """Each architecture and domain in turn; of four rounds one with projects of an
    older release.
    """
    pairs = list(product(list(DOMAINS)[:domains], ARCHITECTURES))
    for seed in range(count):
        domain, architecture = pairs[seed % len(pairs)]
        yield Start(seed, architecture, domain, older=seed // len(pairs) % 4 == 1)
