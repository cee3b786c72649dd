"""The steps of a carrying, each of which may be done again.

Rows are copied while writes go on, what changes is read from a log, writes pause, both
sides are compared, and only then the old side is shut and the new one may be asked.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

from carrying.asking import Asked, Wrong
from carrying.rows import FOREIGN, LACKING
from moving.gate import ARRIVED, ARRIVING, LEFT, STAYS

FEW = 50  # changes that a pause may begin with
PASSES = 200  # over the log, before it is told that it grows faster
COMPARING = 0.5  # the share of a pause that comparing may take
PAUSES = 3  # one that is too short is followed by others
# rows that expire so soon are not compared: either side may delete them at any moment
EXPIRING = timedelta(minutes=10)
SHOWN = 10  # of what differs


class Refused(Exception):
    """What cannot be carried, or not now; it says why, and what to do."""


class Late(Exception):
    """The pause is over."""


class Carrying:
    made = "table is not there: deploy this version first, to where STACK says"

    def __init__(
        self,
        old: Asked,
        new: Asked,
        tell: Callable[[str], None],
        pause: float,
    ) -> None:
        """`old`: the side that has the rows, in tables; `new`: the one that keeps them as
        items. `pause`: seconds that writes may be refused.
        """
        self._old, self._new, self._tell, self._pause = old, new, tell, pause
        self._modules: list[str] = []
        self._copied = 0

    def run(self) -> None:
        """Carries all, or goes on where it was killed (Refused, Wrong)."""
        self._check_shapes()
        states, gates = self._new.ask("states"), self._old.ask("gates")
        self._check_states(states)
        if set(states.values()) == {ARRIVED}:
            self._end()  # where it was killed before that
            self._tell("the rows have arrived: nothing is left to do")
            return
        if set(gates.values()) != {LEFT}:
            for module in gates:
                if gates[module] not in ("", STAYS):  # a pause that was killed
                    self._old.ask("open", module=module)
            self._check()
            self._begin()
            self._copy()
            self._catch_up()
            self._rehearse()
            self._cross()
        self._finish()

    def undo(self) -> None:
        """Has the old side as if nothing had been."""
        self._refuse_undo()
        self._old.ask("end", undo=True)
        self._tell(
            "writes are taken where they were, and the log is gone; what was copied stays in the tables of the new side until they are deleted"
        )

    def _refuse_undo(self) -> None:
        """Once the old side is shut for good there is no way but on (Refused)."""
        if LEFT in self._old.ask("gates").values():
            raise Refused(
                "the old side is shut for good, and the new one may have begun to work: run it to its end, and carry the rows back then"
            )

    def _check_shapes(self) -> None:
        """That both sides have the same entities."""
        old, new = self._old.ask("describe"), self._new.ask("describe")
        wrong = [
            f"{module}.{entity} is not the same on both sides: FROM is to be the version that `archgen evolve` began with, and no other"
            for module in sorted({*old, *new})
            for entity in sorted({*old.get(module, {}), *new.get(module, {})})
            if old.get(module, {}).get(entity) != new.get(module, {}).get(entity)
        ]
        if wrong:
            raise Refused("\n".join(wrong))
        self._modules = sorted(old)

    def _check_states(self, states: Mapping[str, str]) -> None:
        wrong = []
        for module, state in states.items():
            if state == LACKING:
                wrong.append(f"{module}: its {self.made}")
            if state == FOREIGN:
                wrong.append(
                    f"{module}: the new side has rows of it that were not carried there, which would be lost: delete them, or say another place"
                )
            if state == ARRIVED and set(states.values()) != {ARRIVED}:
                wrong.append(f"{module}: its rows have arrived: name the others alone")
        if wrong:
            raise Refused("\n".join(wrong))

    def _check(self) -> None:
        """Everything that could be in the way, before anything is written."""
        wrong = self._old.ask("check")
        hear = {tuple(found) for found in self._new.ask("handlers")}
        for module in self._modules:
            kinds = {
                (event["type"], event["handler"])
                for event in self._old.ask("pending", module=module)
            }
            wrong += [
                f"{module}: {kind} waits for {handler}, which this version does not have: let the old one deliver it first"
                for kind, handler in sorted(kinds - hear)
            ]
        if wrong:
            raise Refused("\n".join(wrong))
        if all(self._places().values()):
            return  # all rows that were there have been looked at
        self._tell("looking at all rows, whether the new side can keep them")
        for module in self._modules:
            for rows, _ in self._pages(module, ""):
                wrong += self._new.ask("fit", module=module, rows=rows)
            self._refuse(wrong)

    def _refuse(self, wrong: Sequence[str]) -> None:
        if wrong:
            more = f"\nand {len(wrong) - SHOWN} more" if len(wrong) > SHOWN else ""
            raise Refused("\n".join(wrong[:SHOWN]) + more)

    def _begin(self) -> None:
        self._old.ask("begin")
        self._new.ask("mark", state=ARRIVING)
        for module, place in self._places().items():
            if place is None:
                self._keep(module, "")

    def _keep(self, module: str, place: str) -> None:
        self._old.ask("keep", module=module, place=place)

    def _end(self) -> None:
        self._old.ask("end")

    def _places(self) -> dict[str, str | None]:
        return {
            module: self._old.ask("progress", module=module) for module in self._modules
        }

    def _copy(self) -> None:
        """The rows that are there; where it has got to is kept."""
        for module, place in self._places().items():
            if place == "end":
                continue
            self._tell(
                f"{module}: rows are being copied{', from where that stopped' if place else ''}"
            )
            count = 0
            for rows, place_behind in self._pages(module, place or ""):
                self._new.ask("put", module=module, rows=rows)
                self._keep(module, place_behind)
                count += len(rows)
            self._tell(f"{module}: {count} rows are copied")

    def _pages(self, module: str, place: str) -> Iterator[tuple[list[Any], str]]:
        """Each is read while the one before is dealt with."""
        self._old.start("page", module=module, place=place)
        while place != "end":
            rows, place = self._old.answer()
            yield rows, place
            if place != "end":
                self._old.start("page", module=module, place=place)

    def _catch_up(self, few: int = FEW) -> None:
        """Until no more has changed than that."""
        for _ in range(PASSES):
            if max(self._drain(module) for module in self._modules) <= few:
                return
        raise Refused("more is written than can be copied: try it when less is")

    def _drain(self, module: str) -> int:
        """Has the new side follow what is in the log; gives how much was found."""
        found = 0
        while True:
            rows, entries = self._old.ask("changes", module=module)
            if not entries:
                return found
            self._new.ask("put", module=module, rows=rows)
            self._old.ask("forget", module=module, entries=entries)
            found += len(entries)
            if len(entries) < FEW:
                return found

    def _rehearse(self) -> None:
        """Compares while writes go on: what differs is copied anew, and how long it takes
        is known before anything is refused (Refused: longer than a pause may be).
        """
        self._tell("comparing both sides, while writes go on")
        begun = time.monotonic()
        differing = self._compare()
        took = time.monotonic() - begun
        for module, rows in differing.items():
            if rows:
                self._old.ask("note", module=module, rows=[row[:2] for row in rows])
        self._catch_up()
        self._check_time(took)

    def _check_time(self, took: float) -> None:
        """That a pause is long enough for so many seconds of comparing (Refused)."""
        if took > COMPARING * self._pause:
            raise Refused(
                f"comparing takes {took:.0f} s, so writes would be refused for some {took / COMPARING:.0f} s: if they may be, PAUSE={took / COMPARING + 5:.0f}"
            )

    def _cross(self) -> None:
        for left in reversed(range(PAUSES)):
            begun = time.monotonic()
            try:
                with self._paused() as until:
                    self._catch_up(few=0)
                    self._check_pending()
                    self._check_same(self._compare())
                    if time.monotonic() - begun > self._pause * 0.9:
                        raise Late
                    for module, moment in until.items():
                        self._old.ask("close", module=module, until=moment)
            except Late:
                if not left:
                    raise Refused(
                        f"{self._pause:.0f} s are too short: say more by PAUSE="
                    ) from None
                self._tell("the pause was too short: once more")
                self._catch_up()
            else:
                self._tell(
                    f"writes are refused for good in the old database, {time.monotonic() - begun:.1f} s after they paused"
                )
                return

    @contextmanager
    def _paused(self) -> Iterator[dict[str, str]]:
        """Writes pause in all modules; taken again where this fails."""
        until: dict[str, str] = {}
        try:
            for module in self._modules:
                until[module] = self._old.ask(
                    "pause", module=module, seconds=self._pause
                )
            self._tell("writes pause")
            yield until
        except BaseException as error:
            for module in self._modules:
                self._old.ask("open", module=module)
            self._tell("writes are taken again in the old database")
            if isinstance(error, Wrong) and "the pause is over" in str(error):
                raise Late from error
            raise

    def _check_pending(self) -> None:
        self._refuse(self._old.ask("check"))

    def _compare(self) -> dict[str, list[Any]]:
        """By module, the rows that differ: entity, key."""
        until = (datetime.now(UTC) + EXPIRING).isoformat()
        found: dict[str, list[Any]] = {}
        self._copied = 0
        for module in self._modules:
            old, new = self._both("sums", module=module, until=until)
            found[module] = []
            self._copied += sum(old["counts"].values())
            should, is_there = new.get("derived", ("", ""))
            wanted = _differing(old["sums"], new["sums"])
            if wanted:
                old, new = self._both("sums", module=module, until=until, wanted=wanted)
                rows = {tuple(row) for row in old["rows"]} ^ {
                    tuple(row) for row in new["rows"]
                }
                found[module] = sorted({row[:2] for row in rows})
            elif should != is_there:
                raise Refused(
                    f"{module}: its rows are the same, but what they bring along is not (places in lists, unique values, links, counts of references): delete its items in the new side, UNDO=1, and begin anew"
                )
        return found

    def _both(self, do: str, **what: Any) -> tuple[Any, Any]:
        """What both sides answer, who work at once."""
        self._old.start(do, **what)
        self._new.start(do, **what)
        try:
            new = self._new.answer()
        finally:
            old = self._old.answer()
        return old, new

    def _check_same(self, differing: Mapping[str, Sequence[Any]]) -> None:
        wrong = [
            f"{module}: {key} of {entity} is not the same on both sides"
            for module, rows in differing.items()
            for entity, key in rows
        ]
        self._refuse(wrong)

    def _finish(self) -> None:
        """What was to be delivered follows; each step may be done again."""
        events = 0
        for module in self._modules:
            pending = self._old.ask("pending", module=module)
            self._new.ask("deliver", module=module, events=pending)
            events += len(pending)
        self._new.ask("mark", state=ARRIVED)
        self._end()
        counted = (
            f"{self._copied} rows are the same on both sides, and "
            if self._copied
            else ""
        )
        self._tell(
            f"{counted}{events} events that waited have followed: clients may be switched to the new side now"
        )


def _differing(
    old: Mapping[str, Mapping[str, str]], new: Mapping[str, Mapping[str, str]]
) -> dict[str, list[int]]:
    """By entity, the buckets whose sums are not the same."""
    found = {}
    for entity in {*old, *new}:
        here, there = old.get(entity, {}), new.get(entity, {})
        places = [
            int(place)
            for place in {*here, *there}
            if here.get(place) != there.get(place)
        ]
        if places:
            found[entity] = places
    return found
