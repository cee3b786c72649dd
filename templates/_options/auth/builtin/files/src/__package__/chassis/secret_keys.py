"""Signing keys of functions, in a secret of AWS."""

from __future__ import annotations

from .accounts_settings import AccountsSettings

SECRET_AGE = 60  # seconds until a secret is asked for again


class SecretKeysSettings(AccountsSettings):
    jwt_secret: str = ""  # the secret that holds the signing keys; empty: the folder `jwt_keys`

    def signing_pems(self) -> bytes:
        if not self.jwt_secret:
            return b""
        from aws_lambda_powertools.utilities import parameters  # only the function that signs needs it

        pems: str = parameters.get_secret(self.jwt_secret, max_age=SECRET_AGE)
        return pems.encode()
