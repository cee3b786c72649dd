"""Spans of OpenTelemetry around what is published and handled."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager

from opentelemetry import propagate, trace
from opentelemetry.trace import SpanKind, TracerProvider

from .tracing import Tracing


class Spans(Tracing):
    def __init__(self, provider: TracerProvider | None = None) -> None:
        """`provider`: None for the one of the whole process."""
        self._tracer = trace.get_tracer("app", tracer_provider=provider)

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
