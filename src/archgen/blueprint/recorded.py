"""The blueprint and the history in a record, held to what archgen writes: people edit
`archgen.yaml` by hand, and merge it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import ValidationError

from archgen.blueprint.history import History
from archgen.blueprint.schema import Blueprint
from archgen.errors import ArchgenError
from archgen.requirements import Requirements

# Of a record, beside the blueprint.
BESIDE = {
    "archgen_version",
    "answers",
    "requirements",
    "recommendation",
    "evolutions",
    "history",
}
# of an evolution, what its decision record says
_TOLD = ("file", "asked", "before", "after", "changes", "moves")


def read_recorded(
    record: Mapping[str, Any], *, strict: bool = False
) -> tuple[Blueprint, dict[str, History]]:
    """What is built, and how its tables came about, by module; ArchgenError, with the
    place: archgen writes no such record.

    What people add at the top level is theirs; `strict`: it is refused, since it may be
    what another version wrote.
    """
    said = {
        key: value
        for key, value in record.items()
        if key not in BESIDE and (strict or key in Blueprint.model_fields)
    }
    history = record.get("history", {})
    try:
        blueprint = Blueprint.model_validate(said)
        if not isinstance(history, Mapping):
            raise _unread(record, "history", "is not a mapping")
        past = {name: History.model_validate(one) for name, one in history.items()}
        Requirements.model_validate(record.get("requirements"))
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"]))
        raise _unread(
            record, place or error.title.lower(), first["msg"].lower()
        ) from None
    for place in _list_missing(record, blueprint):
        raise _unread(record, place, "is not there")
    return blueprint, past


def _list_missing(record: Mapping[str, Any], blueprint: Blueprint) -> Iterator[str]:
    """What else is read of a record, by its dotted name, where that is not there."""
    if not isinstance(record.get("answers"), Mapping):
        yield "answers"
    if not blueprint.modules:
        yield "modules"
    if "architecture" not in (record.get("recommendation") or {}):
        yield "recommendation.architecture"
    for number, evolution in enumerate(record.get("evolutions", ())):
        yield from (
            f"evolutions.{number}.{key}" for key in _TOLD if key not in evolution
        )


def _unread(record: Mapping[str, Any], place: str, says: str) -> ArchgenError:
    return ArchgenError(
        f"archgen.yaml is no record of archgen {record['archgen_version']}: {place}: {says}",
        "restore it from git; if it is as archgen wrote it, this is a defect: please report it",
    )
