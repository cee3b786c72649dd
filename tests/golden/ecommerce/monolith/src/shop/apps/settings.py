"""Settings of this system, from the environment or `.env`.

The defaults are the embedded ones: Python alone is enough.

Each part of it says beside its own code what it wants to be told; a module's own may
stay in the module (docs/guide.md).
"""

from __future__ import annotations

from shop.chassis.mechanism.accounts_settings import AccountsSettings
from shop.chassis.mechanism.memory_cache import CacheSettings
from shop.chassis.mechanism.server_settings import ServerSettings
from shop.chassis.mechanism.sql_settings import SqlSettings
from shop.chassis.mechanism.worker_settings import WorkerSettings
from shop.chassis.policy.settings import ProjectSettings


class Settings(
    ProjectSettings,
    ServerSettings,
    WorkerSettings,
    SqlSettings,
    CacheSettings,
    AccountsSettings,
):
    pass
