"""The OpenAPI document: FastAPI's, and in it whatever else an operation may answer, by what it takes."""

from __future__ import annotations

import json
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic import BaseModel

PROBLEMS = {
    401: "Nobody that is known here",
    403: "Not allowed",
    404: "Not there, or not for this caller",
    409: "Not with what is there already",
    412: "Changed since it was read",
    413: "Too large",
    422: "Not valid",
    429: "Too often",
    503: "Not now",
}
SAID = {"schema": {"type": "string"}, "required": True}
HEADERS = {401: {"WWW-Authenticate": SAID}, 429: {"Retry-After": SAID}, 503: {"Retry-After": SAID}}


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
        document = get_openapi(title=app.title, version=app.version, routes=app.routes)
        document = json.loads(json.dumps(document), parse_float=_number)  # FastAPI has made floats of all bounds
        problem = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
        schemas = {**document["components"]["schemas"], **problem.pop("$defs"), "Problem": problem}
        for name in ("HTTPValidationError", "ValidationError"):
            schemas.pop(name, None)
        schemes = {"bearer": {"type": "http", "scheme": "bearer"}}
        document["components"] = {"schemas": schemas, "securitySchemes": schemes}
        for path, operations in document["paths"].items():
            for method, operation in operations.items():
                _describe(method, path, operation)
        app.openapi_schema = document
    return app.openapi_schema


def _number(text: str) -> int | float:
    value = float(text)
    return int(value) if value.is_integer() else value


def _describe(method: str, path: str, operation: dict[str, Any]) -> None:
    responses, parameters, body = operation["responses"], operation.get("parameters", []), "requestBody" in operation
    names = {parameter["name"] for parameter in parameters}
    schemes = {name for scheme in operation.get("security", ()) for name in scheme}
    if schemes:
        operation["security"] = [{"bearer": []}] if "bearer" in schemes else [{}, {"bearer": []}]
    for parameter in parameters:  # it is there or not, and never null
        kinds = [kind for kind in parameter["schema"].pop("anyOf", ()) if kind != {"type": "null"}]
        parameter["schema"] |= kinds[0] if len(kinds) == 1 else {"anyOf": kinds} if kinds else {}
    if "if-none-match" in names:
        responses["304"] = {"description": "As the client has it"}
    if names & {"if-match", "if-none-match", "idempotency-key"}:
        for status in responses.keys() & {"200", "201", "304"}:
            responses[status]["headers"] = {"ETag": SAID} | ({"Location": SAID} if status == "201" else {})
    possible = {
        401: body or schemes,
        403: schemes,
        404: "{" in path or "idempotency-key" in names,
        409: method != "get",
        412: "if-match" in names,
        413: body,
    }
    content = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
    for status, meaning in PROBLEMS.items():
        if possible.get(status, True):
            headers = {"headers": HEADERS[status]} if status in HEADERS else {}
            responses[str(status)] = {"description": meaning, "content": content, **headers}
