"""Settings of this system, from the environment or `.env`.

The defaults are the embedded ones: Python alone is enough.

Each part of it says beside its own code what it wants to be told; a module's own may
stay in the module (docs/guide.md).
"""

from __future__ import annotations

from shop.chassis.accounts_settings import AccountsSettings
from shop.chassis.internal_settings import InternalSettings
from shop.chassis.memory_cache import CacheSettings
from shop.chassis.server_settings import ServerSettings
from shop.chassis.sql_settings import SqlSettings
from shop.chassis.worker_settings import WorkerSettings


class Settings(
    ServerSettings,
    InternalSettings,
    WorkerSettings,
    SqlSettings,
    CacheSettings,
    AccountsSettings,
):
    pass
