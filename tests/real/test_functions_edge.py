"""NGINX in front of the functions' gateway: the extra `edge`, in front of what `make
dev` runs.
"""

from __future__ import annotations

import secrets
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from tests.support.projects import new, until
from tests.support.stack import Stack, up

pytestmark = [pytest.mark.real, pytest.mark.timeout(300)]
SECURITY = {
    "X-Content-Type-Options",
    "Content-Security-Policy",
    "Referrer-Policy",
    "X-Request-ID",
}


@pytest.fixture(scope="module")
def edge(tmp_path_factory: pytest.TempPathFactory, containers: None) -> Iterator[Stack]:
    name = f"edge-{secrets.token_hex(4)}"
    options = [
        "--preset",
        "ecommerce",
        "--architecture",
        "serverless",
        "--set",
        "extras.edge=true",
    ]
    project = new(tmp_path_factory.mktemp("edge"), name, *options)
    told = project.folder / ".env"
    told.write_text(
        told.read_text().replace("TRUSTED_PROXIES=\n", "TRUSTED_PROXIES=127.0.0.1/32\n")
    )
    with project.running(), up(project) as running:
        yield running


@pytest.fixture(scope="module")
def staff(edge: Stack) -> str:
    return edge.staff()


def outcomes(edge: Stack, request_ids: list[str]) -> Counter[str]:
    """How the cache took part in these requests."""
    found: dict[str, str] = {}

    def logged() -> bool:
        found.update(
            {
                str(line.get("request_id")): str(line.get("cache"))
                for line in edge.logs("nginx")
            }
        )
        return found.keys() >= set(request_ids)

    until(logged, 20)
    return Counter(found[each] for each in request_ids)


def test_the_journey_passes_through_it(edge: Stack) -> None:
    assert " passed" in edge.project.make("journey", f"URL={edge.url}")


def test_a_crowd_that_asks_for_the_same_is_one_request_to_the_functions(
    edge: Stack, staff: str
) -> None:
    product = edge.product(staff, secrets.token_hex(8))
    ids = [secrets.token_hex(16) for _ in range(16)]
    with ThreadPoolExecutor(16) as crowd:
        answers = list(
            crowd.map(lambda each: edge.ask(product, X_Request_ID=each), ids)
        )
    assert {answer.status for answer in answers} == {200}
    assert outcomes(edge, ids)["MISS"] == 1
    assert (
        answers[0].headers["Cache-Control"]
        == "public, max-age=0, s-maxage=1, stale-while-revalidate=1"
    )
    assert edge.ask(product, If_None_Match=answers[0].headers["ETag"]).status == 304


def test_what_is_shown_for_a_token_is_never_kept(edge: Stack, staff: str) -> None:
    product = edge.product(staff, secrets.token_hex(8))
    ids = [secrets.token_hex(16) for _ in range(4)]
    for each in ids:
        answer = edge.ask(product, token=staff, X_Request_ID=each)
        assert (answer.status, answer.headers["Cache-Control"]) == (
            200,
            "private, no-cache",
        )
    assert outcomes(edge, ids) == {"BYPASS": 4}
    assert edge.ask("/api/orders").status == edge.ask("/api/me").status == 401


def test_every_answer_has_the_security_headers_once(edge: Stack, staff: str) -> None:
    asked = [
        ("/api/products", "GET", ""),
        ("/api/me", "GET", staff),
        ("/api/none", "GET", ""),
        ("/health/ready", "GET", ""),
    ]
    for path, method, token in asked:
        headers = edge.ask(path, method, token=token).headers
        assert {
            name: len(headers.get_all(name, [])) for name in SECURITY
        } == dict.fromkeys(SECURITY, 1), path


def test_what_is_internal_is_not_there_and_what_is_too_large_is_refused(
    edge: Stack, staff: str
) -> None:
    assert {edge.ask(path).status for path in ("/internal/events", "/.env")} == {404}
    answer = edge.ask("/api/products", "POST", {"name": "x" * 1_100_000}, staff)
    assert (answer.status, answer.document["title"]) == (413, "Content Too Large")


def test_logging_in_is_held_to_a_stricter_rate_than_all_else(edge: Stack) -> None:
    def attempt(
        _: int,
        # without a password, which would take the functions their time
    ) -> tuple[int, str | None]:
        answer = edge.ask("/api/auth/login", "POST", {"email": "nobody@example.com"})
        return answer.status, answer.headers["Retry-After"]

    with ThreadPoolExecutor(8) as crowd:
        answers = Counter(crowd.map(attempt, range(60)))
    assert answers[429, "1"] > 20 and set(answers) == {(429, "1"), (422, None)}
    assert edge.ask("/api/products").status == 200


def test_gixy_finds_nothing_in_it(edge: Stack, tmp_path: Path) -> None:
    rendered = tmp_path / "default.conf"
    rendered.write_text(
        edge.compose("exec", "-T", "nginx", "cat", "/etc/nginx/conf.d/default.conf")
    )
    done = subprocess.run(
        [Path(sys.prefix, "bin", "gixy"), rendered],
        capture_output=True,
        text=True,
        check=False,
    )
    assert "No issues found" in done.stdout, done.stdout + done.stderr


def test_the_api_at_aws_is_spoken_to_by_tls_with_its_certificate_looked_at_and_is_a_503_while_it_is_away(
    edge: Stack,
) -> None:
    """Last: it is another NGINX then."""
    told = edge.project.folder / ".env"
    host = "abc.execute-api.eu-central-1.amazonaws.com.invalid"
    told.write_text(
        told.read_text().replace("EDGE_UPSTREAM=", f"EDGE_UPSTREAM=https://{host}")
    )
    edge.compose("up", "--detach", "--wait")
    written = edge.compose(
        "exec", "-T", "nginx", "cat", "/etc/nginx/conf.d/default.conf"
    )
    assert (
        f"server {host}:443 resolve" in written
        and f"proxy_ssl_name {host}; proxy_ssl_verify on" in written
    )
    assert f"proxy_set_header Host {host};" in written
    answer = edge.ask("/api/products?limit=1")
    assert (answer.status, answer.document["detail"]) == (
        503,
        "The app does not answer",
    )
