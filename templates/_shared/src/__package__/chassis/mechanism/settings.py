"""Settings, from the environment or `.env`.

The defaults are the embedded ones: Python alone is enough.
"""

from __future__ import annotations

from ipaddress import IPv4Network, IPv6Network, ip_address
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import BeforeValidator, StringConstraints
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

Network = IPv4Network | IPv6Network
# as browsers say it
Origin = Annotated[str, StringConstraints(pattern=r"^https?://[a-z0-9.:\[\]-]+$")]


def _listed(value: object) -> object:
    """What stands in the environment with commas between."""
    return value.replace(",", " ").split() if isinstance(value, str) else value


Listed = BeforeValidator(_listed)


class CoreSettings(BaseSettings):
    """What every process is told.

    What something needs beside it stands with that, and `apps/settings.py` has all of
    it.
    """

    model_config = SettingsConfigDict(env_file=".env", extra="ignore", frozen=True)

    # whose X-Forwarded-... headers are believed
    trusted_proxies: Annotated[tuple[Network, ...], NoDecode, Listed] = ()
    # sites that may ask from a browser
    cors_origins: Annotated[tuple[Origin, ...], NoDecode, Listed] = ()
    # where modules' own settings stand beside the environment; empty: nowhere
    modules_env: str = ".env"
    dev_port: int = 8000


def nearby(url: str) -> bool:
    """Whether it leads to this machine or its own network: a name without a domain, or
    a private address.
    """
    host = urlsplit(url).hostname or ""
    try:
        return ip_address(host).is_private
    except ValueError:
        return "." not in host or host.endswith((".internal", ".local"))
