"""Registering, logging in, staying logged in, and proving an address."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Protocol

from shop.chassis.mechanism import audit
from shop.chassis.mechanism.events import PublishingUnitOfWork
from shop.chassis.mechanism.persistence import Repository
from shop.chassis.mechanism.retry import retry_on_conflict
from shop.chassis.policy.access import EVERY_SCOPE, Access, Caller
from shop.chassis.policy.entity import now
from shop.chassis.policy.errors import (
    Conflict,
    Forbidden,
    StaleVersion,
    Unauthenticated,
    ValidationFailed,
)

from .addresses import mailbox
from .domain import TOKEN_LIFETIME, Account, EmailToken, Purpose, Session, parts_of
from .events import LinkRequested
from .passwords import Passwords
from .signer import Signer
from .throttle import Throttle

OWN_ACCESS = Access(read="user", write="user")  # what people do with their own account


class Unit(PublishingUnitOfWork, Protocol):
    @property
    def accounts(self) -> Repository[Account]: ...

    @property
    def sessions(self) -> Repository[Session]: ...

    @property
    def links(self) -> Repository[EmailToken]: ...


@dataclass(frozen=True, slots=True)
class Tokens:
    access_token: str
    refresh_token: str
    token_type: str = "Bearer"  # noqa: S105 - a kind, not a secret
    expires_in: int = TOKEN_LIFETIME


class AccountsService:
    def __init__(
        self,
        units: Callable[[], Unit],
        signer: Signer,
        passwords: Passwords,
        throttle: Throttle,
        hides: bool = False,
    ) -> None:
        """`hides`: nobody learns by registering, or by logging in after that, whether
        an address has an account.
        """
        self._units = units
        self._signer = signer
        self._passwords = passwords
        self._throttle = throttle
        self._hides = hides

    async def register(self, email: str, password: str, address: str = "") -> Account:
        """A new account, or what looks like one (Conflict: the address has one;
        TooManyRequests: it had enough mails, or who asks answers).
        """
        await self._throttle.link(mailbox(email))
        if not self._hides:
            await self._throttle.register(address)
        account = Account(
            email=email, password_hash=await self._passwords.hash(password)
        )
        unit = self._units()
        unit.accounts.add(account)
        unit.publish(LinkRequested(email=email, purpose="verify-email"))
        try:
            await unit.commit()
        except Conflict:
            await self._taken(email, address)
        else:
            audit.record("registered", account=account.id, email=email)
        return account

    async def _taken(self, email: str, address: str) -> None:
        """Tells who registers that the address has an account, or else its owner."""
        audit.record("register_taken", email=email)
        if not self._hides:
            await self._throttle.register_taken(address)
            raise Conflict("email is taken", email="is taken")
        unit = self._units()
        unit.publish(
            LinkRequested(email=email, purpose="password-reset", registering=True)
        )
        await unit.commit()

    async def login(
        self,
        email: str,
        password: str,
        address: str = "",
        scopes: tuple[str, ...] = EVERY_SCOPE,
    ) -> Tokens:
        """Tokens for as much as is asked for (TooManyRequests: too many tries of this
        account, or from this address).
        """
        await self._throttle.login(email, address)
        unit = self._units()
        account = await unit.accounts.find("email", email)
        kept = await self._passwords.verified(
            password, account.password_hash if account else None
        )
        if account is None or kept is None or self._unproven(account):
            audit.record("login_failed", email=email)
            await self._throttle.login_failed(email, address)
            raise Unauthenticated("The address or the password is wrong")
        # again: others may have failed beside this one
        await self._throttle.login(email, address)
        if kept != account.password_hash:
            await self._renew_hash(account, kept)
        session, refresh_token = Session.begin(account, scopes)
        unit.sessions.add(session)
        await unit.commit()
        audit.record("logged_in", account=account.id)
        return self._tokens(account, session, refresh_token)

    def _unproven(self, account: Account) -> bool:
        """Whether it may be somebody else's address.

        Whom operators made staff has theirs from them.
        """
        return self._hides and not account.verified and not account.roles

    async def _renew_hash(self, account: Account, password_hash: str) -> None:
        unit = self._units()
        unit.accounts.save(account, account.evolve(password_hash=password_hash))
        # it has changed meanwhile, and is not to change back
        with suppress(StaleVersion):
            await unit.commit()

    @retry_on_conflict
    async def refresh(self, refresh_token: str) -> Tokens:
        """New tokens for a refresh token.

        One that was used long before ends its session: somebody else may have it.
        """
        unit = self._units()
        session, secret = await self._session(unit, refresh_token)
        if session is None or session.expires_at < now():
            raise Unauthenticated("The refresh token is not valid")
        renewed = session.renewed(secret, now())
        if renewed is None:
            unit.sessions.delete(session)
            await unit.commit()
            audit.record("refresh_token_reused", account=session.account_id)
            raise Unauthenticated("The refresh token was used before; log in again")
        account = await unit.accounts.get(session.account_id)
        if account is None or not session.holds(account):
            raise Unauthenticated("The session has ended; log in again")
        after, next_token = renewed
        unit.sessions.save(session, after)
        await unit.commit()
        return self._tokens(account, after, next_token)

    @retry_on_conflict
    async def logout(self, refresh_token: str) -> None:
        """Ends the session, whichever of its refresh tokens this is."""
        unit = self._units()
        session, _ = await self._session(unit, refresh_token)
        if session is not None:
            unit.sessions.delete(session)
            await unit.commit()
            audit.record("logged_out", account=session.account_id)

    async def request_link(self, email: str, purpose: Purpose) -> None:
        """Mails a link, if the address has an account; whoever asks cannot tell."""
        await self._throttle.link(mailbox(email))
        unit = self._units()
        unit.publish(LinkRequested(email=email, purpose=purpose))
        await unit.commit()
        audit.record("link_requested", email=email, purpose=purpose)

    @retry_on_conflict
    async def verify_email(self, token: str, password: str) -> None:
        """The address is theirs who have the mail and the password: an account that
        somebody else made for it stays unproven.
        """
        unit = self._units()
        account = await self._open(unit, token, "verify-email")
        if not await self._passwords.matches(password, account.password_hash):
            raise ValidationFailed(
                "The password is wrong",
                password="is not that of the account",  # noqa: S106 - says so
            )
        unit.accounts.save(account, account.with_address())
        await unit.commit()
        audit.record("address_verified", account=account.id)

    async def reset_password(self, token: str, password: str) -> None:
        """A new password, by a link that was mailed; whoever was logged in with the old
        one is logged out.
        """
        # a link that is made up costs no hash
        await self._open(self._units(), token, "password-reset")
        await self._set_password(token, await self._passwords.hash(password))

    @retry_on_conflict
    async def _set_password(self, token: str, password_hash: str) -> None:
        unit = self._units()
        account = await self._open(unit, token, "password-reset")
        unit.accounts.save(account, account.with_mailed_password(password_hash))
        await unit.commit()
        audit.record("password_reset", account=account.id)

    @retry_on_conflict
    async def change_password(
        self, caller: Caller, password: str, new_password: str, address: str = ""
    ) -> None:
        """Another password for who knows the present one; it ends every session, this
        one too.
        """
        unit = self._units()
        account = await self._own(unit, caller, password, address)
        unit.accounts.save(
            account, account.with_password(await self._passwords.hash(new_password))
        )
        await unit.commit()
        audit.record("password_changed", account=account.id)

    @retry_on_conflict
    async def delete(self, caller: Caller, password: str, address: str = "") -> None:
        """The account is no more, its sessions and links open nothing, and whoever
        reacts deletes what it owned.
        """
        unit = self._units()
        account = await self._own(unit, caller, password, address)
        unit.accounts.delete(account)
        await unit.commit()
        audit.record("account_deleted", account=account.id)

    async def me(self, caller: Caller) -> Account:
        OWN_ACCESS.to_list(caller)
        account = await self._units().accounts.read(caller.require_id())
        if account is None:
            raise Unauthenticated("The account is no more")
        return account

    def discovery(self) -> dict[str, Any]:
        return self._signer.discovery()

    async def jwks(self) -> dict[str, Any]:
        return await self._signer.jwks()

    async def _open(self, unit: Unit, token: str, purpose: Purpose) -> Account:
        """Whose link this is (ValidationFailed: it is used up, or it is none).

        Their next generation uses it up.
        """
        link_id, secret = parts_of(token)
        if link_id is not None:
            link = await unit.links.get(link_id)
            if link is not None and link.opens(purpose, secret):
                account = await unit.accounts.get(link.account_id)
                if account is not None and account.links_generation == link.generation:
                    return account
        raise ValidationFailed(
            "The link is not valid, or not any more",
            token="is not valid",  # noqa: S106 - says so
        )

    async def _own(
        self, unit: Unit, caller: Caller, password: str, address: str
    ) -> Account:
        """The caller's account (Forbidden: that is not its password; TooManyRequests:
        it was guessed at too often).
        """
        OWN_ACCESS.to_create(caller)
        account = await unit.accounts.get(caller.require_id())
        if account is None:
            raise Unauthenticated("The account is no more")
        await self._throttle.login(account.email, address)
        if not await self._passwords.matches(password, account.password_hash):
            audit.record("login_failed", account=account.id, email=account.email)
            await self._throttle.login_failed(account.email, address)
            raise Forbidden("The password is wrong")
        await self._throttle.login(account.email, address)
        return account

    async def _session(
        self, unit: Unit, refresh_token: str
    ) -> tuple[Session | None, str]:
        session_id, secret = parts_of(refresh_token)
        return await unit.sessions.get(session_id) if session_id else None, secret

    def _tokens(self, account: Account, session: Session, refresh_token: str) -> Tokens:
        return Tokens(self._signer.sign(account, session.scopes), refresh_token)
