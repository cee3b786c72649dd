"""What its operators do: data to look at, a load test, backup and restore, telemetry."""

from __future__ import annotations

import json
import re
import secrets
import urllib.parse
import urllib.request
from pathlib import Path

import pytest
from tests.support.projects import Project, new, until
from tests.support.stack import PASSWORD, Stack, up

pytestmark = [pytest.mark.real, pytest.mark.timeout(300)]


def held(stack: Stack) -> list[str]:
    """What the load test found; again, up to three times, since whatever else runs on
    this machine is in it.
    """
    for _ in range(2):
        try:
            return re.findall(
                r"holds .*",
                stack.project.make("load", f"URL={stack.url}", "DURATION=20s"),
            )
        except AssertionError as missed:
            print(*re.findall("(?:holds|MISSED) .*", str(missed)), sep="\n")
    return re.findall(
        r"holds .*", stack.project.make("load", f"URL={stack.url}", "DURATION=20s")
    )


def test_what_was_changed_after_a_backup_is_back_after_a_restore(stack: Stack) -> None:
    token = stack.staff()
    kept, lost = (stack.product(token, secrets.token_hex(8)) for _ in range(2))
    file = stack.project.make("backup").split()[-1]
    assert Path(stack.project.folder, file).stat().st_mode & 0o077 == 0
    stack.ask(kept, "PATCH", {"stock": 4711}, token)
    stack.ask(lost, "DELETE", token=token)
    later = stack.product(token, secrets.token_hex(8))
    assert stack.ask(kept, token=token).document["stock"] == 4711
    stack.project.make("restore", f"FILE={file}")
    token = stack.staff()
    assert stack.ask(kept, token=token).document["stock"] == 5
    assert stack.ask(lost, token=token).status == 200
    assert stack.ask(later, token=token).status == 404


def test_a_broken_backup_changes_nothing(stack: Stack) -> None:
    token = stack.staff()
    path = stack.product(token, secrets.token_hex(8))
    (stack.project.folder / "broken.dump").write_bytes(b"PGDMP and then nothing")
    with pytest.raises(AssertionError, match="the database is as it was"):
        stack.project.make("restore", "FILE=broken.dump")
    assert stack.ask(path, token=token).status == 200


def test_seeding_twice_is_seeding_once(stack: Stack) -> None:
    first = stack.project.make("seed", f"URL={stack.url}")
    count = "SELECT count(*) FROM inventory.products UNION ALL SELECT count(*) FROM orders.orders"
    rows = stack.compose("exec", "-T", "postgres", "psql", "-U", "app", "-Atc", count)
    assert "300 products" in first
    assert stack.project.make("seed", f"URL={stack.url}") == first
    assert (
        stack.compose("exec", "-T", "postgres", "psql", "-U", "app", "-Atc", count)
        == rows
    )


def test_the_load_test_holds_the_service_level(stack: Stack) -> None:
    print("\necommerce", *held(stack), sep="\n")


def test_the_load_test_fails_where_the_service_level_is_missed(stack: Stack) -> None:
    model = stack.project.folder / "tests/load/model.py"
    good = model.read_text()
    model.write_text(good.replace("p95_ms=200.0", "p95_ms=0.1"))
    try:
        with pytest.raises(AssertionError, match=r"MISSED  p95"):
            stack.project.make("load", f"URL={stack.url}", "DURATION=3s")
    finally:
        model.write_text(good)


def test_the_metrics_of_every_copy_reach_prometheus_which_finds_them_by_itself(
    stack: Stack,
) -> None:
    stack.compose(
        "--profile",
        "metrics",
        "up",
        "--detach",
        "--no-build",
        "--no-recreate",
        "prometheus",
    )
    port = stack.settings["PROMETHEUS_PORT"]

    def value(query: str) -> float:
        url = f"http://127.0.0.1:{port}/api/v1/query?{urllib.parse.urlencode({'query': query})}"
        try:
            with urllib.request.urlopen(url, timeout=5) as answer:
                found = json.load(answer)["data"]["result"]
        except OSError:
            return -1
        return float(found[0]["value"][1]) if found else -1

    try:
        until(lambda: value('count(up{job="app"} == 1)') == len(stack.copies()), 60)
        stack.ask("/api/products", token=stack.staff())
        route = 'sum(http_request_duration_seconds_count{route="/api/products",method="GET",status="200"})'
        until(lambda: value(route) > 0, 60)
        for name in (
            "cache_hits",
            "database_connections",
            "outbox_events",
            "http_request_duration_seconds_bucket",
        ):
            assert value(f"count({name})") > 0, name
    finally:
        stack.compose("--profile", "metrics", "rm", "--stop", "--force", "prometheus")


