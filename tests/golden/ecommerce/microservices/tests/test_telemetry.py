"""What is exported of requests: to where, with which key, as whose, and nothing where
no destination is set.
"""

from __future__ import annotations

from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import pytest
from fastapi.testclient import TestClient
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
    ExportMetricsServiceRequest,
)
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
)

from shop.apps import dev
from shop.apps.settings import Settings
from shop.chassis.mechanism.otlp import Destination, OtlpSettings, Telemetry

KEY = "0123456789abcdef"


class Receiver(ThreadingHTTPServer):
    """Takes what is exported."""

    def __init__(self) -> None:
        self.received: list[tuple[str, dict[str, str], bytes]] = []
        super().__init__(("127.0.0.1", 0), Take)

    def of(self, path: str) -> list[tuple[dict[str, str], bytes]]:
        return [(headers, body) for at, headers, body in self.received if at == path]


class Take(BaseHTTPRequestHandler):
    server: Receiver

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        headers = {name.lower(): value for name, value in self.headers.items()}
        self.server.received.append((self.path, headers, body))
        self.send_response(200)
        self.end_headers()

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - as the library calls it
        pass


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver() as receiver:
        Thread(target=receiver.serve_forever, daemon=True).start()
        yield receiver
        receiver.shutdown()


def attributes(resource: Any) -> dict[str, str]:
    return {
        attribute.key: attribute.value.string_value for attribute in resource.attributes
    }


def test_a_request_is_a_span_and_a_metric_of_this_service_at_the_destination(
    receiver: Receiver, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(
        "OTEL_EXPORTER_OTLP_ENDPOINT", f"http://127.0.0.1:{receiver.server_port}"
    )
    monkeypatch.setenv("DEPLOYMENT_ENVIRONMENT", "staging")
    monkeypatch.setenv("SERVICE_VERSION", "1.2.3")
    with TestClient(dev.create_app(settings)) as client:
        assert client.get("/health/ready").status_code == 200
        assert (
            client.get(
                "/api/nothing", headers={"X-Request-ID": "who-was-it-4711"}
            ).status_code
            == 404
        )
    traces, metrics = receiver.of("/v1/traces"), receiver.of("/v1/metrics")
    assert traces
    assert metrics
    for headers, _ in traces + metrics:
        assert headers["content-type"] == "application/x-protobuf"
    spans = [
        span
        for _, body in traces
        for span in ExportTraceServiceRequest.FromString(body).resource_spans
    ]
    measured = [
        one
        for _, body in metrics
        for one in ExportMetricsServiceRequest.FromString(body).resource_metrics
    ]
    for resource in [attributes(one.resource) for one in [*spans, *measured]]:
        assert resource["service.name"].startswith("shop")
        assert resource["service.version"] == "1.2.3"
        assert resource["deployment.environment"] == "staging"
    found = [span for one in spans for scope in one.scope_spans for span in scope.spans]
    assert "who-was-it-4711" in [attributes(span).get("request.id") for span in found]
    names = {
        metric.name
        for one in measured
        for scope in one.scope_metrics
        for metric in scope.metrics
    }
    assert {"http.server.request.duration", "database_connections"} <= names


def test_nothing_is_exported_where_no_destination_is_set() -> None:
    assert Telemetry(None, "shop").config["tracing"] is False


def test_no_key_goes_to_another_network_in_plain_text() -> None:
    with pytest.raises(SystemExit, match="plain text"):
        Telemetry(
            Destination("http://telemetry.example.com", {"key": KEY}, OtlpSettings()),
            "shop",
        )
