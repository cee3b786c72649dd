"""Contracts held to their last released form: what can be asked of modules, and their
events, as JSON schemas. The first release came with the project; `make
release-contracts` writes the next.

While two versions run, they ask and tell each other, so each has to read what the
other writes: fields that may be missing are added, and nothing else changes.
"""

from __future__ import annotations

import inspect
import json
from collections.abc import Iterator, Mapping
from importlib import import_module
from pathlib import Path
from typing import Any, get_type_hints

from pydantic import TypeAdapter, create_model
from pydantic.json_schema import GenerateJsonSchema

CONTRACTS = Path(__file__).parents[1] / "contracts"
RELEASED = CONTRACTS / "released"
UNSAID = {"$defs", "default", "description", "title"}  # changes no document
NESTED = ("additionalProperties", "anyOf", "items", "oneOf", "prefixItems")
BOUNDS = ("decimal_places", "ge", "gt", "le", "lt", "max_digits")
Schemas = dict[str, Any]


class Forms(GenerateJsonSchema):
    """The words for a decimal are the same whatever the version of pydantic."""

    def decimal_schema(self, schema: Any) -> Schemas:
        bounds = {key: str(schema[key]) for key in BOUNDS if key in schema}
        return {"format": "decimal", "type": "string", **bounds}


def contracts() -> dict[str, Schemas]:
    """By module: events by their type, and what each method of a contract asks and
    answers.
    """
    found = {}
    for path in sorted(CONTRACTS.glob("[a-z]*.py")):
        if path.stem.endswith("_http"):
            continue
        name = f"{CONTRACTS.parent.name}.contracts.{path.stem}"
        schemas: Schemas = {}
        for kind in vars(import_module(name)).values():
            if inspect.isclass(kind) and kind.__module__ == name:
                schemas |= _schemas(kind)
        if schemas:
            found[path.stem] = schemas
    return found


def broken() -> list[str]:
    """What is no longer as it was released, and more than a field that may be missing."""
    present = contracts()
    wrong: list[str] = []
    for path in sorted(RELEASED.glob("*.json")):
        released = json.loads(path.read_text(encoding="utf-8"))
        for name, before in released.items():
            now = present.get(path.stem, {}).get(name)
            if now is None:
                wrong.append(f"{name} is gone")
            else:
                wrong += differences(before, now, name)
    return wrong


def differences(before: Any, now: Any, where: str) -> Iterator[str]:
    """Between two schemas, as far as one would not read what the other writes."""
    if isinstance(before, Mapping) and isinstance(now, Mapping):
        yield from _fields(before, now, where)
        for key in NESTED:
            yield from differences(before.get(key), now.get(key), where)
        before, now = _own(before), _own(now)
    if isinstance(before, list) and isinstance(now, list) and len(before) == len(now):
        for one, other in zip(before, now, strict=True):
            yield from differences(one, other, where)
    elif before != now:
        yield f"{where} was {json.dumps(before)} and is {json.dumps(now)}"


def _own(schema: Mapping[str, Any]) -> dict[str, Any]:
    """What it says of itself."""
    apart = {*NESTED, "properties", "required"}
    return {key: schema[key] for key in schema if key not in apart}


def _fields(
    before: Mapping[str, Any], now: Mapping[str, Any], where: str
) -> Iterator[str]:
    had, has = before.get("properties", {}), now.get("properties", {})
    needed, needs = before.get("required", ()), now.get("required", ())
    for name in had:
        if name not in has:
            yield f"{where}.{name} is gone"
            continue
        if name in needed and name not in needs:
            yield f"{where}.{name} may be missing now, which it never was"
        yield from differences(had[name], has[name], f"{where}.{name}")
    for name in needs:
        if name not in needed:
            yield f"{where}.{name} is required now, and older versions do not send it"


def _schemas(kind: type[Any]) -> Schemas:
    if hasattr(kind, "type"):
        return {kind.type: _form(TypeAdapter(kind))}
    if not getattr(kind, "_is_protocol", False):
        return {}
    schemas = {}
    for name, method in inspect.getmembers(kind, inspect.isfunction):
        if name.startswith("_"):
            continue
        hints = get_type_hints(method)
        answer = hints.pop("return")
        asked: dict[str, Any] = {}
        for parameter in inspect.signature(method).parameters.values():
            if parameter.name in hints:
                default = parameter.default
                if default is parameter.empty:
                    default = ...
                asked[parameter.name] = (hints[parameter.name], default)
        question = create_model("Question", **asked)
        schemas[f"{kind.__name__}.{name}.asks"] = _form(TypeAdapter(question))
        schemas[f"{kind.__name__}.{name}.answers"] = _form(TypeAdapter(answer))
    return schemas


def _form(kind: TypeAdapter[Any]) -> Any:
    return _plain(kind.json_schema(schema_generator=Forms))


def _plain(schema: Any, known: Mapping[str, Any] | None = None) -> Any:
    """The schema without what is only said, and with what it refers to in place."""
    if isinstance(schema, list):
        return [_plain(part, known) for part in schema]
    if not isinstance(schema, dict):
        return schema
    known = schema.get("$defs", known) or {}
    name = str(schema.get("$ref", "")).removeprefix("#/$defs/")
    if name in known:
        others = {key: known[key] for key in known if key != name}
        return _plain(known[name], others)
    plain = {key: _plain(schema[key], known) for key in schema if key not in UNSAID}
    if "properties" in schema:
        fields = schema["properties"]
        plain["properties"] = {key: _plain(fields[key], known) for key in fields}
    return plain


def release() -> None:
    """Writes the present form, which the tests hold from now on."""
    RELEASED.mkdir(exist_ok=True)
    present = contracts()
    for path in RELEASED.glob("*.json"):
        if path.stem not in present:
            path.unlink()
    for module, schemas in present.items():
        text = json.dumps(schemas, indent=2, sort_keys=True) + "\n"
        (RELEASED / f"{module}.json").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    release()
