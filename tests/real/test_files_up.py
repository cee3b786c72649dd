"""Files of rows behind NGINX, kept on a volume that every copy of the app mounts: `make
up` of the preset `social`.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator

import httpx2 as httpx
import pytest
from tests.support.projects import PATIENCE, new, until
from tests.support.stack import Stack, up
from tests.support.uploads import announced, noise, ready, sent

pytestmark = [pytest.mark.real, pytest.mark.timeout(900)]
FIELD = "posts.post.media"


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory, containers: None) -> Iterator[Stack]:
    options = ("--preset", "social", "--architecture", "monolith")
    project = new(
        tmp_path_factory.mktemp("files"), f"town-{secrets.token_hex(4)}", *options
    )
    with up(project) as running:
        yield running


@pytest.fixture
def client(town: Stack) -> Iterator[httpx.Client]:
    token = town.customer(secrets.token_hex(4))
    headers = {"Authorization": f"Bearer {token}"}
    with httpx.Client(
        base_url=town.url, headers=headers, timeout=60, trust_env=False
    ) as client:
        yield client


def test_the_journey_passes(town: Stack) -> None:
    assert " passed" in town.project.make("journey", f"URL={town.url}")


def test_an_image_of_almost_ten_megabytes_comes_in_and_out_and_outlives_the_copies(
    town: Stack, client: httpx.Client
) -> None:
    data = noise(1800)  # 9.7 MB, beyond what any other body may have
    made = announced(client, FIELD, len(data))
    assert (
        sent(client, made, data[:-1]) == 422 and sent(client, made, data + b"x") == 413
    )
    assert sent(client, made, data) == 204 and sent(client, made, data) == 409
    file = ready(client, made["id"])
    for _ in range(6):  # whichever copy answers
        part = client.get(file["url"], headers={"Range": "bytes=-10"})
        assert (part.status_code, len(part.content)) == (206, 10)
    whole = client.get(file["url"])
    assert whole.status_code == 200 and len(whole.content) == file["size"]
    assert whole.headers["Content-Security-Policy"].startswith(
        "default-src 'none'; sandbox"
    )
    assert (
        client.get(
            file["url"], headers={"If-None-Match": whole.headers["ETag"]}
        ).status_code
        == 304
    )
    assert client.head(file["url"]).headers["Content-Length"] == str(file["size"])
    post = client.post("/api/posts", json={"text": "look", "media": [made["id"]]})
    assert post.status_code == 201
    town.compose("restart", "app")
    until(lambda: client.get("/health/ready").status_code == 200, PATIENCE)
    again = client.get(client.get(f"/api/files/{made['id']}").json()["url"])
    assert again.content == whole.content
    assert client.delete(f"/api/posts/{post.json()['id']}").status_code == 204
    until(lambda: client.get(f"/api/files/{made['id']}").status_code == 404, PATIENCE)
    assert client.get(file["url"]).status_code == 404


def test_what_is_no_upload_is_no_larger_than_other_bodies(client: httpx.Client) -> None:
    made = announced(client, FIELD, 100)
    large = b"x" * 12_000_000
    assert (
        client.post(
            "/api/posts", content=large, headers={"Content-Type": "application/json"}
        ).status_code
        == 413
    )
    assert sent(client, made, large) == 413
