"""Signing keys in the environment, where whoever runs the process puts a secret."""

from __future__ import annotations

from .accounts_settings import AccountsSettings


class EnvironmentKeysSettings(AccountsSettings):
    # PEM documents, one behind the other: the last signs, all of them verify; empty:
    # the folder `jwt_keys`
    jwt_pems: str = ""

    def signing_pems(self) -> bytes:
        return self.jwt_pems.encode()
