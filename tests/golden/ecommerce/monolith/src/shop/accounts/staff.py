"""Who is staff: for operators and their settings, since no request may say so."""

from __future__ import annotations

import secrets
from collections.abc import Callable

from shop.chassis.mechanism import audit
from shop.chassis.mechanism.retry import retry_on_conflict
from shop.chassis.policy.errors import Conflict

from .domain import Account
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
            return await self.give(email, password)
        if STAFF not in account.roles:
            return f"{email} has an account that is not staff, and ADMIN_EMAIL does not change it: apps/staff.py does"
        if not await self._passwords.matches(password, account.password_hash):
            return f"{email} has another password than ADMIN_PASSWORD, which does not change it"
        return ""

    @retry_on_conflict
    async def give(self, email: str, password: str = "") -> str:
        """Makes them staff, with a new account if they have none; without a password,
        they are mailed a link to choose it.

        An account that has not shown that the address is theirs may be somebody else's:
        its password ends.
        """
        unit = self._units()
        known = await unit.accounts.find("email", email)
        if known is not None and STAFF in known.roles:
            return f"{email} is staff already"
        if known is not None and known.verified:
            unit.accounts.save(known, known.with_roles((*known.roles, STAFF)))
            await unit.commit()
            audit.record("role_given", account=known.id, email=email, role=STAFF)
            return f"{email} is staff now, with the account and the password that was there"
        hashed = await self._passwords.hash(password or secrets.token_urlsafe(32))
        unit.publish(
            LinkRequested(
                email=email, purpose="verify-email" if password else "password-reset"
            )
        )
        if known is not None:
            unit.accounts.save(
                known, known.with_password(hashed).with_roles((*known.roles, STAFF))
            )
            await unit.commit()
            audit.record("role_given", account=known.id, email=email, role=STAFF)
            chosen = (
                "the one that was given"
                if password
                else "one that they choose by the link in a mail"
            )
            return f"{email} is staff now; the account had not shown that the address is theirs: its password ends, for {chosen}"
        account = Account(email=email, password_hash=hashed, roles=(STAFF,))
        unit.accounts.add(account)
        try:
            await unit.commit()
        except Conflict:
            return f"{email} got an account in this moment; try again"
        audit.record("role_given", account=account.id, email=email, role=STAFF)
        if password:
            return f"{email} is staff now, with a new account"
        return f"{email} is staff now, and is mailed a link to choose a password"

    @retry_on_conflict
    async def take(self, email: str) -> str:
        """Takes the role; tokens that have it are good for it until they expire."""
        unit = self._units()
        account = await unit.accounts.find("email", email)
        if account is None or STAFF not in account.roles:
            return f"{email} is not staff"
        unit.accounts.save(
            account,
            account.with_roles(tuple(role for role in account.roles if role != STAFF)),
        )
        await unit.commit()
        audit.record("role_taken", account=account.id, email=email, role=STAFF)
        return f"{email} is not staff any more; a token of theirs may still say so for a quarter of an hour"
