"""`deploy/template.yaml` delivers to every handler, and runs every job when it is due."""

from __future__ import annotations

import re
from collections.abc import Iterator
from importlib import import_module

from fastapi import APIRouter
from fastapi.routing import APIRoute

from shop.apps.dev import TEMPLATE
from shop.apps.event_routes import PARTS, ROUTES
from shop.local.discovery import jobs
from shop.local.template import Template
from shop.local.template_gaps import missing_resources


def test_the_template_delivers_to_every_handler_and_runs_every_job() -> None:
    known = jobs(module for modules in PARTS.values() for module in modules)
    missing = missing_resources(Template(TEMPLATE, {}), "shop", PARTS, ROUTES, known)
    assert not missing, "add to deploy/template.yaml:\n" + "".join(missing)


def test_the_template_has_a_way_to_every_endpoint() -> None:
    """What no event of a part's function leads to is a 404 of the gateway."""
    functions = Template(TEMPLATE, {}).of_type("AWS::Serverless::Function")
    for name, function in functions.items():
        part = function["Handler"].split(".")[-2]
        events = function.get("Events", {}).values()
        ways = [event["Properties"] for event in events if event["Type"] == "HttpApi"]
        for path, method in endpoints(PARTS.get(part, ())):
            reached = any(
                leads(way["Path"], path) and way["Method"] in ("ANY", method)
                for way in ways
            )
            place = f"add to deploy/template.yaml, as one of the Events of {name}"
            assert reached, (
                f"{place}: Type: HttpApi, with the Method {method} and the Path {path}"
            )


def endpoints(modules: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    for module in modules:
        for router in vars(import_module(f"shop.{module}.api")).values():
            if isinstance(router, APIRouter):
                for route in router.routes:
                    if isinstance(route, APIRoute):
                        yield from (
                            (route.path, method)
                            for method in sorted(route.methods or ())
                        )


def leads(way: str, path: str) -> bool:
    """`{proxy+}` is all that follows, any other name in braces is one step of the path."""
    pattern = re.escape(way).replace(r"\{proxy\+\}", ".+")
    return re.fullmatch(re.sub(r"\\\{\w+\\\}", "[^/]+", pattern), path) is not None
