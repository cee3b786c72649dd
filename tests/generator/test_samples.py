"""The values that a project's tests send fit the field that they are for, and those
that it has to refuse do not.
"""

from __future__ import annotations

import ast
import datetime as dt
import importlib.util
import json
from collections.abc import Callable
from decimal import Decimal
from functools import cache, partial
from itertools import pairwise
from typing import Annotated, Any, Literal
from uuid import UUID, uuid4

import jsonschema_rs
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from jinja2 import Environment, FileSystemLoader
from pydantic import Field, TypeAdapter, ValidationError, create_model
from tests.strategies import scalar_fields

from archgen.answers.resolve import resolve
from archgen.answers.sources import from_record
from archgen.blueprint.modules import ModulePlan, plan_modules
from archgen.domain.field_values import FORMS, normal
from archgen.domain.patterns import read_pattern
from archgen.domain.schema import FieldSpec
from archgen.generator import templates_dir

SHARED = templates_dir() / "_shared"
MANY = 300


@cache
def module(path: str) -> Any:
    spec = importlib.util.spec_from_file_location(
        path.replace("/", "_"), SHARED / f"{path}.py"
    )
    assert spec is not None and spec.loader is not None
    made = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(made)
    return made


@cache
def macros() -> tuple[Any, Any, Any]:
    """What makes samples, documents, and types."""
    environment = Environment(
        loader=FileSystemLoader(templates_dir()), trim_blocks=True, lstrip_blocks=True
    )
    samples = environment.get_template("_macros/factories.jinja").make_module(
        {"has": {}, "kinds": {}, "modules": []}
    )
    api, types = (
        environment.get_template(f"_macros/{name}.jinja").make_module()
        for name in ("api", "types")
    )
    return samples, api, types


def planned(content: dict[str, Any], name: str = "x") -> Any:
    """The field as templates have it, and its entity."""
    modules = {"notes": {"entities": {"note": {"fields": {name: content}}}}}
    resolved = resolve([from_record({"name": "shop", "modules": modules})])
    plan = plan_modules(
        ModulePlan(resolved.domain, dict.fromkeys(resolved.domain.names, "app"))
    )
    return plan[-1].entities[0].model_dump(mode="json")


def names(field: dict[str, Any]) -> dict[str, Any]:
    """What rendered expressions may name."""
    fields = vars(module("src/__package__/chassis/mechanism/fields"))
    kind = Literal[tuple(field["values"])] if field["alias"] else None
    alias = type("domain", (), {field["alias"]: kind}) if field["alias"] else None
    return {
        "dt": dt,
        "Decimal": Decimal,
        "UUID": UUID,
        "uuid4": uuid4,
        "Field": Field,
        "Annotated": Annotated,
        **fields,
        "spelled": module("tests/words").spelled,
        "domain": alias,
        f"{field['alias']}Value": kind,
    }


def object_model(field: dict[str, Any]) -> Any:
    """The document that the API has for an object."""
    _, api, _ = macros()
    base = module("src/__package__/chassis/mechanism/fields").Body
    members: dict[str, Any] = {
        member["name"]: (
            eval(api.body_type(member, False), names(member)),
            None if member["nullable"] else ...,
        )  # noqa: S307
        for member in field["members"]
    }
    return create_model("Object", __base__=base, **members)


def check(content: dict[str, Any]) -> None:
    samples, api, _ = macros()
    entity = planned(content)
    field = entity["fields"][0]
    known = names(field)
    if field["type"] == "object":
        known |= {f"{field['cls']}In": object_model(field)}
    body = TypeAdapter(
        eval(
            api.body_type(field, content.get("unique") or content.get("indexed")), known
        )
    )  # noqa: S307
    low, high = (
        eval(text, known) for text in (samples.low(field), samples.high(field))
    )  # noqa: S307
    body.validate_python(low), body.validate_python(high)
    span = int(samples.span(field))
    assert span >= 1
    if field["unique"]:
        made = [
            eval(samples.nth(field), {**known, "n": n})
            for n in range(1, min(span, MANY) + 1)
        ]  # noqa: S307
        valid = [body.validate_python(value) for value in made]
        assert len(set(map(str, valid))) == len(made)
        if span > 1:
            assert all(one != other for one, other in pairwise(made))
    for line in filter(None, map(str.strip, samples.refused(entity).splitlines())):
        ((_, value),) = eval(f"[{line}]", known)  # noqa: S307
        with pytest.raises(ValidationError):
            body.validate_json(json.dumps(value))


@settings(suppress_health_check=list(HealthCheck), deadline=None)
@given(scalar_fields())
def test_samples_fit_and_unique_ones_differ(content: dict[str, Any]) -> None:
    check(content)


