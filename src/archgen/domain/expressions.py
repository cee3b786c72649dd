"""Expressions of computed fields: a few operators of Python over the fields of a row,
brought to the code that says it.

Numbers are exact unless doubles are among them; what may fail for some row (division by
a field, powers, calls) is not in it: that goes into the body that the owner writes.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from archgen.domain.schema import ComputedSpec, FieldSpec
from archgen.text import nearest, shown

LENGTH_MOST = 200
OPERATORS_MOST = 10
TIMES = ("date", "datetime")
# what a field of a row is here
KINDS = {
    **{
        kind: kind
        for kind in (
            "integer",
            "decimal",
            "number",
            "boolean",
            "date",
            "datetime",
            "duration",
        )
    },
    **dict.fromkeys(("string", "text", "email", "url", "slug", "enum"), "string"),
    "zoned_datetime": "datetime",
}
# what an expression may be of which a field of that type is computed
FITS = {
    "decimal": ("decimal", "integer"),
    "number": ("number", "integer"),
    "text": ("string",),
}
FRACTION = "fraction"  # a literal such as 0.19: a decimal beside decimals, a double beside doubles
NUMBERS = ("integer", "decimal", "number", FRACTION)
_SIGNS = {ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/"}
# what says the same with its sides changed, and what says the opposite
_TURNED = {ast.Lt: ast.Gt, ast.Gt: ast.Lt, ast.LtE: ast.GtE, ast.GtE: ast.LtE}
_OPPOSITE = {ast.Eq: ast.NotEq, ast.NotEq: ast.Eq}
_HINT = "an expression has fields of the row, + - * / and comparisons; the rest goes into the module's domain.py"


class Wrong(ValueError):
    """What is wrong with an expression; the message goes to the user."""


@dataclass(frozen=True, slots=True)
class Expression:
    """`code`: in Python, of `self`; `names`: the fields in it, in order, each once."""

    code: str
    names: tuple[str, ...]


def read_expression(
    said: str, spec: ComputedSpec, fields: Mapping[str, FieldSpec]
) -> Expression:
    """An expression over these fields that makes a value of the computed field's type
    (Wrong: it is none).
    """
    if len(said) > LENGTH_MOST:
        raise Wrong(f"has {len(said)} characters, and {LENGTH_MOST} are the most")
    try:
        tree = ast.parse(said.strip(), mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        raise Wrong(
            f"{shown(said)} is not an expression such as price * quantity"
        ) from None
    reader = _Reader(fields, exact=spec.type != "number")
    kind, node = reader.read(tree)
    if not reader.names:
        raise Wrong(f"{shown(said)} has no field of the row")
    if kind == FRACTION:
        kind, node = ("decimal", _decimal(node)) if reader.exact else ("number", node)
    if kind not in FITS.get(spec.type, (spec.type,)):
        raise Wrong(
            f"{shown(said)} is {'a' if kind[0] != 'i' else 'an'} {kind}, and the field {spec.type}"
        )
    return Expression(
        _finished(ast.unparse(node), spec), tuple(dict.fromkeys(reader.names))
    )


def _finished(code: str, spec: ComputedSpec) -> str:
    if spec.type == "decimal":
        return f"fixed({code}, {2 if spec.scale is None else spec.scale})"
    return f"finite({code})" if spec.type == "number" else code


@dataclass(slots=True)
class _Reader:
    """`exact`: what is divided is a decimal, not a double."""

    fields: Mapping[str, FieldSpec]
    exact: bool
    names: list[str] = field(default_factory=list)
    operators: int = 0

    def read(self, node: ast.expr) -> tuple[str, ast.expr]:
        """What kind of value it is, and the code."""
        match node:
            case ast.Name():
                return self._name(node.id)
            case ast.Constant():
                return self._literal(node)
            case ast.UnaryOp(op=ast.USub(), operand=inner):
                return self._negative(inner)
            case ast.UnaryOp(op=ast.Not(), operand=inner):
                self._count()
                return "boolean", _negated(self._boolean(inner))
            case ast.BinOp(left=left, op=op, right=right) if type(op) in _SIGNS:
                self._count()
                return self._sum(left, op, right)
            case ast.Compare(left=left, ops=[op], comparators=[right]) if (
                not isinstance(op, ast.In | ast.NotIn | ast.Is | ast.IsNot)
            ):
                self._count()
                return self._comparison(left, op, right)
            case ast.BoolOp(op=op, values=values):
                self._count()
                return "boolean", ast.BoolOp(
                    op, [_enclosed(self._boolean(one)) for one in values]
                )
        raise Wrong(f"{shown(ast.unparse(node))} is not in an expression: {_HINT}")

    def _count(self) -> None:
        self.operators += 1
        if self.operators > OPERATORS_MOST:
            raise Wrong(f"has more than {OPERATORS_MOST} operators: {_HINT}")

    def _name(self, name: str) -> tuple[str, ast.expr]:
        spec = self.fields.get(name)
        if spec is None:
            meant = nearest(name, self.fields)
            raise Wrong(
                f"{shown(name)} is not a field of the row"
                + (f"; did you mean {meant}?" if meant else "")
            )
        if spec.type not in KINDS:
            raise Wrong(f"{name} is {spec.type}, which no expression takes: {_HINT}")
        self.names.append(name)
        return KINDS[spec.type], ast.Attribute(ast.Name("self"), name)

    def _literal(self, node: ast.Constant) -> tuple[str, ast.expr]:
        value = node.value
        if isinstance(value, bool):
            raise Wrong(
                f"{value} alone says nothing: a boolean is a field of the row, or a comparison"
            )
        if isinstance(value, int) and abs(value) < 2**63:
            return "integer", node
        if isinstance(value, float) and abs(value) < 1e15:
            return FRACTION, node
        if isinstance(value, str) and value.isprintable():
            # signs of other scripts look like others to lint
            return "string", ast.Name(ascii(value))
        raise Wrong(
            f"{shown(ast.unparse(node))} is not a value that an expression takes"
        )

    def _negative(self, inner: ast.expr) -> tuple[str, ast.expr]:
        self._count()
        kind, node = self.read(inner)
        if kind not in NUMBERS:
            raise Wrong(f"{shown(ast.unparse(inner))} is {kind}, and - is of numbers")
        if kind == FRACTION:  # stays a literal
            return kind, ast.Constant(-node.value)  # type: ignore[attr-defined]
        return kind, ast.UnaryOp(ast.USub(), node)

    def _boolean(self, inner: ast.expr) -> ast.expr:
        kind, node = self.read(inner)
        if kind != "boolean":
            raise Wrong(
                f"{shown(ast.unparse(inner))} is {kind}, and not, and, or are of booleans"
            )
        return node

    def _pair(
        self, left: ast.expr, right: ast.expr
    ) -> tuple[str, ast.expr, str, ast.expr]:
        """Both sides, a literal such as 0.19 as the other one is."""
        (one, first), (two, second) = self.read(left), self.read(right)
        doubles = "number" in (one, two) or (
            not self.exact and {one, two} <= {"integer", FRACTION}
        )
        if one == FRACTION:
            one, first = ("number", first) if doubles else ("decimal", _decimal(first))
        if two == FRACTION:
            two, second = (
                ("number", second) if doubles else ("decimal", _decimal(second))
            )
        if {one, two} == {"number", "decimal"}:
            raise Wrong(
                f"{shown(ast.unparse(left))} is {one} and {shown(ast.unparse(right))} {two}: no exact value comes of both"
            )
        return one, first, two, second

    def _sum(
        self, left: ast.expr, op: ast.operator, right: ast.expr
    ) -> tuple[str, ast.expr]:
        sign = _SIGNS[type(op)]
        if sign == "/" and not (isinstance(right, ast.Constant) and right.value):
            raise Wrong(
                f"{shown(ast.unparse(right))} may be 0: / is of a number that is written there, such as 100"
            )
        one, first, two, second = self._pair(left, right)
        made = ast.BinOp(first, op, second)
        if (one, two, sign) == ("string", "string", "+"):
            return "string", made
        if one == two and one in TIMES and sign == "-":
            return "duration", made
        if one not in NUMBERS or two not in NUMBERS:
            raise Wrong(f"there is no {sign} of {one} and {two} here: {_HINT}")
        if "number" in (one, two):
            return "number", made
        if sign == "/" and one == two == "integer":
            return (
                ("decimal", ast.BinOp(_call(first), op, second))
                if self.exact
                else ("number", made)
            )
        return "decimal" if "decimal" in (one, two) else "integer", made

    def _comparison(
        self, left: ast.expr, op: ast.cmpop, right: ast.expr
    ) -> tuple[str, ast.expr]:
        if isinstance(left, ast.Constant):
            if isinstance(right, ast.Constant):
                raise Wrong(
                    f"{shown(ast.unparse(left))} and {shown(ast.unparse(right))} are the same in each row"
                )
            left, op, right = right, _TURNED.get(type(op), type(op))(), left
        one, first, two, second = self._pair(left, right)
        if one != two and not {one, two} <= set(NUMBERS):
            raise Wrong(
                f"{shown(ast.unparse(left))} is {one} and {shown(ast.unparse(right))} {two}: they do not compare"
            )
        if (
            isinstance(left, ast.Name)
            and isinstance(right, ast.Constant)
            and type(op) in _OPPOSITE
        ):
            self._check_value(left.id, right.value)
        return "boolean", ast.Compare(first, [op], [second])

    def _check_value(self, name: str, value: object) -> None:
        values = self.fields[name].values
        if values and value not in values:
            raise Wrong(
                f"{shown(value)} is not one of the values of {name}: {', '.join(values)}"
            )


def _negated(node: ast.expr) -> ast.expr:
    """As people write it: not equal in one sign, and not twice not at all."""
    if isinstance(node, ast.Compare) and type(node.ops[0]) in _OPPOSITE:
        return ast.Compare(
            node.left, [_OPPOSITE[type(node.ops[0])]()], node.comparators
        )
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        return node.operand
    return ast.UnaryOp(ast.Not(), _enclosed(node))


def _enclosed(node: ast.expr) -> ast.expr:
    """What is `and` or `or` within another, in parentheses, which it may need for
    whoever reads it.
    """
    return ast.Name(f"({ast.unparse(node)})") if isinstance(node, ast.BoolOp) else node


def _decimal(node: ast.expr) -> ast.expr:
    """A literal such as 0.19 as the decimal that is written there."""
    value = node.value  # type: ignore[attr-defined]
    return ast.Call(
        ast.Name("Decimal"), [ast.Constant(format(Decimal(repr(value)), "f"))], []
    )


def _call(node: ast.expr) -> ast.expr:
    return ast.Call(ast.Name("Decimal"), [node], [])
