"""Likes: each person's once, however many come at once, and counted where no place is
hot.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from importlib import import_module
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.social.conftest import Storage

PEOPLE = [uuid4() for _ in range(8)]
ACTS = st.tuples(st.sampled_from(["like", "like", "unlike"]), st.sampled_from(PEOPLE))


async def act(storage: Storage, name: str, post: UUID, user: UUID) -> None:
    """Again where another writer was first, as the service does."""
    retry = import_module(
        f"{storage.package}.chassis.mechanism.retry"
    ).retry_on_conflict

    async def once() -> None:
        await getattr(storage.unit("posts"), name)(post, user)

    await retry(once)()


def test_as_many_like_a_post_as_have_liked_it_last(storage: Storage) -> None:
    @settings(max_examples=25, suppress_health_check=list(HealthCheck))
    @given(acts=st.lists(ACTS, max_size=25))
    def holds(acts: list[tuple[str, UUID]]) -> None:
        post = uuid4()
        fans: set[UUID] = set()
        for name, user in acts:
            storage.run(act(storage, name, post, user))
            fans = fans | {user} if name == "like" else fans - {user}
        assert storage.run(storage.unit("posts").likes([post])).get(post, 0) == len(
            fans
        )

    holds()


def test_likes_that_come_at_once_are_counted_once_for_each_person(
    storage: Storage,
) -> None:
    post, fans = uuid4(), [uuid4() for _ in range(30)]

    async def crowd() -> None:
        await asyncio.gather(*(act(storage, "like", post, user) for user in fans * 2))
        assert (await storage.unit("posts").likes([post]))[post] == len(fans)
        await asyncio.gather(
            *(act(storage, "unlike", post, user) for user in fans[:20] * 2)
        )
        assert (await storage.unit("posts").likes([post]))[post] == len(fans) - 20

    storage.run(crowd())


def test_likes_of_one_post_are_written_to_no_key_more_than_its_share(
    storage: Storage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of 2,000 people who like one post, each place counts a quarter, give or take a
    fifth of that, and nothing else is written twice.
    """
    post, written = uuid4(), Counter[str]()
    new_id = import_module(f"{storage.package}.chassis.policy.entity").Entity
    fans = [new_id().id for _ in range(2_000)]
    if storage.package == "social_keys":
        table = storage.table("posts")

        async def note(writes: list[Any]) -> None:
            for write in writes:
                item = write.arguments.get("Key") or write.arguments["Item"]
                written[item["pk"]["S"]] += 1

        monkeypatch.setattr(table, "write", note)
        storage.run(_all(storage, post, fans))
        counters = {
            pk: count for pk, count in written.items() if pk.startswith("likes#")
        }
        assert {count for pk, count in written.items() if pk not in counters} == {1}
    else:
        storage.run(_all(storage, post, fans))
        storage.run(_counted(storage, post, counters := {}))
    assert len(counters) == import_module(f"{storage.package}.posts.domain").LIKE_SHARDS
    assert sum(counters.values()) == len(fans)
    assert max(counters.values()) <= 1.2 * len(fans) / len(counters)


async def _all(storage: Storage, post: UUID, fans: list[UUID]) -> None:
    for user in fans:
        await storage.unit("posts").like(post, user)


async def _counted(storage: Storage, post: UUID, counters: dict[str, int]) -> None:
    tables, sa = (
        import_module("social_sql.posts.repository"),
        import_module("sqlalchemy"),
    )
    async with storage.table("posts").connect() as connection:
        columns = tables.like_counts.c
        found = await connection.execute(
            sa.select(columns.shard, columns["count"]).where(columns.post_id == post)
        )
        counters.update({str(shard): count for shard, count in found.all()})
