"""The monolith with a real identity provider: `make up` brings a Keycloak, and people
log in there.
"""

from __future__ import annotations

import hashlib
import html
import re
import secrets
import subprocess
import sys
import time
from base64 import urlsafe_b64encode
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx2 as httpx
import jwt
import pytest
from tests.support.projects import Project, new

pytestmark = [pytest.mark.real, pytest.mark.timeout(600)]


@pytest.fixture(scope="module")
def shop(
    tmp_path_factory: pytest.TempPathFactory, containers: None
) -> Iterator[Project]:
    """The ecommerce monolith with `stack.auth: oidc`, up."""
    project = new(tmp_path_factory.mktemp("keycloak"), f"shop-{secrets.token_hex(4)}", "--preset", "ecommerce",
                  "--architecture", "monolith", "--set", "stack.auth=oidc")  # fmt: skip
    uv = Path(sys.prefix, "bin", "uv")
    if uv.exists():
        subprocess.run([uv, "lock", "--quiet"], cwd=project.folder, check=True)
    try:
        project.make("up")
        yield project
    finally:
        compose(project, "down", "--volumes", "--rmi", "local", "--timeout", "2")


def compose(project: Project, *arguments: str) -> str:
    command = [
        "docker",
        "compose",
        "--env-file",
        ".env",
        "--file",
        "deploy/compose.yaml",
        *arguments,
    ]
    return subprocess.run(
        command, cwd=project.folder, check=True, capture_output=True, text=True
    ).stdout


class People:
    """Who may log in at the project's Keycloak, which is found as a browser finds it:
    by the API's own documents.
    """

    def __init__(self, shop: Project, api: httpx.Client) -> None:
        lines = (shop.folder / ".env").read_text().splitlines()
        self.env = dict(
            line.split("=", 1) for line in lines if line and not line.startswith("#")
        )
        self.name = shop.folder.name
        self.api = api
        document = self.api.get("/openapi.json").json()
        found = document["components"]["securitySchemes"]["bearer"]["openIdConnectUrl"]
        self.provider: dict[str, Any] = httpx.get(found).json()

    def tokens(self, who: str) -> dict[str, Any]:
        """What Keycloak gives for a password."""
        form = {
            "grant_type": "password",
            "client_id": f"{self.name}-journey",
            "scope": "openid email",
        }
        form |= {
            "username": f"{who}@example.com",
            "password": self.env["OIDC_PASSWORD"],
        }
        return dict(
            httpx.post(self.provider["token_endpoint"], data=form)
            .raise_for_status()
            .json()
        )

    def me(self, token: str) -> httpx.Response:
        return self.api.get("/api/me", headers={"Authorization": f"Bearer {token}"})


@pytest.fixture(scope="module")
def people(shop: Project) -> Iterator[People]:
    with httpx.Client(base_url=shop.urls["up"], timeout=10) as api:
        yield People(shop, api)


def test_the_journey_passes_through_nginx_with_people_of_keycloak(
    shop: Project,
) -> None:
    assert " passed" in shop.make("journey", f"URL={shop.urls['up']}")


