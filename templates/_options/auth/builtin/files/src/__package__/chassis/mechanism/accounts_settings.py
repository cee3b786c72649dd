"""Settings of accounts: their tokens, the first member of staff, how mail leaves."""

from __future__ import annotations

from pathlib import Path

from .settings import CoreSettings


class AccountsSettings(CoreSettings):
    # a folder of PEM files; the last by name signs, all of them verify
    jwt_keys: Path = Path(".keys")
    jwt_issuer: str = "http://localhost"
    jwt_audience: str = "api"
    admin_email: str = ""
    admin_password: str = ""
    # whoever registers does not learn whether the address has an account
    hide_accounts: bool = False
    # a folder, or smtp://[USER:PASSWORD@]HOST[:PORT], or smtps://...
    mail_url: str = "file:.mails"
    mail_from: str = "no-reply@example.com"
    # whose pages the links in mails open; empty: those of `make dev`
    site_url: str = ""

    def signing_pems(self) -> bytes:
        """The signing keys, where they do not lie in the folder `jwt_keys`."""
        return b""
