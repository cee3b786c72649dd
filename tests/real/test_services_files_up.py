"""Files of rows of services, each of two copies and a worker: `make up` of a domain in
which the rows of one service have an image that another keeps.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterator
from io import BytesIO
from typing import Any

import httpx2 as httpx
import pytest
from PIL import Image
from tests.support.projects import PATIENCE, new, until
from tests.support.stack import Stack, docker, up
from tests.support.uploads import noise, uploaded

pytestmark = [pytest.mark.real, pytest.mark.timeout(900)]
FIELD = "shop.tool.photo"
TOOL = {
    "access": {"read": "public", "write": "user"},
    "fields": {"name": {"type": "string"}, "photo": {"type": "file"}},
}
ASK = """
import http.client as h, json, sys
c = h.HTTPConnection("127.0.0.1", 8000, timeout=20); c.request("GET", sys.argv[1]); r = c.getresponse(); body = r.read()
print(json.dumps([r.status, len(body), dict((name.lower(), value) for name, value in r.getheaders())]))
"""


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory, containers: None) -> Iterator[Stack]:
    folder = tmp_path_factory.mktemp("files")
    said = {
        "modules": {"shop": {"entities": {"tool": TOOL}}},
        "scope": "mvp",
        "extras": {"copies": True, "worker": True},
    }
    (folder / "answers.json").write_text(json.dumps(said))
    options = (
        "--answers",
        str(folder / "answers.json"),
        "--architecture",
        "microservices",
    )
    with up(new(folder, f"shed-{secrets.token_hex(4)}", *options)) as running:
        yield running


@pytest.fixture
def client(shop: Stack) -> Iterator[httpx.Client]:
    headers = {"Authorization": f"Bearer {shop.customer(secrets.token_hex(4))}"}
    with httpx.Client(
        base_url=shop.url, headers=headers, timeout=60, trust_env=False
    ) as client:
        yield client


def asked(copy: str, path: str) -> tuple[int, int, dict[str, str]]:
    """What one copy itself answers: status, bytes, headers."""
    status, size, headers = json.loads(docker("exec", copy, "python", "-c", ASK, path))
    return status, size, headers


def copies(shop: Stack) -> list[str]:
    """Of the service that keeps files, those that answer and the worker."""
    found = [*shop.copies("files"), *shop.copies("files-worker")]
    assert len(found) == 3
    return found


def size_of(client: httpx.Client, url: str) -> tuple[int, int]:
    with Image.open(BytesIO(client.get(url).content)) as image:
        return image.size


def deleted(client: httpx.Client, tool: Any) -> None:
    assert client.delete(f"/api/tools/{tool['id']}").status_code == 204


def test_an_image_is_seen_with_its_thumbnail_through_nginx_and_goes_with_its_row(
    shop: Stack, client: httpx.Client
) -> None:
    file = uploaded(client, FIELD, noise(700))
    made = client.post("/api/tools", json={"name": "saw", "photo": file["id"]})
    assert made.status_code == 201, made.text
    seen = httpx.get(
        f"{shop.url}/api/tools/{made.json()['id']}", trust_env=False
    ).json()
    assert seen["photo"] == file["id"]  # by anybody, and so is its file
    until(
        lambda: (
            httpx.get(f"{shop.url}/api/files/{file['id']}", trust_env=False).status_code
            == 200
        ),
        PATIENCE,
    )
    assert size_of(client, file["url"]) == (700, 700)
    assert max(size_of(client, file["thumbnail_url"])) == 320
    deleted(client, made.json())
    until(lambda: client.get(f"/api/files/{file['id']}").status_code == 404, PATIENCE)
    for url in (file["url"], file["thumbnail_url"]):
        assert client.get(url).status_code == 404


def test_what_a_link_gives_cannot_run_be_framed_or_be_taken_for_something_else(
    shop: Stack, client: httpx.Client
) -> None:
    file = uploaded(client, FIELD, noise(64))
    for url, kind in (
        (file["url"], "image/png"),
        (file["thumbnail_url"], "image/webp"),
    ):
        answer = client.get(url)
        assert answer.status_code == 200
        headers = answer.headers
        assert (
            headers["Content-Type"] == kind
            and headers["X-Content-Type-Options"] == "nosniff"
        )
        assert headers["Content-Security-Policy"].startswith(
            "default-src 'none'; sandbox"
        )
        assert (
            headers["Content-Disposition"].startswith("inline")
            and file["id"] in headers["Content-Disposition"]
        )
        assert headers["Cache-Control"].startswith("private, max-age=")
        # whoever has the link
        assert httpx.get(f"{shop.url}{url}", trust_env=False).status_code == 200
        bare = url.partition("?")[0]
        assert (
            client.get(bare).status_code == 403
            and client.get(f"{url}0").status_code == 403
        )


def test_every_copy_has_the_file_and_none_has_it_when_the_row_is_gone(
    shop: Stack, client: httpx.Client
) -> None:
    file = uploaded(client, FIELD, noise(300))
    tool = client.post("/api/tools", json={"name": "axe", "photo": file["id"]}).json()
    there = copies(shop)
    for copy in there:
        for url in (file["url"], file["thumbnail_url"]):
            status, size, headers = asked(copy, url)
            assert status == 200 and size > 0, (copy, url)
            assert headers["content-security-policy"].startswith(
                "default-src 'none'; sandbox"
            )
    assert len({asked(copy, file["url"])[:2] for copy in there}) == 1
    deleted(client, tool)
    until(lambda: client.get(f"/api/files/{file['id']}").status_code == 404, PATIENCE)
    assert {asked(copy, file["url"])[0] for copy in there} == {404}


def test_a_form_of_one_copy_is_taken_by_another_and_a_file_outlives_the_copy_that_took_it(
    shop: Stack, client: httpx.Client
) -> None:
    """All sign by one key and write into one place."""
    file = uploaded(client, FIELD, noise(200))
    before = client.get(file["url"]).content
    first, *others = shop.copies("files")
    docker("kill", first)
    try:
        assert {asked(copy, file["url"])[0] for copy in others} == {200}
        until(lambda: client.get(file["url"]).status_code == 200, PATIENCE)
        assert client.get(file["url"]).content == before
        again = uploaded(client, FIELD, noise(100))
    finally:
        shop.compose("up", "--detach", "--wait", "files")
    assert {asked(copy, again["url"])[0] for copy in copies(shop)} == {200}
