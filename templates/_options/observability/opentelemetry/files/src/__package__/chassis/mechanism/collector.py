"""An OpenTelemetry collector, which needs no key: `OTEL_EXPORTER_OTLP_ENDPOINT` says
where it is.
"""

from __future__ import annotations

from .otlp import Destination, OtlpSettings, read
from .settings import CoreSettings


class CollectorSettings(OtlpSettings):
    # as http://collector:4318; empty: nothing is exported
    otel_exporter_otlp_endpoint: str = ""


def destination(settings: CoreSettings) -> Destination | None:
    own = read(CollectorSettings, settings)
    if not own.otel_exporter_otlp_endpoint:
        return None
    return Destination(own.otel_exporter_otlp_endpoint.rstrip("/"), {}, own)
