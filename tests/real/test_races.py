"""Two copies of the shop on one PostgreSQL, asked the same things at once: nothing is
sold, made or changed twice.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from secrets import token_hex
from typing import Any

import httpx2 as httpx
import pytest
import sqlalchemy as sa
from tests.parity.systems import write_project
from tests.support.postgres import module, postgres

pytestmark = [pytest.mark.real, pytest.mark.timeout(300)]
PACKAGE = "races_shop"
LOGIN = {"email": "staff@example.com", "password": "correct horse battery staple"}
Ask = Callable[..., Awaitable[httpx.Response]]


@pytest.fixture(scope="module")
def settings(
    tmp_path_factory: pytest.TempPathFactory, containers: None
) -> Iterator[Any]:
    """Of the copies, on a database that has the tables and the member of staff."""
    folder = tmp_path_factory.mktemp("races")
    write_project(
        folder, PACKAGE.replace("_", "-"), "monolith", {"preset": "ecommerce"}
    )
    module(PACKAGE, "accounts.keys").make_key(folder / "keys")
    with postgres() as server:
        made = module(PACKAGE, "apps.settings").Settings(
            _env_file=None,
            database_url=f"{server}/postgres",
            jwt_keys=folder / "keys",
            admin_email=LOGIN["email"],
            admin_password=LOGIN["password"],
            service_keys=folder / "service-keys",
            mail_url=f"file:{folder}/mails",
        )
        asyncio.run(module(PACKAGE, "apps.migrate").prepare("app", made))
        yield made


@asynccontextmanager
async def copies(settings: Any) -> AsyncIterator[Ask]:
    """Two of them behind one face, which asks them by turns as the member of staff."""
    async with AsyncExitStack() as stack:
        clients = []
        for _ in range(2):
            app = module(PACKAGE, "apps.app").create_app(settings)
            await stack.enter_async_context(app.router.lifespan_context(app))
            transport = httpx.ASGITransport(app, raise_app_exceptions=False)
            client = httpx.AsyncClient(
                transport=transport, base_url="http://shop", timeout=30
            )
            clients.append(await stack.enter_async_context(client))
        token = (await clients[0].post("/api/auth/login", json=LOGIN)).json()[
            "access_token"
        ]
        turns = iter(range(1_000_000))

        async def ask(
            method: str, path: str, body: Any = None, **headers: str
        ) -> httpx.Response:
            headers = {
                "Authorization": f"Bearer {token}",
                **{k.replace("_", "-"): v for k, v in headers.items()},
            }
            return await clients[next(turns) % 2].request(
                method, path, json=body, headers=headers
            )

        yield ask


def product(**fields: Any) -> dict[str, Any]:
    return {
        "sku": token_hex(8),
        "name": "a chair",
        "price": "9.99",
        "stock": 10,
        **fields,
    }


async def at_once(
    count: int, ask: Callable[[], Awaitable[httpx.Response]]
) -> list[httpx.Response]:
    return await asyncio.gather(*(ask() for _ in range(count)))


def statuses(answers: list[httpx.Response]) -> dict[int, int]:
    return dict(Counter(answer.status_code for answer in answers))


def test_fifty_orders_at_once_for_the_last_ten_sell_ten(settings: Any) -> None:
    async def race() -> None:
        async with copies(settings) as ask:
            path = (await ask("POST", "/api/products", product())).headers["Location"]
            line = {"product_id": path.rsplit("/", 1)[1], "quantity": 1}
            order = {"lines": [line], "payment_method": "card_ok"}
            answers = await at_once(50, lambda: ask("POST", "/api/orders", order))
            assert statuses(answers) == {201: 50}
            # the copies' caches are their own here
            async with rows(settings) as query, asyncio.timeout(60):
                waiting = "SELECT count(*) FROM orders.orders WHERE status = 'pending'"
                while await query(waiting):  # noqa: ASYNC110
                    await asyncio.sleep(0.1)
                counted = "SELECT count(*) FROM orders.orders WHERE status = :status AND reason IS NOT DISTINCT FROM :reason"
                confirmed = await query(counted, status="confirmed", reason=None)
                rejected = await query(
                    counted, status="rejected", reason="out_of_stock"
                )
                assert (confirmed, rejected) == (10, 40)
            async with rows(settings) as query:
                sold = await query(
                    "SELECT stock FROM inventory.products WHERE id = :id",
                    id=line["product_id"],
                )
                paid = await query(
                    "SELECT count(*) FROM payments.payments WHERE status = 'captured'"
                )
            assert (sold, paid) == (0, 10)

    asyncio.run(race())


def test_of_twenty_that_want_one_unique_value_one_has_it(settings: Any) -> None:
    async def race() -> None:
        async with copies(settings) as ask:
            body = product()
            assert statuses(
                await at_once(20, lambda: ask("POST", "/api/products", body))
            ) == {201: 1, 409: 19}

    asyncio.run(race())


def test_who_is_refused_among_many_that_write_at_once_takes_nobody_along(
    settings: Any,
) -> None:
    """Writes that meet are one transaction: the database refuses all of it, and each is
    to hear of its own.
    """

    async def race() -> None:
        async with copies(settings) as ask:
            taken, free = product(), [product() for _ in range(10)]
            path = (await ask("POST", "/api/products", taken)).headers["Location"]
            line = {"product_id": path.rsplit("/", 1)[1], "quantity": 1}
            wanted = [body for other in free for body in (other, taken)]
            answers = await asyncio.gather(
                *(ask("POST", "/api/products", body) for body in wanted),
                *(
                    ask(
                        "POST",
                        "/api/orders",
                        {"lines": [line], "payment_method": "card_ok"},
                    )
                    for _ in range(5)
                ),
                *(ask("PATCH", path, {"name": token_hex(4)}) for _ in range(5)),
            )
            assert [answer.status_code for answer in answers] == [201, 409] * 10 + [
                201
            ] * 5 + [200] * 5
            for answer, body in zip(answers, wanted, strict=False):
                if answer.status_code == 201:
                    kept = (await ask("GET", answer.headers["Location"])).json()
                    assert {name: kept[name] for name in body} == body

    asyncio.run(race())


def test_of_twenty_that_change_what_they_have_seen_one_does(settings: Any) -> None:
    async def race() -> None:
        async with copies(settings) as ask:
            made = await ask("POST", "/api/products", product())
            path, seen = made.headers["Location"], made.headers["ETag"]
            answers = await at_once(
                20, lambda: ask("PATCH", path, {"name": token_hex(4)}, If_Match=seen)
            )
            assert statuses(answers) == {200: 1, 412: 19}
            assert (await ask("PATCH", path, {}, If_Match=seen)).status_code == 412

    asyncio.run(race())


def test_a_request_that_is_sent_ten_times_at_once_is_done_once(settings: Any) -> None:
    async def race() -> None:
        async with copies(settings) as ask:
            body, key = product(), token_hex(8)
            answers = await at_once(
                10, lambda: ask("POST", "/api/products", body, Idempotency_Key=key)
            )
            assert statuses(answers) == {201: 10}
            assert len({answer.json()["id"] for answer in answers}) == 1

    asyncio.run(race())


def test_what_the_database_says_to_try_again_is_tried_again(settings: Any) -> None:
    """PostgreSQL refuses the second of two serializable transactions that meet: 40001."""

    async def race() -> None:
        async with rows(settings) as query:
            await query(
                "ALTER DATABASE postgres SET default_transaction_isolation = 'serializable'"
            )
            try:
                async with copies(settings) as ask:
                    path = (await ask("POST", "/api/products", product())).headers[
                        "Location"
                    ]
                    answers = await at_once(
                        8, lambda: ask("PATCH", path, {"name": token_hex(4)})
                    )
                    assert statuses(answers) == {200: 8}
                    assert sorted(answer.headers["ETag"] for answer in answers) == [
                        f'"{n}"' for n in range(2, 10)
                    ]
            finally:
                await query(
                    "ALTER DATABASE postgres RESET default_transaction_isolation"
                )

    asyncio.run(race())


def test_what_is_answered_201_is_committed_and_what_cannot_be_is_not_answered_so(
    settings: Any,
) -> None:
    async def race() -> None:
        count = "SELECT count(*) FROM inventory.products WHERE sku = :sku"
        async with copies(settings) as ask, rows(settings) as query:
            body = product()
            assert (await ask("POST", "/api/products", body)).status_code == 201
            assert await query(count, sku=body["sku"]) == 1
            await query(
                "CREATE FUNCTION gone() RETURNS trigger LANGUAGE plpgsql AS "
                "'BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); RETURN NULL; END'"
            )
            await query(
                "CREATE CONSTRAINT TRIGGER gone AFTER INSERT ON inventory.products "
                "DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION gone()"
            )
            try:
                body = product()
                # the connection is cut in its commit
                answer = await ask("POST", "/api/products", body)
                assert (answer.status_code, answer.headers["Retry-After"]) == (503, "1")
                assert await query(count, sku=body["sku"]) == 0
            finally:
                await query("DROP FUNCTION gone CASCADE")
            assert (await ask("POST", "/api/products", body)).status_code == 201

    asyncio.run(race())


def test_of_many_logins_around_a_reset_no_session_with_the_old_password_is_left(
    settings: Any,
) -> None:
    async def race() -> None:
        async with copies(settings) as ask:
            old = {
                "email": f"{token_hex(8)}@example.com",
                "password": "open sesame, please",
            }
            assert (await ask("POST", "/api/auth/register", old)).status_code == 201
            await ask("POST", "/api/auth/password-reset", {"email": old["email"]})
            chosen = {
                "token": await mailed(settings, old["email"]),
                "password": "another password, then",
            }

            async def reset() -> int:
                while True:
                    answer = await ask(
                        "POST", "/api/auth/password-reset/confirm", chosen
                    )
                    if answer.status_code != 503:  # its turn may not come at once
                        return answer.status_code

            # ten that fail lock the account
            logins = [
                asyncio.ensure_future(ask("POST", "/api/auth/login", old))
                for _ in range(9)
            ]
            assert await reset() == 204
            answers = await asyncio.gather(*logins)
            given = [
                answer.json()["refresh_token"]
                for answer in answers
                if answer.status_code == 200
            ]
            again = [
                await ask("POST", "/api/auth/refresh", {"refresh_token": token})
                for token in given
            ]
            assert statuses(again) == ({401: len(given)} if given else {})
            new = {**old, "password": chosen["password"]}
            assert (await ask("POST", "/api/auth/login", new)).status_code == 200

    asyncio.run(race())


def test_a_refresh_token_that_comes_ten_times_at_once_gives_ten_pairs_that_go_on(
    settings: Any,
) -> None:
    async def race() -> None:
        async with copies(settings) as ask:
            first = (await ask("POST", "/api/auth/login", LOGIN)).json()[
                "refresh_token"
            ]
            pairs = await at_once(
                10, lambda: ask("POST", "/api/auth/refresh", {"refresh_token": first})
            )
            assert statuses(pairs) == {200: 10}
            tokens = {pair.json()["refresh_token"] for pair in pairs}
            assert len(tokens) == 10
            again = [
                await ask("POST", "/api/auth/refresh", {"refresh_token": token})
                for token in tokens
            ]
            assert statuses(again) == {200: 10}

    asyncio.run(race())


def test_copies_without_a_shared_cache_count_failed_logins_as_one(
    settings: Any,
) -> None:
    async def race() -> None:
        async with copies(settings) as ask:
            guess = {
                "email": f"{token_hex(8)}@example.com",
                "password": "a wrong password",
            }
            answers = [await ask("POST", "/api/auth/login", guess) for _ in range(12)]
            assert [answer.status_code for answer in answers] == [401] * 10 + [429] * 2

    asyncio.run(race())


async def mailed(settings: Any, address: str) -> str:
    """The token of the link to choose a new password that this address was sent."""
    async with asyncio.timeout(30):
        while not (found := links(settings, address)):  # noqa: ASYNC110
            await asyncio.sleep(0.1)
    return found[0]


def links(settings: Any, address: str) -> list[str]:
    texts = [
        mail.read_text()
        for mail in Path(settings.mail_url.removeprefix("file:")).glob("*.eml")
    ]
    found = [
        text.partition("/password-reset?token=")[2].split()
        for text in texts
        if address in text
    ]
    return [words[0] for words in found if words]


@asynccontextmanager
async def rows(settings: Any) -> AsyncIterator[Callable[..., Awaitable[Any]]]:
    """Asks the database itself, not the shop."""
    database = module(PACKAGE, "chassis.mechanism.sql").Database(
        settings.database_url, 1
    )

    async def query(statement: str, **values: Any) -> Any:
        async with database.module("public").begin() as connection:
            found = await connection.execute(sa.text(statement), values)
            return found.scalar() if found.returns_rows else None

    yield query
    await database.close()
