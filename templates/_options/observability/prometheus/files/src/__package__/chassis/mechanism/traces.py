"""Traces by OTLP, to the address in `OTEL_EXPORTER_OTLP_ENDPOINT`; none where it is not
set.
"""

from __future__ import annotations

import os

from fastapi.telemetry import TelemetryConfig

from .http import UNTRACED

TRACED: TelemetryConfig = {"auto_configure": True, "metrics": False, "logs": False}


def traces() -> TelemetryConfig:
    if os.environ.get("OTEL_EXPORTER_OTLP_ENDPOINT"):
        return TRACED
    return UNTRACED
