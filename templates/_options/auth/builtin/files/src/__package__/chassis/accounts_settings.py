"""Settings of accounts: their tokens, the first member of staff, how mail leaves."""

from __future__ import annotations

from pathlib import Path

from .settings import CoreSettings


class AccountsSettings(CoreSettings):
    jwt_keys: Path = Path(".keys")  # a folder of PEM files; the last by name signs, all of them verify
    jwt_issuer: str = "http://localhost"
    jwt_audience: str = "api"
    admin_email: str = ""
    admin_password: str = ""
    hide_accounts: bool = False  # whoever registers does not learn whether the address has an account
    mail_url: str = "file:.mails"  # a folder, or smtp://[USER:PASSWORD@]HOST[:PORT], or smtps://...
    mail_from: str = "no-reply@example.com"
    site_url: str = ""  # whose pages the links in mails open; empty: those of `make dev`

    def signing_pems(self) -> bytes:
        """The signing keys, where they do not lie in the folder `jwt_keys`."""
        return b""
