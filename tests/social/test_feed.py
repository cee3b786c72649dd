"""The feed: what a reference model says, whatever order events come in, and within its
bounds however many follow.
"""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.social.conftest import Storage, storage_on
from tests.support.projects import Project

PEOPLE = [UUID(int=number << 64) for number in range(1, 6)]
FOLLOWERS = 100_000
FAN_OUT = 1_000  # the default of a project


def post_id(number: int) -> UUID:
    """Ids that rise, as those of version 7 do."""
    return UUID(int=(number << 80) | (7 << 76) | (2 << 62))


class World:
    """The reference model: who follows whom, and who posted what; and the events that
    tell of it.
    """

    def __init__(self) -> None:
        self.follows: set[tuple[UUID, UUID]] = set()
        self.versions: Counter[tuple[UUID, UUID]] = Counter()
        self.posts: dict[UUID, UUID] = {}
        self.made = 0
        self.events: list[tuple[str, tuple[Any, ...]]] = []

    def post(self, author: UUID) -> None:
        self.made += 1
        self.posts[post_id(self.made)] = author
        self.events.append(("PostPublished", (post_id(self.made), author)))

    def delete(self, which: int) -> None:
        if self.posts:
            gone = sorted(self.posts)[which % len(self.posts)]
            self.events.append(("PostWithdrawn", (gone, self.posts.pop(gone))))

    def follow(self, reader: UUID, author: UUID) -> None:
        if reader != author and (reader, author) not in self.follows:
            self.follows.add((reader, author))
            self._turned("FollowStarted", reader, author)

    def unfollow(self, reader: UUID, author: UUID) -> None:
        if (reader, author) in self.follows:
            self.follows.remove((reader, author))
            self._turned("FollowEnded", reader, author)

    def _turned(self, kind: str, reader: UUID, author: UUID) -> None:
        self.versions[reader, author] += 1
        self.events.append((kind, (reader, author, self.versions[reader, author])))

    def feed(self, reader: UUID) -> list[UUID]:
        read = {author for follower, author in self.follows if follower == reader} | {
            reader
        }
        return sorted(
            (post for post, author in self.posts.items() if author in read),
            reverse=True,
        )


def event_of(package: str, kind: str, said: tuple[Any, ...]) -> Any:
    if kind.startswith("Post"):
        made = getattr(import_module(f"{package}.contracts.posts"), kind)
        return made(post_id=said[0], author_id=said[1])
    made = getattr(import_module(f"{package}.contracts.follows"), kind)
    return made(
        follow_id=uuid4(), follower_id=said[0], user_id=said[1], version=said[2]
    )


def handlers_of(storage: Storage, most: int) -> dict[str, Any]:
    module = import_module(f"{storage.package}.feed.event_handlers")
    handlers = module.FeedEventHandlers(lambda: storage.unit("feed"), most)
    return {
        "PostPublished": handlers.add_post,
        "PostWithdrawn": handlers.remove_post,
        "FollowStarted": handlers.follow,
        "FollowEnded": handlers.unfollow,
    }


async def read_all(
    storage: Storage, reader: UUID, limit: int, there: Mapping[UUID, UUID]
) -> list[UUID]:
    """All pages; posts that are gone are none of what the posts module says."""
    found: list[UUID] = []
    after = None
    while True:
        page = await storage.unit("feed").read(reader, after, limit)
        assert len(page.posts) <= limit and (
            after is None or all(post < after for post in page.posts)
        )
        found += page.posts
        if page.last is None:
            return [post for post in found if post in there]
        assert after is None or page.last < after
        after = page.last


ACTS = st.one_of(
    st.tuples(st.just("post"), st.sampled_from(PEOPLE)),
    st.tuples(st.just("post"), st.sampled_from(PEOPLE)),
    st.tuples(st.just("follow"), st.sampled_from(PEOPLE), st.sampled_from(PEOPLE)),
    st.tuples(st.just("follow"), st.sampled_from(PEOPLE), st.sampled_from(PEOPLE)),
    st.tuples(st.just("unfollow"), st.sampled_from(PEOPLE), st.sampled_from(PEOPLE)),
    st.tuples(st.just("delete"), st.integers(0, 10)),
)


