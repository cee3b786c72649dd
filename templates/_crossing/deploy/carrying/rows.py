"""Rows as both sides tell of them: an entity, a key, and the canonical form, which is the
entity's own JSON with its keys sorted; and what many of them add up to.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from functools import cached_property
from importlib import import_module
from importlib.util import find_spec
from typing import Any, get_type_hints

PROCESSED = "processed"  # requests and events that were dealt with, among entities
BUCKETS = 1024  # that sums are kept in, so that what differs is found by reading little
MODULUS = 2**128
# where rows are to arrive: others are there, or no table is
FOREIGN, LACKING = "foreign", "lacking"
# days that what was dealt with is remembered, by either database
REMEMBERED = 30
Row = tuple[str, str, str | None]  # entity, key, canonical form; None: it is gone


def units(
    package: str, modules: Iterable[str], database: Any, events: Any
) -> dict[str, Any]:
    """A unit of work of each module that keeps rows.

    `database`: of a module, by its name.
    """
    base = import_module(f"{package}.chassis.mechanism.unit_of_work").BaseUnitOfWork
    found = {}
    for module in modules:
        place = f"{package}.{module}.repository"
        if find_spec(place) is None:
            continue
        kinds = [
            kind
            for kind in vars(import_module(place)).values()
            if isinstance(kind, type) and issubclass(kind, base)
        ]
        for kind in kinds:
            if "module" in vars(kind):
                more = (events,) if hasattr(kind, "publish") else ()
                found[module] = kind(database(module), None, *more)
    return found


def repositories(package: str, unit: Any) -> dict[str, Any]:
    """A unit's repositories, by the names that both sides have for them."""
    base = import_module(f"{package}.chassis.mechanism.unit_of_work").BaseRepository
    return {
        name: found for name, found in vars(unit).items() if isinstance(found, base)
    }


class Known:
    """What a side knows by its own code: its units of work, by module."""

    units: dict[str, Any]
    _package: str

    @cached_property
    def repositories(self) -> dict[str, dict[str, Any]]:
        return {
            module: repositories(self._package, unit)
            for module, unit in self.units.items()
        }

    async def describe(self) -> dict[str, Any]:
        """By module and entity, its fields and their types."""
        return {
            module: {entity: shape(found) for entity, found in entities.items()}
            for module, entities in self.repositories.items()
        }

    def row(self, module: str, entity: str, form: str) -> Any:
        """Of its canonical form."""
        return self.repositories[module][entity]._codec.adapter.validate_json(form)


def shape(repository: Any) -> dict[str, str]:
    hints = get_type_hints(repository._codec.entity)
    return {name: str(hint) for name, hint in hints.items()}


def canonical(repository: Any, row: Any) -> str:
    document = repository._codec.adapter.dump_json(row)
    return json.dumps(json.loads(document), sort_keys=True, ensure_ascii=False)


def digest(key: str, form: str) -> int:
    return int.from_bytes(hashlib.sha256(f"{key}\0{form}".encode()).digest()[:16])


def bucket(key: str) -> int:
    return digest(key, "") % BUCKETS


class Sums:
    """How many rows of each entity there are, and the sum of their digests, which is the
    same in whatever order they come.
    """

    def __init__(self, wanted: Mapping[str, Iterable[int]] | None = None) -> None:
        """`wanted`: buckets by entity whose rows are told one by one."""
        self.counts: dict[str, int] = {}
        self.sums: dict[str, dict[int, int]] = {}
        self.rows: list[tuple[str, str, str]] = []
        self._wanted = {name: set(found) for name, found in (wanted or {}).items()}

    def add(self, entity: str, key: str, form: str) -> None:
        place, value = bucket(key), digest(key, form)
        self.counts[entity] = self.counts.get(entity, 0) + 1
        sums = self.sums.setdefault(entity, {})
        sums[place] = (sums.get(place, 0) + value) % MODULUS
        if place in self._wanted.get(entity, ()):
            self.rows.append((entity, key, f"{value:032x}"))

    def told(self) -> dict[str, Any]:
        return {
            "counts": self.counts,
            "sums": {
                entity: {str(place): f"{value:032x}" for place, value in sums.items()}
                for entity, sums in self.sums.items()
            },
            "rows": self.rows,
        }
