"""What holds at the edge of a project, whatever its architecture: who asks, HEAD,
conditions, prefixes, bodies, sites.
"""

from __future__ import annotations

import asyncio
import gc
import gzip
import json
import logging
import re
import weakref
from contextlib import suppress
from importlib import import_module
from importlib.util import find_spec
from secrets import token_hex
from typing import Any

import pytest

from .conftest import PASSWORD, PROXY, SITES, Behind

LIST = (
    "/health/live",
    "/health/ready",
    "/openapi.json",
    "/docs",
    "/.well-known/jwks.json",
    "/api/products",
    "/api/me",
)


@pytest.mark.few(1)
def test_a_client_is_whom_a_trusted_proxy_names_and_of_ipv6_a_whole_network(
    behind: Behind,
) -> None:
    def failed_login(peer: str, forwarded: str) -> int:
        body = {"email": f"{token_hex(8)}@example.com", "password": PASSWORD}
        headers = {"X-Forwarded-For": forwarded}
        return int(
            behind.ask(
                "POST", "/api/auth/login", peer, json=body, headers=headers
            ).status_code
        )

    tries = 0
    while failed_login(PROXY, f"2001:db8:1:2::{tries:x}") == 401:
        tries += 1
        assert tries < 300
    assert failed_login(PROXY, "2001:db8:1:2:ffff::1") == 429
    for other in (
        "2001:db8:1:3::1",
        "198.51.100.7",
        "::ffff:198.51.100.8",
        "198.51.100.9:4711, 10.9.9.9",
    ):
        assert failed_login(PROXY, other) == 401, other
    assert failed_login(f"::ffff:{PROXY}", "198.51.100.7") == 401
    # who is behind a trusted proxy may write what they like before what it adds
    assert failed_login(PROXY, "198.51.100.7, [2001:db8:1:2::5]:4711") == 429
    assert failed_login(PROXY, "2001:db8:1:2::5, 198.51.100.7") == 401
    # and whoever is none may write what they like
    assert failed_login("2001:db8:1:2::5", "198.51.100.7") == 429
    assert failed_login("203.0.113.9", "2001:db8:1:2::5") == 401


def test_a_client_writes_nothing_into_the_audit_log_but_an_address(
    behind: Behind, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "audit")
    body = {"email": f"{token_hex(8)}@example.com", "password": PASSWORD}
    headers = {"X-Forwarded-For": "fe80::1%x email=staff@example.com"}
    assert (
        behind.ask("POST", "/api/auth/login", json=body, headers=headers).status_code
        == 401
    )
    (line,) = (
        record.getMessage()
        for record in caplog.records
        if "login_failed" in record.getMessage()
    )
    assert line == f"login_failed email={body['email']} address=fe80::1"


def told(answer: Any) -> list[tuple[str, str]]:
    unlike = {"date", "x-request-id"}
    return [item for item in answer.headers.items() if item[0] not in unlike]


def test_head_is_answered_as_get_without_the_body_wherever_get_is(
    behind: Behind,
) -> None:
    staff = behind.staff()
    product = behind.product(staff, token_hex(8)).headers["Location"]
    for path in (
        *LIST,
        product,
        f"{product}0",
        "/api/nothing",
        "/internal/events",
        "/api/products?nonsense=1",
    ):
        for headers in ({}, staff):
            for _ in range(10):
                before, head, after = (
                    behind.ask(method, path, headers=headers)
                    for method in ("GET", "HEAD", "GET")
                )
                if told(before) == told(after):  # else an event came between them
                    break
            assert head.content == b"" and head.status_code == after.status_code, path
            assert told(head) == told(after), path
    refused = behind.ask("HEAD", "/api/auth/login")
    assert (refused.status_code, refused.headers["Allow"], refused.content) == (
        405,
        "POST",
        b"",
    )
    assert behind.ask("PUT", "/api/products").headers["Allow"] == "GET, HEAD, POST"
    paths = behind.ask("GET", "/openapi.json").json()["paths"]
    assert not [path for path, operations in paths.items() if "head" in operations]


