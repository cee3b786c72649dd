"""Worker: of several processes some do the scheduled work, and the others leave it to
them.
"""

from __future__ import annotations

from .settings import CoreSettings


class WorkerSettings(CoreSettings):
    # whether this process does the scheduled work, too; no where a worker does it
    background: bool = True
