"""Worker: of several processes some do the scheduled work, and the others leave it to them."""

from __future__ import annotations

from pydantic_settings import BaseSettings, SettingsConfigDict


class WorkerSettings(BaseSettings):
    model_config = SettingsConfigDict(extra="ignore", frozen=True)

    background: bool = True  # whether this process does the scheduled work, too; no where a worker does it
