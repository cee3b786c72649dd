"""`deploy/template.yaml` delivers to every handler, and runs every job when it is due."""

from __future__ import annotations

from shop.apps.dev import TEMPLATE
from shop.apps.event_routes import PARTS, ROUTES
from shop.local.derived import jobs
from shop.local.template import Template
from shop.local.wanting import wanting


def test_the_template_delivers_to_every_handler_and_runs_every_job() -> None:
    known = jobs(module for modules in PARTS.values() for module in modules)
    missing = wanting(Template(TEMPLATE, {}), "shop", PARTS, ROUTES, known)
    assert not missing, "add to deploy/template.yaml:\n" + "".join(missing)
