"""NGINX as it stands in front: what it keeps, refuses, adds and hides, asked over HTTP."""

from __future__ import annotations

import re
import secrets
import shutil
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from tests.support.projects import until
from tests.support.stack import Answer, Stack, docker

pytestmark = [pytest.mark.real, pytest.mark.timeout(300)]
TEMPLATE = "deploy/nginx/templates/default.conf.template"


@pytest.fixture(scope="module")
def staff(stack: Stack) -> str:
    return stack.staff()


@pytest.fixture
def product(stack: Stack, staff: str) -> str:
    """The path of a product that nobody has read yet."""
    return stack.product(staff, secrets.token_hex(8))


def all_seen(stack: Stack, request_ids: list[str]) -> list[dict[str, Any]]:
    """What NGINX logged of these requests."""
    found: dict[str, dict[str, Any]] = {}

    def logged() -> bool:
        found.update(
            {str(line.get("request_id")): line for line in stack.logs("nginx")}
        )
        return found.keys() >= set(request_ids)

    until(logged, 10)
    return [found[request_id] for request_id in request_ids]


def seen(stack: Stack, request_id: str) -> dict[str, Any]:
    return all_seen(stack, [request_id])[0]


def cached(stack: Stack, path: str, **options: str) -> tuple[str, Answer]:
    """How the cache took part in a request: HIT, MISS, BYPASS; nothing where there is
    no cache.
    """
    request_id = secrets.token_hex(16)
    answer = stack.ask(path, X_Request_ID=request_id, **options)
    return str(seen(stack, request_id)["cache"]), answer


def test_it_takes_its_configuration_and_gixy_finds_nothing_in_it(
    stack: Stack, tmp_path: Path
) -> None:
    stack.compose("exec", "-T", "nginx", "nginx", "-t", "-q")
    rendered = tmp_path / "default.conf"
    rendered.write_text(
        stack.compose("exec", "-T", "nginx", "cat", "/etc/nginx/conf.d/default.conf")
    )
    done = subprocess.run(
        [Path(sys.prefix, "bin", "gixy"), rendered],
        capture_output=True,
        text=True,
        check=False,
    )
    assert "No issues found" in done.stdout, done.stdout + done.stderr


def test_what_anybody_may_read_is_kept_for_a_second_and_shown_for_one_more_while_it_is_renewed(
    stack: Stack, staff: str, product: str
) -> None:
    ids = [secrets.token_hex(16) for _ in range(12)]
    begun = time.monotonic()
    answers = []
    for request_id in ids:
        answers.append(
            (time.monotonic() - begun, stack.ask(product, X_Request_ID=request_id))
        )
        if len(answers) == 1:
            assert stack.ask(product, "PATCH", {"stock": 77}, staff).status == 200
        time.sleep(0.3)
    outcomes = [line["cache"] for line in all_seen(stack, ids)]
    assert outcomes[0] == "MISS" and {"HIT", "STALE"} <= set(outcomes), outcomes
    assert all(answer.document["stock"] == 77 for at, answer in answers if at > 2.5)


def test_a_crowd_that_asks_for_the_same_is_one_request_to_the_app(
    stack: Stack, product: str
) -> None:
    ids = [secrets.token_hex(16) for _ in range(16)]
    with ThreadPoolExecutor(16) as crowd:
        statuses = list(
            crowd.map(
                lambda request_id: stack.ask(product, X_Request_ID=request_id).status,
                ids,
            )
        )
    assert set(statuses) == {200}
    assert [line["cache"] for line in all_seen(stack, ids)].count("MISS") == 1


def test_whoever_shows_a_token_or_asks_for_what_is_fresh_is_answered_by_the_app(
    stack: Stack, staff: str, product: str
) -> None:
    assert cached(stack, product)[0] == "MISS"
    stack.ask(product, "PATCH", {"stock": 99}, staff)
    assert stack.ask(product, token=staff).document["stock"] == 99
    outcome, answer = cached(stack, product, Cache_Control="no-cache")
    assert (outcome, answer.document["stock"]) == ("BYPASS", 99)


