"""Settings of the database: where it is, and how many connections this process may
have.
"""

from __future__ import annotations

from typing import Literal

from .settings import CoreSettings


class SqlSettings(CoreSettings):
    database_url: str = "sqlite+aiosqlite:///.data"
    database_pooler: Literal["", "session", "transaction"] = (
        ""  # what lies between, and for how long it gives connections
    )
    # as the tables' owner, and past a pooler; empty: DATABASE_URL
    migration_url: str = ""
    # that the server has for us: its max_connections, less some for people
    database_connections: int = 90
    # that share them: every copy, and those that follow it while a new version rolls
    # out
    processes: int = 4

    @property
    def pool_size(self) -> int:
        """Connections of one process: all of them together never ask the server for
        more than it has.
        """
        return max(1, min(20, self.database_connections // self.processes))
