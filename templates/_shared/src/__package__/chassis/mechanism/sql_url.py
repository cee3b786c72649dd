"""Connection strings: DATABASE_URL as providers write it, in the words of asyncpg; a
wrong one is refused with its reason.
"""

from __future__ import annotations

import os
import re
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NoReturn
from urllib.parse import SplitResult, parse_qsl, unquote, urlencode, urlsplit

SCHEMES = ("postgresql", "postgres", "postgresql+asyncpg")
MODES = ("disable", "allow", "prefer", "require", "verify-ca", "verify-full")
SESSIONS = ("any", "primary", "standby", "prefer-standby", "read-write", "read-only")
# what asyncpg itself reads, and what it hands to the server
# fmt: off
KNOWN = {
    "host", "port", "dbname", "user", "password", "passfile", "service", "sslmode", "sslrootcert", "sslcert",
    "sslkey", "sslpassword", "sslcrl", "sslnegotiation", "ssl_min_protocol_version", "ssl_max_protocol_version",
    "target_session_attrs", "krbsrvname", "gsslib", "application_name", "options",
}
# how libpq keeps its connection, which asyncpg does in its own way; and what is for
# other drivers
LEFT_OUT = {
    "keepalives", "keepalives_idle", "keepalives_interval", "keepalives_count", "tcp_user_timeout",
    "sslcompression", "sslsni", "client_encoding", "gssencmode", "load_balance_hosts", "connection_limit",
    "pool_timeout", "schema", "supa", "workaround", "uselibpqcompat",
}
# fmt: on
SPECIAL = "is what is special in its password (@ / ? # % :) percent-encoded?"


@dataclass(frozen=True, slots=True)
class Address:
    """`url` and, beside it, `arguments`: for asyncpg, or for SQLite.

    `pooler`: whether it says that one is in between.
    """

    url: str = field(repr=False)
    password: str = field(default="", repr=False)
    arguments: Mapping[str, Any] = field(default_factory=dict)
    pooler: bool = False

    @classmethod
    def of(cls, url: str) -> Address:
        """Reads a DATABASE_URL (SystemExit: what is wrong with it, without the
        password).
        """
        scheme, separator, rest = url.strip().partition("://")
        if scheme in ("sqlite", "sqlite+aiosqlite") and rest.startswith("/"):
            if "?" in rest:
                _refuse("that of SQLite is a folder, and has no parameters (?...)")
            return cls(f"sqlite+aiosqlite://{rest}")
        if not separator or scheme not in SCHEMES:
            _refuse_scheme(scheme)
        parts = _split(rest)
        given = _parameters(parts.query)
        arguments: dict[str, Any] = {}
        if "connect_timeout" in given:
            arguments["timeout"] = _seconds(given.pop("connect_timeout"))
        pooler = given.pop("pgbouncer", "") == "true"
        _secure(given, arguments)
        if given.get("target_session_attrs", "any") not in SESSIONS:
            _refuse(f"target_session_attrs is one of {', '.join(SESSIONS)}")
        unknown = sorted(given.keys() - KNOWN - LEFT_OUT)
        if unknown:
            _refuse(f"{', '.join(unknown)}: not a parameter that is known here")
        query = urlencode(
            {name: value for name, value in given.items() if name in KNOWN}
        )
        password = unquote(parts.password or "") or given.get("password", "")
        plain = f"postgresql://{parts.netloc}{parts.path}"
        if query:
            plain += f"?{query}"
        return cls(plain, password, arguments, pooler)


def within(url: str, name: str) -> str:
    """The database (or, with SQLite, the folder) of that name, on the server or in the
    folder of this URL.
    """
    place, mark, query = url.partition("?")
    return f"{place.rstrip('/')}/{name}{mark}{query}"


def _refuse(reason: str) -> NoReturn:
    raise SystemExit(f"DATABASE_URL (or MIGRATION_URL) cannot be used: {reason}")


def _refuse_scheme(scheme: str) -> NoReturn:
    hint = ""
    dialect, _, driver = scheme.partition("+")
    if dialect.startswith("postgres") and driver.isalnum():
        hint = f", not {driver}"
    _refuse(
        f"it begins with postgresql:// (the driver is asyncpg{hint}), or sqlite+aiosqlite:///"
    )


def _split(rest: str) -> SplitResult:
    try:
        parts = urlsplit(f"postgresql://{rest}")
    except ValueError:
        _refuse(SPECIAL)
    astray = (
        parts.fragment or "@" in parts.path + parts.query or parts.netloc.count("@") > 1
    )
    if astray or re.search("%(?![0-9A-Fa-f]{2})", parts.netloc):
        _refuse(SPECIAL)
    for host in parts.netloc.rpartition("@")[2].split(","):
        port = re.fullmatch(r"(?:\[[^\]]+\]|[^:\[\]]*)(?::(\d*))?", host)
        if port is None or int(port[1] or 1) not in range(1, 65536):
            _refuse(f"its host and port are not HOST:PORT; {SPECIAL}")
    return parts


def _parameters(query: str) -> dict[str, str]:
    if not query:
        return {}
    try:
        given = dict(parse_qsl(query, keep_blank_values=True, strict_parsing=True))
    except ValueError:
        _refuse("what stands behind ? is not NAME=VALUE, joined by &")
    if "fallback_application_name" in given:
        given.setdefault("application_name", given.pop("fallback_application_name"))
    if given.get("gssencmode") == "require":
        _refuse("gssencmode=require: asyncpg encrypts with TLS alone, say sslmode")
    if not re.fullmatch(r"(\d+(,\d+)*)?", given.get("port", "")):
        _refuse("port is not a number")
    return given


def _seconds(text: str) -> float | None:
    if not re.fullmatch(r"-?\d+", text):
        _refuse("connect_timeout is not a number of seconds")
    if int(text) <= 0:
        return None  # as libpq has it
    return max(2.0, float(text))


def _secure(given: dict[str, str], arguments: dict[str, Any]) -> None:
    """TLS as libpq means it: https://www.postgresql.org/docs/current/libpq-ssl.html"""
    mode = given.pop("ssl", given.get("sslmode", ""))  # some write ssl=true
    mode = {"true": "require", "false": "disable"}.get(mode, mode)
    if given.pop("channel_binding", "") == "require" and mode in (
        "",
        "allow",
        "prefer",
    ):
        # asyncpg binds to no channel; that there is TLS is what it can see to
        mode = "require"
    if mode and mode not in MODES:
        _refuse(f"sslmode is one of {', '.join(MODES)}")
    if given.get("sslrootcert") == "system":
        if mode not in ("", "verify-full"):
            _refuse("sslrootcert=system goes with sslmode=verify-full alone")
        arguments["ssl"] = ssl.create_default_context()
        del given["sslrootcert"]
        given.pop("sslmode", None)
        return
    for name in ("sslrootcert", "sslcert", "sslkey", "sslcrl"):
        if name in given and not Path(given[name]).is_file():
            _refuse(f"{name}: there is no file {given[name]}")
    root = (
        given.get("sslrootcert")
        or os.environ.get("PGSSLROOTCERT")
        or Path.home() / ".postgresql/root.crt"
    )
    if mode.startswith("verify") and not Path(root).is_file():
        _refuse(
            f"sslmode={mode} needs sslrootcert=FILE, whoever signed the server's certificate, or sslrootcert=system"
        )
    if mode:
        given["sslmode"] = mode
