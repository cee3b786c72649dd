"""Settings of a server's process."""

from __future__ import annotations

from .settings import CoreSettings


class ServerSettings(CoreSettings):
    production: bool = False  # refuse to start with what is only good for development
    log_json: bool = False
