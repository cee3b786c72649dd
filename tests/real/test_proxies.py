"""NGINX as a project has it, with an app behind it that tells what it was asked: who
asks, and for how long they may.

This machine is the outer proxy: what it sends arrives from the container network's
gateway.
"""

from __future__ import annotations

import secrets
import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager, suppress
from typing import Any
from urllib.parse import urlsplit

import pytest
from tests.support.projects import new, until
from tests.support.stack import Answer, Stack

pytestmark = [pytest.mark.real, pytest.mark.timeout(300)]
ECHO = """
import json, sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

class Echo(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def answer(self):
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        body = json.dumps({"method": self.command, "path": self.path, "headers": dict(self.headers)}).encode()
        found = self.path.startswith(("/api/", "/health/", "/docs", "/openapi.json"))
        self.send_response(200 if found else 404)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Content-Type", "application/json")
        if self.path.startswith("/api/public"):
            self.send_header("ETag", '"1"')
            self.send_header("Cache-Control", "public, max-age=0, s-maxage=1")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    do_GET = do_HEAD = do_POST = do_OPTIONS = do_PATCH = answer

ThreadingHTTPServer.request_queue_size = 512
ThreadingHTTPServer(("", 8000), Echo).serve_forever()
"""
OVERRIDE = """
services:
  app:
    image: python:3.14-slim
    build: !reset null
    command: ["python", "/echo.py"]
    volumes: !override ["ECHO:/echo.py:ro"]
    depends_on: !reset null
    deploy: !override {replicas: 1}
  nginx:
    depends_on: !reset null
"""
SITES = ("https://shop.example.com", "http://127.0.0.1:5173")


class Front(Stack):
    """The stack, of which NGINX alone is real."""

    def compose(self, *arguments: str) -> str:
        return super().compose(
            "--file", str(self.project.folder / "override.yaml"), *arguments
        )

    @contextmanager
    def told(self, **settings: str) -> Iterator[None]:
        """With these in `.env`."""
        env = self.project.folder / ".env"
        before = env.read_text()
        lines = [
            line
            for line in before.splitlines()
            if line.partition("=")[0] not in settings
        ]
        env.write_text(
            "\n".join(lines + [f"{name}={value}" for name, value in settings.items()])
            + "\n"
        )
        try:
            self.start()
            yield
        finally:
            env.write_text(before)

    def start(self) -> None:
        self.compose(
            "up", "--detach", "--no-build", "--no-deps", "--wait", "nginx", "app"
        )
        until(lambda: self.answers())

    def answers(self) -> bool:
        try:
            return self.ask("/health/ready").status == 200
        except OSError:
            return False

    def forwarded(
        self, client: str, path: str = "/api/who", method: str = "GET", **headers: str
    ) -> Answer:
        return self.ask(path, method, X_Forwarded_For=client, **headers)

    def connection(self) -> socket.socket:
        address = urlsplit(self.url)
        return socket.create_connection(
            (str(address.hostname), int(address.port or 80)), timeout=30
        )


def heard(answer: Answer) -> dict[str, Any]:
    """The headers that reached the app."""
    assert answer.status == 200, answer.body
    return {name.lower(): value for name, value in answer.document["headers"].items()}


@pytest.fixture(scope="module")
def front(
    tmp_path_factory: pytest.TempPathFactory, containers: None
) -> Iterator[Front]:
    name = f"front-{secrets.token_hex(4)}"
    project = new(
        tmp_path_factory.mktemp("front"),
        name,
        "--preset",
        "crud",
        "--architecture",
        "monolith",
    )
    (project.folder / "echo.py").write_text(ECHO)
    (project.folder / "override.yaml").write_text(
        OVERRIDE.replace("ECHO", str(project.folder / "echo.py"))
    )
    running = Front(project)
    try:
        running.start()
        yield running
    finally:
        running.compose("--profile", "*", "down", "--volumes", "--timeout", "2")


@pytest.fixture(scope="module")
def trusting(front: Front) -> Iterator[Front]:
    """The same, and this machine is a proxy that it trusts, beside one that forwards to
    this machine.
    """
    with front.told(
        TRUSTED_PROXIES="172.16.0.0/12,192.168.0.0/16,fd00::/8,192.0.2.0/24",
        CORS_ORIGINS=",".join(SITES),
    ):
        yield front
    front.start()


def logins(front: Front, clients: list[str]) -> list[int]:
    """What each of these hears to a login, all at once."""
    with ThreadPoolExecutor(16) as crowd:
        return list(
            crowd.map(
                lambda client: (
                    front.forwarded(client, "/api/auth/login", "POST").status
                ),
                clients,
            )
        )


