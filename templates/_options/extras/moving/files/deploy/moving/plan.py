"""What is to be done, by what the gates of both databases say."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import Enum
from typing import NamedTuple

from moving.gate import ARRIVED, ARRIVING, LEFT


class Refused(Exception):
    """A move that cannot be, or not like this; it says why, and what to do."""


class Late(Exception):
    """A pause that was too short."""


class Place(NamedTuple):
    """A database, and the container of its server."""

    server: str
    database: str


class Step(Enum):
    BEGIN = "the old database has the rows"
    FINISH = "the new database has all of them, whether it knows or not"


def choose_source(
    module: str, home: Place, states: Mapping[Place, str]
) -> Place | None:
    """Where the rows of a module come from; None: they are at home (Refused: it cannot be
    told).

    `states`: what its gate says, by database.
    """
    others = {
        place: state for place, state in states.items() if place != home and state
    }
    if half := [
        place for place, state in others.items() if state in (ARRIVING, ARRIVED)
    ]:
        raise Refused(
            f"{module} is on its way to {half[0].database} on {half[0].server}, by a move that was killed: run that again, with the version that it is of, "
            "to its end, or until Ctrl-C takes it back"
        )
    alive = [place for place, state in others.items() if state != LEFT]
    if len(alive) > 1:
        told = ", ".join(f"{place.database} on {place.server}" for place in alive)
        raise Refused(
            f"{module} has tables in {told}: drop the schema of the one that is old"
        )
    if alive:
        return alive[0]
    left = [place for place, state in others.items() if state == LEFT]
    if states.get(home) in (ARRIVING, ARRIVED) and left:
        return left[-1]  # a move that was killed at its end
    if states.get(home) in (ARRIVING, LEFT):
        raise Refused(
            f"the database that {module} has its rows in does not run: start it, since {home.database} on {home.server} has not all of them"
        )
    return None


def decide(states: Sequence[tuple[str, str]]) -> Step:
    """What is next, by the gates of the old and the new database of each module.

    All of them go or none: where only some have left, nobody has written to the new
    databases yet, and those take writes where they were.
    """
    if all(old == LEFT for old, _ in states):
        return Step.FINISH
    if wrong := [new for _, new in states if new == ARRIVED]:
        raise Refused(
            f"{len(wrong)} of the modules have moved and others have not: name those that have not alone"
        )
    return Step.BEGIN
