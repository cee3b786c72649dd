"""Every event goes where it is handled: the routes are those that follow from what the
modules handle.
"""

from __future__ import annotations

from shop.apps.event_routes import PARTS, ROUTES
from shop.local.routes import routes


def test_the_routes_follow_from_what_the_modules_handle() -> None:
    assert routes(PARTS) == ROUTES, (
        "a handler came, went or has another name: run `make routes`"
    )
