"""Registering, logging in, staying logged in, and proving an address."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from shop.chassis.access import EVERY_SCOPE, Caller
from shop.chassis.entity import now
from shop.chassis.errors import Conflict, Invalid, Unauthenticated
from shop.chassis.events import PublishingUnit
from shop.chassis.retry import retried
from shop.chassis.store import Repository
from shop.chassis.tokens import LIFETIME

from .domain import Account, Link, Purpose, Session, parts_of
from .events import LinkRequested
from .passwords import Passwords
from .signer import Signer
from .throttle import Throttle


class Unit(PublishingUnit, Protocol):
    @property
    def accounts(self) -> Repository[Account]: ...

    @property
    def sessions(self) -> Repository[Session]: ...

    @property
    def links(self) -> Repository[Link]: ...


@dataclass(frozen=True, slots=True)
class Tokens:
    access_token: str
    refresh_token: str
    token_type: str = "Bearer"  # noqa: S105 - a kind, not a secret
    expires_in: int = LIFETIME


class AccountsService:
    def __init__(self, units: Callable[[], Unit], signer: Signer, passwords: Passwords, throttle: Throttle) -> None:
        self._units = units
        self._signer = signer
        self._passwords = passwords
        self._throttle = throttle

    async def register(self, email: str, password: str, roles: tuple[str, ...] = ()) -> Account:
        """A new account (Conflict: the address has one)."""
        account = Account(email=email, password_hash=await self._passwords.hash(password), roles=roles)
        unit = self._units()
        unit.accounts.add(account)
        unit.publish(LinkRequested(email=email, purpose="verify-email"))
        await unit.commit()
        return account

    async def ensure_staff(self, email: str, password: str) -> None:
        """Sees to it that this member of staff exists."""
        if email and password and await self._units().accounts.find("email", email) is None:
            try:
                await self.register(email, password, ("staff",))
            except Conflict:  # another process was first
                pass

    async def login(
        self, email: str, password: str, address: str = "", scopes: tuple[str, ...] = EVERY_SCOPE
    ) -> Tokens:
        """Tokens for as much as is asked for (TooMany: too many tries of this account, or from this address)."""
        await self._throttle.login(email, address)
        unit = self._units()
        account = await unit.accounts.find("email", email)
        matches = await self._passwords.matches(password, account.password_hash if account else None)
        if account is None or not matches:
            await self._throttle.login_failed(email, address)
            raise Unauthenticated("The address or the password is wrong")
        session, refresh_token = Session.begin(account, scopes)
        unit.sessions.add(session)
        await unit.commit()
        return self._tokens(account, session, refresh_token)

    @retried
    async def refresh(self, refresh_token: str) -> Tokens:
        """New tokens for a refresh token. One that was used before ends its session: somebody else may have it."""
        unit = self._units()
        session, secret = await self._session(unit, refresh_token)
        if session is None or session.expires_at < now():
            raise Unauthenticated("The refresh token is not valid")
        if not session.knows(secret):
            unit.sessions.delete(session)
            await unit.commit()
            raise Unauthenticated("The refresh token was used before; log in again")
        account = await unit.accounts.get(session.account_id)
        if account is None or session.created_at < account.sessions_since:
            raise Unauthenticated("The session has ended; log in again")
        after, next_token = session.renewed()
        unit.sessions.save(session, after)
        await unit.commit()
        return self._tokens(account, after, next_token)

    @retried
    async def logout(self, refresh_token: str) -> None:
        unit = self._units()
        session, secret = await self._session(unit, refresh_token)
        if session is not None and session.knows(secret):
            unit.sessions.delete(session)
            await unit.commit()

    async def request_link(self, email: str, purpose: Purpose) -> None:
        """Mails a link, if the address has an account; whoever asks cannot tell."""
        await self._throttle.link(email)
        unit = self._units()
        unit.publish(LinkRequested(email=email, purpose=purpose))
        await unit.commit()

    @retried
    async def verify_email(self, token: str) -> None:
        unit = self._units()
        account = await self._open(unit, token, "verify-email")
        unit.accounts.save(account, account.changed(verified=True))
        await unit.commit()

    async def reset_password(self, token: str, password: str) -> None:
        """A new password, by a link that was mailed; whoever was logged in with the old one is logged out."""
        await self._set_password(token, await self._passwords.hash(password))

    @retried
    async def _set_password(self, token: str, password_hash: str) -> None:
        unit = self._units()
        account = await self._open(unit, token, "password-reset")
        unit.accounts.save(account, account.with_password(password_hash))
        await unit.commit()

    async def me(self, caller: Caller) -> Account:
        account = await self._units().accounts.read(caller.known())
        if account is None:
            raise Unauthenticated("The account is no more")
        return account

    async def jwks(self) -> dict[str, Any]:
        return await self._signer.jwks()

    async def _open(self, unit: Unit, token: str, purpose: Purpose) -> Account:
        """Whose link this is; it is used up (Invalid: it was, or it is none)."""
        link_id, secret = parts_of(token)
        link = await unit.links.get(link_id) if link_id else None
        account = await unit.accounts.get(link.account_id) if link and link.opens(purpose, secret) else None
        if link is None or account is None:
            raise Invalid("The link is not valid, or not any more", token="is not valid")  # noqa: S106 - says so
        unit.links.delete(link)
        return account

    async def _session(self, unit: Unit, refresh_token: str) -> tuple[Session | None, str]:
        session_id, secret = parts_of(refresh_token)
        return await unit.sessions.get(session_id) if session_id else None, secret

    def _tokens(self, account: Account, session: Session, refresh_token: str) -> Tokens:
        return Tokens(self._signer.sign(account, session.scopes), refresh_token)
