"""Who is staff: for operators and their settings, since no request may say so."""

from __future__ import annotations

import secrets
from collections.abc import Callable

from shop.chassis.mechanism import audit
from shop.chassis.mechanism.retry import retry_on_conflict
from shop.chassis.policy.errors import Conflict

from .domain import Account, Purpose
from .events import LinkRequested
from .passwords import Passwords
from .service import Unit

STAFF = "staff"


class Staff:
    """Each use case says in a sentence what it did, or why it did nothing."""

    def __init__(self, units: Callable[[], Unit], passwords: Passwords) -> None:
        self._units = units
        self._passwords = passwords

    async def ensure(self, email: str, password: str) -> str:
        """Sees to it, once, that the first member of staff exists; what became of them
        since is left alone, and said.
        """
        account = await self._units().accounts.find("email", email)
        if account is None:
            return await self._add(email, password)
        if STAFF not in account.roles:
            return f"{email} has an account that is not staff, and ADMIN_EMAIL does not change it: apps/staff.py does"
        if not await self._passwords.matches(password, account.password_hash):
            return f"{email} has another password than ADMIN_PASSWORD, which does not change it"
        return ""

    async def _add(self, email: str, password: str) -> str:
        """A new account that is staff; without a password, it is mailed a link to choose one."""
        purpose: Purpose = "verify-email"
        said = f"{email} is staff now, with a new account"
        if not password:
            purpose = "password-reset"
            said = f"{email} is staff now, and is mailed a link to choose a password"
            password = secrets.token_urlsafe(32)
        password_hash = await self._passwords.hash(password)
        account = Account(email=email, password_hash=password_hash, roles=(STAFF,))
        unit = self._units()
        unit.accounts.add(account)
        unit.publish(LinkRequested(email=email, purpose=purpose))
        try:
            await unit.commit()
        except Conflict:
            return f"{email} got an account in this moment; try again"
        audit.record("role_given", account=account.id, email=email, role=STAFF)
        return said

    @retry_on_conflict
    async def give(self, email: str, password: str = "") -> str:
        """Makes them staff, with a new account if they have none; without a password,
        they are mailed a link to choose it.

        An account that has not shown that the address is theirs may be somebody else's:
        its password ends.
        """
        unit = self._units()
        account = await unit.accounts.find("email", email)
        if account is None:
            return await self._add(email, password)
        if STAFF in account.roles:
            return f"{email} is staff already"
        staff = account.with_roles((*account.roles, STAFF))
        said = f"{email} is staff now, with the account and the password that was there"
        if not account.verified:
            purpose: Purpose = "verify-email"
            chosen = "the one that was given"
            if not password:
                purpose = "password-reset"
                chosen = "one that they choose by the link in a mail"
                password = secrets.token_urlsafe(32)
            staff = staff.with_password(await self._passwords.hash(password))
            unit.publish(LinkRequested(email=email, purpose=purpose))
            said = f"{email} is staff now; the account had not shown that the address is theirs: its password ends, for {chosen}"
        unit.accounts.save(account, staff)
        await unit.commit()
        audit.record("role_given", account=account.id, email=email, role=STAFF)
        return said

    @retry_on_conflict
    async def take(self, email: str) -> str:
        """Takes the role; tokens that have it are good for it until they expire."""
        unit = self._units()
        account = await unit.accounts.find("email", email)
        if account is None or STAFF not in account.roles:
            return f"{email} is not staff"
        others = tuple(role for role in account.roles if role != STAFF)
        unit.accounts.save(account, account.with_roles(others))
        await unit.commit()
        audit.record("role_taken", account=account.id, email=email, role=STAFF)
        return f"{email} is not staff any more; a token of theirs may still say so for a quarter of an hour"