@pytest.mark.parametrize(
    "kind", ["sqlite", "dynamodb", pytest.param("postgresql", marks=pytest.mark.real)]
)
def test_a_feed_is_what_the_model_says_with_events_doubled_delayed_and_out_of_order(
    kind: str,
    projects: Mapping[str, Project],
    tmp_path: Path,
    request: pytest.FixtureRequest,
) -> None:
    """Whatever is written to feeds, and whatever is read on demand: up to 0, 1, 2 or
    1,000 followers.
    """
    with storage_on(kind, projects, tmp_path, request.getfixturevalue) as storage:
        domain = import_module(f"{storage.package}.feed.repository")
        request.getfixturevalue("monkeypatch").setattr(domain, "MANY_POSTS", 3)

        @settings(max_examples=60, suppress_health_check=list(HealthCheck))
        @given(
            acts=st.lists(ACTS, max_size=40),
            most=st.sampled_from([0, 1, 2, FAN_OUT]),
            limit=st.integers(1, 4),
            seed=st.integers(0, 2**32),
            at_once=st.integers(1, 4),
        )
        def holds(
            acts: list[tuple[Any, ...]], most: int, limit: int, seed: int, at_once: int
        ) -> None:
            people = {
                person: UUID(int=person.int | uuid4().int >> 66) for person in PEOPLE
            }
            world = World()
            world.made = int(uuid4().int >> 84)
            for name, *arguments in acts:
                getattr(world, name)(
                    *(people.get(argument, argument) for argument in arguments)
                )
            chance = random.Random(seed)
            events = [
                event
                for event in world.events
                for _ in range(chance.choice([1, 1, 2, 3]))
            ]
            chance.shuffle(events)
            storage.run(_deliver(storage, events, most, at_once))
            for reader in people.values():
                assert storage.run(
                    read_all(storage, reader, limit, world.posts)
                ) == world.feed(reader)

        holds()


async def _deliver(
    storage: Storage, events: list[tuple[str, tuple[Any, ...]]], most: int, at_once: int
) -> None:
    handlers = handlers_of(storage, most)
    for start in range(0, len(events), at_once):
        some = events[start : start + at_once]
        await asyncio.gather(
            *(
                handlers[kind](event_of(storage.package, kind, said))
                for kind, said in some
            )
        )


async def _crowd(storage: Storage, author: UUID, readers: list[UUID]) -> None:
    """That all of these follow the author: as rows and items, since a hundred thousand
    events would take an hour.
    """
    pushed = readers[:FAN_OUT]
    if storage.package == "social_sql":
        tables = import_module("social_sql.feed.repository")
        rows = [
            {
                "reader_id": r,
                "author_id": author,
                "version": 1,
                "active": True,
                "pushed": i < FAN_OUT,
            }
            for i, r in enumerate(readers)
        ]
        async with storage.table("feed").begin() as connection:
            await connection.execute(tables.readings.insert(), rows)
        return
    number = {"N": "1"}
    items: list[dict[str, Any]] = [
        {"pk": {"S": f"reading#{r}#{author}"}, "version": number, "active": number}
        for r in readers
    ]
    for item in items[:FAN_OUT]:
        item["pushed"] = number
    items += [
        {"pk": {"S": f"on_demand#{reader}"}, "authors": {"BS": [author.bytes]}}
        for reader in readers[FAN_OUT:]
    ]
    items.append(
        {
            "pk": {"S": f"audience#{author}"},
            "readers": {"BS": [reader.bytes for reader in pushed]},
        }
    )
    backends = import_module("moto.dynamodb.models").dynamodb_backends
    for item in items:
        backends["123456789012"]["eu-central-1"].put_item("it-feed", item)