def test_a_conditional_header_is_a_list_of_tags(behind: Behind) -> None:
    staff = behind.staff()
    product = behind.product(staff, token_hex(8)).headers["Location"]
    tag = behind.ask("GET", product).headers["ETag"]
    for known in (
        "TAG",
        "W/TAG",
        '"x", TAG',
        'W/"0",W/TAG',
        '"a,b" , TAG',
        '"x"|TAG',
        "*",
    ):
        lines = [
            ("If-None-Match", line.replace("TAG", tag)) for line in known.split("|")
        ]
        answer = behind.ask("GET", product, headers=lines)
        assert (answer.status_code, answer.headers["ETag"], answer.content) == (
            304,
            tag,
            b"",
        ), known
        lines = [("If-Match", line) for _, line in lines]
        answer = behind.ask(
            "PATCH", product, headers=[*staff.items(), *lines], json={"stock": 6}
        )
        assert answer.status_code == 200, known
        tag = behind.ask("GET", product).headers["ETag"]
        if known != "*":
            again = behind.ask(
                "PATCH", product, headers=[*staff.items(), *lines], json={"stock": 6}
            )
            assert again.status_code == 412, known
    for stale in ('"x"', '"x", W/"y"', "nonsense", ""):
        assert (
            behind.ask("GET", product, headers={"If-None-Match": stale}).status_code
            == 200
        )
        answer = behind.ask(
            "PATCH", product, headers=staff | {"If-Match": stale}, json={"stock": 7}
        )
        assert answer.status_code == 412, stale
        assert (
            behind.ask(
                "DELETE", product, headers=staff | {"If-Match": stale}
            ).status_code
            == 412
        )
    assert (
        behind.ask(
            "DELETE", product, headers=staff | {"If-Match": f'"x", {tag}'}
        ).status_code
        == 204
    )


def test_a_new_thing_is_found_under_the_prefix_that_a_trusted_proxy_took_away(
    behind: Behind,
) -> None:
    staff = behind.staff()
    under = {"X-Forwarded-Prefix": "/shop/"}
    location = behind.product(staff, token_hex(8), **under).headers["Location"]
    assert location.startswith("/shop/api/products/")
    assert (
        behind.ask("GET", location.removeprefix("/shop"), headers=under).status_code
        == 200
    )
    under_api = {"X-Forwarded-Prefix": "/api"}  # it begins as the path does
    assert (
        behind.product(staff, token_hex(8), **under_api)
        .headers["Location"]
        .startswith("/api/api/products/")
    )
    loaded = re.findall(
        r'(?:src|href)="([^"]+)"', behind.ask("GET", "/docs", headers=under).text
    )
    assert len(loaded) == 4 and all(path.startswith("/shop/docs/") for path in loaded)
    for path in loaded:
        assert (
            behind.ask("GET", path.removeprefix("/shop"), headers=under).status_code
            == 200
        ), path
    assert (
        '"/shop/openapi.json"'
        in behind.ask("GET", "/docs/swagger-initializer.js", headers=under).text
    )
    for wrong in (
        "//evil.example.com",
        "https://evil.example.com",
        "shop",
        "/a b",
        "/<script>",
    ):
        headers = {"X-Forwarded-Prefix": wrong}
        assert (
            behind.product(staff, token_hex(8), **headers)
            .headers["Location"]
            .startswith("/api/products/")
        ), wrong
    behind.client._transport.client = ("203.0.113.9", 1)
    body = {"sku": token_hex(8), "name": "saw", "price": "1", "category": "tool"}
    answer = behind.ask(
        "POST", "/api/products", "203.0.113.9", json=body, headers=staff | under
    )
    assert answer.headers["Location"].startswith("/api/products/")


