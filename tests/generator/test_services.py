"""Services in containers: what stands in front of their parts, beside them and behind
them, read from what is generated.
"""

from __future__ import annotations

import re
from typing import Any

import pytest
import yaml
from tests.support.combinations import tree

from archgen.answers.resolve import resolve
from archgen.answers.sources import from_record
from archgen.domain import naming
from archgen.errors import IncompatibleError
from archgen.generator import preview
from archgen.options import offered
from archgen.pipeline import make_plan

GROUPING = {
    "front_desk": ["accounts"],
    "shop": ["inventory", "orders"],
    "payments": ["payments"],
}
NGINX = "deploy/nginx/templates/default.conf.template"
ANSWERS = {"name": "shop", "preset": "ecommerce", "architecture": "microservices"}


def generated(**answers: object) -> tuple[dict[str, Any], dict[str, str]]:
    record = make_plan(resolve([from_record({**ANSWERS, **answers})])).record
    return record, {path: data.decode() for path, data in preview(record)}


def services(files: dict[str, str]) -> dict[str, Any]:
    found = yaml.safe_load(files["deploy/compose.yaml"])["services"]
    assert isinstance(found, dict)
    return found


@pytest.mark.parametrize("parts", [{}, GROUPING], ids=["default", "grouping"])
def test_every_entity_has_its_way_through_nginx_to_its_part_and_what_is_internal_has_none(
    parts: dict[str, list[str]],
) -> None:
    record, files = generated(parts=parts)
    nginx = files[NGINX]
    routes = re.findall(
        r'^    "~(\S+)" (\w+);$',
        nginx.split("map $uri $part {")[1].split("\n}")[0],
        re.MULTILINE,
    )
    wanted = {
        f"/api/{e['plural']}": m["part"]
        for m in record["modules"][1:]
        for e in m["entities"]
    }
    wanted |= dict.fromkeys(
        ("/api/me", "/api/auth/login", "/.well-known/jwks.json"),
        record["modules"][0]["part"],
    )
    for path, part in wanted.items():
        assert [to for pattern, to in routes if re.match(pattern, path)] == [part], path
    assert not [
        pattern
        for pattern, _ in routes
        if re.match(pattern, "/internal/x") or re.match(pattern, "/system/x")
    ]
    upstreams = re.findall(r"^upstream (\S+) \{$", nginx, re.MULTILINE)
    assert sorted(upstreams) == sorted(
        [*(part["name"] for part in record["parts"]), "any-part"]
    )
    assert re.search(r"location ~ \^/\(internal\|system\)", nginx)


@pytest.mark.parametrize("parts", [{}, GROUPING], ids=["default", "grouping"])
def test_each_part_is_told_its_own_database_and_no_more(
    parts: dict[str, list[str]],
) -> None:
    record, files = generated(parts=parts)
    running = services(files)
    for part in record["parts"]:
        name = part["name"].replace("_", "-")
        secret = f"POSTGRES_{part['name'].upper()}_ROWS_PASSWORD"
        for process in (name, f"{name}-worker"):
            told = running[process]["environment"]
            assert re.findall(r"POSTGRES_\w+", str(told)) == [secret], process
            assert told["DATABASE_URL"].endswith(f"@postgres:5432/{part['name']}")
            assert (
                ("JWT_KEYS" in told)
                == ("accounts" in part["modules"])
                == ("volumes" in running[process])
            )
        assert "OWNER" in running[f"{name}-migrate"]["environment"]["MIGRATION_URL"]
    assert {
        f"{name}=<secret>"
        for name in re.findall(
            r"\$\{(POSTGRES_\w+PASSWORD)", files["deploy/compose.yaml"]
        )
    } <= set(files[".env.example"].splitlines())


@pytest.mark.parametrize("architecture", ["monolith", "microservices"])
@pytest.mark.parametrize(
    "stack",
    [{"auth": "builtin", "cache": "memcached"}, {"auth": "oidc", "cache": "valkey"}],
)
def test_every_container_says_what_it_may_take(
    architecture: str, stack: dict[str, str]
) -> None:
    files = generated(
        architecture=architecture, stack={**stack, "observability": "prometheus"}
    )[1]
    for name, one in services(files).items():
        assert (
            one["mem_limit"]
            and one["cpus"]
            and one["pids_limit"]
            and one["security_opt"]
        ), name


@pytest.mark.parametrize("name", ["app", "bounds", "ready"])
def test_a_part_may_be_called_as_what_compose_or_nginx_has_of_its_own(
    name: str,
) -> None:
    _, files = generated(
        parts={name: ["accounts", "inventory", "payments"], "orders": ["orders"]}
    )
    for part, server in services(files).items():
        if part in (name, "orders"):
            assert server["environment"]["DATABASE_URL"].endswith(f"/{part}")
            assert server["image"] == "${COMPOSE_PROJECT_NAME}:local"
    upstream = files[NGINX].split(f"upstream {name} {{")[1].split("}")[0]
    assert re.findall(r"server (\S+):8000", upstream) == [name]


