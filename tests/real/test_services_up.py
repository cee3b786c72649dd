"""Services on their real servers: through NGINX they are one, and each may go, fall or
be replaced by itself. `pytest -s` prints the figures.
"""

from __future__ import annotations

import json
import re
import secrets
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.support.contract import keeps_its_contract_behind_nginx
from tests.support.figures import found
from tests.support.kills import PARTS, kill_everything
from tests.support.projects import Project, new, until
from tests.support.stack import Stack, docker, up
from tests.support.steady import Request, steady

pytestmark = [pytest.mark.real, pytest.mark.timeout(900)]
ECOMMERCE = (
    "--preset",
    "ecommerce",
    "--set",
    "stack.observability=opentelemetry",
    "--architecture",
)
JSON = {"Content-Type": "application/json"}
UNITS = {"B": 1, "KiB": 2**10, "MiB": 2**20, "GiB": 2**30}


@pytest.fixture(scope="module")
def services(
    tmp_path_factory: pytest.TempPathFactory, containers: None
) -> Iterator[Stack]:
    name = f"services-{secrets.token_hex(4)}"
    folder = tmp_path_factory.mktemp("services")
    with up(new(folder, name, *ECOMMERCE, "microservices")) as running:
        yield running


@pytest.fixture(scope="module")
def mix(services: Stack) -> Callable[[int], Request]:
    """Of each part something, and with every fifth request an order."""
    token = services.staff()
    bearer = {"Authorization": f"Bearer {token}"}
    paths = [
        services.product(token, secrets.token_hex(8), stock=1_000_000)
        for _ in range(20)
    ]

    def request(n: int) -> Request:
        path = paths[n % len(paths)]
        if n % 5 == 0:
            line = {"product_id": path.rsplit("/", 1)[1], "quantity": 1}
            body = json.dumps({"lines": [line], "payment_method": "card_ok"})
            return Request("POST", "/api/orders", bearer | JSON, body)
        return Request(
            "GET", [path, "/api/orders", "/api/me", "/api/payments"][n % 5 - 1], bearer
        )

    return request


def test_they_come_up_healthy_and_their_journey_passes_through_nginx(
    services: Stack,
) -> None:
    assert " passed" in services.project.make("journey", f"URL={services.url}")
    for part in PARTS:
        assert (
            len(services.copies(part)) == 2
            and len(services.copies(f"{part}-worker")) == 1
        )


def test_their_document_is_the_monolith_s(services: Stack, tmp_path: Path) -> None:
    name = services.project.folder.name
    monolith: Project = new(tmp_path, name, *ECOMMERCE, "monolith")
    code = f"import json; from {services.package}.apps.app import create_app; print(json.dumps(create_app().openapi()))"
    # with the libraries of the image, whose versions word it
    there = (
        "--volume",
        f"{monolith.folder}/src:/monolith:ro",
        "--env",
        "PYTHONPATH=/monolith",
        "accounts",
    )
    said = services.compose(
        "run", "--rm", "--no-deps", "-T", *there, "python", "-c", code
    )
    assert services.ask("/openapi.json").document == json.loads(said.splitlines()[-1])
    assert services.ask("/docs").status == 200


def test_what_is_internal_is_not_there_from_outside_and_only_nginx_is_published(
    services: Stack,
) -> None:
    for path in ("/internal/events/orders.stock_reserved", "/internal", "/system/ready", "/system/openapi.json",
                 "//internal/x", "/./system/ready", "/%69nternal/x", "/api/../internal/x", "/nothing"):  # fmt: skip
        for method in ("GET", "POST"):
            answer = services.ask(path, method)
            assert answer.status in (400, 404) and answer.document["status"] in (
                400,
                404,
            ), path
    published = re.findall(
        r"(\S+):(\d+)->", services.compose("ps", "--format", "{{.Ports}}")
    )
    assert published == [("127.0.0.1", services.url.rsplit(":", 1)[1])]


def test_no_part_can_look_into_the_database_of_another(services: Stack) -> None:
    script = f"""
import asyncio, asyncpg
from {services.package}.apps.settings import Settings

async def main():
    url = Settings().database_url
    for name in ("orders", "inventory", "accounts", "payments"):
        try:
            connection = await asyncpg.connect(url.rpartition("/")[0] + "/" + name)
            print(name, await connection.fetchval("SELECT current_user"))
            await connection.close()
        except asyncpg.PostgresError as error:
            print(name, error.sqlstate)

asyncio.run(main())
"""
    said = services.compose(
        "run", "--rm", "--no-deps", "-T", "orders", "python", "-c", script
    ).splitlines()
    assert said == [
        "orders orders_rows",
        "inventory 42501",
        "accounts 42501",
        "payments 42501",
    ]


