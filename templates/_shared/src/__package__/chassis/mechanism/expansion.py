"""Expansion: rows that others refer to, in the answer to a read that asks for them
(`expand=customer,lines.product`).

One query a step, however many rows refer to something. What the caller may not read, or
is not there, is left out: its id stays where it is.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol
from uuid import UUID

from pydantic_core import to_json

from .entity import Entity
from .identity import Caller
from .persistence import MAX_PAGE_BYTES
from .several import too_much

ROWS_MOST = 500  # different rows at the end of one step
BESIDE = 20  # bytes that a step adds to a row, besides its name and what came along
Tree = dict[str, "Tree"]  # the fields to follow, and those to follow from there


class Shown(Protocol):
    """A row, or what another module tells of one."""

    @property
    def id(self) -> UUID: ...


Load = Callable[[Caller, Sequence[UUID]], Awaitable[Sequence[Shown]]]


@dataclass(frozen=True, slots=True)
class Step:
    """A field that can be followed.

    `load`: those of these rows that the caller may read. `display`: the fields that are
    shown of each; all, if none. `then`: what can be followed from there.
    """

    load: Load
    display: tuple[str, ...] = ()
    then: Mapping[str, Step] = field(default_factory=dict)


class Expanded:
    """A row, and in `expanded` what it refers to: by field a row or None, or a list.

    Where nothing was to come along there is no `expanded`; all else is the row's own.
    """

    __slots__ = ("_row", "_size", "expanded")

    expanded: dict[str, Any]

    def __init__(self, row: Shown, size: int) -> None:
        self._row = row
        self._size = size  # bytes of what is shown, near enough

    def __getattr__(self, name: str) -> Any:
        return getattr(self._row, name)


async def expand(
    caller: Caller, rows: Sequence[Entity], asked: str | None, steps: Mapping[str, Step]
) -> list[Any]:
    """The rows, in the same order, `Expanded` where something was asked for
    (ValidationFailed: it is too much for one answer).
    """
    if asked is None:
        return list(rows)
    tree: Tree = {}
    for path in asked.split(","):
        here = tree
        for name in path.split("."):
            here = here.setdefault(name, {})
    found = [Expanded(row, len(to_json(row))) for row in rows]
    await _follow(caller, found, tree, steps)
    if sum(row._size for row in found) > MAX_PAGE_BYTES:
        raise too_much(f"it would have more than {MAX_PAGE_BYTES} bytes")
    return found


async def _follow(
    caller: Caller, rows: Collection[Expanded], tree: Tree, steps: Mapping[str, Step]
) -> None:
    """One step after the other, so that a request has one connection at a time."""
    for name, then in tree.items():
        step = steps[name]
        ids = {target: None for row in rows for target in _targets(row, name)}
        if len(ids) > ROWS_MOST:
            raise too_much(f"{name} leads to more than {ROWS_MOST} rows")
        loaded = await step.load(caller, list(ids)) if ids else ()
        found = {row.id: Expanded(row, _size(row, step)) for row in loaded}
        await _follow(caller, found.values(), then, step.then)
        for row in rows:
            _add(row, name, [found[one] for one in _targets(row, name) if one in found])


def _add(row: Expanded, name: str, along: Sequence[Expanded]) -> None:
    if not hasattr(row, "expanded"):
        row.expanded = {}
    several = isinstance(getattr(row, name), tuple)
    row.expanded[name] = along if several else next(iter(along), None)
    row._size += BESIDE + len(name) + sum(one._size for one in along)


def _targets(row: Expanded, name: str) -> Iterable[UUID]:
    """The ids that a field of a row holds: of a reference one at most."""
    value = getattr(row, name)
    if isinstance(value, tuple):
        return value
    return () if value is None else (value,)


def _size(row: Shown, step: Step) -> int:
    if not step.display:
        return len(to_json(row))
    return len(to_json({name: getattr(row, name) for name in ("id", *step.display)}))