def test_a_request_id_that_no_header_could_carry_on_is_not_taken(
    behind: Behind,
) -> None:
    name = f"{behind.package}.chassis.mechanism.observability"
    if find_spec(name) is None:  # functions have the gateway's own
        return
    given = import_module(name)._request_id
    assert given("0a-1b-2c-3d") == "0a-1b-2c-3d"
    for other in ("\u00e9" * 10, "\u00b2" * 10, "a b c d e f", "short"):
        assert given(other).isascii() and given(other) != other


def test_a_body_that_comes_byte_by_byte_is_not_waited_for_for_ever(
    behind: Behind, monkeypatch: pytest.MonkeyPatch
) -> None:
    http = import_module(f"{behind.package}.chassis.mechanism.http")
    monkeypatch.setattr(http, "BODY_TIMEOUT", 0.05)

    async def story(whole: bool) -> list[int]:
        told: list[int] = []

        async def receive() -> dict[str, Any]:
            if told:  # the body is there, and the client waits for the answer
                await asyncio.sleep(0.1)
                return {"type": "http.disconnect"}
            await asyncio.sleep(0)
            return {"type": "http.request", "body": b"", "more_body": not whole}

        async def app(_scope: Any, receive: Any, _send: Any) -> None:
            try:
                while (await receive())["type"] == "http.request":
                    if whole:
                        told.append(200)
            except http.HTTPException as error:
                told.append(error.status_code)

        await http.limit_body(app)({"type": "http", "headers": []}, receive, None)
        return told

    assert asyncio.run(story(whole=False)) == [408]
    assert asyncio.run(story(whole=True)) == [200]


def test_of_a_body_that_was_refused_nothing_is_kept(behind: Behind) -> None:
    class Chunk(dict[str, Any]):
        """Whose end can be seen."""

    http = import_module(f"{behind.package}.chassis.mechanism.http")
    left: list[weakref.ref[Chunk]] = []

    async def app(_scope: Any, receive: Any, _send: Any) -> None:
        with suppress(http.HTTPException):
            await receive()

    async def receive() -> Chunk:
        chunk = Chunk(type="http.request", body=b" " * (http.MAX_BODY_BYTES + 1))
        left.append(weakref.ref(chunk))
        return chunk

    bounded = http.limit_body(app)
    for _ in range(3):
        asyncio.run(bounded({"type": "http", "headers": []}, receive, None))
    gc.collect()
    assert [chunk() for chunk in left] == [None] * 3


def test_a_compressed_body_is_refused_and_never_unpacked(behind: Behind) -> None:
    bomb = gzip.compress(b" " * 50_000_000)
    small = gzip.compress(
        json.dumps({"email": "staff@example.com", "password": PASSWORD}).encode()
    )
    for content in (small, bomb):
        headers = {"Content-Encoding": "gzip", "Content-Type": "application/json"}
        answer = behind.ask("POST", "/api/auth/login", content=content, headers=headers)
        assert (answer.status_code, answer.headers["Accept-Encoding"]) == (
            415,
            "identity",
        )
        assert (
            answer.headers["Content-Type"] == "application/problem+json"
            and answer.json()["status"] == 415
        )
    body = {"email": "staff@example.com", "password": PASSWORD}
    assert behind.ask(
        "POST", "/api/auth/login", json=body, headers={"Content-Encoding": "identity"}
    ).is_success
    responses = behind.ask("GET", "/openapi.json").json()["paths"]["/api/auth/login"][
        "post"
    ]["responses"]
    assert "415" in responses


# as curl and fetch have it
@pytest.mark.parametrize("kind", ["application/x-www-form-urlencoded", "text/plain"])
def test_a_body_that_is_not_called_json_is_refused_with_what_to_call_it(
    behind: Behind, kind: str
) -> None:
    content = json.dumps({"email": "staff@example.com", "password": PASSWORD})
    answer = behind.ask(
        "POST", "/api/auth/login", content=content, headers={"Content-Type": kind}
    )
    assert (answer.status_code, answer.headers["Content-Type"]) == (
        422,
        "application/problem+json",
    )
    assert "Content-Type: application/json" in answer.json()["detail"]


