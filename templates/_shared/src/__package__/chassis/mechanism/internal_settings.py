"""Settings of parts that call each other."""

from __future__ import annotations

from .settings import CoreSettings


class InternalSettings(CoreSettings):
    internal_token: str = ""  # what parts show each other
