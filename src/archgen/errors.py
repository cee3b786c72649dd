"""Everything that archgen tells a user has gone wrong, in one tree.

    ArchgenError            1  failed, with a message and a hint
    ├── InputError          2  wrong usage or wrong input; holds every mistake at once
    ├── IncompatibleError   3  options that do not go together
    ├── TargetError         4  the target is in the way
    └── CheckError          5  a check did not hold

Raised anywhere, caught in one place: `archgen.cli.main`. This module imports nothing of
archgen, so that any other may import it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import ClassVar, TypeVar

T = TypeVar("T")


class ArchgenError(Exception):
    """What was wrong, and in `hint` what to do about it."""

    exit_code: ClassVar[int] = 1

    def __init__(self, message: str, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


@dataclass(frozen=True, slots=True)
class Mistake:
    """One thing wrong with the input: the dotted key, what is wrong with it, and what
    mends it.
    """

    where: str
    message: str
    hint: str | None = None


class InputError(ArchgenError):
    """Wrong usage or wrong input: all mistakes, in the order in which they were found."""

    exit_code = 2

    def __init__(
        self, mistakes: Sequence[Mistake] | str, hint: str | None = None
    ) -> None:
        self.mistakes = (
            (Mistake("", mistakes, hint),)
            if isinstance(mistakes, str)
            else tuple(mistakes)
        )
        super().__init__(
            "; ".join(
                f"{m.where}: {m.message}" if m.where else m.message
                for m in self.mistakes
            ),
            hint,
        )

    @classmethod
    def at(cls, where: str, message: str, hint: str | None = None) -> InputError:
        """One mistake alone."""
        return cls([Mistake(where, message, hint)])


class Mistakes(list[Mistake]):
    """Gathers the mistakes of several steps, so that all of them are told at once."""

    def of(self, step: Callable[[], T], without: T) -> T:
        """What the step gives, or `without` where its input is wrong."""
        try:
            return step()
        except InputError as error:
            self.extend(error.mistakes)
            return without

    def tell(self) -> None:
        """Raise all that was gathered, each once, if it is anything."""
        if self:
            raise InputError(tuple(dict.fromkeys(self)))


class IncompatibleError(ArchgenError):
    """Options each of which is fine, but not together."""

    exit_code = 3


class TargetError(ArchgenError):
    """The place to write to is in the way: not empty, dirty, or not writable."""

    exit_code = 4


class CheckError(ArchgenError):
    """A check that the user asked for did not hold."""

    exit_code = 5