def test_what_somebody_says_of_themselves_is_not_heard(front: Front) -> None:
    claims = {
        "X_Forwarded_Proto": "https",
        "X_Forwarded_Prefix": "/evil",
        "X_Real_IP": "198.51.100.1",
    }
    told = front.forwarded("198.51.100.1", **claims)
    headers = heard(told)
    assert (
        "198.51.100.1" not in headers["x-forwarded-for"]
        and headers["x-forwarded-proto"] == "http"
    )
    assert "x-forwarded-prefix" not in headers
    assert "Strict-Transport-Security" not in told.headers
    assert 429 in logins(front, [f"198.51.100.{n}" for n in range(1, 100)])


def test_forty_clients_of_a_trusted_proxy_have_a_budget_each(trusting: Front) -> None:
    assert set(logins(trusting, [f"198.51.100.{n}" for n in range(1, 41)] * 4)) == {200}
    assert 429 in logins(trusting, ["203.0.113.1"] * 60)
    assert 429 not in logins(trusting, [f"203.0.113.{n}" for n in range(2, 41)])
    # whatever they write before what the proxy adds
    assert 429 in logins(trusting, [f"198.51.100.{n}, 203.0.113.50" for n in range(60)])
    # through a second proxy, that is trusted too
    assert 429 in logins(trusting, ["203.0.113.60, 192.0.2.7"] * 60)
    assert logins(trusting, ["203.0.113.61, 192.0.2.7"]) == [200]


def test_an_ipv6_client_is_its_network(trusting: Front) -> None:
    for within in (
        "2001:db8:7:1:%x:2:3:4",
        "2001:db8:7:2::%x",
        "2001:db8::%x:1",
        "2001:db8::%x:1:1:1",
    ):
        assert 429 in logins(trusting, [within % n for n in range(1, 61)]), within
    assert set(logins(trusting, [f"2001:db8:8:{n:x}::1" for n in range(1, 41)])) == {
        200
    }


def test_the_app_hears_of_the_client_and_how_it_was_asked(trusting: Front) -> None:
    told = trusting.forwarded(
        "203.0.113.80", X_Forwarded_Proto="https", X_Forwarded_Prefix="/shop/"
    )
    headers = heard(told)
    assert (headers["x-forwarded-for"], headers["x-forwarded-proto"]) == (
        "203.0.113.80",
        "https",
    )
    assert headers["x-forwarded-prefix"] == "/shop"
    assert told.headers["Strict-Transport-Security"] == "max-age=31536000"
    for wrong in ("//evil.example", "/a b", "shop"):
        assert "x-forwarded-prefix" not in heard(
            trusting.forwarded("203.0.113.80", X_Forwarded_Prefix=wrong)
        )
    trusting.forwarded("203.0.113.81", X_Request_ID="who-was-it-4711")
    until(
        lambda: any(
            line.get("request_id") == "who-was-it-4711"
            for line in trusting.logs("nginx")
        ),
        10,
    )
    (line,) = [
        line
        for line in trusting.logs("nginx")
        if line.get("request_id") == "who-was-it-4711"
    ]
    assert line["client"] == "203.0.113.81" and line["peer"] != line["client"]


def test_several_sites_may_ask_and_no_others(trusting: Front) -> None:
    for site in SITES:
        allowed = trusting.ask(
            "/api/x", "OPTIONS", Origin=site, Access_Control_Request_Method="PATCH"
        )
        assert (allowed.status, allowed.headers["Access-Control-Allow-Origin"]) == (
            204,
            site,
        )
        for path in ("/api/x", "/api/public", "/metrics"):
            answer = trusting.ask(path, Origin=site)
            assert answer.headers.get_all("Access-Control-Allow-Origin") == [site], path
            assert "Retry-After" in answer.headers["Access-Control-Expose-Headers"]
    for stranger in (
        "https://evil.example.com",
        SITES[0] + ".evil.example",
        "null",
        ",".join(SITES),
        "",
        "|",
        SITES[0][:-1],
    ):
        assert (
            "Access-Control-Allow-Origin"
            not in trusting.ask("/api/x", Origin=stranger).headers
        ), stranger


def test_head_passes_and_conditions_of_what_is_kept_are_lists(front: Front) -> None:
    for path in ("/api/public?1", "/api/x", "/robots.txt"):
        head = front.ask(path, "HEAD")
        assert (head.status, head.body) == (200, b"")
    for known in ('"1"', 'W/"1"', '"0", "1"', 'W/"0",W/"1"', "*"):
        assert front.ask("/api/public", If_None_Match=known).status == 304, known
    assert front.ask("/api/public", If_None_Match='"0", "2"').status == 200
    stale = front.ask("/api/public", If_Match='"0"')
    assert stale.status in (200, 412) and stale.headers["Content-Type"].endswith("json")


