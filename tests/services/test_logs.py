"""A line of a part's log is found by the request, and leads on to its trace."""

from __future__ import annotations

import json
import logging
from importlib import import_module

import pytest
from opentelemetry.sdk.trace import TracerProvider
from tests.support.projects import Project


def test_a_line_of_the_log_names_its_request_and_its_trace(
    shop: Project, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(logging.root, "handlers", [])
    import_module("services_shop.chassis.policy.logs").configure_logs()
    import_module("services_shop.chassis.mechanism.spans").Spans()
    request_id = import_module("services_shop.chassis.mechanism.tracing").request_id
    token = request_id.set("who-was-it-4711")
    with TracerProvider().get_tracer("test").start_as_current_span("handle") as span:
        logging.getLogger("shop").warning("within")
        trace_id = f"{span.get_span_context().trace_id:032x}"
    logging.getLogger("shop").warning("outside")
    request_id.reset(token)
    within, outside = map(json.loads, capsys.readouterr().err.splitlines())
    assert (within["request_id"], within["trace_id"]) == ("who-was-it-4711", trace_id)
    assert "trace_id" not in outside
