"""`deploy/template.yaml` delivers to every handler, and runs every job when it is due."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module

from fastapi import APIRouter
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute

from shop.apps.calls import CALLS
from shop.apps.dev import TEMPLATE
from shop.apps.event_routes import PARTS, ROUTES
from shop.chassis.mechanism.rest import Bearer
from shop.local.discovery import jobs
from shop.local.gateway import Route
from shop.local.template import Template
from shop.local.template_gaps import missing_resources


def test_the_template_delivers_to_every_handler_and_runs_every_job() -> None:
    known = jobs(module for modules in PARTS.values() for module in modules)
    missing = missing_resources(
        Template(TEMPLATE, {}), "shop", PARTS, ROUTES, known, CALLS
    )
    assert not missing, "add to deploy/template.yaml:\n" + "".join(missing)


def test_the_template_has_a_way_to_every_endpoint_and_asks_for_a_token_where_it_does() -> (
    None
):
    """What no event of a part's function leads to is a 404 of the gateway; what has an
    authorizer, and should not, is a 401.
    """
    functions = Template(TEMPLATE, {}).of_type("AWS::Serverless::Function")
    for name, function in functions.items():
        ways = [
            event["Properties"]
            for event in function.get("Events", {}).values()
            if event["Type"] == "HttpApi"
        ]
        routes = [
            Route(
                way["Method"], way["Path"], name, way.get("Auth", {}).get("Authorizer")
            )
            for way in ways
        ]
        part = function["Handler"].split(".")[-2]
        for path, method, asks in endpoints(PARTS.get(part, ())):
            place = f"in deploy/template.yaml, of the Events of {name}"
            fitting = [route for route in routes if route.fits(method, path)]
            assert fitting, (
                f"{place}: add Type: HttpApi, with the Method {method} and the Path {path}"
            )
            best = max(fitting, key=Route.rank)
            told = (
                "needs Auth: {Authorizer: Tokens}"
                if asks
                else "is for anyone, and may have no Auth"
            )
            assert bool(best.authorizer) == asks, (
                f"{place}: {method} {path} {told} ({best.key})"
            )


def endpoints(modules: tuple[str, ...]) -> Iterator[tuple[str, str, bool]]:
    """Path and method of each, and whether only those may ask who are logged in."""
    for module in modules:
        for router in vars(import_module(f"shop.{module}.api")).values():
            if isinstance(router, APIRouter):
                for route in router.routes:
                    if isinstance(route, APIRoute):
                        for method in sorted(route.methods or ()):
                            yield route.path, method, needs_token(route.dependant)


def needs_token(dependant: Dependant) -> bool:
    own = isinstance(dependant.call, Bearer) and dependant.call.auto_error
    return own or any(map(needs_token, dependant.dependencies))
