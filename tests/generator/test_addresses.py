"""DATABASE_URL and CACHE_URL as providers give them are taken; a wrong one is refused
with its reason and without its password.
"""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from typing import Any

import pytest

from archgen.generator import templates_dir

SECRET = "hunter2secret"


@pytest.fixture(scope="module")
def chassis() -> Any:
    path = templates_dir() / "_shared/src/__package__/chassis/mechanism/sql_url.py"
    spec = importlib.util.spec_from_file_location("sql_url_of_the_chassis", path)
    assert spec is not None and spec.loader is not None
    sys.modules[spec.name] = module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize(
    ("url", "query"),
    [
        (f"postgres://u:{SECRET}@ec2-1.compute-1.amazonaws.com:5432/d1", ""),  # Heroku
        (f"postgresql://u:{SECRET}@dpg-1-a.oregon-postgres.render.com/d", ""),  # Render
        (
            f"postgresql://u:{SECRET}@ep-1-pooler.aws.neon.tech/d?sslmode=require&channel_binding=require",
            "sslmode=require",
        ),
        (
            f"postgresql://u:{SECRET}@ep-1.aws.neon.tech/d?channel_binding=require",
            "sslmode=require",
        ),
        (
            f"postgres://u.ref:{SECRET}@aws-0.pooler.supabase.com:6543/postgres?sslmode=require&supa=base-pooler.x",
            "sslmode=require",
        ),
        (
            f"postgresql://doadmin:{SECRET}@db-1.db.ondigitalocean.com:25060/d?sslmode=require",
            "sslmode=require",
        ),
        (
            f"postgresql+asyncpg://u:{SECRET}@h/d?ssl=true&keepalives=1",
            "sslmode=require",
        ),
        (
            f"postgresql://u:{SECRET}@a:1,b:2/d?target_session_attrs=read-write",
            "target_session_attrs=read-write",
        ),
        (
            f"postgresql://u:{SECRET}@[::1]:5432/d?application_name=x",
            "application_name=x",
        ),
        (
            f"postgresql:///d?host=/run/postgresql&user=u&password={SECRET}",
            f"host=%2Frun%2Fpostgresql&user=u&password={SECRET}",
        ),
        (
            f"postgresql://u:{SECRET}@h/d?options=endpoint%3Dep-1",
            "options=endpoint%3Dep-1",
        ),
    ],
)
def test_what_providers_give_is_told_to_asyncpg_in_its_words(
    chassis: Any, url: str, query: str
) -> None:
    address = chassis.Address.of(url)
    assert address.url.startswith("postgresql://") and address.password == SECRET
    assert address.url.partition("?")[2] == query
    assert SECRET not in repr(address)


def test_timeouts_certificates_and_poolers_are_understood(
    chassis: Any, tmp_path: Path
) -> None:
    of = chassis.Address.of
    assert of("postgres://h/d?connect_timeout=10").arguments == {"timeout": 10.0}
    assert of("postgres://h/d?connect_timeout=0").arguments == {"timeout": None}
    assert (
        of("postgres://h/d?pgbouncer=true").pooler and not of("postgres://h/d").pooler
    )
    system = of("postgres://h/d?sslmode=verify-full&sslrootcert=system")
    assert (
        system.arguments["ssl"].check_hostname
        and "ssl" not in system.url.partition("?")[2]
    )
    root = tmp_path / "root.crt"
    root.touch()
    assert (
        "sslmode=verify-full"
        in of(f"postgres://h/d?sslmode=verify-full&sslrootcert={root}").url
    )
    assert (
        chassis.within("postgres://h?sslmode=require", "orders")
        == "postgres://h/orders?sslmode=require"
    )


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        (f"mysql://u:{SECRET}@h/d", "it begins with postgresql://"),
        (f"postgresql+psycopg2://u:{SECRET}@h/d", "the driver is asyncpg, not psycopg2"),
        (f"u:{SECRET}@h/d", "it begins with postgresql://"),
        (f"postgres://u:{SECRET}@{SECRET}@h/d", "percent-encoded"),
        (f"postgres://u:{SECRET}/x@h/d", "percent-encoded"),
        (f"postgres://u:{SECRET}#x@h/d", "percent-encoded"),
        (f"postgres://u:{SECRET}?x@h/d", "percent-encoded"),
        (f"postgres://u:{SECRET}%x@h/d", "percent-encoded"),
        (f"postgres://u:[{SECRET}@h/d", "percent-encoded"),
        (f"postgres://u:{SECRET}@h:port/d", "host and port"),
        (f"postgres://u:{SECRET}@h:99999/d", "host and port"),
        (f"postgres://u:{SECRET}@h/d?sslmode=on", "sslmode is one of disable, allow"),
        (f"postgres://u:{SECRET}@h/d?sslmode=verify-full&sslrootcert=/no/such", "sslrootcert: there is no file /no/such"),
        (f"postgres://u:{SECRET}@h/d?sslmode=require&sslrootcert=system", "goes with sslmode=verify-full"),
        (f"postgres://u:{SECRET}@h/d?target_session_attrs=leader", "target_session_attrs is one of any, primary"),
        (f"postgres://u:{SECRET}@h/d?connect_timeout=soon", "connect_timeout"),
        (f"postgres://u:{SECRET}@h/d?sslmod=require", "sslmod: not a parameter"),
        (f"postgres://u:{SECRET}@h/d?gssencmode=require", "gssencmode=require"),
        (f"sqlite+aiosqlite:////tmp/{SECRET}?timeout=7", "is a folder, and has no parameters"),
    ],
)  # fmt: skip
def test_a_wrong_one_is_refused_with_its_reason_and_without_its_password(
    chassis: Any, url: str, reason: str
) -> None:
    with pytest.raises(SystemExit) as refused:
        chassis.Address.of(url)
    assert reason in str(refused.value)
    assert SECRET not in str(refused.value)
