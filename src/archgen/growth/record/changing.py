"""What `change` does to the answers of a project: a field that is there says something
else.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from archgen.errors import IncompatibleError, InputError
from archgen.growth.record.edits import Answers
from archgen.growth.record.records import find_entity
from archgen.options import provided

# What makes another column of another meaning, in which what is in rows says nothing.
_FIXED = ("type", "to", "scale", "of", "fields", "ordered", "from")


class Changes(Answers):
    def change_field(
        self, module: str, entity: str, name: str, said: Mapping[str, Any]
    ) -> None:
        """`said`: what is to be otherwise; a key that is null is said no more."""
        place = f"{module}.{entity}.{name}"
        spec = self._field(module, entity, name)
        if not said:
            raise InputError.at(
                "--set",
                "nothing is said that is to be otherwise",
                "--set max_length=80",
            )
        for key in _FIXED:
            if key in said and said[key] != spec.get(key):
                raise IncompatibleError(
                    f"{place}.{key}: what is in rows would mean something else",
                    "add another field, and move what is in this one",
                )
        gone = [
            value
            for value in spec.get("values", ())
            if "values" in said and value not in (said["values"] or ())
        ]
        if gone:
            raise IncompatibleError(
                f"{place}.values: rows may have {', '.join(gone)}",
                "leave them, and refuse them in domain.py if need be",
            )
        for key, value in said.items():
            if value is None:
                spec.pop(key, None)
            else:
                spec[key] = value


def list_read_otherwise(
    before: Mapping[str, Any], after: Mapping[str, Any], places: Sequence[str]
) -> list[str]:
    """What of changed fields the code that runs now cannot read in rows of the new one,
    as its user reads it.
    """
    found = []
    for place in places:
        old, new = _field(before, place), _field(after, place)
        if new["nullable"] and not old["nullable"]:
            found.append(
                f"{place}: the version of the code that runs now cannot read rows that lack it; stop it before"
            )
        if set(new["values"]) - set(old["values"]):
            found.append(
                f"{place}: the version of the code that runs now cannot read rows with a new value; stop it before"
            )
        if new["unique"] and not old["unique"]:
            found.append(
                f"{place}: where two rows share a value, the migration stops and nothing is changed"
                if "sql" in provided(after["stack"])
                else f"{place}: where two rows share a value, make backfill names them, and what the first of them has is taken"
            )
    return found


def _field(record: Mapping[str, Any], place: str) -> Mapping[str, Any]:
    module, entity, name = place.split(".")
    found: Mapping[str, Any] = next(
        one
        for one in find_entity(record, module, entity)["fields"]
        if one["name"] == name
    )
    return found
