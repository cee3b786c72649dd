"""Retry of optimistic locking: a use case whose commit finds another writer first runs
again on what is there now.
"""

from __future__ import annotations

import stamina

from .errors import StaleVersion

retry_on_conflict = stamina.retry(
    on=StaleVersion,
    attempts=50,
    timeout=5.0,  # seconds, as those that follow
    wait_initial=0.005,
    wait_max=0.05,
    wait_jitter=0.05,
)