def test_all_of_it_fits_into_4_gb(
    services: Stack, mix: Callable[[int], Request]
) -> None:
    with steady(services.url, mix) as load:
        until(lambda: len(load.outcomes) > 500)
        lines = docker(
            "stats", "--no-stream", "--format", "{{.Name}} {{.MemUsage}}"
        ).splitlines()
    assert load.failed == []
    used = {}
    limits = 0.0
    for line in lines:
        name, *figures = re.split(r"[ /]+", line)
        if name.startswith(services.settings["COMPOSE_PROJECT_NAME"] + "-"):
            used[name], limit = (
                float(f.rstrip("KMGiB")) * UNITS[f.lstrip("0123456789.")]
                for f in figures
            )
            limits += limit
    largest = max(
        value
        for name, value in used.items()
        if re.search("accounts|inventory|orders|payments", name)
    )
    found("memory under load", f"{sum(used.values()) / 2**20:.0f} MB in {len(used)} containers, the largest of a part "
          f"{largest / 2**20:.0f} MB; they may take {limits / 2**20:.0f} MB at most")  # fmt: skip
    assert len(used) == len(services.compose("ps", "--quiet").split()) > 12
    assert sum(used.values()) < 4 * 2**30 and limits <= 4 * 2**30


def test_a_service_that_is_gone_leaves_the_others_and_nginx_alone_over_a_restart_of_it_too(
    services: Stack,
) -> None:
    token = services.staff()
    document = services.ask("/openapi.json").document
    services.compose("stop", "--timeout", "2", "payments", "payments-worker")
    try:
        for restarted in (False, True):
            if restarted:
                services.compose("restart", "--timeout", "2", "nginx")
                until(
                    lambda: (
                        services.compose(
                            "ps", "--format", "{{.Health}}", "nginx"
                        ).strip()
                        == "healthy"
                    )
                )
                until(lambda: services.ask("/api/products").status == 200, 10)
            for path in (
                "/api/products",
                "/api/orders",
                "/api/me",
                "/.well-known/jwks.json",
                "/docs",
                "/health/live",
            ):
                assert services.ask(path, token=token).status == 200, path
            assert services.ask("/openapi.json").document == document
            assert services.ask("/api/nothing").status == 404
            for path, detail in {
                "/api/payments": "away",
                "/health/ready": "payments",
            }.items():
                refused = services.ask(path, token=token)
                assert (refused.status, refused.document["status"]) == (503, 503)
                assert (
                    refused.headers["Retry-After"]
                    and detail in refused.document["detail"]
                )
                assert refused.headers["Content-Type"] == "application/problem+json"
    finally:
        services.compose("start", "payments", "payments-worker")
    until(lambda: services.ask("/health/ready").status == 200)
    assert services.ask("/api/payments", token=token).status == 200


def grow(file: Path, *changes: tuple[str, str]) -> None:
    """After each first line, the second."""
    text = file.read_text()
    for line, more in changes:
        assert f"{line}\n" in text
        text = text.replace(f"{line}\n", f"{line}\n{more}\n", 1)
    file.write_text(text)


