"""Use cases that read, decide and commit: when another writer was first, they run again on what is there now."""

from __future__ import annotations

import stamina

from .errors import StaleVersion

retry_on_conflict = stamina.retry(
    on=StaleVersion, attempts=50, timeout=5.0, wait_initial=0.005, wait_max=0.05, wait_jitter=0.05
)
