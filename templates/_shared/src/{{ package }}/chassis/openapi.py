"""The OpenAPI document: FastAPI's, and in it whatever else an operation may answer, by what it takes."""

from __future__ import annotations

import json
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from fastapi.routing import iter_route_contexts
from pydantic import BaseModel

from .fields import EXACT

ROUTES_AT_ONCE = 100  # FastAPI remembers 128 models of queries, and fails to describe more of them at once
SAID = {"schema": {"type": "string"}, "required": True}
HEADERS = {401: {"WWW-Authenticate": SAID}, 429: {"Retry-After": SAID}, 503: {"Retry-After": SAID}}
CONTENT = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}


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
        document = json.loads(json.dumps(document), parse_float=_number, object_hook=_bounds)
        problem = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
        schemas = {**document["components"]["schemas"], **problem.pop("$defs"), "Problem": problem}
        schemas = {name: schema for name, schema in schemas.items() if not name.endswith("ValidationError")}
        schemes = {"bearer": {"type": "http", "scheme": "bearer"}}
        document["components"] = {"schemas": schemas, "securitySchemes": schemes}
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
    return {**document, "components": {"schemas": dict(sorted(schemas.items()))}, "paths": paths}


def _number(text: str) -> int | float:
    """FastAPI has made floats of all bounds; the greatest integers are none."""
    return int(float(text)) if float(text).is_integer() else float(text)


def _bounds(schema: dict[str, Any]) -> dict[str, Any]:
    """Where a validator stands before them, pydantic says bounds in words of its own, and no form of a decimal."""
    places = schema.get("decimal_places")
    for word, name in {"ge": "minimum", "le": "maximum"}.items():
        if isinstance(schema.get(word), int) or (isinstance(places, int) and word in schema):
            schema[name] = _number(str(schema[word])) if isinstance(places, int) else schema[word]
    if isinstance(places, int) and "anyOf" in schema:
        whole, sign = schema["max_digits"] - places, "" if schema.get("minimum", -1) >= 0 else "-?"
        exact = 10 ** (EXACT - places)  # a number of more digits is refused; a string may have them
        schema |= {"exclusiveMaximum": exact, "exclusiveMinimum": -exact}
        schema["anyOf"][0]["multipleOf"] = float(f"1e-{places}") if places else 1
        schema["anyOf"][1]["pattern"] = rf"^{sign}\d{{1,{whole}}}" + (rf"(\.\d{{1,{places}}})?$" if places else "$")
    return schema


def _describe(method: str, path: str, operation: dict[str, Any]) -> None:
    responses, parameters, body = operation["responses"], operation.get("parameters", []), "requestBody" in operation
    names = {parameter["name"] for parameter in parameters}
    schemes = {name for scheme in operation.get("security", ()) for name in scheme}
    if schemes:
        operation["security"] = [{"bearer": []}] if "bearer" in schemes else [{}, {"bearer": []}]
    for parameter in parameters:  # it is there or not, and never null
        kinds = [kind for kind in parameter["schema"].pop("anyOf", ()) if kind != {"type": "null"}]
        parameter["schema"] |= kinds[0] if len(kinds) == 1 else {"anyOf": kinds} if kinds else {}
    if "304" in responses:
        known = {"name": "if-none-match", "in": "header", "required": False, "schema": {"type": "string"}}
        operation["parameters"] = [*parameters, known]
    if "304" in responses or names & {"if-match", "idempotency-key"}:
        for status in responses.keys() & {"200", "201", "304"}:
            responses[status]["headers"] = {"ETag": SAID} | ({"Location": SAID} if status == "201" else {})
    problems = {401: body or schemes, 403: schemes, 404: "{" in path or "idempotency-key" in names}
    problems |= {409: method != "get", 412: "if-match" in names, 413: body, 415: body, 422: True, 429: True, 503: True}
    for problem in filter(problems.get, problems):
        headers = {"headers": HEADERS[problem]} if problem in HEADERS else {}
        responses[str(problem)] = {"description": HTTPStatus(problem).phrase, "content": CONTENT, **headers}
