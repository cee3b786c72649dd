"""Registering, logging in, staying logged in."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol
from uuid import UUID

from shop.chassis.access import Caller
from shop.chassis.entity import now
from shop.chassis.errors import Conflict, Unauthenticated
from shop.chassis.retry import retried
from shop.chassis.store import Repository, UnitOfWork
from shop.chassis.tokens import LIFETIME

from .domain import Account, Session
from .passwords import Passwords
from .signer import Signer


class Unit(UnitOfWork, Protocol):
    @property
    def accounts(self) -> Repository[Account]: ...

    @property
    def sessions(self) -> Repository[Session]: ...


@dataclass(frozen=True, slots=True)
class Tokens:
    access_token: str
    refresh_token: str
    token_type: str = "Bearer"  # noqa: S105 - a kind, not a secret
    expires_in: int = LIFETIME


class AccountsService:
    def __init__(self, units: Callable[[], Unit], signer: Signer, passwords: Passwords) -> None:
        self._units = units
        self._signer = signer
        self._passwords = passwords

    async def register(self, email: str, password: str, roles: tuple[str, ...] = ()) -> Account:
        """A new account (Conflict: the address has one)."""
        account = Account(email=email, password_hash=await self._passwords.hash(password), roles=roles)
        unit = self._units()
        unit.accounts.add(account)
        await unit.commit()
        return account

    async def ensure_staff(self, email: str, password: str) -> None:
        """Sees to it that this member of staff exists."""
        if email and password and await self._by_email(email) is None:
            try:
                await self.register(email, password, ("staff",))
            except Conflict:  # another process was first
                pass

    async def login(self, email: str, password: str) -> Tokens:
        account = await self._by_email(email)
        matches = await self._passwords.matches(password, account.password_hash if account else None)
        if account is None or not matches:
            raise Unauthenticated("The address or the password is wrong")
        unit = self._units()
        session, refresh_token = Session.begin(account)
        unit.sessions.add(session)
        await unit.commit()
        return self._tokens(account, refresh_token)

    @retried
    async def refresh(self, refresh_token: str) -> Tokens:
        """New tokens for a refresh token. One that was used before ends its session: somebody else may have it."""
        unit = self._units()
        session = await self._session(unit, refresh_token)
        if session is None or session.expires_at < now():
            raise Unauthenticated("The refresh token is not valid")
        if not session.knows(refresh_token.partition(".")[2]):
            unit.sessions.delete(session)
            await unit.commit()
            raise Unauthenticated("The refresh token was used before; log in again")
        account = await unit.accounts.get(session.account_id)
        if account is None:
            raise Unauthenticated("The account is no more")
        after, next_token = session.renewed()
        unit.sessions.save(session, after)
        await unit.commit()
        return self._tokens(account, next_token)

    @retried
    async def logout(self, refresh_token: str) -> None:
        unit = self._units()
        session = await self._session(unit, refresh_token)
        if session is not None and session.knows(refresh_token.partition(".")[2]):
            unit.sessions.delete(session)
            await unit.commit()

    async def me(self, caller: Caller) -> Account:
        account = await self._units().accounts.read(caller.known())
        if account is None:
            raise Unauthenticated("The account is no more")
        return account

    async def jwks(self) -> dict[str, Any]:
        return await self._signer.jwks()

    async def _by_email(self, email: str) -> Account | None:
        return await self._units().accounts.find("email", email)

    async def _session(self, unit: Unit, refresh_token: str) -> Session | None:
        try:
            session_id = UUID(refresh_token.partition(".")[0])
        except ValueError:
            return None
        return await unit.sessions.get(session_id)

    def _tokens(self, account: Account, refresh_token: str) -> Tokens:
        return Tokens(self._signer.sign(account.id, account.roles), refresh_token)