def test_a_trace_goes_on_from_its_client_through_the_app_to_the_collector(
    stack: Stack,
) -> None:
    trace = secrets.token_hex(16)
    env = stack.project.folder / ".env"
    before = env.read_text()
    env.write_text(
        before.replace(
            "OTEL_EXPORTER_OTLP_ENDPOINT=",
            "OTEL_EXPORTER_OTLP_ENDPOINT=http://collector:4318",
        ).replace("COMPOSE_PROFILES=", "COMPOSE_PROFILES=traces")
    )
    try:
        stack.compose("up", "--detach", "--no-build", "--no-deps", "collector")
        stack.compose("up", "--detach", "--no-build", "--no-deps", "--wait", "app")
        until(
            lambda: stack.ask("/api/products", Cache_Control="no-cache").status == 200
        )
        sent = stack.ask(
            "/api/products",
            Cache_Control="no-cache",
            traceparent=f"00-{trace}-00f067aa0ba902b7-01",
        )
        assert sent.status == 200

        def spans() -> list[str]:
            log = stack.compose("logs", "--no-log-prefix", "--no-color", "collector")
            return [span for span in re.split(r"Span #\d+", log) if trace in span]

        until(lambda: bool(spans()), 30)
        (span,) = [
            span
            for span in spans()
            if re.search(r"Parent ID\s+: 00f067aa0ba902b7", span)
        ]
        assert "/api/products" in span and "Kind           : Server" in span
        print(
            "\nspans of the trace:",
            *re.findall(r"Name\s+: (.*)", "".join(spans())),
            sep="\n",
        )
    finally:
        env.write_text(before)
        stack.compose("--profile", "traces", "rm", "--stop", "--force", "collector")
        stack.compose("up", "--detach", "--no-build", "--no-deps", "--wait", "app")


def test_what_the_app_logs_is_json_with_the_request_s_id_and_never_a_secret(
    stack: Stack,
) -> None:
    email = f"{secrets.token_hex(4)}@example.com"
    credentials = {"email": email, "password": PASSWORD}
    stack.allowed("/api/auth/register", credentials)
    tokens = stack.allowed("/api/auth/login", credentials).document
    stack.allowed("/api/auth/login", {"email": email, "password": "Wrong-4711-secret"})
    stack.ask("/api/products?limit=none", token=tokens["access_token"])
    stack.allowed("/api/auth/refresh", {"refresh_token": tokens["refresh_token"]})
    # so that there is something to tell
    stack.compose("stop", "--timeout", "1", "valkey")
    try:
        stack.ask(
            "/api/me", token=tokens["access_token"], X_Request_ID="told-with-its-id"
        )
        stack.ask(stack.product(stack.staff(), secrets.token_hex(8)), Cache_Control="no-cache",
                  X_Request_ID="told-with-its-id")  # fmt: skip
    finally:
        stack.compose("start", "valkey")
    lines = stack.logs("app")
    assert all(
        line.keys() >= {"time", "levelname", "name", "message", "request_id"}
        for line in lines
    )
    text = stack.compose("logs", "--no-color", "--no-log-prefix")
    hidden = [
        PASSWORD,
        "4711-secret",
        *map(str, (tokens["access_token"], tokens["refresh_token"])),
    ]
    hidden += [
        value for name, value in stack.settings.items() if name.endswith("PASSWORD")
    ]
    assert not [secret for secret in hidden if secret in text]
    assert any(line["request_id"] for line in lines)


@pytest.mark.long
def test_the_other_preset_holds_its_service_level_too(
    tmp_path: Path, containers: None
) -> None:
    project: Project = new(
        tmp_path,
        f"crud-{secrets.token_hex(4)}",
        "--preset",
        "crud",
        "--architecture",
        "monolith",
    )
    with up(project) as running:
        print("\ncrud", *held(running), sep="\n")