def test_nothing_that_needs_a_token_is_ever_kept(stack: Stack) -> None:
    ada, bob = (
        stack.customer(f"ada-{secrets.token_hex(4)}"),
        stack.customer(f"bob-{secrets.token_hex(4)}"),
    )
    for path in ("/api/me", "/api/orders", "/api/products"):
        outcome, mine = cached(stack, path, token=ada)
        assert (outcome, mine.headers["Cache-Control"]) == (
            "BYPASS",
            "private, no-cache",
        )
    assert stack.ask("/api/me", token=bob).document["email"].startswith("bob")
    assert stack.ask("/api/me").status == stack.ask("/api/orders").status == 401
    kept = stack.compose(
        "exec", "-T", "nginx", "sh", "-c", "grep -rla 'email' /tmp/cache || true"
    )
    assert kept.strip() == ""


def test_an_etag_is_honoured_by_the_cache_and_past_it(
    stack: Stack, staff: str, product: str
) -> None:
    tag = stack.ask(product).headers["ETag"]
    for token in ("", staff):
        assert stack.ask(product, token=token, If_None_Match=tag).status == 304
        assert stack.ask(product, token=token, If_None_Match='"12345"').status == 200
    stack.ask(product, "PATCH", {"stock": 1}, staff, If_Match=tag)
    assert stack.ask(product, token=staff, If_None_Match=tag).status == 200
    assert stack.ask(product, "PATCH", {"stock": 2}, staff, If_Match=tag).status == 412


def test_what_was_compressed_may_be_written_under_the_tag_that_it_had(
    stack: Stack, staff: str
) -> None:
    path = stack.product(staff, secrets.token_hex(8), description="long " * 500)
    answer = stack.ask(path, token=staff, Accept_Encoding="gzip")
    assert (
        answer.headers["Content-Encoding"] == "gzip"
        and "Accept-Encoding" in answer.headers["Vary"]
    )
    assert (
        stack.ask(
            path, "PATCH", {"stock": 2}, staff, If_Match=answer.headers["ETag"]
        ).status
        == 200
    )


def test_logging_in_is_held_to_a_stricter_rate_than_all_else(
    stack: Stack, product: str
) -> None:
    def attempt(
        _: int,
    ) -> Answer:  # without a password, which would take the app its time
        return stack.ask("/api/auth/login", "POST", {"email": "nobody@example.com"})

    with ThreadPoolExecutor(16) as crowd:
        answers = list(crowd.map(attempt, range(60)))
    refused = [answer for answer in answers if answer.status == 429]
    assert refused and {answer.status for answer in answers} <= {422, 429}
    assert (
        refused[0].headers["Retry-After"]
        and refused[0].document["title"] == "Too Many Requests"
    )
    assert refused[0].headers["Content-Type"] == "application/problem+json"
    assert stack.ask(product).status == 200
    until(lambda: attempt(0).status == 422, 10)


def test_an_id_that_the_client_gives_goes_through_to_the_answer_once(
    stack: Stack,
) -> None:
    for path in ("/api/products", "/health/live", "/metrics", "/robots.txt"):
        assert stack.ask(path, X_Request_ID="order-4711-abc").headers.get_all(
            "X-Request-ID"
        ) == ["order-4711-abc"]
    (made,) = (
        stack.ask("/api/products", X_Request_ID="no such id: {}").headers.get_all(
            "X-Request-ID"
        )
        or []
    )
    assert re.fullmatch("[0-9a-f]{32}", made)


def test_every_answer_has_the_security_headers_once(
    stack: Stack, staff: str, product: str
) -> None:
    answers = [
        stack.ask(product),
        stack.ask(product, token=staff),
        stack.ask("/api/nothing"),
        stack.ask("/metrics"),
        stack.ask("/docs"),
        stack.ask("/robots.txt"),
    ]
    for answer in answers:
        for name, value in {
            "X-Content-Type-Options": "nosniff",
            "Referrer-Policy": "no-referrer",
        }.items():
            assert answer.headers.get_all(name) == [value]
        assert len(answer.headers.get_all("Content-Security-Policy") or []) == 1
        assert "Strict-Transport-Security" not in answer.headers  # not without TLS
        assert "1." not in answer.headers["Server"]


def test_the_app_s_own_problems_pass_unchanged(stack: Stack, staff: str) -> None:
    answer = stack.ask("/api/products/nonsense", token=staff)
    assert answer.status == 422 and answer.document["errors"]
    assert stack.ask("/api/nothing").document["detail"] == "Not Found"
    assert stack.ask("/api/orders").headers["WWW-Authenticate"] == "Bearer"
    assert stack.ask("/api/products", "PUT").headers["Allow"] == "GET, HEAD, POST"


