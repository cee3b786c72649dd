"""Settings, from the environment or `.env`. The defaults are the embedded ones: Python alone is enough."""

from __future__ import annotations

import os
from pathlib import Path
from urllib.parse import urlsplit

from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    model_config = SettingsConfigDict(env_file=".env", extra="ignore", frozen=True)

    production: bool = False  # refuse to start with what is only good for development
    database_url: str = "sqlite+aiosqlite:///.data"
    database_connections: int = 90  # that the server has for us: its max_connections, less some for people
    processes: int = 4  # that share them: every copy, and those that follow it while a new version rolls out
    log_json: bool = False
    cache_url: str = ""  # empty: in this process; valkey://HOST:6379/0 for several processes
    jwt_keys: Path = Path(".keys")  # a folder of PEM files; the last by name signs, all of them verify
    jwt_issuer: str = "http://localhost"
    jwt_audience: str = "api"
    admin_email: str = ""
    admin_password: str = ""
    mail_url: str = "file:.mails"  # a folder, or smtp://[USER:PASSWORD@]HOST[:PORT], or smtps://...
    mail_from: str = "no-reply@example.com"
    site_url: str = "http://localhost"  # whose pages the links in mails open
    background: bool = True  # whether this process does the scheduled work, too; no where a worker does it
    internal_token: str = ""  # what parts show each other
    aws_endpoint_url: str = ""  # empty: AWS itself
    dev_port: int = 8000

    @property
    def pool_size(self) -> int:
        """Connections of one process: all of them together never ask the server for more than it has."""
        return max(1, min(20, self.database_connections // self.processes))

    def check(self) -> Settings:
        """Itself (SystemExit: it says that this is production, and is not fit for that, with all that is wrong)."""
        secrets = {
            "DATABASE_URL": urlsplit(self.database_url).password,
            "ADMIN_PASSWORD": self.admin_password,
            "INTERNAL_TOKEN": self.internal_token,
        }
        faults = {
            "DATABASE_URL is SQLite, which is for development": self.database_url.startswith("sqlite"),
            "MAIL_URL is a folder, where nobody gets the mail": self.mail_url.startswith("file:"),
            "JWT_KEYS may be read by others": self.jwt_keys.exists() and self.jwt_keys.stat().st_mode & 0o077,
        } | {f"{name} is short, or an example": secret and _weak(secret) for name, secret in secrets.items()}
        if self.production and any(faults.values()):
            raise SystemExit("Not fit for production: " + "; ".join(fault for fault, found in faults.items() if found))
        return self

    def part_url(self, part: str) -> str:
        """Where another part answers: `<PART>_URL` of the environment, or the name that containers know it by."""
        return os.environ.get(f"{part.upper()}_URL", f"http://{part.replace('_', '-')}:8000")

    def of_part(self, name: str) -> Settings:
        """For parts that share a process: each has a database of its own."""
        return self.model_copy(update={"database_url": f"{self.database_url}/{name}"})


def _weak(secret: str) -> bool:
    known = ("password", "secret", "changeme", "example", "admin", "letmein", "123456")
    return len(secret) < 12 or len(set(secret)) < 6 or any(word in secret.lower() for word in known)