def test_a_post_of_an_account_with_100_000_followers_is_written_within_its_bound_and_read_in_two_queries(
    storage: Storage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Written to 1,000 feeds, whoever else follows; a page is a query of ids, and one
    of what the posts say.
    """
    author, readers = uuid4(), [uuid4() for _ in range(FOLLOWERS)]
    storage.run(_crowd(storage, author, readers))
    handlers, base = handlers_of(storage, FAN_OUT), int(uuid4().int >> 84)
    if (
        storage.package == "social_keys"
    ):  # it copies the table with each transaction, for those that are refused
        monkeypatch.setattr(
            "moto.dynamodb.models.copy", SimpleNamespace(deepcopy=lambda table: table)
        )
        monkeypatch.setattr(
            "moto.dynamodb.models.table.Table.all_items", _indexed
        )  # which it sorts for each query

    async def handle(kind: str, *said: Any) -> None:
        await handlers[kind](event_of(storage.package, kind, said))

    with storage.counted() as asked:
        storage.run(handle("PostPublished", post_id(base), author))
    if storage.package == "social_sql":
        assert asked.count("INSERT") == 2
    else:
        assert Counter(asked) == {
            "transact_write_items": 1,
            "get_item": 3,
            "batch_write_item": FAN_OUT // 25,
        }
    assert storage.run(_written(storage, author, readers)) == FAN_OUT

    late = uuid4()
    with (
        storage.counted() as asked
    ):  # one more follower: nothing is written to the feed
        storage.run(handle("FollowStarted", late, author, 1))
    assert len(asked) < 10
    for number in range(1, 4):
        storage.run(handle("PostPublished", post_id(base + number), author))
    newest = [post_id(base + number) for number in range(3, -1, -1)]
    for reader in (readers[0], readers[-1], late, author):
        with storage.counted() as asked:
            page = storage.run(storage.unit("feed").read(reader, None, 3))
        assert page.posts == newest[:3]
        ids = Counter(asked)
        assert ids["SELECT"] + ids["query"] == 1 and set(ids) <= {
            "SELECT",
            "query",
            "get_item",
            "batch_get_item",
        }
        with storage.counted() as asked:
            storage.run(storage.unit("posts").liked(page.posts))
        assert asked in (["SELECT"], ["batch_get_item"])
        rest = storage.run(storage.unit("feed").read(reader, page.last, 3))
        assert (rest.posts, rest.last) == (newest[3:], None)

    with storage.counted() as asked:  # deleted: out of every feed, with as few writes
        storage.run(handle("PostWithdrawn", newest[0], author))
    assert len(asked) <= FAN_OUT // 25 + 5
    for reader in (readers[0], readers[-1], author):
        assert (
            storage.run(storage.unit("feed").read(reader, None, 3)).posts == newest[1:]
        )


def _indexed(table: Any) -> list[Any]:
    """The items of any index, as queries of one ask for them."""
    found = [
        item
        for item in table.items.values()
        if {"list0pk", "list1pk"} & item.attrs.keys()
    ]
    return sorted(found, key=lambda item: item.hash_key.value)


async def _written(storage: Storage, author: UUID, readers: list[UUID]) -> int:
    """How many feeds have an entry of the author."""
    if storage.package == "social_sql":
        tables, sa = (
            import_module("social_sql.feed.repository"),
            import_module("sqlalchemy"),
        )
        async with storage.table("feed").connect() as connection:
            of_author = sa.select(sa.func.count()).where(
                tables.entries.c.author_id == author
            )
            return int(await connection.scalar(of_author))
    found = (
        import_module("boto3")
        .client("dynamodb")
        .describe_table(TableName="it-feed")["Table"]["ItemCount"]
    )
    crowd = len(readers) + (len(readers) - FAN_OUT) + 1
    return int(found) - crowd - 2  # the post, and the author's timeline


def test_an_author_with_many_posts_is_read_on_demand_however_few_follow(
    storage: Storage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody's follow writes thousands of entries; what is older than the newest posts
    is found, too.
    """
    author, reader, base = uuid4(), uuid4(), int(uuid4().int >> 84)
    handlers = handlers_of(storage, FAN_OUT)
    many = 40
    monkeypatch.setattr(
        import_module(f"{storage.package}.feed.repository"), "MANY_POSTS", many
    )
    posts = [post_id(base + number) for number in range(3 * many)]

    async def story() -> None:
        for post in posts:
            await handlers["PostPublished"](
                event_of(storage.package, "PostPublished", (post, author))
            )
        with storage.counted() as asked:
            await handlers["FollowStarted"](
                event_of(storage.package, "FollowStarted", (reader, author, 1))
            )
        assert len(asked) < 10
        there = dict.fromkeys(posts, author)
        assert await read_all(storage, reader, 15, there) == posts[::-1]
        with storage.counted() as asked:
            await handlers["FollowEnded"](
                event_of(storage.package, "FollowEnded", (reader, author, 2))
            )
        assert len(asked) < 10, (
            "nothing was written, and nothing is deleted, however often somebody comes and goes"
        )
        assert await read_all(storage, reader, 15, there) == []

    storage.run(story())


def test_what_was_written_to_a_follower_is_deleted_when_that_ends_also_by_a_delivery_that_follows(
    storage: Storage,
) -> None:
    author, reader, base = uuid4(), uuid4(), int(uuid4().int >> 84)
    handlers = handlers_of(storage, FAN_OUT)

    async def story() -> None:
        for number in range(3):
            said = (post_id(base + number), author)
            await handlers["PostPublished"](
                event_of(storage.package, "PostPublished", said)
            )
        await handlers["FollowStarted"](
            event_of(storage.package, "FollowStarted", (reader, author, 1))
        )
        assert await _entries(storage, reader) == 3
        await handlers["FollowEnded"](
            event_of(storage.package, "FollowEnded", (reader, author, 2))
        )
        assert await _entries(storage, reader) == 0
        # as one that was on its way wrote it, or the first delivery died before it had
        # deleted all
        await storage.unit("feed").fill(reader, author)
        await handlers["FollowEnded"](
            event_of(storage.package, "FollowEnded", (reader, author, 2))
        )
        assert await _entries(storage, reader) == 0

    storage.run(story())


async def _entries(storage: Storage, reader: UUID) -> int:
    """How many posts were written to this feed."""
    if storage.package == "social_sql":
        tables, sa = (
            import_module("social_sql.feed.repository"),
            import_module("sqlalchemy"),
        )
        async with storage.table("feed").connect() as connection:
            of_reader = sa.select(sa.func.count()).where(
                tables.entries.c.reader_id == reader
            )
            return int(await connection.scalar(of_reader))
    table = storage.table("feed")
    return len(
        await table.query("list0", f"entry#{reader}", 100, descending=True, after=None)
    )
