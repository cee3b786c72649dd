"""A domain as an OpenAPI document: a schema and the paths of each entity. What JSON
Schema has no words for stands in `x-archgen`.
"""

from __future__ import annotations

from typing import Any

from archgen.domain import naming
from archgen.domain.field_values import read_item, resolve_items, resolve_length
from archgen.domain.schema import Domain, EntitySpec, FieldSpec
from archgen.exchange.drawing import list_entities

EXTENSION = "x-archgen"
_UUID = {"type": "string", "format": "uuid"}
_TIME = {"type": "string", "format": "date-time", "readOnly": True}
_TYPES: dict[str, dict[str, Any]] = {
    "email": {"type": "string", "format": "email"},
    "url": {"type": "string", "format": "uri"},
    "zoned_datetime": {"type": "string", "format": "date-time"},
    "integer": {"type": "integer", "format": "int64"},
    "decimal": {"type": "string", "format": "decimal"},
    "number": {"type": "number", "format": "double"},
    "boolean": {"type": "boolean"},
    "date": {"type": "string", "format": "date"},
    "datetime": {"type": "string", "format": "date-time"},
    "uuid": _UUID,
    "json": {},
    "reference": _UUID,
    "references": {"type": "array", "items": _UUID, "uniqueItems": True},
    "file": _UUID,
}


def describe_openapi(name: str, domain: Domain) -> dict[str, Any]:
    """All entities but those of `accounts` and `files`."""
    paths: dict[str, Any] = {}
    schemas: dict[str, Any] = {}
    told: set[str] = set()
    for module, entity, spec in list_entities(domain):
        cls = naming.to_class_name(entity)
        schemas[cls] = _schema(module, entity, spec)
        if module not in told and domain[module].spec.reacts_to:
            schemas[cls][EXTENSION]["reacts_to"] = list(domain[module].spec.reacts_to)
        if module not in told and domain[module].spec.stored_as is not None:
            schemas[cls][EXTENSION]["stored_as"] = domain[module].spec.stored_as
        if module not in told and (
            enums := domain[module]
            .spec.model_dump(mode="json", exclude_unset=True)
            .get("enums")
        ):
            schemas[cls][EXTENSION]["enums"] = enums
        told.add(module)
        paths |= _paths(
            module,
            entity,
            spec.pluralize(entity),
            {"$ref": f"#/components/schemas/{cls}"},
        )
    return {
        "openapi": "3.1.0",
        "info": {"title": name, "version": "1"},
        "paths": paths,
        "components": {"schemas": schemas},
    }


def _schema(module: str, name: str, entity: EntitySpec) -> dict[str, Any]:
    said = entity.model_dump(mode="json", exclude_unset=True, exclude={"fields"})
    properties = {key: _property(spec) for key, spec in entity.fields.items()}
    properties |= {
        key: {**_form(FieldSpec(type=spec.type)), "readOnly": True}
        for key, spec in entity.computed.items()
    }
    return {
        "type": "object",
        EXTENSION: {"module": module, "name": name, **said},
        "properties": {
            "id": {**_UUID, "readOnly": True},
            **properties,
            "created_at": _TIME,
            "updated_at": _TIME,
        },
        "required": [
            "id",
            *(key for key, spec in entity.fields.items() if spec.needed),
            "created_at",
            "updated_at",
        ],
    }


def _property(spec: FieldSpec) -> dict[str, Any]:
    made = _form(spec)
    if spec.type == "list":
        made = {
            "type": "array",
            "items": _form(read_item(spec)),
            "maxItems": resolve_items(spec),
        }
    if spec.type == "object":
        required = [key for key, member in spec.fields.items() if member.required]
        made = {
            "type": "object",
            "properties": {key: _form(member) for key, member in spec.fields.items()},
        }
        made |= {"required": required} if required else {}
    if spec.type == "references" and spec.needed:
        made |= {"minItems": 1}
    said = {
        key: value
        for key, value in spec.model_dump(mode="json", exclude_unset=True).items()
        if value is not None
    }
    if said.get("enum") is not None:
        said = {
            key: value for key, value in said.items() if key not in ("values", "labels")
        }
    return {**made, EXTENSION: said}


def _form(spec: FieldSpec) -> dict[str, Any]:
    made = dict(_TYPES.get(spec.type, {"type": "string"}))
    if (longest := resolve_length(spec)) is not None:
        made |= {"maxLength": longest}
        made |= {"minLength": spec.min_length} if spec.min_length else {}
        made |= {"pattern": spec.pattern} if spec.pattern else {}
    elif spec.type == "enum":
        made["enum"] = list(spec.values)
    elif spec.type in ("integer", "number"):
        made |= {
            word: float(bound) if spec.type == "number" else int(bound)
            for word, bound in (("minimum", spec.min), ("maximum", spec.max))
            if bound is not None
        }
    return made


def _paths(
    module: str, name: str, plural: str, schema: dict[str, Any]
) -> dict[str, Any]:
    def answer(status: str, content: dict[str, Any] | None = None) -> dict[str, Any]:
        body = {"content": {"application/json": {"schema": content}}} if content else {}
        return {"responses": {status: {"description": "done", **body}}}

    def taking(operation: dict[str, Any]) -> dict[str, Any]:
        return {
            **operation,
            "requestBody": {
                "required": True,
                "content": {"application/json": {"schema": schema}},
            },
        }

    page = {
        "type": "object",
        "properties": {
            "items": {"type": "array", "items": schema},
            "next": {"type": ["string", "null"]},
        },
        "required": ["items", "next"],
    }
    query = [
        {"name": key, "in": "query", "schema": {"type": kind}}
        for key, kind in (("limit", "integer"), ("after", "string"))
    ]
    one = [{"name": "id", "in": "path", "required": True, "schema": _UUID}]
    return {
        f"/api/{plural}": {
            "get": {
                "tags": [module],
                "operationId": f"{name}_list",
                "parameters": query,
                **answer("200", page),
            },
            "post": taking(
                {
                    "tags": [module],
                    "operationId": f"{name}_create",
                    **answer("201", schema),
                }
            ),
        },
        f"/api/{plural}/{{id}}": {
            "parameters": one,
            "get": {
                "tags": [module],
                "operationId": f"{name}_read",
                **answer("200", schema),
            },
            "patch": taking(
                {
                    "tags": [module],
                    "operationId": f"{name}_update",
                    **answer("200", schema),
                }
            ),
            "delete": {
                "tags": [module],
                "operationId": f"{name}_delete",
                **answer("204"),
            },
        },
    }