@pytest.mark.parametrize(
    ("written", "price"),
    [
        ("19.99", "19.99"),
        ("9999999999999.99", "9999999999999.99"),
        ("9007199254740993", "9007199254740993.00"),
    ],
)
def test_a_price_that_is_a_json_number_is_kept_to_the_last_digit(
    behind: Behind, written: str, price: str
) -> None:
    body = f'{{"sku": "{token_hex(8)}", "name": "saw", "category": "tool", "price": {written}}}'
    headers = behind.staff() | {"Content-Type": "application/json"}
    assert (
        behind.ask("POST", "/api/products", content=body, headers=headers).json()[
            "price"
        ]
        == price
    )


@pytest.mark.parametrize(
    "written", ["999999999999999.99", "1234567890123456.78", "-1e15"]
)
def test_a_price_of_more_digits_than_a_json_number_keeps_is_refused_and_taken_as_a_string(
    behind: Behind, written: str
) -> None:
    body = f'{{"sku": "{token_hex(8)}", "name": "saw", "category": "tool", "price": {written}}}'
    headers = behind.staff() | {"Content-Type": "application/json"}
    answer = behind.ask("POST", "/api/products", content=body, headers=headers)
    assert answer.status_code == 422 and "write it as a string" in answer.text
    if "e" not in written:
        quoted = body.replace(written, f'"{written}"')
        assert (
            behind.ask("POST", "/api/products", content=quoted, headers=headers).json()[
                "price"
            ]
            == written
        )


def test_the_sites_that_are_named_may_ask_and_no_others(behind: Behind) -> None:
    asked = "authorization,content-type,idempotency-key,if-match"
    preflight = {
        "Access-Control-Request-Method": "PATCH",
        "Access-Control-Request-Headers": asked,
    }
    for site in SITES:
        allowed = behind.ask(
            "OPTIONS", "/api/products/1", headers={"Origin": site, **preflight}
        )
        assert (
            allowed.is_success
            and allowed.headers["Access-Control-Allow-Origin"] == site
        )
        assert "PATCH" in allowed.headers["Access-Control-Allow-Methods"]
        assert (
            "idempotency-key" in allowed.headers["Access-Control-Allow-Headers"].lower()
        )
        for method, path in (
            ("GET", "/api/products"),
            ("HEAD", "/api/me"),
            ("PUT", "/api/products"),
            ("POST", "/api/orders"),
        ):
            answer = behind.ask(method, path, headers={"Origin": site})
            assert answer.headers.get_list("Access-Control-Allow-Origin") == [site], (
                path
            )
            assert "Origin" in answer.headers["Vary"]
            exposed = answer.headers["Access-Control-Expose-Headers"]
            assert {"ETag", "Location", "Retry-After"} <= set(exposed.split(", "))
            assert "Access-Control-Allow-Credentials" not in answer.headers
    for stranger in (
        "https://evil.example.com",
        "https://shop.example.com.evil.example",
        "null",
        "http://shop.example.com",
    ):
        for method in ("OPTIONS", "GET"):
            answer = behind.ask(
                method, "/api/products", headers={"Origin": stranger, **preflight}
            )
            assert "Access-Control-Allow-Origin" not in answer.headers, stranger


