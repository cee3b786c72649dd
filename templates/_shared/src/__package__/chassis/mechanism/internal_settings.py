"""Settings of parts that call each other."""

from __future__ import annotations

from pathlib import Path

from .settings import CoreSettings


class InternalSettings(CoreSettings):
    # a folder in which each part that calls or is called has one of its keys
    service_keys: Path = Path(".service-keys")
    # that somebody waits for an answer who does not say how long
    deadline_seconds: float = 8.0
