"""Who deletes their account leaves nothing of the preset `social` behind: in bounded
steps, however often events come, and what came after the first look, too.
"""

from __future__ import annotations

import random
from datetime import timedelta
from importlib import import_module
from types import SimpleNamespace
from typing import Any
from uuid import UUID, uuid4

import pytest
from tests.social.conftest import Storage

ANN, BOB, CAT = (uuid4() for _ in range(3))


def part(storage: Storage, name: str) -> Any:
    return import_module(f"{storage.package}.{name}")


def caller(storage: Storage, user_id: UUID) -> Any:
    return part(storage, "chassis.policy.access").Caller(id=user_id)


async def deliver(storage: Storage, chance: random.Random) -> int:
    """Hands on all that is told, some of it twice and in no order, until nobody tells
    anything; how many events that were.
    """
    handlers: dict[str, list[Any]] = {}
    for module, more in (("posts", ()), ("follows", ()), ("feed", (1_000,))):
        kind = getattr(
            part(storage, f"{module}.event_handlers"),
            f"{module.capitalize()}EventHandlers",
        )
        worker = kind(lambda module=module: storage.unit(module), *more)
        for method, mark in part(storage, "chassis.mechanism.background").marked(kind):
            handlers.setdefault(mark.handles.type, []).append(
                (f"{module}.{method}", getattr(worker, method))
            )
    current = part(storage, "chassis.mechanism.unit_of_work").current_handler
    count = 0
    while storage.told:
        event = storage.told.pop(chance.randrange(len(storage.told)))
        for name, handle in handlers.get(event.type, []):
            for _ in range(chance.choice((1, 2))):
                token = current.set(name)
                await handle(event)
                current.reset(token)
        count += 1
    return count


async def world(storage: Storage) -> tuple[list[UUID], list[UUID]]:
    """What Ann and Bob have said; each likes all of it, and the three follow each other
    but for Ann, who left Cat again.
    """
    nobody = SimpleNamespace(usable=None)
    posts = part(storage, "posts.service").PostsService(
        lambda: storage.unit("posts"), nobody
    )

    async def known(account_ids: list[UUID]) -> list[UUID]:
        return account_ids

    follows = part(storage, "follows.service").FollowsService(
        lambda: storage.unit("follows"), SimpleNamespace(known=known)
    )
    said: dict[UUID, list[UUID]] = {}
    for author, many in ((ANN, 25), (BOB, 3)):
        said[author] = [
            (await posts.publish_post(caller(storage, author), "hello", [])).id
            for _ in range(many)
        ]
    for fan in (ANN, BOB):
        for post_id in said[ANN] + said[BOB]:
            await posts.like(caller(storage, fan), post_id)
    for follower, user in (
        (ANN, BOB),
        (ANN, CAT),
        (BOB, ANN),
        (BOB, CAT),
        (CAT, ANN),
        (CAT, BOB),
    ):
        await follows.follow(caller(storage, follower), user)
    await follows.unfollow(caller(storage, ANN), CAT)
    return said[ANN], said[BOB]


async def left(storage: Storage) -> dict[str, Any]:
    """All that there is of Ann."""
    domain = part(storage, "follows.domain")
    query = part(storage, "chassis.mechanism.persistence").Query
    unit = storage.unit("follows")
    following = [
        await unit.follows.page(
            query(domain.FOLLOWED, {"follower_id": ANN, "active": active})
        )
        for active in (True, False)
    ]
    followed = await unit.follows.page(query(domain.FOLLOWERS, {"user_id": ANN}))
    _, one_author = part(storage, "posts.domain").POST_LISTS
    unit = storage.unit("posts")
    said = await unit.posts.page(query(one_author, {"owner_id": ANN}))
    return {
        "following": sum(len(page.items) for page in following),
        "followed": len(followed.items),
        "said": len(said.items),
        "liked": len(await unit.liked_by(ANN, 100)),
    }


@pytest.mark.parametrize("seed", range(3))
def test_nothing_is_left_of_who_leaves_and_all_of_who_stays(
    storage: Storage, seed: int
) -> None:
    async def story() -> None:
        chance = random.Random(seed)
        _, bobs = await world(storage)
        await deliver(storage, chance)
        before = await left(storage)
        assert before == {"following": 2, "followed": 2, "said": 20, "liked": 28}
        feed = await storage.unit("feed").read(CAT, None, 100)
        assert len(feed.posts) == 28
        gone = part(storage, "contracts.accounts").AccountDeleted(
            account_id=ANN, version=2
        )
        storage.told += [gone, gone]
        assert await deliver(storage, chance) < 200, (
            "two that are told of the same do not call forth more and more"
        )
        assert set((await left(storage)).values()) == {0}
        for reader in (BOB, CAT):
            assert (await storage.unit("feed").read(reader, None, 100)).posts == sorted(
                bobs, reverse=True
            )
        assert await storage.unit("posts").likes(bobs) == dict.fromkeys(bobs, 1)
        assert (await storage.unit("feed").read(ANN, None, 100)).posts == []

    storage.run(story())


def test_no_step_writes_more_than_a_transaction_takes(storage: Storage) -> None:
    async def story() -> None:
        await world(storage)
        most = part(storage, "chassis.mechanism.persistence").MAX_WRITES
        storage.told = [
            part(storage, "contracts.accounts").AccountDeleted(
                account_id=ANN, version=2
            )
        ]
        table = part(storage, "posts.event_handlers")
        # the row, its event to two handlers, and room for an owner's own
        assert most > 4 * table.POSTS
        assert most > 3 * part(storage, "follows.event_handlers").BATCH
        handlers = table.PostsEventHandlers(lambda: storage.unit("posts"))
        event = storage.told.pop()
        await handlers.forget_account(event)
        assert (await left(storage))["said"] == 25 - table.POSTS
        again = [told for told in storage.told if told.type == "posts.account.left"]
        assert len(again) == 1, "the rest is for who hears of it"
        await handlers.forget_account(event)
        assert (await left(storage))["said"] == 25 - table.POSTS, (
            "who hears of it again does nothing"
        )

    storage.run(story())


def test_a_deletion_is_told_again_when_no_access_token_of_the_account_is_good(
    storage: Storage, monkeypatch: pytest.MonkeyPatch
) -> None:
    departures = part(storage, "accounts.departures")
    domain = part(storage, "accounts.domain")
    now = part(storage, "chassis.policy.entity").now
    lifetime = timedelta(seconds=part(storage, "accounts.domain").TOKEN_LIFETIME)

    async def story() -> None:
        unit = storage.unit("accounts")
        gone = [uuid4() for _ in range(departures.BATCH + 5)]
        for account_id in gone:
            unit.departures.add(domain.Departure(id=account_id))
        await unit.commit()
        job = departures.Departures(lambda: storage.unit("accounts"))
        monkeypatch.setattr(departures, "now", lambda: now() + lifetime)
        await job.tell_again()
        assert storage.told == [], "a token may be good still"
        monkeypatch.setattr(departures, "now", lambda: now() + domain.DEPARTURE_TIME)
        for _ in range(2):
            await job.tell_again()
        assert sorted(event.account_id for event in storage.told) == sorted(gone), (
            "each once"
        )

    storage.run(story())