def test_a_failure_is_shown_to_a_site_that_may_ask_as_what_it_is(
    behind: Behind,
) -> None:
    http, settings = (
        import_module(f"{behind.package}.chassis.{name}")
        for name in ("mechanism.http", "mechanism.settings")
    )
    router = import_module("fastapi").APIRouter()

    async def broken() -> None:
        raise RuntimeError("broken")

    router.add_api_route("/broken", broken)
    verifier: Any = None
    app = http.create_api(
        "x",
        [router],
        [],
        verifier,
        settings.CoreSettings(_env_file=None, cors_origins=SITES),
        ready={},
    )
    client = import_module("starlette.testclient").TestClient(
        app, raise_server_exceptions=False
    )
    answer = client.get("/broken", headers={"Origin": SITES[0]})
    assert (answer.status_code, answer.headers["Access-Control-Allow-Origin"]) == (
        500,
        SITES[0],
    )


def test_no_proxy_is_trusted_and_no_site_may_ask_until_they_are_named(
    behind: Behind, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = import_module(f"{behind.package}.apps.settings").Settings
    for name in ("TRUSTED_PROXIES", "CORS_ORIGINS"):
        monkeypatch.setenv(name, "")
    assert (
        settings(_env_file=None).trusted_proxies,
        settings(_env_file=None).cors_origins,
    ) == ((), ())
    monkeypatch.setenv("CORS_ORIGINS", "https://a.example,https://b.example:8443")
    assert settings(_env_file=None).cors_origins == (
        "https://a.example",
        "https://b.example:8443",
    )
    for name, wrong in {
        "TRUSTED_PROXIES": ("10.0.0.1/8", "proxy", "10.0.0.0/40"),
        "CORS_ORIGINS": ("https://a.example/", "a.example", "*", "null"),
    }.items():
        for value in wrong:
            with pytest.raises(ValueError, match=name.lower()):
                settings(_env_file=None, **{name.lower(): value})


def test_a_crowd_with_keys_that_nobody_knows_asks_for_the_keys_once(
    behind: Behind,
) -> None:
    where = f"{behind.package}.chassis.mechanism.remote_tokens"
    if behind.package == "edge_monolith":  # it signs itself, and asks nobody
        assert find_spec(where) is None
        return
    tokens, errors = (
        import_module(where),
        import_module(f"{behind.package}.chassis.policy.errors"),
    )
    jwt = import_module("jwt")

    def made_up() -> str:
        return str(jwt.encode({"sub": "x"}, "x" * 32, "HS256", {"kid": token_hex(4)}))

    async def heard(answers: bool) -> tuple[int, set[type]]:
        asked = 0

        async def jwks() -> dict[str, Any]:
            nonlocal asked
            asked += 1
            await asyncio.sleep(0)
            if not answers:
                raise errors.Unavailable
            return {"keys": []}

        verifier = tokens.RemoteVerifier(jwks, "issuer", "audience")
        crowds = [await asyncio.gather(*(verifier.caller(made_up()) for _ in range(50)), return_exceptions=True)
                  for _ in range(3)]  # fmt: skip
        return asked, {type(error) for crowd in crowds for error in crowd}

    assert asyncio.run(heard(True)) == (1, {errors.Unauthenticated})
    assert asyncio.run(heard(False)) == (1, {errors.Unavailable})


def test_a_crowd_that_asks_whether_it_is_ready_asks_the_database_once(
    behind: Behind,
) -> None:
    http, settings = (
        import_module(f"{behind.package}.chassis.{name}")
        for name in ("mechanism.http", "mechanism.settings")
    )
    httpx = import_module("httpx2")
    asked = 0

    async def ping() -> None:
        nonlocal asked
        asked += 1
        await asyncio.sleep(0.1)

    verifier: Any = None
    app = http.create_api(
        "x",
        [],
        [],
        verifier,
        settings.CoreSettings(_env_file=None),
        ready={"database": ping},
    )

    async def crowd() -> set[int]:
        async with httpx.AsyncClient(
            transport=httpx.ASGITransport(app), base_url="http://x"
        ) as client:
            answers = await asyncio.gather(
                *(client.get("/health/ready") for _ in range(40))
            )
            return {answer.status_code for answer in answers}

    assert (asyncio.run(crowd()), asked) == ({200}, 1)
