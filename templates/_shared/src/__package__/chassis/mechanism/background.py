"""Background work: event handlers and scheduled jobs (cron, intervals).

A module marks which of its methods they are.

Each has a name, `module.method`, by which it is delivered to, counted, logged and
replayed.
"""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from importlib import import_module
from importlib.util import find_spec
from typing import Any, TypeVar

from cronsim import CronSim

from .context import PartContext
from .stored_names import stored_name
from .tracing import Tracing
from .unit_of_work import current_handler

E = TypeVar("E")
S = TypeVar("S")
HANDLER_TIMEOUT = 15.0  # seconds that a handler may take
Handler = Callable[[S, E], Awaitable[None]]
Work = Callable[[S], Awaitable[None]]


def handles(kind: type[E]) -> Callable[[Handler[S, E]], Handler[S, E]]:
    """Marks a method that gets every event of this kind, again until it succeeds: it
    must be idempotent.
    """

    def mark(method: Handler[S, E]) -> Handler[S, E]:
        vars(method)["handles"] = kind
        return method

    return mark


def scheduled(
    when: str | timedelta, *, attempts: int = 3
) -> Callable[[Work[S]], Work[S]]:
    """Marks a method that the clock calls: by cron (`"0 3 * * *"`, in UTC), or at
    intervals. One copy of many runs it.
    """
    if isinstance(when, str):
        CronSim(when, datetime.now(UTC))  # it raises if that is none

    def mark(method: Work[S]) -> Work[S]:
        vars(method)["scheduled"] = (when, attempts)
        return method

    return mark


def marked(kind: type[object]) -> Iterator[tuple[str, Any]]:
    """The methods of a class that work in the background, by name."""
    for name, method in inspect.getmembers(kind, inspect.isfunction):
        if vars(method).keys() & {"handles", "scheduled"}:
            yield name, method


def asked(package: str, modules: Iterable[str]) -> list[str]:
    """The modules whose contracts the background of these takes: what the arguments of
    their `background` are called, but for the part.
    """
    found = [work for module in modules if (work := _background(package, module))]
    return sorted(
        {
            name
            for work in found
            for name in list(inspect.signature(work).parameters)[1:]
        }
    )


def _background(package: str, module: str) -> Callable[..., Iterable[object]] | None:
    if find_spec(f"{package}.{module}.background") is None:
        return None
    found = import_module(f"{package}.{module}.background")
    return getattr(found, "background", None)


@dataclass(frozen=True, slots=True)
class Job:
    """`module`: what its tables are kept under.

    `attempts`: how often a run is tried before it is given up until the next.
    """

    name: str
    module: str
    when: str | timedelta
    attempts: int
    work: Callable[[], Awaitable[None]]

    def after(self, moment: datetime) -> datetime:
        if isinstance(self.when, timedelta):
            return moment + self.when
        return next(CronSim(self.when, moment))


class Background:
    """All that works in the background of a part.

    `package`: the one that its modules are in.
    """

    def __init__(self, package: str, tracing: Tracing | None = None) -> None:
        self.package = package
        self._tracing = tracing or Tracing()
        self._handlers: dict[str, tuple[Any, Callable[[Any], Awaitable[None]]]] = {}
        self._targets: dict[str, list[str]] = {}
        self.jobs: dict[str, Job] = {}

    def add(
        self,
        part: PartContext,
        modules: Iterable[str],
        contracts: Mapping[str, object] | None = None,
    ) -> None:
        """What `background` of the modules makes, in their `background.py`, where they
        have one: objects with marked methods.

        `contracts`: by module what it can be asked, a service or a client, for those
        that take it as an argument of its name (LookupError: it is not among them).
        """
        given = contracts or {}
        for module in modules:
            work = _background(self.package, module)
            if work is None:
                continue
            wanted = asked(self.package, [module])
            if missing := [name for name in wanted if name not in given]:
                raise LookupError(
                    f"background() in the background.py of {module} asks {missing[0]}, which the root of its part in apps/ does not give: "
                    f"background.add(part, ..., {{{missing[0]!r}: ...}})"
                )
            for worker in work(part, **{name: given[name] for name in wanted}):
                for method, mark in marked(type(worker)):
                    self._add(module, method, vars(mark), getattr(worker, method))

    def targets(self, kind: str) -> Sequence[str]:
        """The handlers of this kind of event."""
        return self._targets.get(kind, ())

    def handlers_of(self, module: str) -> Mapping[str, Sequence[str]]:
        """By kind of event: the module's own handlers."""
        found: dict[str, list[str]] = {}
        for kind, names in self._targets.items():
            own = [name for name in names if name.startswith(f"{module}.")]
            if own:
                found[kind] = own
        return found

    async def deliver(self, handler: str, body: bytes) -> None:
        """Hands an event in its envelope to one handler (LookupError: it is not here;
        Refused: it cannot be read here).
        """
        if handler not in self._handlers:
            raise LookupError(f"there is no handler {handler}")
        kind, call = self._handlers[handler]
        event, trace = kind.from_cloudevent(body)
        token = current_handler.set(handler)
        try:
            with self._tracing.handling(f"handle {handler}", trace):
                async with asyncio.timeout(HANDLER_TIMEOUT):
                    await call(event)
        finally:
            current_handler.reset(token)

    def _add(
        self,
        module: str,
        method: str,
        mark: Mapping[str, Any],
        call: Callable[..., Awaitable[None]],
    ) -> None:
        name = f"{module}.{method}"
        if name in self._handlers or name in self.jobs:
            raise ValueError(
                f"{name} is there twice: give one of the methods another name"
            )
        if "handles" in mark:
            kind = mark["handles"]
            self._handlers[name] = kind, call
            self._targets.setdefault(kind.type, []).append(name)
        else:
            when, attempts = mark["scheduled"]
            kept = stored_name(self.package, module)
            self.jobs[name] = Job(name, kept, when, attempts, call)