@pytest.mark.long
def test_each_part_rolls_out_under_load_and_contract_and_table_that_have_grown_meet_their_older_form(
    services: Stack, mix: Callable[[int], Request]
) -> None:
    """Readers before writers for the one, writers before readers for the other; old
    copies go on with the new column in their table.
    """
    source = services.project.folder / "src" / services.package
    grow(
        source / "contracts/inventory.py",
        ("    price: Decimal", '    colour: str = "none"'),
        ("    order_id: UUID", '    note: str = ""'),
    )
    grow(
        source / "inventory/domain.py",
        ("    price: Decimal", '    colour: str = "none"'),
    )
    column = (
        '    sa.Column("colour", sa.String(40), nullable=False, server_default="none"),'
    )
    grow(
        source / "inventory/repository.py",
        ('    sa.Column("price", FixedDecimal(2), nullable=False),', column),
    )
    grow(
        source / "inventory/api.py",
        (
            "    name: Annotated[String, Field(max_length=200)]",
            '    colour: Annotated[String, Field(max_length=40)] = "none"',
        ),
        ("    price: DecimalString", "    colour: str"),
    )
    services.project.make("migration", "MODULE=inventory", "NAME=colours")
    token = services.staff()
    path = services.product(token, secrets.token_hex(8), stock=1)
    before = {part: services.copies(part) for part in PARTS}
    with steady(services.url, mix) as load:
        for part in ("orders", "inventory", "payments", "accounts"):
            services.project.make("deploy", f"PART={part}")
            there = before.pop(part)
            assert len(services.copies(part)) == len(there) == 2 and not set(
                services.copies(part)
            ) & set(there)
            assert {other: services.copies(other) for other in before} == before
    services.tell(
        "`make deploy PART=` of each part, one after the other (built meanwhile)", load
    )
    assert load.failed == []
    until(
        lambda: (
            services.rows(
                "orders", "SELECT count(*) FROM orders.orders WHERE status = 'pending'"
            )
            == ["0"]
        )
    )
    assert services.rows(
        "orders", "SELECT count(*) FROM orders.orders WHERE status = 'confirmed'"
    ) != ["0"]

    assert services.ask(path, token=token).document["colour"] == "none"
    painted = services.ask(path, "PATCH", {"colour": "red"}, token)
    assert (painted.status, services.ask(path, token=token).document["colour"]) == (
        200,
        "red",
    )
    assert services.rows(
        "inventory", "SELECT colour FROM inventory.products WHERE colour <> 'none'"
    ) == ["red"]


def test_a_rollout_that_is_killed_leaves_its_copies_to_the_next_or_to_make_up(
    services: Stack,
) -> None:
    """SIGKILL while old and new run side by side: the next `make deploy` has as many as
    there were, and so has `make up`.
    """
    for mend in (("deploy", "PART=payments"), ("up",)):
        begun = subprocess.Popen(
            [sys.executable, "deploy/rollout.py", "payments"],
            cwd=services.project.folder,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        until(lambda: len(services.copies("payments")) == 4, 120)
        begun.kill()
        begun.wait()
        services.project.make(*mend)
        assert len(services.copies("payments")) == 2, mend
        assert services.ask("/health/ready").status == 200


def test_no_query_fills_the_cache_of_the_document(services: Stack) -> None:
    """It is the same whatever is asked of it, and kept once for each method."""
    document = services.ask("/openapi.json").document
    for number in range(40):
        assert services.ask(f"/openapi.json?x={number}").document == document
    services.ask("/openapi.json?y=1", "HEAD")
    kept = services.compose(
        "exec", "-T", "nginx", "find", "/tmp/documents", "-type", "f"
    ).splitlines()
    assert 1 <= len(kept) <= 2


def test_what_operators_do_with_one_server_they_do_with_a_part(services: Stack) -> None:
    token = services.staff()
    path = services.product(token, secrets.token_hex(8))
    files = services.project.make("backup", "PART=inventory").split()
    assert len(files) == 1
    services.ask(path, "PATCH", {"stock": 4711}, token)
    services.project.make("restore", "PART=inventory", f"FILE={files[0]}")
    assert services.ask(path, token=token).document["stock"] == 5
    assert "Nothing is left undone in orders" in services.project.make(
        "dead-letters", "PART=orders", "UP=1"
    )
    keys = services.ask("/.well-known/jwks.json").document["keys"]
    services.project.make("rotate")
    until(
        lambda: (
            len(services.ask("/.well-known/jwks.json").document["keys"])
            == len(keys) + 1
        )
    )
    email = f"{secrets.token_hex(4)}@example.com"
    assert f"{email} is staff now" in services.project.make(
        "staff", f"EMAIL={email}", "UP=1"
    )


def test_nothing_is_lost_and_nothing_done_twice_whatever_is_killed(
    services: Stack, mix: Callable[[int], Request]
) -> None:
    def reads(n: int) -> Request:
        return mix(n // 3 * 5 + n % 3 + 1)  # a product, orders, the own account

    book, load = kill_everything(
        services, reads, ["orders-worker"], ["valkey", "postgres"]
    )
    found(
        "killed one after the other: a copy of each part, the orders' worker, NGINX, the cache, PostgreSQL, all of payments for 20 s",
        book.check(),
    )
    services.tell("reads of the other parts while payments is gone for 20 s", load)
    assert load.failed == []


@pytest.mark.long
def test_what_is_answered_through_nginx_is_what_their_document_says(
    services: Stack, tmp_path: Path
) -> None:
    """The last: for a while after it the rates of logging in are used up."""
    keeps_its_contract_behind_nginx(services, tmp_path, examples=3)
