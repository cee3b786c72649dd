"""Signing keys of functions, in a secret of AWS."""

from __future__ import annotations

import math
import time

from pydantic import PrivateAttr

from .accounts_settings import AccountsSettings
from .functions import read_secret

SECRET_AGE = 60  # seconds until a secret is asked for again


class SecretKeysSettings(AccountsSettings):
    # the secret that holds the signing keys; empty: the folder `jwt_keys`
    jwt_secret: str = ""
    _pems: bytes = PrivateAttr(b"")
    _read: float = PrivateAttr(-math.inf)

    def signing_pems(self) -> bytes:
        if self.jwt_secret and time.monotonic() - self._read > SECRET_AGE:
            self._pems = read_secret(self.jwt_secret).encode()
            self._read = time.monotonic()
        return self._pems
