"""Validation of what clients send: types that are strict, bounded, and the same on
every database.
"""

from __future__ import annotations

import math
import re
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Annotated, Any
from uuid import UUID

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    Strict,
    ValidatorFunctionWrapHandler,
    WithJsonSchema,
    WrapValidator,
    model_validator,
)

DATE = r"\d{4}-\d\d-\d\d"
# RFC 3339
DATETIME = r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d{1,6})?([Zz]|[+-]\d\d:\d\d)"
ID = r"[\da-fA-F]{8}(-[\da-fA-F]{4}){3}-[\da-fA-F]{12}"
# without weeks, months and years; no more than what a 64-bit count of microseconds holds
SECONDS = r"[0-9]{1,8}(\.[0-9]{1,6})?S"
MINUTES = rf"[0-9]{{1,6}}M({SECONDS})?"
CLOCK = rf"T([0-9]{{1,6}}H({MINUTES}|{SECONDS})?|{MINUTES}|{SECONDS})"
DURATION = rf"-?P([0-9]{{1,7}}D({CLOCK})?|{CLOCK})"
# in one form, in which many hours are days
DURATION_SHOWN = DURATION.replace("{1,7}D", "{1,8}D")
LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
HOST = rf"{LABEL}(?:\.{LABEL})*"
ATOM = r"[A-Za-z0-9!#$%&'*+/=?\^_`{|}~-]+"
# as RFC 5321 has it, and so the format `email`, but for quotes and addresses of hosts
EMAIL = rf"^{ATOM}(?:\.{ATOM})*@{HOST}$"
LOCAL_MOST = 64  # characters before the @, which no pattern counts
# what a URL has behind its host, as RFC 3986 has it
WRITTEN = r"(?:[A-Za-z0-9._~!$&'()*+,;=:@\/?-]|%[0-9A-Fa-f]{2})*"
SITE = rf"[Hh][Tt][Tt][Pp][Ss]?:\/\/{HOST}(?::[0-9]{{1,5}})?"
URL = rf"^{SITE}(?:[\/?]{WRITTEN})?(?:#{WRITTEN})?$"
EXAMPLES = {
    DURATION: "PT1H30M",
    DATE: "2026-01-31",
    DATETIME: "2026-01-31T12:00:00Z",
    ID: "01920000-0000-7000-8000-000000000000",
}
SPARE = 100  # fields of a body that are told to be unknown one by one
EXACT = 15  # digits of a decimal that a float gives back as they were
DECIMAL = re.compile(r"-?\d+(\.\d+)?", re.ASCII)
PRINTABLE = r"^[^\x00]*$"  # no database keeps a NUL


class Body(BaseModel):
    """A JSON document from a client.

    `partial=True` in a subclass: any field may be left out (a merge patch).
    """

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)

    @model_validator(mode="before")
    @classmethod
    def _few(cls, value: Any) -> Any:
        """Refuses at once what has far too many fields: each would become an error of
        its own.
        """
        if isinstance(value, dict) and len(value) > len(cls.model_fields) + SPARE:
            raise ValueError(f"has {len(value)} fields, which is far too many")
        return value

    def __init_subclass__(cls, *, partial: bool = False) -> None:
        super().__init_subclass__()

    @classmethod
    def __pydantic_init_subclass__(cls, *, partial: bool = False, **_: Any) -> None:
        if partial:
            for field in cls.model_fields.values():
                field.default = None
                field.default_factory = None
            cls.model_rebuild(force=True)


class Document(BaseModel):
    """A JSON document for a client, made from an entity's attributes."""

    model_config = ConfigDict(from_attributes=True)


def _written(pattern: str) -> BeforeValidator:
    """Takes a string only in this form."""

    form = re.compile(pattern, re.ASCII)

    def check(value: Any) -> Any:
        if not isinstance(value, str) or not form.fullmatch(value):
            raise ValueError(f"must be a string such as {EXAMPLES[pattern]}")
        return value

    return BeforeValidator(check)


def _utc(value: datetime) -> datetime:
    try:
        return value.astimezone(UTC)
    except OverflowError:
        raise ValueError("is out of range") from None


def _zoned(value: datetime) -> datetime:
    _utc(value)
    return value


def _number(value: Any) -> Any:
    malformed = isinstance(value, str) and not DECIMAL.fullmatch(value)
    if malformed or isinstance(value, bool):
        raise ValueError("must be a decimal such as 9.90")
    return value


def _whole(value: Any) -> Any:
    if type(value) not in (int, float):  # to JSON Schema 3.0 is an integer too
        raise ValueError("must be an integer")
    return value


