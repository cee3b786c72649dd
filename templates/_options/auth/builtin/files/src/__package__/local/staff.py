"""`make dev` says who is staff."""

from __future__ import annotations

import os

from ..chassis.mechanism.accounts_settings import AccountsSettings


def announce_staff(settings: AccountsSettings) -> None:
    if "DEV_URL" in os.environ and settings.admin_email:
        print(
            f"Staff: {settings.admin_email}, with the ADMIN_PASSWORD of .env",
            flush=True,
        )
