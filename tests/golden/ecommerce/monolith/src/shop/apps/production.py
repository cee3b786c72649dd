"""What production may not have. `check` runs before anything starts there: PRODUCTION=true asks for it."""

from __future__ import annotations

from urllib.parse import urlsplit

from shop.chassis.settings import Settings

GUESSED = ("password", "secret", "changeme", "example", "admin", "letmein", "123456")


def check(settings: Settings) -> Settings:
    """The settings (SystemExit: they are for production, and not fit for it, with all that is wrong)."""
    faults = {"DATABASE_URL is SQLite, which is for development": settings.database_url.startswith("sqlite")}
    secrets = {"DATABASE_URL": urlsplit(settings.database_url).password}
    faults["MAIL_URL is a folder, where nobody gets the mail"] = settings.mail_url.startswith("file:")
    faults["JWT_KEYS may be read by others"] = bool(
        settings.jwt_keys.exists() and settings.jwt_keys.stat().st_mode & 0o077
    )
    secrets["ADMIN_PASSWORD"] = settings.admin_password
    faults |= {f"{name} is short, or an example": weak(secret) for name, secret in secrets.items() if secret}
    if settings.production and any(faults.values()):
        raise SystemExit("Not fit for production: " + "; ".join(fault for fault, found in faults.items() if found))
    return settings


def weak(secret: str) -> bool:
    return len(secret) < 12 or len(set(secret)) < 6 or any(word in secret.lower() for word in GUESSED)
