"""The steps of a carrying from items back to tables.

Items have no log of their own that outlasts a day, and what a pause has to read anyway,
to compare, says what has changed: rows are copied, and what differs is copied again, at
first while writes go on, and then, when no function runs any more, to the last.
"""

from __future__ import annotations

import time
from typing import Any

from carrying.rows import FOREIGN
from carrying.steps import FEW, Carrying, Refused
from moving.gate import ARRIVED, ARRIVING, LEFT, STAYS

ROUNDS = 10  # of comparing and copying again, while writes go on


class CarryingBack(Carrying):
    """`old`: the side that has the rows, as items; `new`: the one that keeps them in
    tables.
    """

    made = "tables are not there: make migrate first, in the database of ROWS_URL"

    def run(self) -> None:
        """Carries all, or goes on where it was killed (Refused, Wrong)."""
        self._check_shapes()
        states, gates = self._new.ask("states"), self._old.ask("gates")
        if set(gates.values()) == {LEFT} and {*states.values()} <= {ARRIVED, FOREIGN}:
            self._end()  # where it was killed before that
            self._tell("the rows have arrived: nothing is left to do")
            return
        self._check_states(states)
        if set(gates.values()) != {LEFT}:
            if set(gates.values()) != {STAYS}:  # a pause that was killed
                self._old.ask("start")
            self._check()
            self._new.ask("mark", state=ARRIVING)
            self._copy()
            self._rehearse()
            self._cross()
        self._finish()

    def undo(self) -> None:
        """Has the old side as if nothing had been."""
        self._refuse_undo()
        self._old.ask("start")
        self._tell(
            "functions work as before; the new tables keep what was copied, and take no writes"
        )

    def _check(self) -> None:
        wrong = self._new.ask("ready") + self._old.ask("check")
        if not wrong and not all(self._places().values()):
            self._tell("looking at all rows, whether the new side can keep them")
            for module in self._modules:
                for rows, _ in self._pages(module, ""):
                    wrong += self._new.ask("fit", module=module, rows=rows)
        self._refuse(wrong)

    def _heal(self) -> int:
        """Copies again what differs; gives how much that was."""
        differing = self._compare()
        for module, rows in differing.items():
            for start in range(0, len(rows), FEW):
                keys = rows[start : start + FEW]
                told = self._old.ask("read", module=module, keys=keys)
                self._new.ask("put", module=module, rows=told)
        return sum(map(len, differing.values()))

    def _rehearse(self) -> None:
        self._tell("comparing both sides, while writes go on")
        for _ in range(ROUNDS):
            begun = time.monotonic()
            if self._heal() <= FEW:
                break
        self._check_time(3 * (time.monotonic() - begun))

    def _cross(self) -> None:
        try:
            for background in (True, False):
                longest = self._old.ask("stop", background=background)
                time.sleep(longest)  # what they have begun ends by then
            self._tell("no function works")
            begun = time.monotonic()
            self._refuse(self._old.ask("check"))
            while self._heal():  # once, and again where unique values change hands
                if time.monotonic() - begun > self._pause:
                    raise Refused(
                        f"{self._pause:.0f} s are too short: say more by PAUSE="
                    )
            self._old.ask("mark", state=LEFT)
        except BaseException:
            self._old.ask("start")
            self._tell("functions work again")
            raise
        self._tell(
            f"both sides are the same, {time.monotonic() - begun:.1f} s after the last function ended; they stay stopped"
        )

    def _places(self) -> dict[str, Any]:
        return {
            module: self._new.ask("progress", module=module) for module in self._modules
        }

    def _keep(self, module: str, place: str) -> None:
        self._new.ask("keep", module=module, place=place)

    def _end(self) -> None:
        self._new.ask("end", undo=True)
