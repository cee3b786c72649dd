"""Values of a field's type, as they travel in JSON: `default`, `min` and `max`, checked
and brought to one form.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from functools import cache
from uuid import UUID

from pydantic import JsonValue

from archgen.domain.file_types import FILE_TYPES
from archgen.domain.patterns import Broken, Shape, count, read_pattern, spell
from archgen.domain.schema import FieldSpec
from archgen.text import shown

DIGITS = 18  # of a decimal, those behind the point included
INTEGER_LEAST, INTEGER_MOST = -(2**63), 2**63 - 1
STRING_LENGTH, TEXT_LENGTH, JSON_DEPTH = 255, 100_000, 16
SCALE = 2
EMAIL_LENGTH, URL_LENGTH, SLUG_LENGTH = 254, 2_000, 100
HOST = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?)*"
ATOM = r"[A-Za-z0-9!#$%&'*+/=?\^_`{|}~-]+"
LOCAL_MOST = 64  # characters of an address before the @
WRITTEN = r"(?:[A-Za-z0-9._~!$&'()*+,;=:@/?-]|%[0-9A-Fa-f]{2})*"  # in a URL behind its host: RFC 3986
# as `chassis/mechanism/fields.py` of the templates has them
FORMS = {
    "email": rf"{ATOM}(?:\.{ATOM})*@{HOST}",
    "slug": "[a-z0-9]+(?:-[a-z0-9]+)*",
    "url": r"[Hh][Tt][Tt][Pp][Ss]?://"
    + HOST
    + r"(?::[0-9]{1,5})?(?:[/?]"
    + WRITTEN
    + ")?(?:#"
    + WRITTEN
    + ")?",
}
KINDS = {
    "email": "is not an address such as ann@example.com",
    "url": "is not a URL such as https://example.com/a",
    "slug": "is not a slug such as how-to-2",
}
ENDINGS = {"email": "@example.com", "url": "https://example.com/"}
LETTERS = "abcdefghijklmnopqrstuvwxyz"
DURATION = re.compile(
    r"(-?)P(?=[\dT])(?:(\d{1,7})D)?(?:T(?=\d)(?:(\d{1,6})H)?(?:(\d{1,6})M)?(?:(\d{1,8}(?:\.\d{1,6})?)S)?)?",
    re.ASCII,
)
FILE_BYTES = 10 * 1024 * 1024
REFERENCES = 20  # of one row
ITEMS = 20  # of one list


class Unfit(ValueError):
    """A value that is none of its field's type; the message goes to the user."""


def resolve_length(spec: FieldSpec) -> int | None:
    """The most characters of a string or a text."""
    if spec.type == "string":
        return STRING_LENGTH if spec.max_length is None else spec.max_length
    default = {
        "text": TEXT_LENGTH,
        "email": EMAIL_LENGTH,
        "url": URL_LENGTH,
        "slug": SLUG_LENGTH,
    }.get(spec.type)
    return default if spec.max_length is None else spec.max_length


def resolve_shortest(spec: FieldSpec) -> int | None:
    """The least characters of a string or a text, where it says some."""
    return spec.min_length or None


def resolve_pattern(spec: FieldSpec) -> str | None:
    """The pattern of a string, as engines read it."""
    return None if spec.pattern is None else read_pattern(spec.pattern).text


def find_pattern(spec: FieldSpec) -> str | None:
    """The pattern that a field says, or that its type is; as it is written."""
    return FORMS.get(spec.type, spec.pattern)


def resolve_shape(spec: FieldSpec) -> Shape:
    """For each place the characters that may stand there: values that the pattern
    takes, of a length that it may have.
    """
    pattern = find_pattern(spec)
    if pattern is None:
        return ()
    most = resolve_length(spec) or STRING_LENGTH
    if spec.type == "slug":
        return tuple([LETTERS] * 8)
    ending = ENDINGS.get(spec.type, "")
    if ending and len(ending) + 5 <= most:
        return (
            (*[LETTERS] * 5, *ending)
            if spec.type == "email"
            else (*ending, *[LETTERS] * 5)
        )
    return _shape(pattern, spec.min_length or 0, most)


@cache
def _shape(pattern: str, least: int, most: int) -> Shape:
    return read_pattern(pattern).shape(least, most)


def resolve_samples(spec: FieldSpec) -> tuple[str, ...]:
    """Values of a string that tests send, in order: its examples, or two that its
    pattern takes.
    """
    if spec.examples:
        return tuple(sorted({str(normal(spec, example)) for example in spec.examples}))
    shape = resolve_shape(spec)
    return tuple(spell(shape, number) for number in range(min(2, count(shape))))


def resolve_unlike(spec: FieldSpec) -> str | None:
    """A string of a length that the field takes, and that its pattern does not."""
    pattern = find_pattern(spec)
    if pattern is None:
        return None
    return read_pattern(pattern).unlike(
        spec.min_length or 0, resolve_length(spec) or STRING_LENGTH
    )