@pytest.mark.parametrize(
    "content",
    [
        {"type": "number", "unique": True},
        {"type": "number", "min": 5e-324, "max": 1e-323, "unique": True},
        {
            "type": "number",
            "min": -1.7976931348623157e308,
            "max": -1.7976931348623157e308,
        },
        {"type": "number", "max": -1.7976931348623157e308, "unique": True},
        {"type": "number", "min": 1e300, "max": 1.0000000000000001e300, "unique": True},
        {"type": "number", "min": 0, "max": 1, "unique": True},
        {"type": "string", "min_length": 9, "max_length": 9, "unique": True},
        {"type": "string", "min_length": 200, "unique": True},
        {"type": "text", "min_length": 100_000},
        {"type": "string", "pattern": "[A-F0-9]{6}", "unique": True, "min_length": 6},
        {"type": "string", "pattern": "x+", "min_length": 250, "max_length": 250},
        {
            "type": "string",
            "pattern": "yes|no",
            "unique": True,
            "examples": ["yes", "no"],
        },
        {"type": "string", "examples": ["'", '"'], "unique": True},
        {"type": "string", "pattern": ".*"},
        {"type": "email", "unique": True},
        {"type": "email", "max_length": 6, "unique": True},
        {"type": "email", "examples": ["Ann@EXAMPLE.com", "bo@example.com"]},
        {"type": "url", "max_length": 255, "unique": True},
        {"type": "url", "max_length": 9, "unique": True},
        {"type": "list", "of": "string", "min_length": 40, "max_items": 1},
        {"type": "list", "of": "decimal", "scale": 9, "max": "-5", "max_items": 100},
        {
            "type": "object",
            "fields": {
                "a": {"type": "email"},
                "b": {"type": "enum", "values": ["x"], "required": True},
            },
        },
        {
            "type": "object",
            "fields": {"a": {"type": "string", "pattern": "[A-Z]{2}"}},
            "required": True,
        },
        {"type": "duration", "unique": True, "required": True},
        {"type": "duration", "default": "-P1DT0.000001S", "indexed": True},
    ],
)
def test_samples_fit_at_the_edges(content: dict[str, Any]) -> None:
    check(content)


def test_addresses_urls_and_slugs_are_read_by_archgen_as_by_the_project() -> None:
    fields = module("src/__package__/chassis/mechanism/fields")
    slugs = ast.parse(
        (SHARED / "src/__package__/chassis/mechanism/slugs.py").read_text()
    )
    assigned = [node for node in slugs.body if isinstance(node, ast.Assign)]
    slug = next(
        ast.literal_eval(node.value)
        for node in assigned
        if ast.unparse(node.targets[0]) == "SLUG"
    )
    read = {"email": fields.EMAIL, "url": fields.URL, "slug": slug}
    for name, text in FORMS.items():
        assert read_pattern(text) == read_pattern(read[name])


LOCALS = st.text("aZ9.+!-_é ", max_size=8) | st.text("a.", min_size=60, max_size=68)
HOSTS = st.text("aZ9.-", max_size=8) | st.integers(60, 66).map("a".__mul__)


@given(st.builds("{}@{}".format, LOCALS, HOSTS) | st.text('a.@"[]1', max_size=12))
@example("a..b@example.com")
@example(".a@example.com")
@example("a.@example.com")
@example(f"{'a' * 64}@b")
@example(f"{'a' * 65}@b")
def test_an_address_is_what_the_document_promises(address: str) -> None:
    """The project takes what a validator of the document takes, formats held to, and
    nothing else; so do the answers.
    """
    fields = module("src/__package__/chassis/mechanism/fields")
    form: Any = Annotated[fields.Email, Field(max_length=254), fields.email_form]
    kind = TypeAdapter(form)
    promised = jsonschema_rs.validator_for(
        kind.json_schema(), validate_formats=True
    ).is_valid(address)
    assert promised == takes(kind.validate_python, address)
    assert promised == takes(partial(normal, FieldSpec(type="email")), address)


@given(
    st.text("PTDHMSYW-.019", max_size=9).map("P".__add__)
    | st.from_regex(r"-?P(1D)?T(2H)?(3M)?(0\.5S)?", fullmatch=True)
)
@example("P9999999DT999999H999999M99999999.999999S")
@example("PT1H5S")
@example("P1Y")
@example("P")
@example("P1DT")
def test_a_duration_is_what_the_document_promises(text: str) -> None:
    """The project takes what the document says, and so do the answers; what comes back
    is as the document says too.
    """
    fields = module("src/__package__/chassis/mechanism/fields")
    kind, shown = TypeAdapter(fields.Duration), TypeAdapter(fields.DurationString)
    promised = jsonschema_rs.validator_for(kind.json_schema()).is_valid(text)
    assert promised == takes(kind.validate_python, text)
    assert promised == takes(partial(normal, FieldSpec(type="duration")), text)
    if promised:
        back = shown.dump_python(kind.validate_python(text), mode="json")
        assert jsonschema_rs.validator_for(
            shown.json_schema(mode="serialization")
        ).is_valid(back)


def takes(check: Callable[[str], object], value: str) -> bool:
    try:
        check(value)
    except ValueError:
        return False
    return True


@given(st.timedeltas(dt.timedelta(days=-(10**7) + 1), dt.timedelta(days=10**7 - 1)))
def test_a_duration_is_written_by_archgen_as_by_the_project(
    value: dt.timedelta,
) -> None:
    fields = module("src/__package__/chassis/mechanism/fields")
    text = fields._iso(value)
    assert TypeAdapter(fields.Duration).validate_python(text) == value
    assert normal(FieldSpec(type="duration"), text) == text
    literal = macros()[2].literal({"type": "duration"}, text)
    assert eval(literal, {"dt": dt}) == value  # noqa: S307
