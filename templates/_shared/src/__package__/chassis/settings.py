"""Settings, from the environment or `.env`. The defaults are the embedded ones: Python alone is enough."""

from __future__ import annotations

from ipaddress import IPv4Network, IPv6Network, ip_address
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import BeforeValidator, StringConstraints
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

Network = IPv4Network | IPv6Network
Origin = Annotated[str, StringConstraints(pattern=r"^https?://[a-z0-9.:\[\]-]+$")]  # as browsers say it


def _listed(value: object) -> object:
    """What stands in the environment with commas between."""
    return value.replace(",", " ").split() if isinstance(value, str) else value


Listed = BeforeValidator(_listed)


class Settings(BaseSettings):
    model_config = SettingsConfigDict(
        env_file=".env", extra="ignore", frozen=True, env_nested_delimiter="_", env_nested_max_split=1
    )

    production: bool = False  # refuse to start with what is only good for development
    database_url: str = "sqlite+aiosqlite:///.data"
    database_pooler: Literal["", "session", "transaction"] = (
        ""  # what lies between, and for how long it gives connections
    )
    migration_url: str = ""  # as the tables' owner, and past a pooler; empty: DATABASE_URL
    database_connections: int = 90  # that the server has for us: its max_connections, less some for people
    processes: int = 4  # that share them: every copy, and those that follow it while a new version rolls out
    log_json: bool = False
    cache_url: str = ""  # empty: in this process; else that of several processes
    jwt_keys: Path = Path(".keys")  # a folder of PEM files; the last by name signs, all of them verify
    jwt_issuer: str = "http://localhost"
    jwt_audience: str = "api"
    oidc: dict[str, str] = {}  # OIDC_ISSUER and so on, of an identity provider
    admin_email: str = ""
    admin_password: str = ""
    hide_accounts: bool = False  # whoever registers does not learn whether the address has an account
    mail_url: str = "file:.mails"  # a folder, or smtp://[USER:PASSWORD@]HOST[:PORT], or smtps://...
    mail_from: str = "no-reply@example.com"
    site_url: str = ""  # whose pages the links in mails open; empty: those of `make dev`
    internal_token: str = ""  # what parts show each other
    trusted_proxies: Annotated[tuple[Network, ...], NoDecode, Listed] = ()  # whose X-Forwarded-... headers are believed
    cors_origins: Annotated[tuple[Origin, ...], NoDecode, Listed] = ()  # sites that may ask from a browser
    modules_env: str = ".env"  # where modules' own settings stand beside the environment; empty: nowhere
    dev_port: int = 8000

    def signing_pems(self) -> bytes:
        """The signing keys, where they do not lie in the folder `jwt_keys`."""
        return b""

    @property
    def pool_size(self) -> int:
        """Connections of one process: all of them together never ask the server for more than it has."""
        return max(1, min(20, self.database_connections // self.processes))


def nearby(url: str) -> bool:
    """Whether it leads to this machine or its own network: a name without a domain, or a private address."""
    host = urlsplit(url).hostname or ""
    try:
        return ip_address(host).is_private
    except ValueError:
        return "." not in host or host.endswith((".internal", ".local"))
