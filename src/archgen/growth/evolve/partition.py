"""Which modules are to run together: what `--to`, `--extract` and `--merge` make of the
parts of a project.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from archgen.blueprint.build import default_parts, part_name
from archgen.blueprint.schema import TEMPLATES, Template
from archgen.errors import InputError
from archgen.text import shown, suggest

Parts = dict[str, list[str]]


@dataclass(frozen=True, slots=True)
class Partition:
    """`said`: the parts as answers say them, empty where they are those that the
    architecture has anyway.

    `aside`: what the answers said of parts, which this architecture has no use for.
    """

    template: Template
    said: Parts
    aside: Parts


def partition(
    record: Mapping[str, Any],
    to: str | None,
    extract: Sequence[str],
    merge: Sequence[str],
    exactly: Mapping[str, Sequence[str]] | None = None,
) -> Partition:
    """The parts that are asked for, or that `exactly` says; InputError where the
    project has none such.
    """
    names = [module["name"] for module in record["modules"]]
    parts: Parts = {part["name"]: list(part["modules"]) for part in record["parts"]}
    template: Template = record["template"]
    if to is not None and exactly is not None:
        template, parts = (
            _template(to),
            {part: list(inside) for part, inside in exactly.items()},
        )
    elif extract:
        template, parts = (
            "microservices" if template == "monolith" else template,
            _extract(parts, names, extract),
        )
    elif merge:
        parts = _merge(parts, names, merge)
        if template == "microservices" and len(parts) == 1:
            template, parts = "monolith", {}
    elif to is not None:
        return _go(record, to, names)
    usual = {
        part: list(inside) for part, inside in default_parts(template, names).items()
    }
    return Partition(template, {} if parts == usual else parts, {})


def _go(record: Mapping[str, Any], to: str, names: Sequence[str]) -> Partition:
    """The parts that its owner named, where the architecture has several as they have,
    else its usual ones.
    """
    target = _template(to)
    if target == record["template"]:
        return Partition(target, {}, {})
    one = target == "monolith"
    own = [record["answers"].get("parts") or {}, _last(record).get("parts", {})]
    own = [
        parts
        for parts in own
        if sorted(name for inside in parts.values() for name in inside) == sorted(names)
    ]
    fitting = [parts for parts in own if (len(parts) == 1) == one]
    others = [parts for parts in own if (len(parts) == 1) != one]
    return Partition(
        target, dict(next(iter(fitting), {})), dict(next(iter(others), {}))
    )


def _last(record: Mapping[str, Any]) -> Mapping[str, Any]:
    """What the last evolution put aside."""
    evolutions = record.get("evolutions") or [{}]
    aside: Mapping[str, Any] = evolutions[-1].get("aside", {})
    return aside


def _template(word: str) -> Template:
    found = next((template for template in TEMPLATES if template == word), None)
    if found is None:
        raise InputError.at(
            "--to", f"{shown(word)} is not an architecture", _meant(word, TEMPLATES)
        )
    return found


def _extract(parts: Parts, names: Sequence[str], modules: Sequence[str]) -> Parts:
    for module in modules:
        if module not in names:
            raise InputError.at(
                "--extract",
                f"there is no module {shown(module)}",
                _meant(module, names),
            )
        home = next(part for part, inside in parts.items() if module in inside)
        if parts[home] == [module]:
            hint = f"it is the part {home}"
            raise InputError.at(
                "--extract", f"{module} has a part of its own already", hint
            )
        left = {
            part: [name for name in inside if name != module]
            for part, inside in parts.items()
        }
        own = part_name(module)
        parts = {**left, own if own not in left else f"{module}_part": [module]}
    return parts


def _merge(parts: Parts, names: Sequence[str], merged: Sequence[str]) -> Parts:
    for part in merged:
        if part not in parts:
            raise InputError.at(
                "--merge", f"there is no part {shown(part)}", _meant(part, parts)
            )
    first, *others = dict.fromkeys(merged)
    if not others:
        raise InputError.at(
            "--merge",
            f"{first} alone cannot become one",
            f"there are {', '.join(parts)}; name two or more",
        )
    together = {name for part in (first, *others) for name in parts[part]}
    kept = {part: inside for part, inside in parts.items() if part not in others}
    return {**kept, first: [name for name in names if name in together]}


def _meant(word: str, known: Iterable[str]) -> str:
    there = list(known)
    return suggest(word, there, f"there are {', '.join(there)}")
