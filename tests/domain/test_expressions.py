"""Expressions of computed fields: what they become, what they are worth, and what is
refused.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from decimal import Context, Decimal, localcontext
from fractions import Fraction
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archgen.domain.expressions import Wrong, read_expression
from archgen.domain.schema import ComputedSpec, FieldSpec

FIELDS: dict[str, FieldSpec] = {
    name: FieldSpec.model_validate(content)
    for name, content in {
        "price": {"type": "decimal"},
        "rate": {"type": "decimal", "scale": 9},
        "count": {"type": "integer"},
        "mass": {"type": "number"},
        "title": {"type": "string"},
        "state": {"type": "enum", "values": ["new", "paid"]},
        "late": {"type": "boolean"},
        "opened": {"type": "datetime"},
        "there": {"type": "zoned_datetime"},
        "day": {"type": "date"},
        "extra": {"type": "json"},
    }.items()
}


def code(said: str, kind: str, **more: Any) -> str:
    return read_expression(
        said, ComputedSpec.model_validate({"type": kind, **more}), FIELDS
    ).code


@pytest.mark.parametrize(
    ("said", "kind", "made"),
    [
        ("price * count", "decimal", "fixed(self.price * self.count, 2)"),
        (
            "(price + 1) * 1.19",
            "decimal",
            "fixed((self.price + 1) * Decimal('1.19'), 2)",
        ),
        ("count / 3", "decimal", "fixed(Decimal(self.count) / 3, 2)"),
        ("count / 3", "number", "finite(self.count / 3)"),
        ("count * 0.1", "number", "finite(self.count * 0.1)"),
        ("count * 0.1", "decimal", "fixed(self.count * Decimal('0.1'), 2)"),
        ("mass - -0.5", "number", "finite(self.mass - -0.5)"),
        ("0.00001 * price", "decimal", "fixed(Decimal('0.00001') * self.price, 2)"),
        ("count", "integer", "self.count"),
        (
            "title + ' (' + state + ')'",
            "string",
            "self.title + ' (' + self.state + ')'",
        ),
        ("title + '\u2013'", "text", r"self.title + '\u2013'"),
        ("opened - there", "duration", "self.opened - self.there"),
        ("9.99 <= price", "boolean", "self.price >= Decimal('9.99')"),
        (
            "'paid' == state and late or count > 2",
            "boolean",
            "(self.state == 'paid' and self.late) or self.count > 2",
        ),
        ("not (state == 'new')", "boolean", "self.state != 'new'"),
        ("not not late", "boolean", "self.late"),
        ("not (late or mass > 1.5)", "boolean", "not (self.late or self.mass > 1.5)"),
    ],
)
def test_an_expression_becomes_code_of_the_row(said: str, kind: str, made: str) -> None:
    assert code(said, kind) == made


def test_it_names_the_fields_in_it_once() -> None:
    spec = ComputedSpec(type="decimal")
    assert read_expression("price * count + price", spec, FIELDS).names == (
        "price",
        "count",
    )


@pytest.mark.parametrize(
    ("said", "kind", "why"),
    [
        ("", "decimal", "is not an expression such as price * quantity"),
        ("price *", "decimal", "is not an expression"),
        ("price; count", "decimal", "is not an expression"),
        ("a\0b", "decimal", "is not an expression"),
        ("(" * 150, "decimal", "is not an expression"),
        ("price" + " " * 200, "decimal", "200 are the most"),
        ("+".join(["count"] * 13), "integer", "more than 10 operators"),
        ("pris", "decimal", "'pris' is not a field of the row; did you mean price?"),
        ("extra", "string", "extra is json, which no expression takes"),
        ("price / count", "decimal", "'count' may be 0"),
        ("price / 0", "decimal", "may be 0"),
        ("price / 0.0", "decimal", "may be 0"),
        ("price * mass", "decimal", "no exact value comes of both"),
        ("price", "integer", "is a decimal, and the field integer"),
        ("count > 1", "integer", "is a boolean, and the field integer"),
        ("count", "boolean", "is an integer, and the field boolean"),
        ("title * 2", "string", "there is no * of string and integer"),
        ("day - opened", "duration", "there is no - of date and datetime"),
        ("title == count", "boolean", "they do not compare"),
        ("state == 'lost'", "boolean", "is not one of the values of state: new, paid"),
        ("1 < 2", "boolean", "are the same in each row"),
        ("1 + 2", "integer", "has no field of the row"),
        ("late == True", "boolean", "True alone says nothing"),
        ("late and count", "boolean", "not, and, or are of booleans"),
        ("-title", "string", "- is of numbers"),
        ("price ** 2", "decimal", "is not in an expression"),
        ("count % 2", "integer", "is not in an expression"),
        ("abs(count)", "integer", "is not in an expression"),
        ("__import__('os').system('x')", "string", "is not in an expression"),
        ("title.upper()", "string", "is not in an expression"),
        ("title[0]", "string", "is not in an expression"),
        ("1 < count < 3", "boolean", "is not in an expression"),
        ("count in (1, 2)", "boolean", "is not in an expression"),
        ("count if late else 0", "integer", "is not in an expression"),
        ("(lambda: 1)()", "integer", "is not in an expression"),
        ("title + '\\n'", "string", "is not a value that an expression takes"),
        (
            "count + 9223372036854775808",
            "integer",
            "is not a value that an expression takes",
        ),
    ],
)
def test_what_is_none_is_refused_with_why(said: str, kind: str, why: str) -> None:
    with pytest.raises(Wrong) as caught:
        code(said, kind)
    assert why in str(caught.value)


@st.composite
def sums(draw: st.DrawFn) -> tuple[str, Any]:
    """An expression over exact numbers, and what it is worth as a fraction."""
    leaf = st.sampled_from(
        [
            ("price", lambda row: Fraction(row["price"])),
            ("rate", lambda row: Fraction(row["rate"])),
            ("count", lambda row: Fraction(row["count"])),
            ("3", lambda _: Fraction(3)),
            ("0.105", lambda _: Fraction("0.105")),
        ]
    )
    said, worth = draw(leaf)
    for _ in range(draw(st.integers(0, 5))):
        more, other = draw(leaf)
        sign = draw(st.sampled_from("+-*"))
        before = worth
        if sign == "*":
            said, worth = (
                f"({said}) * {more}",
                lambda row, a=before, b=other: a(row) * b(row),
            )
        elif sign == "+":
            said, worth = (
                f"{more} + ({said})",
                lambda row, a=before, b=other: b(row) + a(row),
            )
        else:
            said, worth = (
                f"-({said}) - {more}",
                lambda row, a=before, b=other: -a(row) - b(row),
            )
    return f"({said}) * price", lambda row, a=worth: a(row) * Fraction(row["price"])


WIDE = Context(prec=400)


def fixed(value: Any, scale: int) -> Decimal:
    return Decimal(value).quantize(Decimal(1).scaleb(-scale), context=WIDE) + 0


@given(
    sums(),
    st.integers(0, 9),
    st.decimals(-(10**15), 10**15, places=2, allow_nan=False),
    st.decimals(-(10**8), 10**8, places=9, allow_nan=False),
    st.integers(-(2**63), 2**63 - 1),
)
def test_what_is_exact_is_rounded_once_at_the_end(
    made: tuple[str, Any], scale: int, price: Decimal, rate: Decimal, count: int
) -> None:
    """Held against fractions; half goes to even."""
    said, worth = made
    row: Mapping[str, Any] = {"price": price, "rate": rate, "count": count}
    with localcontext(WIDE):
        found = eval(  # noqa: S307 - the code is made here
            code(said, "decimal", scale=scale),
            {"fixed": fixed, "Decimal": Decimal, "self": SimpleNamespace(**row)},
        )
    exactly = worth(row) * 10**scale
    whole = math.floor(exactly)
    rest = exactly - whole
    rounded = whole + (
        rest > Fraction(1, 2) or (rest == Fraction(1, 2) and whole % 2 == 1)
    )
    assert found == Decimal(rounded).scaleb(-scale, context=WIDE)
