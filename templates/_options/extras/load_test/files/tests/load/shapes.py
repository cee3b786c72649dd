"""Entities as data, and for each field values that look like life: the n-th is always the same."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
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
SECOND = ("Oak", "River", "Harbour", "Garden", "Morning", "Stone", "Paper", "Winter", "Market", "Cedar", "Island")
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
    type: str
    required: bool = False
    unique: bool = False
    least: int | str | None = None
    most: int | str | None = None
    length: int = 0
    scale: int = 0
    values: Sequence[str] = ()
    to: str = ""  # the plural of what it refers to

    @property
    def room(self) -> int:
        """How many rows may have a value at once."""
        if not self.unique:
            return WIDEST
        if self.type in ("integer", "decimal"):
            return self._range()[1] - self._range()[0] + 1
        if self.type == "date":
            return 20_000
        widths = {"enum": len(self.values), "boolean": 2, "string": int(36 ** min(self.length, 10))}
        return widths.get(self.type, WIDEST)

    def value(self, n: int) -> Any:
        """The n-th value, as it travels in JSON; not of references."""
        if self.type == "enum":
            return self.values[n % len(self.values)]
        if self.type == "boolean":
            return n % 3 == 0
        if self.type == "integer":
            return self._number(n)
        if self.type == "decimal":
            return f"{Decimal(self._number(n)).scaleb(-self.scale):f}"
        if self.type == "date":
            return str(date(1990, 1, 1) + timedelta(days=n if self.unique else n * 37 % 13_000))
        if self.type == "datetime":
            return f"{date(2025, 1, 1) + timedelta(days=n % 365)}T{n % 24:02}:{n % 60:02}:00.{n % 1_000_000:06}Z"
        if self.type == "uuid":
            return str(uuid5(NAMESPACE_URL, f"{self.name} {n}"))
        if self.type == "json":
            return {"position": n, "tags": [FIRST[n % len(FIRST)].lower(), THIRD[n % len(THIRD)].lower()]}
        return self._text(n)

    def _range(self) -> tuple[int, int]:
        """The least and the most; of a decimal, in units of its last digit."""
        one = int(10**self.scale)
        least, most = (None if bound is None else int(Decimal(bound) * one) for bound in (self.least, self.most))
        widest = 10**18 - 1 if self.type == "decimal" else 2**63 - 1
        if least is None:
            least = one if most is None or most > one else most - 1000 * one
        return least, widest if most is None else most

    def _number(self, n: int) -> int:
        least, most = self._range()
        if self.unique:
            return least + n
        spread = min(most - least, 1000 * int(10**self.scale))
        return least + spread // 10 + n * 7919 % (spread - spread // 10 + 1)

    def _text(self, n: int) -> str:
        a, b, c = FIRST[n % len(FIRST)], SECOND[n % len(SECOND)], THIRD[n % len(THIRD)]
        person = PEOPLE[n % len(PEOPLE)]
        if "email" in self.name:
            text, tail = person.lower(), f".{n}@example.com"
        elif self.type == "text":
            text, tail = f"{a} {b.lower()} {c.lower()}. Made by {person}, for everyday use, and to be kept. " * 4, ""
        elif self.name in ("sku", "code", "number", "reference"):
            text, tail = f"{b[:2]}{c[:2]}".upper(), f"-{n:05}"
        else:
            text, tail = f"{a} {b} {c}", f" {n}" if self.unique else ""
        if self.unique and len(tail) >= self.length:
            text, tail = "", _short(n)[-self.length :]
        return text[: self.length - len(tail)] + tail


@dataclass(frozen=True)
class Entity:
    plural: str
    read: str
    write: str
    fields: Sequence[Field]
    together: Sequence[str] = ()  # fields that are unique together

    @property
    def path(self) -> str:
        return f"/api/{self.plural}"

    @property
    def room(self) -> int:
        """How many rows there may be at once, as far as their own required fields say."""
        return min((field.room for field in self.fields if field.required), default=WIDEST)

    def row(self, n: int, targets: dict[str, list[str]]) -> dict[str, Any] | None:
        """The n-th row; `targets`: the ids that may be referred to. None where a required one is missing."""
        row: dict[str, Any] = {}
        for field in self.fields:
            if field.type == "reference":
                found = targets.get(field.to, [])
                if n < len(found) or (found and not field.unique):
                    row[field.name] = found[n % len(found)]
                elif field.required:
                    return None
            elif field.required or n < field.room:
                row[field.name] = field.value(n)
        return row


def _short(n: int) -> str:
    """The number in the fewest letters and digits."""
    digits = "0123456789abcdefghijklmnopqrstuvwxyz"
    return (_short(n // 36) if n >= 36 else "") + digits[n % 36]
