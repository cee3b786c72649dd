"""The accounts module over HTTP."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Response
from pydantic import Field

from shop.chassis.mechanism import rest
from shop.chassis.mechanism.audit import origin
from shop.chassis.mechanism.fields import Body, Document, String
from shop.chassis.mechanism.rest import Caller

from .addresses import Email, Password
from .service import AccountsService

Service = Annotated[AccountsService, rest.inject(AccountsService)]

router = rest.Router(
    "accounts",
    "Registration, login and tokens, mailed links, and the caller's own account.",
)
well_known = APIRouter(include_in_schema=False)


class Credentials(Body):
    email: Email
    password: Password


class LoginCredentials(Credentials):
    scope: Annotated[String, Field(pattern=r"^(read|write|read write|write read)$")] = (
        "read write"
    )


class RefreshToken(Body):
    refresh_token: Annotated[String, Field(max_length=200)]


class AccountAddress(Body):
    email: Email


class MailedToken(Body):
    token: Annotated[String, Field(max_length=200)]


class MailedPassword(MailedToken):
    password: Password


class NewPassword(Body):
    password: Password
    new_password: Password


class PresentPassword(Body):
    password: Password


class AccountOut(Document):
    id: UUID
    email: str
    roles: list[str]


class TokensOut(Document):
    access_token: str
    refresh_token: str
    token_type: str
    expires_in: int


@router.post("/auth/register", status_code=201, operation_id="account_register")
async def register(body: Credentials, service: Service) -> AccountOut:
    return AccountOut.model_validate(
        await service.register(body.email, body.password, origin.get())
    )


@router.post("/auth/login", operation_id="account_login")
async def login(body: LoginCredentials, service: Service) -> TokensOut:
    tokens = await service.login(
        body.email, body.password, origin.get(), tuple(body.scope.split())
    )
    return TokensOut.model_validate(tokens)


@router.post("/auth/refresh", operation_id="account_refresh")
async def refresh(body: RefreshToken, service: Service) -> TokensOut:
    return TokensOut.model_validate(await service.refresh(body.refresh_token))


@router.post("/auth/logout", status_code=204, operation_id="account_logout")
async def logout(body: RefreshToken, service: Service) -> None:
    await service.logout(body.refresh_token)


@router.post(
    "/auth/password-reset",
    status_code=202,
    response_class=Response,
    operation_id="account_forgot_password",
)
async def forgot_password(body: AccountAddress, service: Service) -> None:
    """Mails a link to choose a new password, if the address has an account."""
    await service.request_link(body.email, "password-reset")


@router.post(
    "/auth/password-reset/confirm",
    status_code=204,
    operation_id="account_reset_password",
)
async def reset_password(body: MailedPassword, service: Service) -> None:
    await service.reset_password(body.token, body.password)


@router.post(
    "/auth/verify-email",
    status_code=202,
    response_class=Response,
    operation_id="account_ask_for_link",
)
async def request_verification(body: AccountAddress, service: Service) -> None:
    """Mails a link that says the address is theirs, if it has an account; registering
    mailed the first.
    """
    await service.request_link(body.email, "verify-email")


@router.post(
    "/auth/verify-email/confirm", status_code=204, operation_id="account_verify_email"
)
async def verify_email(body: MailedPassword, service: Service) -> None:
    """Says that the address is theirs, for who has the mail and the account's password."""
    await service.verify_email(body.token, body.password)


@router.get("/me", operation_id="account_me")
async def me(caller: Caller, service: Service) -> AccountOut:
    return AccountOut.model_validate(await service.me(caller))


@router.post("/me/password", status_code=204, operation_id="account_change_password")
async def change_password(body: NewPassword, caller: Caller, service: Service) -> None:
    """Another password; it ends every session."""
    await service.change_password(
        caller, body.password, body.new_password, origin.get()
    )


@router.delete("/me", status_code=204, operation_id="account_delete")
async def delete_me(body: PresentPassword, caller: Caller, service: Service) -> None:
    await service.delete(caller, body.password, origin.get())


@well_known.get("/.well-known/openid-configuration")
async def discovery(service: Service) -> dict[str, Any]:
    return service.discovery()


@well_known.get("/.well-known/jwks.json")
async def jwks(service: Service) -> dict[str, Any]:
    return await service.jwks()