@pytest.mark.parametrize(
    "extras", [{}, {"database_servers": True}], ids=["one database server", "one each"]
)
def test_ecommerce_with_all_that_it_may_have_fits_into_4_gb(
    extras: dict[str, bool],
) -> None:
    stack = {"broker": "kafka", "observability": "opentelemetry"}
    running = services(generated(stack=stack, extras=extras)[1])
    most = {
        name: size(one["mem_limit"]) * one.get("deploy", {}).get("replicas", 1)
        for name, one in running.items()
        if "restart" in one and "profiles" not in one  # what stays up
    }
    assert len(most) == (17 if extras else 14)
    assert sum(most.values()) <= 4096, most


def size(limit: str) -> int:
    """In MiB, of what compose is told; `${NAME:-192m}` is its default."""
    number, unit = re.findall(r"(\d+)([mg])\}?$", limit)[0]
    return int(number) * {"m": 1, "g": 1024}[unit]


def test_each_part_has_a_database_server_of_its_own_where_that_is_asked_for() -> None:
    """Names, volumes, passwords and the order of starting; whatever reaches a database
    reaches that of its part.
    """
    record, files = generated(extras={"database_servers": True}, parts=GROUPING)
    running = services(files)
    for part in record["parts"]:
        name, upper = part["name"].replace("_", "-"), part["name"].upper()
        for process, role, setting in (
            (name, "rows", "DATABASE_URL"),
            (f"{name}-worker", "rows", "DATABASE_URL"),
            (f"{name}-migrate", "owner", "MIGRATION_URL"),
        ):
            secret = f"${{POSTGRES_{upper}_{role.upper()}_PASSWORD:?run make up, which writes .env}}"
            told = running[process]["environment"][setting]
            assert (
                told
                == f"postgresql://{part['name']}_{role}:{secret}@{name}-postgres:5432/{part['name']}"
            )
        server, roles = running[f"{name}-postgres"], running[f"{name}-postgres-roles"]
        assert server["volumes"] == [f"{name}-postgres:/var/lib/postgresql"]
        assert (
            server["environment"]["POSTGRES_DB"]
            == roles["environment"]["PGDATABASE"]
            == part["name"]
        )
        assert roles["environment"]["PGHOST"] == f"{name}-postgres"
        assert set(re.findall(r"POSTGRES_(\w+)_(?:OWNER|ROWS)", str(roles))) == {upper}
        assert list(roles["depends_on"]) == [f"{name}-postgres"]
        waited = running[f"{name}-migrate"]["depends_on"]
        assert {other for other in waited if "postgres" in other} == {
            f"{name}-postgres-roles"
        }
        for process in (name, f"{name}-worker"):
            assert int(running[process]["environment"]["PROCESSES"]) == 5
            assert int(running[process]["environment"]["DATABASE_CONNECTIONS"]) == 20
        assert "max_connections=30" in server["command"]
        assert naming.check_part(f"{part['name']}_postgres") and naming.check_part(
            f"{part['name']}_postgres_roles"
        )
    assert "postgres" not in running and "roles" not in running
    assert "deploy/postgres/databases.sql" not in files


@pytest.mark.parametrize("architecture", ["monolith", "serverless"])
def test_a_database_server_for_each_part_is_refused_where_there_is_one_part_or_none(
    architecture: str,
) -> None:
    with pytest.raises(
        IncompatibleError,
        match=r"extras.database_servers: there is nothing for it to do",
    ):
        generated(architecture=architecture, extras={"database_servers": True})


def test_one_image_is_built_once_for_all_parts() -> None:
    running = services(generated()[1])
    ours = [
        one
        for one in running.values()
        if one["image"] == "${COMPOSE_PROJECT_NAME}:local"
    ]
    assert len(ours) > 12 and len([one for one in ours if "build" in one]) == 1
    for one in ours:
        assert one["read_only"] and one["cap_drop"] == ["ALL"]


def test_nothing_waits_for_a_part_but_what_is_beside_it() -> None:
    """So that one that is away stops neither NGINX nor another."""
    record, files = generated()
    parts = {part["name"].replace("_", "-") for part in record["parts"]}
    for name, one in services(files).items():
        assert parts.isdisjoint(one.get("depends_on", {})), name


def test_two_projects_share_no_name_and_no_port() -> None:
    """What bears a name of its own, or a port, has it from `.env`."""
    compose = yaml.safe_load(generated()[1]["deploy/compose.yaml"])
    assert compose["name"].startswith("${COMPOSE_PROJECT_NAME:?")
    for name, one in compose["services"].items():
        assert "container_name" not in one and "networks" not in one, name
        assert all(
            "${" in port and port.startswith("127.0.0.1:")
            for port in one.get("ports", ())
        ), name
    assert all(volume is None for volume in compose["volumes"].values())


def test_no_part_can_have_the_name_of_a_container_that_is_there_already() -> None:
    for auth in offered("microservices")["auth"]:
        for cache in offered("microservices")["cache"]:
            for observability in offered("microservices")["observability"]:
                stack = {
                    key: choices[0] for key, choices in offered("microservices").items()
                }
                files = tree(
                    "microservices",
                    stack
                    | {"auth": auth, "cache": cache, "observability": observability},
                )
                parts = {"accounts", "inventory", "orders", "payments"}
                for name in services(files).keys() - parts:
                    assert naming.check_part(name.replace("-", "_")), name