def resolve_scale(spec: FieldSpec) -> int | None:
    """The digits of a decimal behind the point."""
    return (
        (SCALE if spec.scale is None else spec.scale)
        if spec.type == "decimal"
        else None
    )


def resolve_bytes(spec: FieldSpec) -> int | None:
    """The most bytes of a file."""
    return (
        (FILE_BYTES if spec.max_bytes is None else spec.max_bytes)
        if spec.type == "file"
        else None
    )


def resolve_accept(spec: FieldSpec) -> tuple[str, ...]:
    """The content types of a file, in the order of the table of what can be had."""
    accepted = spec.accept or tuple(
        kind for kind in FILE_TYPES if kind.startswith("image/")
    )
    return (
        tuple(kind for kind in FILE_TYPES if kind in accepted)
        if spec.type == "file"
        else ()
    )


def resolve_most(spec: FieldSpec) -> int:
    """The most ids of a field of references."""
    return REFERENCES if spec.max is None else int(spec.max)


def resolve_items(spec: FieldSpec) -> int | None:
    """The most values of a list."""
    return (
        (ITEMS if spec.max_items is None else spec.max_items)
        if spec.type == "list"
        else None
    )


def read_item(spec: FieldSpec) -> FieldSpec:
    """What each value of a list keeps to, as a field that is always there."""
    own = {
        "required": True,
        "unique": False,
        "indexed": False,
        "default": None,
        "of": None,
        "max_items": None,
    }
    return spec.model_copy(update={**own, "type": spec.of})


def normal(spec: FieldSpec, value: JsonValue) -> JsonValue:
    """`value` in the form in which it travels, or Unfit that says why it is none of the
    field's type.
    """
    return _NORMAL[spec.type](spec, value)


def compared(spec: FieldSpec, value: JsonValue) -> Decimal:
    """A normal integer, decimal or number as something that compares."""
    return Decimal(str(value))


def _string(spec: FieldSpec, value: JsonValue) -> str:
    if not isinstance(value, str):
        raise Unfit(f"{shown(value)} is not a string; quote it")
    _storable(value)
    most = resolve_length(spec)
    if most is not None and len(value) > most:
        raise Unfit(f"has {len(value)} characters, and the field takes {most}")
    if len(value) < (spec.min_length or 0):
        raise Unfit(
            f"has {len(value)} characters, and the field takes {spec.min_length} at least"
        )
    pattern = find_pattern(spec)
    if pattern is not None and not _matches(pattern, value):
        what = "does not match the pattern, which is of the whole value"
        raise Unfit(f"{shown(value)} {what if spec.pattern else KINDS[spec.type]}")
    return value


def _email(spec: FieldSpec, value: JsonValue) -> str:
    """What is behind the @ in lower case."""
    local, _, host = _string(spec, value).rpartition("@")
    if len(local) > LOCAL_MOST:
        raise Unfit(
            f"{shown(value)} has more than {LOCAL_MOST} characters before the @"
        )
    return f"{local}@{host.lower()}"


def _url(spec: FieldSpec, value: JsonValue) -> str:
    """What is before the path in lower case."""
    found = _string(spec, value)
    head = re.match(r"[^:]+://[^/?#]+", found)
    return found if head is None else head[0].lower() + found[head.end() :]


def _matches(pattern: str, value: str) -> bool:
    try:
        return read_pattern(pattern).matches(value)
    except Broken:
        return True  # what is wrong is the pattern, and is said there


def _integer(spec: FieldSpec, value: JsonValue) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise Unfit(f"{shown(value)} is not an integer")
    if not INTEGER_LEAST <= value <= INTEGER_MOST:
        raise Unfit("does not fit into 64 bits")
    return value


def _decimal(spec: FieldSpec, value: JsonValue) -> str:
    if (
        isinstance(value, bool)
        or not isinstance(value, int | float | str)
        or len(str(value)) > 60
    ):
        raise Unfit(f"{shown(value)} is not a decimal number")
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        raise Unfit(f"{shown(value)} is not a decimal number") from None
    if not number.is_finite():
        raise Unfit(f"{shown(value)} is not a finite number")
    scale = SCALE if spec.scale is None else spec.scale
    if abs(number) >= Decimal(10) ** (DIGITS - scale):
        raise Unfit(f"has more than {DIGITS} digits, {scale} of them behind the point")
    fixed = number.quantize(Decimal(1).scaleb(-scale))
    if fixed != number:
        raise Unfit(
            f"{shown(value)} has more than {scale} digits behind the point; say a larger scale"
        )
    return format(fixed + 0, "f")  # + 0: no negative zero


def _number(spec: FieldSpec, value: JsonValue) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise Unfit(f"{shown(value)} is not a number; leave the quotes out")
    try:
        number = float(value)
    except OverflowError:
        number = math.inf
    if not math.isfinite(number):
        raise Unfit(f"{shown(value)} is not a finite number of 64 bits")
    return number + 0.0  # no negative zero


def _boolean(spec: FieldSpec, value: JsonValue) -> bool:
    if not isinstance(value, bool):
        raise Unfit(f"{shown(value)} is neither true nor false")
    return value


