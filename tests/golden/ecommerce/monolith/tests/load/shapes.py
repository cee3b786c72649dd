"""Entities as data, and for each field values that look like life: the n-th is always
the same.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import KW_ONLY, dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from uuid import NAMESPACE_URL, uuid5

FIRST = (
    "Quiet",
    "Northern",
    "Copper",
    "Little",
    "Silver",
    "Early",
    "Hidden",
    "Bright",
    "Wild",
    "Amber",
    "Round",
    "Plain",
    "Steady",
    "Green",
    "Second",
)
SECOND = (
    "Oak",
    "River",
    "Harbour",
    "Garden",
    "Morning",
    "Stone",
    "Paper",
    "Winter",
    "Market",
    "Cedar",
    "Island",
)
THIRD = (
    "Lamp",
    "Chair",
    "Kettle",
    "Story",
    "Journal",
    "Hammer",
    "Basket",
    "Mirror",
    "Puzzle",
    "Compass",
    "Blanket",
    "Bottle",
    "Clock",
)
PEOPLE = (
    "Ada",
    "Bo",
    "Chidi",
    "Dana",
    "Emre",
    "Freya",
    "Goro",
    "Hana",
    "Ines",
    "Jon",
    "Kofi",
    "Lena",
    "Milo",
    "Nadia",
    "Omar",
    "Priya",
    "Quinn",
    "Rosa",
)
WIDEST = 2**62


@dataclass(frozen=True)
class Slo:
    p95_ms: float
    rps: float
    error_rate: float


@dataclass(frozen=True)
class Field:
    name: str
    _: KW_ONLY
    required: bool = False
    unique: bool = False

    @property
    def room(self) -> int:
        """How many rows may have a value at once."""
        return self._distinct() if self.unique else WIDEST

    def _distinct(self) -> int:
        return WIDEST


class Value(Field, ABC):
    """A field whose values are made here."""

    @abstractmethod
    def value(self, n: int) -> Any:
        """The n-th value, as it travels in JSON."""


@dataclass(frozen=True, kw_only=True)
class Words(Value):
    length: int

    def value(self, n: int) -> str:
        text, tail = self._text(n)
        if self.unique and len(tail) >= self.length:
            text, tail = "", _short(n)[-self.length :]
        return text[: self.length - len(tail)] + tail

    def _text(self, n: int) -> tuple[str, str]:
        """What the name asks for, and an end that no other has."""
        a, b, c = FIRST[n % len(FIRST)], SECOND[n % len(SECOND)], THIRD[n % len(THIRD)]
        if "email" in self.name:
            return PEOPLE[n % len(PEOPLE)].lower(), f".{n}@example.com"
        if self.name in ("sku", "code", "number", "reference"):
            return f"{b[:2]}{c[:2]}".upper(), f"-{n:05}"
        return f"{a} {b} {c}", f" {n}" if self.unique else ""

    def _distinct(self) -> int:
        return int(36 ** min(self.length, 10))


@dataclass(frozen=True, kw_only=True)
class Prose(Value):
    length: int

    def value(self, n: int) -> str:
        a, b, c = (
            FIRST[n % len(FIRST)],
            SECOND[n % len(SECOND)].lower(),
            THIRD[n % len(THIRD)].lower(),
        )
        person = PEOPLE[n % len(PEOPLE)]
        return (
            f"{a} {b} {c}. Made by {person}, for everyday use, and to be kept. " * 4
        )[: self.length]


@dataclass(frozen=True, kw_only=True)
class Number(Value):
    """An integer, or with a scale a decimal, whose bounds are counted in units of its
    last digit.
    """

    least: int | str | None = None
    most: int | str | None = None
    scale: int | None = None

    def value(self, n: int) -> int | str:
        number = self._number(n)
        return (
            number if self.scale is None else f"{Decimal(number).scaleb(-self.scale):f}"
        )

    def _distinct(self) -> int:
        least, most = self._range()
        return most - least + 1

    def _range(self) -> tuple[int, int]:
        one = self._one()
        least, most = (
            None if bound is None else int(Decimal(bound) * one)
            for bound in (self.least, self.most)
        )
        widest = 2**63 - 1 if self.scale is None else 10**18 - 1
        if least is None:
            least = one if most is None or most > one else most - 1000 * one
        return least, widest if most is None else most

    def _number(self, n: int) -> int:
        least, most = self._range()
        if self.unique:
            return least + n
        spread = min(most - least, 1000 * self._one())
        return least + spread // 10 + n * 7919 % (spread - spread // 10 + 1)

    def _one(self) -> int:
        return int(10 ** (self.scale or 0))


@dataclass(frozen=True, kw_only=True)
class Choice(Value):
    values: Sequence[str]

    def value(self, n: int) -> str:
        return self.values[n % len(self.values)]

    def _distinct(self) -> int:
        return len(self.values)


@dataclass(frozen=True, kw_only=True)
class Flag(Value):
    def value(self, n: int) -> bool:
        return n % 3 == 0


@dataclass(frozen=True, kw_only=True)
class Day(Value):
    def value(self, n: int) -> str:
        return str(
            date(1990, 1, 1) + timedelta(days=n if self.unique else n * 37 % 13_000)
        )

    def _distinct(self) -> int:
        return 20_000


@dataclass(frozen=True, kw_only=True)
class Moment(Value):
    def value(self, n: int) -> str:
        return f"{date(2025, 1, 1) + timedelta(days=n % 365)}T{n % 24:02}:{n % 60:02}:00.{n % 1_000_000:06}Z"


@dataclass(frozen=True, kw_only=True)
class Key(Value):
    def value(self, n: int) -> str:
        return str(uuid5(NAMESPACE_URL, f"{self.name} {n}"))


@dataclass(frozen=True, kw_only=True)
class Document(Value):
    def value(self, n: int) -> dict[str, Any]:
        return {
            "position": n,
            "tags": [FIRST[n % len(FIRST)].lower(), THIRD[n % len(THIRD)].lower()],
        }


class Sent(Field, ABC):
    """A field whose value is sent before the row that has it."""

    @abstractmethod
    def send(self, site: Any, who: int, key: str) -> str:
        """Its value; `site`: as `tests.load.seed` has it; `key`: for the same again."""


@dataclass(frozen=True, kw_only=True)
class Reference(Field):
    """A row of another entity, which must be there first: its value is one of their
    ids.
    """

    to: str  # their plural


@dataclass(frozen=True)
class Entity:
    plural: str
    read: str
    write: str
    fields: Sequence[Field]  # values, references, and files
    together: Sequence[str] = ()  # fields that are unique together

    @property
    def path(self) -> str:
        return f"/api/{self.plural}"

    @property
    def room(self) -> int:
        """How many rows there may be at once, as far as their own required fields say."""
        return min(
            (field.room for field in self.fields if field.required), default=WIDEST
        )

    def row(self, n: int, targets: dict[str, list[str]]) -> dict[str, Any] | None:
        """The n-th row; `targets`: the ids that may be referred to.

        None where a required one is missing.
        """
        row: dict[str, Any] = {}
        for field in self.fields:
            if isinstance(field, Reference):
                found = targets.get(field.to, [])
                if n < len(found) or (found and not field.unique):
                    row[field.name] = found[n % len(found)]
                elif field.required:
                    return None
            elif isinstance(field, Value) and (field.required or n < field.room):
                row[field.name] = field.value(n)
        return row


def _short(n: int) -> str:
    """The number in the fewest letters and digits."""
    digits = "0123456789abcdefghijklmnopqrstuvwxyz"
    return (_short(n // 36) if n >= 36 else "") + digits[n % 36]
