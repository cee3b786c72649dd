"""Who is staff, as operators decide it; what settings say passes the types of the API,
or nothing starts.
"""

from __future__ import annotations

import asyncio
from typing import Any

import jwt
import pytest

from shop.accounts.settings import checked
from shop.apps.settings import Settings
from shop.apps.staff import ensure

from tests.api import Api

PASSWORD = "open sesame, please"


@pytest.fixture
def own(anonymous: Api, settings: Settings) -> Settings:
    """What the command is told of the system that runs."""
    return settings


def roles(anonymous: Api, email: str, password: str = PASSWORD) -> list[str]:
    """As a token says them."""
    tokens = anonymous.post(
        "/api/auth/login", json={"email": email, "password": password}
    ).json()
    return list(
        jwt.decode(tokens["access_token"], options={"verify_signature": False})["roles"]
    )


def test_another_admin_password_changes_nothing_and_is_said(
    anonymous: Api, own: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    asyncio.run(ensure(own))
    assert caplog.text == ""
    other = own.model_copy(update={"admin_password": "something else"})
    asyncio.run(ensure(other))
    assert "admin@example.com has another password than ADMIN_PASSWORD" in caplog.text
    assert roles(anonymous, own.admin_email, own.admin_password) == ["staff"]


def test_settings_are_in_the_form_of_the_api(settings: Settings) -> None:
    given = {
        "admin_email": "Boss@Example.com",
        "site_url": "https://shop.example.com/",
        "mail_from": "Shop <a@example.com>",
    }
    found = checked(settings.model_copy(update=given))
    assert (found.admin_email, found.site_url) == (
        "boss@example.com",
        "https://shop.example.com",
    )
    assert (
        checked(settings.model_copy(update={"site_url": "", "dev_port": 8123})).site_url
        == "http://127.0.0.1:8123"
    )


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("admin_email", "admin@localhost"),
        ("admin_email", "boss"),
        ("admin_email", ""),
        ("admin_password", "admin"),
        ("site_url", "shop.example.com"),
        ("site_url", "ftp://shop.example.com"),
        ("site_url", "https://shop.example.com/?a=b"),
        ("mail_url", "mail.example.com:25"),
        ("mail_url", "smtp://"),
        ("mail_url", "smtp://mail.example.com:no"),
        ("mail_from", "nobody"),
        ("mail_from", "a@example.com, b@example.com"),
    ],
)
def test_settings_that_cannot_be_used_keep_it_from_starting(
    settings: Settings, name: str, value: Any
) -> None:
    with pytest.raises(SystemExit, match=name.upper()):
        checked(settings.model_copy(update={name: value}))
