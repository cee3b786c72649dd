"""Traces and metrics by OTLP over HTTP, pushed to one destination from threads of their
own; without one nothing is measured.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import TypeVar

from fastapi.telemetry import TelemetryConfig
from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.metrics import CallbackOptions, Observation
from opentelemetry.sdk.metrics import (
    Counter,
    Histogram,
    MeterProvider,
    ObservableCounter,
)
from opentelemetry.sdk.metrics.export import (
    AggregationTemporality,
    PeriodicExportingMetricReader,
)
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from pydantic_settings import BaseSettings, SettingsConfigDict

from .cache import Cache
from .errors import Problem
from .http import UNTRACED
from .settings import CoreSettings, nearby
from .spans import Spans
from .sql import Database
from .tracing import Tracing

PERIOD = 15.0  # seconds between two exports of metrics
TIMEOUT = 5.0  # seconds for one export
DELTA: dict[type, AggregationTemporality] = dict.fromkeys(
    (Counter, Histogram, ObservableCounter), AggregationTemporality.DELTA
)
NUMBER = re.compile(r"(\w+)(?:\{(.*)\})?")  # name{label="value"}
LABEL = re.compile(r'(\w+)="([^"]*)"')
S = TypeVar("S", bound="OtlpSettings")
Numbers = Callable[[], Awaitable[Mapping[str, float]]]


class OtlpSettings(BaseSettings):
    """What the destination is told of this process."""

    model_config = SettingsConfigDict(extra="ignore", frozen=True)

    deployment_environment: str = "development"
    service_version: str = "0.1.0"


@dataclass(frozen=True)
class Destination:
    """`endpoint`: before `/v1/traces` and `/v1/metrics`.

    `headers`: with the key, so never shown.
    """

    endpoint: str
    headers: Mapping[str, str]
    settings: OtlpSettings

    def __repr__(self) -> str:
        return f"Destination({self.endpoint})"


def read(kind: Callable[..., S], settings: CoreSettings) -> S:
    """A destination's own settings, from where all others are read."""
    return kind(_env_file=settings.modules_env or None)


class Telemetry:
    """What one part exports.

    `config` is FastAPI's, which makes the spans and the metrics of requests.
    """

    def __init__(self, destination: Destination | None, service: str) -> None:
        self.config: TelemetryConfig = UNTRACED
        self.tracing = Tracing()
        self._tracers: TracerProvider | None = None
        self._meters: MeterProvider | None = None
        self._numbers: Sequence[Numbers] = ()
        if destination is None:
            return
        if not destination.endpoint.startswith("https://") and not nearby(
            destination.endpoint
        ):
            raise SystemExit(
                f"{destination.endpoint} is in another network, and would hear the key in plain text"
            )
        resource = Resource.create(
            {
                "service.name": service,
                "service.version": destination.settings.service_version,
                "deployment.environment": destination.settings.deployment_environment,
                # as it is called since 1.27
                "deployment.environment.name": destination.settings.deployment_environment,
            }
        )
        headers = dict(destination.headers)
        spans = OTLPSpanExporter(
            f"{destination.endpoint}/v1/traces", headers=headers, timeout=TIMEOUT
        )
        measures = OTLPMetricExporter(
            f"{destination.endpoint}/v1/metrics",
            headers=headers,
            timeout=TIMEOUT,
            preferred_temporality=DELTA,
        )
        self._tracers = TracerProvider(resource=resource)
        self._tracers.add_span_processor(BatchSpanProcessor(spans))
        self.tracing = Spans(self._tracers)
        reader = PeriodicExportingMetricReader(
            measures, export_interval_millis=PERIOD * 1000
        )
        self._meters = MeterProvider([reader], resource)
        self.config = {
            "tracer_provider": self._tracers,
            "meter_provider": self._meters,
            "logs": False,
            "operation_spans": False,
        }

    def watch(
        self, cache: Cache, database: Database, numbers: Sequence[Numbers] = ()
    ) -> None:
        """Exports the state of these too.

        `numbers`: those of the background, by name.
        """
        if self._meters is None:
            return
        meter = self._meters.get_meter("app")
        self._numbers = numbers
        hits = _observed(lambda: cache.hits)
        meter.create_observable_counter("cache_hits", [hits])
        misses = _observed(lambda: cache.misses)
        meter.create_observable_counter("cache_misses", [misses])
        used = _observed(lambda: database.connections()[0])
        meter.create_observable_gauge("database_connections", [used])
        limit = _observed(lambda: database.connections()[1])
        meter.create_observable_gauge("database_connections_limit", [limit])

    async def run(self) -> None:
        """Asks for the numbers of the background, time and again."""
        if self._meters is None:
            return
        while True:
            for ask in self._numbers:
                # without its database the rest is still worth knowing
                with suppress(Problem):
                    found = await ask()
                    _measure(self._meters, found)
            await asyncio.sleep(PERIOD)

    async def close(self) -> None:
        """Exports what is left."""
        for provider in (self._tracers, self._meters):
            if provider is not None:
                await asyncio.to_thread(provider.shutdown)


def _measure(meters: MeterProvider, numbers: Mapping[str, float]) -> None:
    meter = meters.get_meter("app")
    for said, number in numbers.items():
        found = NUMBER.fullmatch(said)
        if found is None:
            continue
        labels = LABEL.findall(found[2] or "")
        gauge = meter.create_gauge(found[1])
        gauge.set(number, dict(labels))


def _observed(
    ask: Callable[[], float],
) -> Callable[[CallbackOptions], Iterable[Observation]]:
    return lambda _: [Observation(ask())]
