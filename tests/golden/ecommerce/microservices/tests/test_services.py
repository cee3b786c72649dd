"""Parts know each other by tokens of their own, take along for whom they ask, and ask
nothing that nobody waits for.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx2 as httpx
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from fastapi import FastAPI
from jwt.algorithms import ECAlgorithm
from starlette.testclient import TestClient

from shop.apps.settings import Settings
from shop.chassis.mechanism.http import create_api
from shop.chassis.mechanism.internal_api import TOKEN, internal_router, to_part
from shop.chassis.mechanism.request_context import (
    REMAINING,
    RequestContextMiddleware,
    current_request,
)
from shop.chassis.mechanism.rest import OptionalCaller
from shop.chassis.mechanism.service_keys import Pair, load_keys, make_keys
from shop.chassis.mechanism.service_tokens import Calls, ServiceTokens, pairs_of
from shop.chassis.mechanism.tokens import Verifier
from shop.chassis.mechanism.tracing import request_id
from shop.chassis.policy.errors import Unavailable

CALLS: Calls = {
    "shop": {"stock": ("stock",), "bank": ("stock",)},
    "bank": {"stock": ("events",)},
}
USERS = ec.generate_private_key(ec.SECP256R1())
USER = uuid4()
# what a token of `shop` for `stock` says; forgeries say something else
GOOD = {"iss": "shop", "aud": "stock", "scope": "stock", "iat": 0, "exp": 4_000_000_000}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("service-keys")
    make_keys(folder, pairs_of(CALLS))
    return folder


@pytest.fixture(scope="module")
def tokens(folder: Path) -> Callable[[str], ServiceTokens]:
    settings = Settings.model_construct(modules_env="", service_keys=folder)
    return lambda part: ServiceTokens(part, CALLS, settings)


@pytest.fixture(scope="module")
def stock(tokens: Callable[[str], ServiceTokens]) -> FastAPI:
    """A part that says for whom it was asked, and how many seconds are left."""
    router = internal_router("stock", tokens("stock"))

    @router.post("/whose")
    async def whose(caller: OptionalCaller) -> UUID | None:
        return caller.id

    async def jwks() -> dict[str, Any]:
        public: dict[str, Any] = ECAlgorithm.to_jwk(USERS.public_key(), as_dict=True)
        return {"keys": [{**public, "kid": "users", "use": "sig", "alg": "ES256"}]}

    settings = Settings.model_construct(modules_env="")
    verifier = Verifier(jwks, "here", "api")
    app = create_api("stock", [router], [], verifier, settings, ready={})
    app.add_middleware(RequestContextMiddleware, seconds=5)
    return app


def user_token(**claims: Any) -> str:
    claims = {
        "iss": "here",
        "aud": "api",
        "sub": str(USER),
        "iat": 0,
        "exp": 4_000_000_000,
    } | claims
    return jwt.encode(claims, USERS, "ES256", {"kid": "users"})


def forged(folder: Path, pair: Pair, algorithm: str = "HS256", **claims: Any) -> str:
    """Signed with a key that this pair has."""
    key: bytes | str = ""
    if algorithm != "none":
        key = load_keys(folder, pair.caller, pair)[-1].secret
    named = ServiceTokens(
        pair.caller,
        {pair.caller: {pair.callee: ()}},
        Settings.model_construct(service_keys=folder),
    )
    kid = jwt.get_unverified_header(named.issue(pair.callee))["kid"]
    return jwt.encode(GOOD | claims, key, algorithm, {"kid": kid})


OURS = Pair("shop", "stock")
FORGERIES: dict[str, Callable[[Path], str]] = {
    "nothing": lambda _: "",
    "nonsense": lambda _: "nonsense",
    "a token for another part": lambda folder: forged(folder, OURS, aud="bank"),
    "a token for another part, replayed": lambda folder: forged(
        folder, Pair("shop", "bank"), aud="bank"
    ),
    "a key for another part": lambda folder: forged(folder, Pair("shop", "bank")),
    "a token that has expired": lambda folder: forged(
        folder, OURS, exp=int(time.time()) - 60
    ),
    "a token without an end": lambda folder: forged(folder, OURS, exp=None),
    "another caller's name": lambda folder: forged(folder, Pair("bank", "stock")),
    "a token without a signature": lambda folder: forged(folder, OURS, "none"),
    "a key that nobody has": lambda _: jwt.encode(
        GOOD, "k" * 48, "HS256", {"kid": "k"}
    ),
    "a user's token": lambda _: user_token(),
    "a user's token that names a part": lambda _: user_token(**GOOD),
}


@pytest.mark.parametrize("forgery", FORGERIES)
def test_who_shows_a_part_anything_but_a_token_for_it_is_refused(
    forgery: str, stock: FastAPI, folder: Path
) -> None:
    headers = {TOKEN: FORGERIES[forgery](folder)}
    answer = TestClient(stock).post("/internal/stock/whose", headers=headers)
    assert (answer.status_code, answer.headers["Content-Type"]) == (
        401,
        "application/problem+json",
    )
    good = TestClient(stock).post(
        "/internal/stock/whose", headers={TOKEN: forged(folder, OURS)}
    )
    assert good.status_code == 200


@pytest.mark.parametrize("scope", ["events", "stock", "events stock"])
def test_a_part_is_not_asked_for_more_than_the_table_of_calls_has(
    scope: str, stock: FastAPI, folder: Path
) -> None:
    """`bank` may deliver events, and no more, whatever it says in its own token."""
    headers = {TOKEN: forged(folder, Pair("bank", "stock"), iss="bank", scope=scope)}
    assert (
        TestClient(stock).post("/internal/stock/whose", headers=headers).status_code
        == 403
    )


def test_a_user_s_token_goes_along_and_is_verified_there_too(
    stock: FastAPI, tokens: Callable[[str], ServiceTokens]
) -> None:
    client = to_part("stock", tokens("shop"), {"stock": httpx.ASGITransport(stock)})
    front = FastAPI()
    front.add_middleware(RequestContextMiddleware, seconds=5)

    @front.get("/")
    async def ask() -> Any:
        return json.loads(await client.call("POST", "/internal/stock/whose"))

    with TestClient(front) as http:
        assert http.get("/").json() is None
        assert http.get(
            "/", headers={"Authorization": f"Bearer {user_token()}"}
        ).json() == str(USER)
        with pytest.raises(Unavailable, match="401"):
            http.get(
                "/", headers={"Authorization": f"Bearer {user_token(aud='elsewhere')}"}
            )


def test_the_request_s_id_goes_along_so_log_lines_of_all_parts_bear_it(
    tokens: Callable[[str], ServiceTokens],
) -> None:
    told = []

    def far(request: httpx.Request) -> httpx.Response:
        told.append(request.headers["X-Request-ID"])
        return httpx.Response(200)

    async def story() -> None:
        request_id.set("who-was-it-4711")
        await to_part(
            "stock", tokens("shop"), {"stock": httpx.MockTransport(far)}
        ).call("GET", "/")

    asyncio.run(story())
    assert told == ["who-was-it-4711"]


def test_what_nobody_waits_for_any_more_is_answered_at_once(
    stock: FastAPI, folder: Path
) -> None:
    headers = {TOKEN: forged(folder, OURS)}
    client = TestClient(stock)
    for remaining, status in {
        "1000": 200,
        "nonsense": 200,
        "0": 503,
        "-1": 503,
    }.items():
        answer = client.post(
            "/internal/stock/whose", headers={**headers, REMAINING: remaining}
        )
        assert answer.status_code == status, remaining


def test_each_hop_takes_off_what_it_used_and_a_call_that_nobody_waits_for_is_not_made(
    tokens: Callable[[str], ServiceTokens],
) -> None:
    told = []

    def far(request: httpx.Request) -> httpx.Response:
        told.append(int(request.headers[REMAINING]))
        return httpx.Response(200)

    client = to_part("stock", tokens("shop"), {"stock": httpx.MockTransport(far)})
    front = FastAPI()
    front.add_middleware(RequestContextMiddleware, seconds=5)

    @front.get("/")
    async def ask(used: float) -> None:
        """Some of its seconds have gone by when it calls."""
        request = current_request.get()
        assert request is not None
        current_request.set(replace(request, deadline=request.deadline - used))
        await client.call("GET", "/")

    with TestClient(front) as http:
        http.get("/?used=0", headers={REMAINING: "900"})
        http.get("/?used=0.5", headers={REMAINING: "900"})
        with pytest.raises(Unavailable, match="Nobody waits"):
            http.get("/?used=0.5", headers={REMAINING: "500"})
    assert len(told) == 2 and told[0] <= 900 and told[1] <= 400
