"""Where accounts are hidden, following tells nobody whether an address has one."""

from __future__ import annotations

from importlib import import_module
from typing import Any
from uuid import UUID, uuid4

import pytest
from tests.social.conftest import Storage


class Unlimited:
    """A throttle that lets everybody ask."""

    async def link(self, _mailbox: str) -> None: ...

    async def register(self, _address: str) -> None: ...

    async def register_taken(self, _address: str) -> None: ...


def service(storage: Storage, *, hides: bool) -> Any:
    found = import_module(f"{storage.package}.accounts.service")
    passwords = import_module(f"{storage.package}.accounts.passwords").Passwords()
    return found.AccountsService(
        lambda: storage.unit("accounts"), None, passwords, Unlimited(), hides
    )


def follows(storage: Storage, accounts: Any) -> Any:
    kind = import_module(f"{storage.package}.follows.service").FollowsService
    return kind(lambda: storage.unit("follows"), accounts)


async def refused(storage: Storage, accounts: Any, user_id: UUID) -> bool:
    """Whether somebody is told that there is no such account."""
    caller = import_module(f"{storage.package}.chassis.policy.access").Caller(
        id=uuid4()
    )
    errors = import_module(f"{storage.package}.chassis.policy.errors")
    try:
        await follows(storage, accounts).follow(caller, user_id)
    except errors.ValidationFailed:
        return True
    return False


def test_the_id_that_registering_gives_is_followed_by_nobody_whether_the_address_had_an_account(
    storage: Storage,
) -> None:
    """Else whoever is logged in learns it: of an address that had one the id is
    nobody's.
    """
    accounts = service(storage, hides=True)

    async def story() -> None:
        first, second = [
            await accounts.register("ann@example.com", "a long enough password")
            for _ in range(2)
        ]
        assert first.id != second.id
        assert [
            await refused(storage, accounts, each.id) for each in (first, second)
        ] == [True, True]
        assert await accounts.known([first.id, second.id]) == []

    storage.run(story())


@pytest.mark.parametrize("proof", [{"verified": True}, {"roles": ("staff",)}])
def test_whoever_may_log_in_may_be_followed(
    storage: Storage, proof: dict[str, Any]
) -> None:
    accounts = service(storage, hides=True)

    async def story() -> None:
        made = await accounts.register("bob@example.com", "a long enough password")
        unit = storage.unit("accounts")
        unit.accounts.save(made, made.evolve(**proof))
        await unit.commit()
        assert not await refused(storage, accounts, made.id)

    storage.run(story())


def test_where_accounts_are_not_hidden_each_may_be_followed(storage: Storage) -> None:
    accounts = service(storage, hides=False)

    async def story() -> None:
        made = await accounts.register("cat@example.com", "a long enough password")
        assert not await refused(storage, accounts, made.id)
        assert await refused(storage, accounts, uuid4())

    storage.run(story())
