"""The accounts module over HTTP."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter
from pydantic import AfterValidator, Field

from shop.chassis import rest
from shop.chassis.fields import Body, Document, String
from shop.chassis.rest import Caller

from .service import AccountsService

EMAIL = r"^[!-?A-~]+@[!-?A-~]+\.[!-?A-~]+$"  # ASCII, so that lower case is as long
Email = Annotated[String, Field(max_length=254, pattern=EMAIL), AfterValidator(str.lower)]
Password = Annotated[String, Field(min_length=8, max_length=256)]
Service = Annotated[AccountsService, rest.provide(AccountsService)]

router = rest.router()
well_known = APIRouter(include_in_schema=False)


class Credentials(Body):
    email: Email
    password: Password


class RefreshToken(Body):
    refresh_token: Annotated[String, Field(max_length=200)]


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
    return AccountOut.model_validate(await service.register(body.email, body.password))


@router.post("/auth/login", operation_id="account_login")
async def login(body: Credentials, service: Service) -> TokensOut:
    return TokensOut.model_validate(await service.login(body.email, body.password))


@router.post("/auth/refresh", operation_id="account_refresh")
async def refresh(body: RefreshToken, service: Service) -> TokensOut:
    return TokensOut.model_validate(await service.refresh(body.refresh_token))


@router.post("/auth/logout", status_code=204, operation_id="account_logout")
async def logout(body: RefreshToken, service: Service) -> None:
    await service.logout(body.refresh_token)


@router.get("/me", operation_id="account_me")
async def me(caller: Caller, service: Service) -> AccountOut:
    return AccountOut.model_validate(await service.me(caller))


@well_known.get("/.well-known/jwks.json")
async def jwks(service: Service) -> dict[str, Any]:
    return await service.jwks()