def test_what_nginx_refuses_by_itself_is_a_problem_document(
    stack: Stack, staff: str
) -> None:
    large = stack.ask("/api/auth/register", "POST", {"email": "x" * 1_100_000})
    refused = {
        413: large,
        405: stack.ask("/api/products", "TRACE"),
        414: stack.ask("/" + "x" * 40_000),
    }
    for status, answer in refused.items():
        assert (answer.status, answer.document["status"]) == (status, status)
        assert answer.headers["Content-Type"] == "application/problem+json"
    assert "GET" in refused[405].headers["Allow"]


def test_what_is_internal_or_hidden_is_not_there(stack: Stack) -> None:
    static = stack.project.folder / "deploy/static/.secret"
    static.write_text("hidden")
    try:
        for path in ("/metrics", "/metrics/", "/internal", "/internal/events", "/.secret", "/static/../../etc/passwd",
                     "//metrics", "/./metrics", "/%6detrics", "/api/../metrics"):  # fmt: skip
            answer = stack.ask(path)
            assert answer.status in (400, 404) and answer.document["status"] in (
                400,
                404,
            ), path
    finally:
        static.unlink()


def test_health_docs_and_the_keys_are_there(stack: Stack) -> None:
    for path in (
        "/health/live",
        "/health/ready",
        "/docs",
        "/openapi.json",
        "/.well-known/jwks.json",
    ):
        assert stack.ask(path).status == 200, path


def test_a_front_end_s_files_are_served_and_do_not_hide_the_api(stack: Stack) -> None:
    static = stack.project.folder / "deploy/static"
    (static / "index.html").write_text("<h1>front</h1>")
    (static / "api").mkdir()
    (static / "api/products").write_text("not the API")
    try:
        until(lambda: stack.ask("/").body == b"<h1>front</h1>", 10)
        assert stack.ask("/api/products").document["items"] is not None
    finally:
        (static / "index.html").unlink()
        shutil.rmtree(static / "api")


def test_the_access_log_is_json_with_what_an_operator_asks_for(
    stack: Stack, product: str
) -> None:
    stack.ask(product + "?limit=1", X_Request_ID="looked-for-in-the-log")
    line = seen(stack, "looked-for-in-the-log")
    assert (line["method"], line["path"], line["status"]) == ("GET", product, 422)
    assert line["upstream"].endswith(":8000") and float(line["seconds"]) >= 0


def test_no_other_site_may_ask_until_it_is_named(stack: Stack) -> None:
    site = "https://shop.example.com"

    def preflight(origin: str) -> Answer:
        return stack.ask(
            "/api/orders",
            "OPTIONS",
            Origin=origin,
            Access_Control_Request_Method="POST",
        )

    assert (
        "Access-Control-Allow-Origin"
        not in stack.ask("/api/products", Origin=site).headers
    )
    assert "Access-Control-Allow-Origin" not in preflight(site).headers
    env = stack.project.folder / ".env"
    before = env.read_text()
    env.write_text(before + f"CORS_ORIGINS={site}\n")
    try:
        stack.compose("up", "--detach", "--no-build", "--no-deps", "--wait", "nginx")
        allowed = preflight(site)
        assert (allowed.status, allowed.headers["Access-Control-Allow-Origin"]) == (
            204,
            site,
        )
        assert "PATCH" in allowed.headers["Access-Control-Allow-Methods"]
        for path in ("/api/products", "/api/orders", "/metrics"):
            answer = stack.ask(path, Origin=site)
            assert answer.headers.get_all("Access-Control-Allow-Origin") == [site]
            assert "Origin" in str(answer.headers.get_all("Vary"))
        assert (
            "Access-Control-Allow-Origin"
            not in stack.ask("/api/products", Origin="https://evil.example.com").headers
        )
    finally:
        env.write_text(before)
        stack.compose("up", "--detach", "--no-build", "--no-deps", "--wait", "nginx")