def _date(spec: FieldSpec, value: JsonValue) -> str:
    try:
        if isinstance(value, str) and len(value) == len("2024-05-01"):
            return date.fromisoformat(value).isoformat()
    except ValueError:
        pass
    raise Unfit(f"{shown(value)} is not a date such as 2024-05-01")


def _datetime(spec: FieldSpec, value: JsonValue) -> str:
    try:
        moment = (
            datetime.fromisoformat(value)
            if isinstance(value, str) and len(value) <= 40
            else None
        )
        if moment is not None and moment.tzinfo is not None:
            return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")
    except (ValueError, OverflowError):
        pass
    raise Unfit(
        f"{shown(value)} is not a time with its zone, such as 2024-05-01T12:00:00Z"
    )


def _duration(spec: FieldSpec, value: JsonValue) -> str:
    found = DURATION.fullmatch(value) if isinstance(value, str) else None
    if found is None:
        raise Unfit(
            f"{shown(value)} is not a duration such as P1DT12H or PT1M30.5S, without years and months"
        )
    sign, *numbers = (part or "0" for part in found.groups())
    days, hours, minutes, seconds = map(Decimal, numbers)
    micros = int((((days * 24 + hours) * 60 + minutes) * 60 + seconds) * 10**6)
    rest, second = divmod(micros, 60 * 10**6)
    rest, minute = divmod(rest, 60)
    day, hour = divmod(rest, 24)
    exact = f"{second // 10**6}.{second % 10**6:06}".rstrip("0").rstrip(".")
    clock = "".join(
        f"{number}{unit}"
        for number, unit in ((hour, "H"), (minute, "M"), (exact, "S"))
        if number not in (0, "0")
    )
    text = (f"{day}D" if day else "") + (f"T{clock}" if clock else "")
    return f"{'-' if sign == '-' and micros else ''}P{text}" if text else "PT0S"


def _zoned_datetime(spec: FieldSpec, value: JsonValue) -> str:
    _datetime(spec, value)
    return datetime.fromisoformat(str(value)).isoformat().replace("+00:00", "Z")


def _uuid(spec: FieldSpec, value: JsonValue) -> str:
    try:
        if isinstance(value, str) and len(value) == 36:
            return str(UUID(value))
    except ValueError:
        pass
    raise Unfit(f"{shown(value)} is not a UUID")


def _enum(spec: FieldSpec, value: JsonValue) -> str:
    if not isinstance(value, str) or value not in spec.values:
        raise Unfit(f"{shown(value)} is not one of {', '.join(spec.values)}")
    return value


def _json(spec: FieldSpec, value: JsonValue) -> JsonValue:
    _plain(value, 0)
    return value


def _reference(spec: FieldSpec, value: JsonValue) -> JsonValue:
    raise Unfit("a reference has no default: no row is there from the start")


def _references(spec: FieldSpec, value: JsonValue) -> JsonValue:
    raise Unfit(
        "references have no default: no row is there from the start, and none is what they begin with"
    )


def _slug(spec: FieldSpec, value: JsonValue) -> JsonValue:
    raise Unfit(
        "a slug has no default: it is made from another field where none is sent"
    )


def _list(spec: FieldSpec, value: JsonValue) -> JsonValue:
    raise Unfit("a list has no default: it begins empty")


def _object(spec: FieldSpec, value: JsonValue) -> JsonValue:
    raise Unfit("an object has no default: a row has one or lacks it")


def _file(spec: FieldSpec, value: JsonValue) -> JsonValue:
    raise Unfit("a file has no default: none is there from the start")


def _storable(text: str) -> None:
    if any(char == "\0" or "\ud800" <= char <= "\udfff" for char in text):
        raise Unfit("has a character that cannot be stored")


def _plain(value: JsonValue, depth: int) -> None:
    if depth > JSON_DEPTH:
        raise Unfit("is nested too deeply")
    if isinstance(value, str):
        _storable(value)
    elif isinstance(value, float) and not math.isfinite(value):
        raise Unfit("has a number that is not finite")
    elif isinstance(value, int) and not INTEGER_LEAST <= value <= INTEGER_MOST:
        raise Unfit("has an integer of more than 64 bits")
    elif isinstance(value, dict):
        for key, inner in value.items():
            _storable(key)
            _plain(inner, depth + 1)
    elif isinstance(value, list):
        for inner in value:
            _plain(inner, depth + 1)


_NORMAL: dict[str, Callable[[FieldSpec, JsonValue], JsonValue]] = {
    "string": _string,
    "text": _string,
    "integer": _integer,
    "decimal": _decimal,
    "email": _email,
    "url": _url,
    "slug": _slug,
    "duration": _duration,
    "zoned_datetime": _zoned_datetime,
    "number": _number,
    "boolean": _boolean,
    "date": _date,
    "datetime": _datetime,
    "uuid": _uuid,
    "enum": _enum,
    "json": _json,
    "list": _list,
    "object": _object,
    "reference": _reference,
    "references": _references,
    "file": _file,
}
