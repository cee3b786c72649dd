"""Preflight: what production may not have.

`check` runs before anything starts there: PRODUCTION=true asks for it.
"""

from __future__ import annotations

import os
from urllib.parse import parse_qs, unquote, urlsplit

from zxcvbn import zxcvbn

from shop.apps.event_routes import PARTS
from shop.apps.settings import Settings
from shop.chassis.mechanism.settings import nearby
from shop.chassis.mechanism.sql_url import Address

# the power of ten that a secret has to stand: sixteen random characters, or more of a
# pattern
GUESSES = 16
EXAMPLES = (
    "password",
    "secret",
    "changeme",
    "change-me",
    "example",
    "admin",
    "insecure",
    "letmein",
    "default",
)
# smtp: by STARTTLS, which the mailer demands of far servers
ENCRYPTED = ("https", "smtp", "smtps", "valkeys", "rediss")
TLS = {"require", "verify-ca", "verify-full", "true"}


def check(settings: Settings, part: str) -> Settings:
    """The settings of a part (SystemExit: they are for production, and not fit for it, with all
    that is wrong).
    """
    faults = {
        "DATABASE_URL is SQLite, which is for development": bool(PARTS[part])
        and settings.database_url.startswith("sqlite")
    }
    secrets = {"DATABASE_URL": Address.of(settings.database_url).password}
    urls = {
        "DATABASE_URL": settings.database_url,
        "MIGRATION_URL": settings.migration_url,
    }
    urls["CACHE_URL"] = settings.cache_url
    secrets["CACHE_URL"] = _password(settings.cache_url)
    faults["CACHE_URL has no password"] = (
        bool(settings.cache_url) and not secrets["CACHE_URL"]
    )
    if "accounts" in PARTS[part]:
        urls |= {"MAIL_URL": settings.mail_url, "SITE_URL": settings.site_url}
        secrets["ADMIN_PASSWORD"] = settings.admin_password
        faults["MAIL_URL is a folder, where nobody gets the mail"] = (
            settings.mail_url.startswith("file:")
        )
        faults["JWT_KEYS may be read by others"] = bool(
            settings.jwt_keys.exists() and settings.jwt_keys.stat().st_mode & 0o077
        )
    urls |= {
        name: os.environ.get(name, "")
        for name in (
            "ACCOUNTS_URL",
            "INVENTORY_URL",
            "ORDERS_URL",
            "PAYMENTS_URL",
        )
    }
    faults |= {
        f"{name} is easily guessed": weak(secret)
        for name, secret in secrets.items()
        if secret
    }
    faults |= {
        f"{name} leads to another network in plain text, without TLS": plain(url)
        for name, url in urls.items()
    }
    if settings.production and any(faults.values()):
        raise SystemExit(
            "Not fit for production: "
            + "; ".join(fault for fault, found in faults.items() if found)
        )
    return settings


def weak(secret: str) -> bool:
    """Whether somebody who knows how people make secrets finds it."""
    if any(word in secret.lower() for word in EXAMPLES):
        return True
    return float(zxcvbn(secret[:72])["guesses_log10"]) < GUESSES


def plain(url: str) -> bool:
    """Whether others may read on the way what goes there."""
    parts = urlsplit(url)
    asked = parse_qs(parts.query)
    encrypted = parts.scheme in ENCRYPTED or not TLS.isdisjoint(
        asked.get("ssl", []) + asked.get("sslmode", [])
    )
    return not encrypted and not nearby(url)


def _password(url: str) -> str:
    return unquote(urlsplit(url).password or "")
