"""Production does not start with what is only good for development; processes share
what the database gives.
"""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path
from secrets import token_urlsafe
from typing import Any

import pytest

from shop.apps.preflight import check
from shop.apps.settings import Settings

# a secret, and the same in each process of pytest-xdist
RANDOM = sha256(__name__.encode()).hexdigest()
PART = "accounts"


@pytest.fixture
def fit(tmp_path: Path) -> dict[str, Any]:
    """Settings that production may have."""
    return {
        "production": True,
        "database_url": f"postgresql+asyncpg://app:{token_urlsafe()}@db/app",
        "admin_password": token_urlsafe(),
        "mail_url": "smtp://mail",
        "jwt_keys": tmp_path,
        "cache_url": f"valkey://app:{token_urlsafe()}@cache",
    }


def test_production_starts_with_secrets_of_its_own(fit: dict[str, Any]) -> None:
    assert check(Settings.model_construct(**fit), PART).production


@pytest.mark.parametrize(
    ("name", "value"),
    [
        (
            "database_url",
            f"postgresql+asyncpg://app:{RANDOM}@db.example.com/app?sslmode=require",
        ),
        ("database_url", f"postgresql+asyncpg://app:{RANDOM}@10.0.0.5/app"),
        ("cache_url", f"valkeys://app:{RANDOM}@cache.example.com"),
        ("mail_url", "smtp://mail.example.com:587"),
        ("site_url", "https://shop.example.com"),
    ],
)
def test_production_takes_what_is_encrypted_or_stays_in_its_network(
    fit: dict[str, Any], name: str, value: str
) -> None:
    assert check(Settings.model_construct(**{**fit, name: value}), PART)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("database_url", "sqlite+aiosqlite:///.data"),
        ("database_url", "postgresql+asyncpg://app:app@db/app"),
        ("database_url", f"postgresql+asyncpg://app:{RANDOM}@db.example.com/app"),
        (
            "database_url",
            f"postgresql+asyncpg://app:{RANDOM}@db.example.com/app?sslmode=prefer",
        ),
        ("cache_url", "valkey://cache"),
        ("cache_url", f"valkey://app:{RANDOM}@cache.example.com"),
        ("admin_password", "correct-password-1"),
        ("admin_password", "Summer2026!Summer2026!"),
        ("admin_password", "abcdefghijklmnopqrstuvwxyz"),
        ("admin_password", "your-256-bit-secret-here"),
        ("mail_url", "file:.mails"),
        ("site_url", "http://shop.example.com"),
    ],
)
def test_production_refuses_to_start_with_what_is_for_development(
    fit: dict[str, Any], name: str, value: str
) -> None:
    with pytest.raises(SystemExit, match=name.upper()):
        check(Settings.model_construct(**{**fit, name: value}), PART)
    assert check(
        Settings.model_construct(**{**fit, name: value, "production": False}), PART
    )


def test_a_part_without_accounts_needs_no_mail_and_no_keys(fit: dict[str, Any]) -> None:
    assert check(
        Settings.model_construct(**{**fit, "mail_url": "file:.mails"}), "inventory"
    )


def test_production_refuses_keys_that_others_may_read(
    fit: dict[str, Any], tmp_path: Path
) -> None:
    tmp_path.chmod(0o755)
    with pytest.raises(SystemExit, match="JWT_KEYS"):
        check(Settings.model_construct(**fit), PART)


@pytest.mark.parametrize(
    ("connections", "processes"), [(90, 4), (90, 1), (10, 40), (100, 7)]
)
def test_all_pools_together_are_within_what_the_database_gives(
    connections: int, processes: int
) -> None:
    settings = Settings.model_construct(
        database_connections=connections, processes=processes
    )
    assert 1 <= settings.pool_size <= 20
    assert settings.pool_size * processes <= max(connections, processes)
