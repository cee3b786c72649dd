"""Signing keys of functions, in a secret of AWS."""

from __future__ import annotations

from .accounts_settings import AccountsSettings

SECRET_AGE = 60  # seconds until a secret is asked for again


class SecretKeysSettings(AccountsSettings):
    # the secret that holds the signing keys; empty: the folder `jwt_keys`
    jwt_secret: str = ""

    def signing_pems(self) -> bytes:
        if not self.jwt_secret:
            return b""
        # only the function that signs needs it
        from aws_lambda_powertools.utilities import parameters

        pems: str = parameters.get_secret(self.jwt_secret, max_age=SECRET_AGE)
        return pems.encode()
