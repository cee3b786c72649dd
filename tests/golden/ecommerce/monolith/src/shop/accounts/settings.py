"""What the settings tell this module, held to what the API asks of a request."""

from __future__ import annotations

from typing import Annotated, Any, TypeVar
from urllib.parse import urlsplit

from email_validator import EmailNotValidError, validate_email
from pydantic import AfterValidator, TypeAdapter, ValidationError

from shop.chassis.mechanism.accounts_settings import AccountsSettings

from .addresses import Email, Password

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


def _sender(value: str) -> str:
    try:
        validate_email(
            value,
            check_deliverability=False,
            test_environment=True,
            allow_display_name=True,
        )
    except EmailNotValidError as error:
        raise ValueError(f"must be an address, or NAME <ADDRESS>: {error}") from None
    return value


TYPES: dict[str, TypeAdapter[Any]] = {
    "admin_email": TypeAdapter(Email),
    "admin_password": TypeAdapter(Password),
    "mail_url": TypeAdapter(Annotated[str, AfterValidator(_mail_server)]),
    "mail_from": TypeAdapter(Annotated[str, AfterValidator(_sender)]),
    "site_url": TypeAdapter(Annotated[str, AfterValidator(_site)]),
}
OPTIONAL = ("admin_email", "admin_password")


def checked(settings: S) -> S:
    """The settings in their usual form (SystemExit: some are not right, and what is
    wrong with each).
    """
    site = settings.site_url or f"http://127.0.0.1:{settings.dev_port}"
    found: dict[str, Any] = {
        **{name: getattr(settings, name) for name in TYPES},
        "site_url": site,
    }
    wrong: list[str] = []
    for name, adapter in TYPES.items():
        if found[name] == "" and name in OPTIONAL:
            continue
        try:
            found[name] = adapter.validate_python(found[name])
        except ValidationError as error:
            wrong.append(
                f"{name.upper()}: {error.errors()[0]['msg'].removeprefix('Value error, ')}"
            )
    if bool(found["admin_email"]) != bool(found["admin_password"]):
        wrong.append("ADMIN_EMAIL and ADMIN_PASSWORD: one needs the other")
    if wrong:
        raise SystemExit("Settings that cannot be used: " + "; ".join(wrong))
    return settings.model_copy(update=found)
