"""OpenAPI document: FastAPI's, completed by the problems that an operation may answer,
which follow from what it takes.
"""

from __future__ import annotations

import json
from http import HTTPStatus
from operator import itemgetter
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from fastapi.routing import iter_route_contexts
from pydantic import BaseModel

from .fields import EXACT

# FastAPI remembers 128 models of queries, and fails to describe more of them at once
ROUTES_AT_ONCE = 100
SAID = {"schema": {"type": "string"}, "required": True}
HEADERS = {
    401: {"WWW-Authenticate": SAID},
    429: {"Retry-After": SAID},
    503: {"Retry-After": SAID},
}
CONTENT = {
    "application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}
}


class FieldProblem(BaseModel):
    field: str
    message: str


class Problem(BaseModel):
    """What went wrong (RFC 9457)."""

    type: str
    title: str
    status: int
    detail: str
    errors: list[FieldProblem] = []


def described(app: FastAPI) -> dict[str, Any]:
    if app.openapi_schema is None:
        document = _document(app)
        document = json.loads(
            json.dumps(document), parse_float=_number, object_hook=_bounds
        )
        schemas = document["components"]["schemas"]
        # FastAPI's own form of a problem
        for name in ("HTTPValidationError", "ValidationError"):
            schemas.pop(name, None)
        problem = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
        schemas |= problem.pop("$defs")
        schemas["Problem"] = problem
        document["components"]["securitySchemes"] = {
            "bearer": {"type": "http", "scheme": "bearer"}
        }
        for path, operations in document["paths"].items():
            for method, operation in operations.items():
                _describe(method, path, operation)
        app.openapi_schema = document
    return app.openapi_schema


def _document(app: FastAPI) -> dict[str, Any]:
    routes = list(iter_route_contexts(app.routes))
    paths: dict[str, dict[str, Any]] = {}
    schemas: dict[str, Any] = {}
    for start in range(0, len(routes), ROUTES_AT_ONCE):
        several = routes[start : start + ROUTES_AT_ONCE]
        document = get_openapi(title=app.title, version=app.version, routes=several)
        schemas |= document.get("components", {}).get("schemas", {})
        for path, operations in document["paths"].items():
            paths.setdefault(path, {}).update(operations)
    document["components"] = {"schemas": dict(sorted(schemas.items()))}
    document["paths"] = paths
    document["tags"] = sorted(app.openapi_tags or [], key=itemgetter("name"))
    return document


def _number(text: str) -> int | float:
    """FastAPI has made floats of all bounds; the greatest integers are none."""
    number = float(text)
    if number.is_integer():
        return int(number)
    return number


def _bounds(schema: dict[str, Any]) -> dict[str, Any]:
    """Where a validator stands before them, pydantic says bounds in words of its own,
    and no form of a decimal.
    """
    places = schema.get("decimal_places")
    for word, name in {"ge": "minimum", "le": "maximum"}.items():
        bound = schema.get(word)
        if isinstance(places, int) and word in schema:
            schema[name] = _number(str(bound))
        elif isinstance(bound, int):
            schema[name] = bound
    if isinstance(places, int) and "anyOf" in schema:
        _describe_decimal(schema, schema["max_digits"] - places, places)
    return schema


def _describe_decimal(schema: dict[str, Any], digits: int, places: int) -> None:
    """`digits`: before the point.

    A number with a fraction has fewer of them, being a float to most (`fixed_scale`).
    """
    schema["exclusiveMaximum"] = 10**digits
    schema["exclusiveMinimum"] = -(10**digits)
    as_number, as_text = schema["anyOf"][:2]
    as_number["multipleOf"] = _number(f"1e-{places}")
    as_number["exclusiveMaximum"] = 10 ** (EXACT - places)
    as_number["exclusiveMinimum"] = -as_number["exclusiveMaximum"]
    pattern = rf"\d{{1,{digits}}}"
    if schema.get("minimum", -1) < 0:
        pattern = f"-?{pattern}"
    if places:
        pattern += rf"(\.\d{{1,{places}}})?"
    as_text["pattern"] = f"^{pattern}$"
    schema["anyOf"].insert(0, {"type": "integer"})


def _describe(method: str, path: str, operation: dict[str, Any]) -> None:
    responses = operation["responses"]
    parameters = operation.get("parameters", [])
    body = "requestBody" in operation
    names = {parameter["name"] for parameter in parameters}
    schemes = {name for scheme in operation.get("security", ()) for name in scheme}
    if "bearer" in schemes:
        operation["security"] = [{"bearer": []}]
    elif schemes:
        operation["security"] = [{}, {"bearer": []}]
    for parameter in parameters:
        _without_null(parameter["schema"])
    if "304" in responses:
        known = {
            "name": "if-none-match",
            "in": "header",
            "required": False,
            "schema": {"type": "string"},
        }
        operation["parameters"] = [*parameters, known]
    if "304" in responses or names & {"if-match", "idempotency-key"}:
        for status in responses.keys() & {"200", "201", "304"}:
            responses[status]["headers"] = {"ETag": SAID}
        if "201" in responses:
            responses["201"]["headers"]["Location"] = SAID
    problems = {
        401: body or schemes,
        403: schemes,
        404: "{" in path or "idempotency-key" in names,
        409: method != "get",
        412: "if-match" in names,
        413: body,
        415: body,
        422: True,
        429: True,
        503: True,
    }
    for problem in filter(problems.get, problems):
        response = {"description": HTTPStatus(problem).phrase, "content": CONTENT}
        if problem in HEADERS:
            response["headers"] = HEADERS[problem]
        responses[str(problem)] = response


def _without_null(schema: dict[str, Any]) -> None:
    """A parameter is there or not, and never null."""
    kinds = schema.pop("anyOf", [])
    if {"type": "null"} in kinds:
        kinds.remove({"type": "null"})
    if len(kinds) == 1:
        schema |= kinds[0]
    elif kinds:
        schema["anyOf"] = kinds
