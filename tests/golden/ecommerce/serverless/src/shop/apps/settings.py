"""Settings of this system, from the environment or `.env`.

The defaults are the embedded ones: Python alone is enough.

Each part of it says beside its own code what it wants to be told; a module's own may
stay in the module (docs/guide.md).
"""

from __future__ import annotations

from shop.chassis.functions import FunctionSettings
from shop.chassis.internal_settings import InternalSettings
from shop.chassis.secret_keys import SecretKeysSettings


class Settings(FunctionSettings, InternalSettings, SecretKeysSettings):
    pass
