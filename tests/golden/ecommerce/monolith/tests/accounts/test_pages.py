"""The pages that mailed links lead to: they work with neither scripts nor anything from
elsewhere.
"""

from __future__ import annotations

import re
from html.parser import HTMLParser
from urllib.parse import urlsplit
from uuid import uuid4

import pytest

from tests.api import Api, eventually
from tests.mail_server import MailServer

PASSWORD, ANOTHER = "open sesame, please", "another password, then"


class Page(HTMLParser):
    """The form of a page as a browser fills it in."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.action = ""
        self.fields: dict[str, str] = {}
        self.tags: set[str] = set()
        self.feed(html)

    def handle_starttag(
        self, tag: str, attributes: list[tuple[str, str | None]]
    ) -> None:
        found = dict(attributes)
        self.tags.add(tag)
        if tag == "form":
            self.action = found["action"] or ""
        if tag == "input":
            self.fields[found["name"] or ""] = found.get("value") or ""


@pytest.fixture
def credentials(anonymous: Api) -> dict[str, str]:
    given = {"email": f"{uuid4().hex}@example.com", "password": PASSWORD}
    assert anonymous.post("/api/auth/register", json=given).status_code == 201
    return given


def link(mail: MailServer, address: str, purpose: str) -> str:
    """The last link that was mailed, without the site."""

    def found() -> list[str]:
        texts = [str(sent.get_content()) for sent in mail.sent[address]]
        return [
            url
            for text in texts
            for url in re.findall(rf"https?://\S+/{purpose}\?token=\S+", text)
        ]

    url = urlsplit(eventually(found, bool)[-1])
    return f"{url.path}?{url.query}"


def send(anonymous: Api, url: str, **filled: str) -> tuple[int, str]:
    """Opens a page, fills in its form and sends it: the status, and what the next page
    says.
    """
    page = Page(anonymous.get(url).text)
    assert set(filled) <= set(page.fields)
    answer = anonymous.post(f"/{page.action}", data={**page.fields, **filled})
    return answer.status_code, re.sub(r"<style>.*?</style>|<[^>]+>", " ", answer.text)


def test_an_address_is_verified_on_its_page_by_the_password(
    anonymous: Api, credentials: dict[str, str], mail: MailServer
) -> None:
    url = link(mail, credentials["email"], "verify-email")
    status, text = send(anonymous, url, password=ANOTHER)
    assert status == 422 and "wrong" in text
    status, text = send(anonymous, url, password=PASSWORD)
    assert status == 200 and "yours" in text
    assert send(anonymous, url, password=PASSWORD)[0] == 422


def test_a_password_is_asked_for_and_chosen_on_pages(
    anonymous: Api, credentials: dict[str, str], mail: MailServer
) -> None:
    assert (
        send(anonymous, "/password-reset", email=credentials["email"].upper())[0] == 200
    )
    url = link(mail, credentials["email"], "password-reset")
    assert send(anonymous, url, password="short")[0] == 422
    assert send(anonymous, url, password=ANOTHER)[0] == 200
    assert (
        anonymous.post(
            "/api/auth/login", json={**credentials, "password": ANOTHER}
        ).status_code
        == 200
    )
    assert send(anonymous, "/password-reset", email="nobody")[0] == 422


@pytest.mark.parametrize(
    "path", ["/verify-email?token=x", "/password-reset?token=x", "/password-reset"]
)
def test_a_page_runs_no_script_and_is_neither_framed_nor_kept(
    anonymous: Api, path: str
) -> None:
    answer = anonymous.get(path)
    assert answer.headers["Content-Type"].startswith("text/html")
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]
    assert (answer.headers["Referrer-Policy"], answer.headers["Cache-Control"]) == (
        "no-referrer",
        "no-store",
    )
    assert not Page(answer.text).tags & {"script", "link", "img", "iframe"}
    assert "http" not in answer.text


@pytest.mark.parametrize("path", ["/verify-email", "/password-reset"])
def test_what_is_in_a_link_cannot_become_part_of_the_page(
    anonymous: Api, path: str
) -> None:
    token = '"><script>alert(1)</script>'
    page = anonymous.get(path, params={"token": token})
    sent = anonymous.post(path, data={"token": token, "password": "a" * 8})
    assert [page.status_code, sent.status_code] == [200, 422]
    for answer in (page, sent):
        found = Page(answer.text)
        assert "script" not in found.tags and found.fields["token"] == token


@pytest.mark.parametrize("path", ["/verify-email", "/password-reset"])
def test_a_form_has_no_more_than_a_browser_would_send(
    anonymous: Api, path: str
) -> None:
    longest = {"token": "\U0001f511" * 200, "password": "\U0001f511" * 256}
    assert anonymous.post(path, data=longest).status_code == 422
    assert anonymous.post(path, content="a&" * 5_000).status_code == 413
