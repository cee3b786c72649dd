"""Addresses and passwords as the module takes them, from a request or from a setting:
one grammar, one form of each.
"""

from __future__ import annotations

import unicodedata
from email.headerregistry import Address
from typing import Annotated

from email_validator import EmailNotValidError, ValidatedEmail, validate_email
from pydantic import AfterValidator, Field

from shop.chassis.mechanism.fields import String

MAX_ADDRESS = 254
# begins an encoded word (RFC 2047): a mail program would read another address than we
# do
DECODED = "=?"


def normal(address: str) -> str:
    """The form by which an account is found: lower case, Unicode composed (ValueError:
    nothing can be mailed to it).
    """
    found = unicodedata.normalize("NFC", _read(address).normalized.lower())
    if DECODED in found:
        raise ValueError(f"An address may not have {DECODED} in it")
    if len(found) > MAX_ADDRESS:
        raise ValueError(f"An address has at most {MAX_ADDRESS} characters")
    return found


def to_server(address: str) -> str:
    """As a mail server is told it: in ASCII if the part before the @ is; else it must
    know SMTPUTF8.
    """
    found = _read(address)
    return found.ascii_email or found.normalized


def mailbox(address: str) -> str:
    """What mails are counted by: many providers deliver to the same mailbox whatever
    dots and +words it is written with.
    """
    name, _, domain = address.rpartition("@")
    plain = unicodedata.normalize("NFKC", name.partition("+")[0].replace(".", ""))
    return f"{plain}@{domain}"


def sender_address(text: str) -> Address:
    """`ADDRESS`, or `NAME <ADDRESS>`, for a header (ValueError: it is neither)."""
    found = _read(text, named=True)
    return for_header(found.ascii_email or found.normalized, found.display_name or "")


def for_header(address: str, name: str = "") -> Address:
    """As it is, and not read again."""
    local, _, domain = address.rpartition("@")
    return Address(name, local, domain)


def _read(address: str, named: bool = False) -> ValidatedEmail:
    try:
        return validate_email(
            address,
            check_deliverability=False,
            test_environment=True,
            allow_display_name=named,
        )
    except EmailNotValidError as error:
        raise ValueError(str(error)) from None


Email = Annotated[
    String,
    Field(max_length=MAX_ADDRESS, json_schema_extra={"format": "email"}),
    AfterValidator(normal),
]
Password = Annotated[String, Field(min_length=8, max_length=256)]