def test_behind_a_trusted_proxy_each_client_has_its_own_budget_and_the_api_its_prefix(
    stack: Stack, staff: str
) -> None:
    def failed_login(client: str) -> int:
        body = {
            "email": f"{secrets.token_hex(8)}@example.com",
            "password": "a wrong password",
        }
        return stack.ask("/api/auth/login", "POST", body, X_Forwarded_For=client).status

    with ThreadPoolExecutor(16) as crowd:  # nobody is trusted yet
        assert 429 in crowd.map(
            failed_login, [f"198.51.100.{n}" for n in range(1, 100)]
        )
    env = stack.project.folder / ".env"
    before = env.read_text()
    env.write_text(
        before.replace(
            "TRUSTED_PROXIES=", "TRUSTED_PROXIES=172.16.0.0/12,192.168.0.0/16"
        )
    )
    try:
        stack.compose("up", "--detach", "--no-build", "--no-deps", "--wait", "nginx")
        assert {failed_login(f"203.0.113.{n}") for n in range(1, 41)} == {401}
        body = {
            "sku": secrets.token_hex(8),
            "name": "saw",
            "price": "1",
            "category": "tool",
        }
        made = stack.ask(
            "/api/products", "POST", body, staff, X_Forwarded_Prefix="/shop"
        )
        assert made.headers["Location"].startswith("/shop/api/products/")
        starts = stack.ask(
            "/docs/swagger-initializer.js", X_Forwarded_Prefix="/shop"
        ).body.decode()
        assert "/shop/openapi.json" in starts
    finally:
        env.write_text(before)
        stack.compose("up", "--detach", "--no-build", "--no-deps", "--wait", "nginx")


def test_head_is_get_without_a_body_through_it(stack: Stack, product: str) -> None:
    for path in (
        product,
        "/api/products",
        "/health/live",
        "/health/ready",
        "/openapi.json",
        "/docs",
        "/api/me",
    ):
        get, head = stack.ask(path), stack.ask(path, "HEAD")
        assert (head.status, head.body) == (get.status, b""), path
        assert head.headers["Content-Type"] == get.headers["Content-Type"]


def test_a_compressed_body_is_refused_by_the_app(stack: Stack) -> None:
    refused = stack.ask("/api/auth/refresh", "POST", {}, Content_Encoding="gzip")
    assert (refused.status, refused.headers["Accept-Encoding"]) == (415, "identity")


def test_tls_is_a_file_to_rename_and_a_certificate(stack: Stack) -> None:
    folder = stack.project.folder / "deploy/nginx/tls"
    made = [folder / name for name in ("tls.conf", "certificate.pem", "key.pem")]
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
                    "-days", "2", "-subj", "/CN=localhost", "-out", made[1], "-keyout", made[2]],
                   check=True, capture_output=True)  # fmt: skip
    made[2].chmod(0o644)  # the image's user reads it
    shutil.copy(folder / "tls.conf.example", made[0])
    ask = "import ssl, urllib.request as u; a = u.urlopen('https://nginx:8443/health/live', context=ssl._create_unverified_context()); print(a.status, a.headers['Strict-Transport-Security'])"
    try:
        stack.compose("exec", "-T", "nginx", "nginx", "-s", "reload")
        until(lambda: "200 max-age=31536000" in stack.compose("exec", "-T", "app", "python", "-c", f"try:\n {ask}\nexcept OSError as e: print(e)"), 10)  # fmt: skip
    finally:
        for file in made:
            file.unlink()
        stack.compose("exec", "-T", "nginx", "nginx", "-s", "reload")


def test_more_copies_are_found_without_a_reload(stack: Stack) -> None:
    stack.compose(
        "up",
        "--detach",
        "--no-build",
        "--no-recreate",
        "--wait",
        "--scale",
        "app=3",
        "app",
    )
    try:
        addresses = {
            docker(
                "inspect",
                "--format",
                "{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}",
                copy,
            ).strip()
            for copy in stack.copies()
        }

        def all_asked() -> bool:
            for _ in range(10):
                stack.ask("/health/live")
            used = {str(line.get("upstream")) for line in stack.logs("nginx")[-40:]}
            return {f"{address}:8000" for address in addresses} <= used

        assert len(addresses) == 3
        until(all_asked, 20)
    finally:
        stack.compose(
            "up", "--detach", "--no-build", "--no-recreate", "--scale", "app=2", "app"
        )


@pytest.mark.parametrize(
    "line",
    [
        "least_conn;",
        "max_fails=3 fail_timeout=5s",
        "keepalive 512;",
        "proxy_next_upstream error timeout;",
        "client_body_timeout 10s;",
        "proxy_cache_lock on;",
    ],
)
def test_what_cannot_be_seen_from_outside_stands_in_its_configuration(
    stack: Stack, line: str
) -> None:
    assert line in (stack.project.folder / TEMPLATE).read_text()
