"""Spans of OpenTelemetry around what is published and handled."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager

from opentelemetry import propagate, trace
from opentelemetry.trace import SpanKind, TracerProvider

from .tracing import Tracing, current_span

REQUEST_ID = "request.id"  # the attribute of a span


class Spans(Tracing):
    def __init__(self, provider: TracerProvider | None = None) -> None:
        """`provider`: None for the one of the whole process."""
        self._tracer = trace.get_tracer("app", tracer_provider=provider)
        current_span.mark = _mark
        current_span.trace_id = _trace_id

    def headers(self) -> dict[str, str]:
        found: dict[str, str] = {}
        propagate.inject(found)
        return found

    def publishing(
        self, name: str, trace: Mapping[str, str]
    ) -> AbstractContextManager[object]:
        return self._span(name, SpanKind.PRODUCER, trace)

    def handling(
        self, name: str, trace: Mapping[str, str]
    ) -> AbstractContextManager[object]:
        return self._span(name, SpanKind.CONSUMER, trace)

    def _span(
        self, name: str, kind: SpanKind, trace: Mapping[str, str]
    ) -> AbstractContextManager[object]:
        return self._tracer.start_as_current_span(
            name, context=propagate.extract(trace), kind=kind
        )


def _mark(request_id: str) -> None:
    trace.get_current_span().set_attribute(REQUEST_ID, request_id)


def _trace_id() -> str:
    found = trace.get_current_span().get_span_context().trace_id
    return f"{found:032x}" if found else ""
