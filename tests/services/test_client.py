"""The client of other parts and systems keeps down nobody who is down, and is not kept
down by who is slow.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from importlib import import_module
from typing import Any

import httpx2 as httpx
import pytest

Chassis = Callable[[str], Any]


class Callee:
    """Answers with a status, once it may."""

    def __init__(self, status: int = 200, many: int = 0) -> None:
        """`many`: requests that make a crowd."""
        self.status = status
        self.many = many
        self.heard = 0
        self.free = asyncio.Event()
        self.free.set()
        self.crowd = asyncio.Event()

    async def __call__(self, _: httpx.Request) -> httpx.Response:
        self.heard += 1
        if self.heard == self.many:
            self.crowd.set()
        await self.free.wait()
        return httpx.Response(self.status)


def client(chassis: Chassis, callee: Callee, **options: Any) -> Any:
    return chassis("client").Client(
        "stock", "http://stock", transport=httpx.MockTransport(callee), **options
    )


@pytest.fixture(autouse=True)
def _at_once() -> Any:
    """No waiting between attempts."""
    stamina = import_module("stamina")
    with stamina.set_testing(True, attempts=4, cap=True):
        yield


async def ask(chassis: Chassis, made: Any, times: int) -> list[str]:
    """What came of it, by the class of the error."""
    found = []
    for _ in range(times):
        try:
            await made.call("GET", "/")
            found.append("answered")
        except chassis("errors").Problem as error:
            found.append(type(error).__name__)
    return found


def test_retries_are_at_most_a_fifth_more_than_first_attempts(
    chassis: Chassis, monkeypatch: pytest.MonkeyPatch
) -> None:
    budget = chassis("client").RetryBudget
    monkeypatch.setattr(budget, "a_second", 0)
    chance = 0

    async def half(_: httpx.Request) -> httpx.Response:
        nonlocal chance
        chance += 1
        return httpx.Response(503 if chance % 2 else 200)

    async def main() -> None:
        made = chassis("client").Client(
            "stock", "http://stock", transport=httpx.MockTransport(half)
        )
        await ask(chassis, made, 500)
        assert 500 + budget.most < chance <= 500 * (1 + budget.share) + budget.most

    asyncio.run(main())


def test_a_request_that_may_not_be_repeated_is_not(chassis: Chassis) -> None:
    async def main() -> None:
        callee = Callee(503)
        made = client(chassis, callee)
        for method, headers, heard in [
            ("POST", {}, 1),
            ("POST", {"Idempotency-Key": "1"}, 4),
            ("GET", {}, 4),
        ]:
            callee.heard = 0
            with pytest.raises(chassis("errors").Unavailable):
                await made.call(method, "/", headers=headers)
            assert callee.heard == heard

    asyncio.run(main())


def test_who_does_not_answer_is_left_alone_for_a_while(chassis: Chassis) -> None:
    async def main() -> None:
        callee = Callee(503)
        made = client(chassis, callee)
        assert (await ask(chassis, made, 40))[-1] == "NotSent"
        heard = callee.heard
        assert heard < 40
        assert set(await ask(chassis, made, 100)) == {"NotSent"}
        assert callee.heard == heard

    asyncio.run(main())


def test_one_that_is_slow_holds_so_many_requests_and_no_more(chassis: Chassis) -> None:
    limit = chassis("client").BULKHEAD

    async def main() -> None:
        callee = Callee(many=limit)
        callee.free.clear()
        made = client(chassis, callee)
        waiting = [asyncio.ensure_future(made.call("GET", "/")) for _ in range(limit)]
        await asyncio.wait_for(callee.crowd.wait(), 10)
        assert await ask(chassis, made, 3) == ["NotSent"] * 3
        assert callee.heard == limit
        callee.free.set()
        await asyncio.gather(*waiting)
        assert await ask(chassis, made, 3) == ["answered"] * 3

    asyncio.run(main())


def test_a_refusal_opens_no_breaker_and_is_not_repeated(chassis: Chassis) -> None:
    async def main() -> None:
        callee = Callee(422)
        assert set(await ask(chassis, client(chassis, callee), 100)) == {"Refused"}
        assert callee.heard == 100

    asyncio.run(main())


@pytest.mark.parametrize("status", [301, 302, 304, 307, 308])
def test_a_redirect_is_no_answer(status: int, chassis: Chassis) -> None:
    """As of a proxy that was put before a part: what was sent there has not arrived."""

    async def story() -> None:
        assert await ask(chassis, client(chassis, Callee(status)), 1) == ["Failing"]

    asyncio.run(story())


def test_an_answer_that_cannot_be_read_is_a_failure_there(chassis: Chassis) -> None:
    def garbled(_: httpx.Request) -> httpx.Response:
        stream = httpx.ByteStream(b"this is not what it says")
        return httpx.Response(200, headers={"Content-Encoding": "gzip"}, stream=stream)

    async def story() -> None:
        made = chassis("client").Client(
            "stock", "http://stock", transport=httpx.MockTransport(garbled)
        )
        assert await ask(chassis, made, 1) == ["Failing"]

    asyncio.run(story())


def test_a_crowd_that_asks_for_the_whole_is_one_question_to_each_part(
    chassis: Chassis,
) -> None:
    """Or who is asked by too many would seem not to be ready."""
    parts = ["stock", "pay"]
    callee = Callee(many=len(parts))
    callee.free.clear()

    async def story() -> None:
        system = chassis("system").System(
            parts, dict.fromkeys(parts, httpx.MockTransport(callee))
        )
        asked = [asyncio.ensure_future(system._ready()) for _ in range(300)]
        await callee.crowd.wait()
        callee.free.set()
        assert await asyncio.gather(*asked) == [{"status": "ok"}] * 300
        assert callee.heard == len(parts)
        assert await system._ready() == {"status": "ok"}
        assert callee.heard == 2 * len(parts)
        await system.close()

    asyncio.run(story())


@pytest.mark.parametrize("told", ["9" * 400, "9" * 5000, "-0", "nan", "1e400", ""])
def test_whatever_a_deadline_says_it_is_answered(told: str, chassis: Chassis) -> None:
    assert chassis("request_context")._seconds(told, 7.0) in (7.0, 0.0)