def test_a_browser_logs_in_with_a_code_and_pkce_and_without_its_secret_the_code_is_worth_nothing(
    people: People, shop: Project
) -> None:
    back, verifier = (
        f"{shop.urls['up']}/docs/oauth2-redirect",
        secrets.token_urlsafe(48),
    )
    docs = people.api.get("/docs")
    assert (
        f'"clientId": "{people.name}-docs"'
        in people.api.get("/docs/swagger-initializer.js").text
    )
    origin = "{0.scheme}://{0.netloc}".format(
        urlsplit(people.provider["token_endpoint"])
    )
    assert origin in docs.headers["Content-Security-Policy"]
    challenge = (
        urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest())
        .decode()
        .rstrip("=")
    )
    asked = {
        "client_id": f"{people.name}-docs",
        "response_type": "code",
        "scope": "openid email",
        "audience": people.name,
        "redirect_uri": back,
        "state": "s",
    }
    proof = {"code_challenge": challenge, "code_challenge_method": "S256"}

    def code() -> str:
        page = httpx.get(
            people.provider["authorization_endpoint"], params={**asked, **proof}
        )
        action = re.search(r'<form[^>]*action="([^"]+)"', page.text)
        assert action, page.text
        # secure ones too, as browsers send them to this machine without TLS
        cookies = "; ".join(
            cookie.partition(";")[0] for cookie in page.headers.get_list("Set-Cookie")
        )
        form = {
            "username": "staff@example.com",
            "password": people.env["OIDC_PASSWORD"],
        }
        sent = httpx.post(
            html.unescape(action[1]), data=form, headers={"Cookie": cookies}
        ).headers["Location"]
        assert sent.startswith(back) and parse_qs(urlsplit(sent).query)["state"] == [
            "s"
        ]
        return parse_qs(urlsplit(sent).query)["code"][0]

    grant = {
        "grant_type": "authorization_code",
        "client_id": f"{people.name}-docs",
        "redirect_uri": back,
    }
    stolen = httpx.post(
        people.provider["token_endpoint"],
        data={**grant, "code": code(), "code_verifier": "x" * 43},
    )
    assert stolen.status_code == 400
    answer = httpx.post(
        people.provider["token_endpoint"],
        data={**grant, "code": code(), "code_verifier": verifier},
        headers={"Origin": shop.urls["up"]},
    )
    # the documents' page may read it
    assert answer.headers["Access-Control-Allow-Origin"] == shop.urls["up"]
    me = people.me(answer.json()["access_token"]).json()
    assert (me["email"], me["roles"]) == ("staff@example.com", ["staff"])
    plain = httpx.get(people.provider["authorization_endpoint"], params=asked)
    assert "error=invalid_request" in plain.headers["Location"]


def test_tokens_that_keycloak_signed_for_other_ends_open_nothing(
    people: People,
) -> None:
    tokens = people.tokens("staff")
    answers = {
        name: people.me(tokens[f"{name}_token"]).status_code
        for name in ("access", "id", "refresh")
    }
    assert answers == {"access": 200, "id": 401, "refresh": 401}


def test_somebody_is_the_same_whenever_they_log_in_and_nobody_else(
    people: People,
) -> None:
    first, again, other = (
        people.me(people.tokens(who)["access_token"]).json()
        for who in ("user", "user", "other")
    )
    assert first == again and first["id"] != other["id"]
    assert first["roles"] == other["roles"] == []


def test_a_key_to_which_keycloak_turns_is_taken_and_older_tokens_stay_good(
    people: People,
) -> None:
    before = people.tokens("user")["access_token"]
    admin, _, realm = people.provider["issuer"].partition("/realms/")
    form = {"grant_type": "password", "client_id": "admin-cli", "username": "admin"}
    form["password"] = people.env["KEYCLOAK_PASSWORD"]
    token = httpx.post(
        f"{admin}/realms/master/protocol/openid-connect/token", data=form
    ).json()["access_token"]
    key = {
        "name": "next",
        "providerId": "rsa-generated",
        "providerType": "org.keycloak.keys.KeyProvider",
        "config": {
            "priority": ["200"],
            "enabled": ["true"],
            "active": ["true"],
            "algorithm": ["RS256"],
        },
    }
    made = httpx.post(
        f"{admin}/admin/realms/{realm}/components",
        json=key,
        headers={"Authorization": f"Bearer {token}"},
    )
    assert made.status_code == 201, made.text
    after = people.tokens("user")["access_token"]
    assert (
        jwt.get_unverified_header(before)["kid"]
        != jwt.get_unverified_header(after)["kid"]
    )
    # every copy looks for a key that it does not know, but not every moment
    deadline = time.monotonic() + 30
    good = 0
    while good < 8:
        assert time.monotonic() < deadline
        good = good + 1 if people.me(after).status_code == 200 else 0
        time.sleep(0.2)
    assert people.me(before).status_code == 200


def test_with_keycloak_gone_whoever_has_a_token_goes_on(
    people: People, shop: Project
) -> None:
    token = people.tokens("user")["access_token"]
    assert people.me(token).status_code == 200
    compose(shop, "stop", "--timeout", "1", "keycloak")
    try:
        assert [people.me(token).status_code for _ in range(8)] == [200] * 8
        assert people.api.get("/health/ready").status_code == 200
    finally:
        compose(shop, "start", "keycloak")