def test_a_front_end_s_pages_are_its_index_and_its_missing_files_are_missing(
    front: Front,
) -> None:
    static = front.project.folder / "deploy/static"
    assert front.ask("/orders/4711").status == 404  # none is there
    (static / "index.html").write_text("<h1>front</h1>")
    (static / "assets").mkdir()
    (static / "assets/app-1a2b.js").write_text("let front")
    try:
        until(lambda: front.ask("/").body == b"<h1>front</h1>", 10)
        until(lambda: front.ask("/orders/4711").body == b"<h1>front</h1>", 10)
        for path in ("/", "/orders", "/orders/4711/", "/apidocs", "/index.html"):
            page = front.ask(path)
            assert (page.body, page.headers.get_all("Cache-Control")) == (
                b"<h1>front</h1>",
                ["no-cache"],
            ), path
            assert page.headers["Content-Type"] == "text/html"
            assert "default-src 'self'" in page.headers["Content-Security-Policy"]
            assert front.ask(path, If_None_Match=page.headers["ETag"]).status == 304
        asset = front.ask("/assets/app-1a2b.js")
        assert asset.headers["Cache-Control"] == "public, max-age=31536000, immutable"
        for path in (
            "/assets/app-0000.js",
            "/assets/none/none.css",
            "/favicon.ico",
            "/a.b/c.png",
        ):
            missing = front.ask(path)
            assert missing.status == 404 and "Cache-Control" not in missing.headers, (
                path
            )
        for path in (
            "/api",
            "/api/x",
            "/health/live",
            "/docs",
            "/docs/oauth2-redirect",
            "/openapi.json",
        ):
            answer = front.ask(path)
            assert (
                answer.document["path"] == path
                and answer.headers.get_all("Cache-Control") is None
            ), path
        assert front.ask("/.well-known/none").document["path"] == "/.well-known/none"
        assert front.ask("/orders/4711", "POST").status == 404  # the app's
        for path in ("/metrics", "/internal/x", "/.env"):
            assert front.ask(path).status == 404
    finally:
        (static / "index.html").unlink()
        (static / "assets/app-1a2b.js").unlink()
        (static / "assets").rmdir()


def test_who_never_ends_a_request_is_let_go(front: Front) -> None:
    """However often a byte comes, the head of a request has its ten seconds; a body
    that stops coming has them, too.
    """
    head = b"POST /api/x HTTP/1.1\r\nHost: x\r\n"
    with closing(front.connection()) as in_head, closing(front.connection()) as in_body:
        in_head.sendall(head)
        in_body.sendall(head + b"Content-Length: 9\r\n\r\n1")

        def let_go() -> bool:
            try:
                in_head.sendall(b"X-A: b\r\n")
            except ConnectionError:
                return True
            return False

        until(let_go)
        with suppress(ConnectionError):
            while in_body.recv(4096):
                pass


def test_a_client_has_so_many_requests_at_once_and_others_are_not_held_up(
    trusting: Front,
) -> None:
    begun = b"POST /api/x HTTP/1.1\r\nHost: x\r\nX-Forwarded-For: 203.0.113.90\r\nContent-Length: 9999\r\n\r\n"
    with trusting.told(CONNECTIONS="5"), ExitStack() as held:

        def refused() -> bool:
            connection = held.enter_context(closing(trusting.connection()))
            connection.sendall(begun)  # and nothing more
            return trusting.forwarded("203.0.113.90").status == 429

        until(refused)
        assert trusting.forwarded("203.0.113.91").status == 200
    trusting.start()


def test_a_head_that_is_too_large_is_refused(front: Front) -> None:
    for head in ({"X_Large": "x" * 40_000}, {f"X_{n}": "x" * 1000 for n in range(70)}):
        refused = front.ask("/api/x", **head)
        assert (refused.status, refused.document["status"]) == (431, 431)


def test_what_nginx_cannot_read_is_a_problem_document_too(front: Front) -> None:
    asked = {
        400: b"GET /api/x HTTP/1.1\r\n\r\n",
        501: b"POST /api/x HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip\r\n\r\n",
        505: b"GET /api/x HTTP/3.0\r\nHost: x\r\n\r\n",
    }
    for status, head in asked.items():
        with closing(front.connection()) as connection:
            connection.sendall(head)
            answer = connection.recv(65536)
        assert (
            b"application/problem+json" in answer and b'"status": %d' % status in answer
        ), answer
