"""What the settings tell this module, held to what the API asks of a request."""

from __future__ import annotations

from typing import Annotated, TypeVar
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ValidationError

from shop.chassis.mechanism.accounts_settings import AccountsSettings

from .addresses import Email, Password, sender_address

S = TypeVar("S", bound=AccountsSettings)


def _site(value: str) -> str:
    """Without a slash at its end, so that a path can follow."""
    url = urlsplit(value)
    if (
        url.scheme not in ("http", "https")
        or not url.hostname
        or url.query
        or url.fragment
    ):
        raise ValueError("must be such as https://shop.example.com")
    return value.rstrip("/")


def _mail_server(value: str) -> str:
    url = urlsplit(value)
    server = url.scheme in ("smtp", "smtps") and url.hostname and url.port != 0
    if not server and not (url.scheme == "file" and url.path):
        raise ValueError(
            "must be smtp://[USER:PASSWORD@]HOST[:PORT], smtps://... or file:FOLDER"
        )
    return value


def _from(value: str) -> str:
    sender_address(value)
    return value


class Known(BaseModel):
    """The form that each of them has here."""

    admin_email: Email | None
    admin_password: Password | None
    mail_url: Annotated[str, AfterValidator(_mail_server)]
    mail_from: Annotated[str, AfterValidator(_from)]
    site_url: Annotated[str, AfterValidator(_site)]


def checked(settings: S) -> S:
    """The settings in their usual form (SystemExit: some are not right, and what is
    wrong with each).
    """
    given = settings.model_dump(include=set(Known.model_fields))
    given["admin_email"] = settings.admin_email or None
    given["admin_password"] = settings.admin_password or None
    given["site_url"] = settings.site_url or f"http://127.0.0.1:{settings.dev_port}"
    wrong: list[str] = []
    found: dict[str, str] = {}
    try:
        found = Known.model_validate(given).model_dump(exclude_none=True)
    except ValidationError as error:
        for fault in error.errors():
            name = str(fault["loc"][0]).upper()
            wrong.append(f"{name}: {fault['msg'].removeprefix('Value error, ')}")
    if bool(settings.admin_email) != bool(settings.admin_password):
        wrong.append("ADMIN_EMAIL and ADMIN_PASSWORD: one needs the other")
    if wrong:
        raise SystemExit("Settings that cannot be used: " + "; ".join(wrong))
    return settings.model_copy(update=found)
