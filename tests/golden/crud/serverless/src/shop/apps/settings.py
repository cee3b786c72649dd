"""Settings of this system, from the environment or `.env`.

The defaults are the embedded ones: Python alone is enough.

Each part of it says beside its own code what it wants to be told; a module's own may
stay in the module (docs/guide.md).
"""

from __future__ import annotations

from shop.chassis.mechanism.functions import FunctionSettings
from shop.chassis.mechanism.secret_keys import SecretKeysSettings
from shop.chassis.policy.settings import ProjectSettings


class Settings(ProjectSettings, FunctionSettings, SecretKeysSettings):
    pass