def _plain(value: Any, depth: int = 0) -> Any:
    if depth > 32:
        raise ValueError("is nested too deeply")
    match value:
        case None if depth == 0:
            raise ValueError("must not be null")
        case str() if re.search("[\0\ud800-\udfff]", value):
            raise ValueError("has a character that cannot be stored")
        case float() if not math.isfinite(value):
            raise ValueError("has a number that is not finite")
        case int() if not -(2**63) <= value < 2**63:
            raise ValueError("has an integer of more than 64 bits")
        case list():
            for item in value:
                _plain(item, depth + 1)
        case dict():
            for item in [*value.keys(), *value.values()]:
                _plain(item, depth + 1)
    return value


def _address(value: str) -> str:
    """What is behind the @ in lower case."""
    local, _, host = value.rpartition("@")
    if len(local) > LOCAL_MOST:
        raise ValueError(f"has more than {LOCAL_MOST} characters before the @")
    return f"{local}@{host.lower()}"


def _site(value: str) -> str:
    """What is before the path in lower case."""
    head = re.match(r"[^/]*//[^/?#]*", value)
    return value if head is None else head[0].lower() + value[head.end() :]


def _iso(value: timedelta) -> str:
    """As ISO 8601 has it, without years and months, whose lengths differ."""
    sign = "-" if value < timedelta() else ""
    value = abs(value)
    minutes, seconds = divmod(value.seconds, 60)
    hours, minutes = divmod(minutes, 60)
    exact = f"{seconds}.{value.microseconds:06}".rstrip("0").rstrip(".")
    clock = f"{hours}H" * (hours > 0) + f"{minutes}M" * (minutes > 0)
    clock += f"{exact}S" * (exact != "0")
    days = f"{value.days}D" * (value.days > 0)
    text = days + f"T{clock}" * (clock != "")
    return f"{sign}P{text or 'T0S'}"


def fixed_scale(scale: int) -> Any:
    """Validates and normalises a decimal of 18 digits, `scale` of them behind the
    point; travels as a string.
    """

    step = Decimal(1).scaleb(-scale)
    bound = 10 ** (EXACT - scale)

    def exact(value: Any, checked: ValidatorFunctionWrapHandler) -> Decimal:
        if isinstance(value, float) and bound <= abs(value) < math.inf:
            raise ValueError(
                "has more digits than a JSON number keeps: write it as a string"
            )
        number: Decimal = checked(value)
        return number.quantize(step) + 0  # + 0: no negative zero

    return WrapValidator(exact)


String = Annotated[str, Strict(), Field(pattern=PRINTABLE)]
# an address, as mail servers take it without quotes; what is behind the @ in lower case
Email = Annotated[
    str, Strict(), Field(pattern=EMAIL, json_schema_extra={"format": "email"})
]
email_form = AfterValidator(_address)
# http or https, in ASCII, without a user; what is before the path in lower case
Url = Annotated[str, Strict(), Field(pattern=URL, json_schema_extra={"format": "uri"})]
url_form = AfterValidator(_site)
# in a query string everything is text
QueryInteger = Annotated[int, Field(ge=-(2**63), lt=2**63)]
Integer = Annotated[QueryInteger, BeforeValidator(_whole)]
# a double; nought has no sign, as in SQLite
QueryReal = Annotated[
    float, Field(allow_inf_nan=False), AfterValidator(lambda value: value + 0.0)
]
Real = Annotated[QueryReal, Strict()]
Boolean = Annotated[bool, Strict()]
DecimalForm = BeforeValidator(_number)
DecimalInput = Annotated[Decimal, DecimalForm]
# never 1E-7
DecimalString = Annotated[
    Decimal, PlainSerializer(lambda value: f"{value:f}", str, when_used="json")
]
Date = Annotated[date, _written(DATE)]
DateTime = Annotated[AwareDatetime, AfterValidator(_utc), _written(DATETIME)]
# with the offset in which it was said
ZonedDateTime = Annotated[AwareDatetime, AfterValidator(_zoned), _written(DATETIME)]
# days of 24 hours, hours, minutes, seconds to the microsecond, with a sign: the format
# `duration` has years in place of the last two
Duration = Annotated[
    timedelta,
    _written(DURATION),
    WithJsonSchema({"type": "string", "pattern": f"^{DURATION}$"}),
]
DurationString = Annotated[
    timedelta,
    PlainSerializer(_iso, str, when_used="json"),
    WithJsonSchema({"type": "string", "pattern": f"^{DURATION_SHOWN}$"}),
]
Id = Annotated[UUID, _written(ID)]
Json = Annotated[Any, AfterValidator(_plain), WithJsonSchema({})]
