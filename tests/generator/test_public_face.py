"""The chassis has two folders: policy, which owners change, and mechanism, which is
used like a package, by its public face.
"""

from __future__ import annotations

import ast
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from tests.support.projects import environment

from archgen.answers.resolve import resolve
from archgen.answers.sources import from_record
from archgen.generator import preview, render, templates_dir
from archgen.pipeline import make_plan

# What modules may import of the mechanism, by file. A name that goes, or means
# something else, is a line in the changelog.
FACE = {
    "accounts_settings": "AccountsSettings",
    "audit": "record origin",
    "background": "handles scheduled",
    "cache": "Cache",
    "cascades": "Cascade",
    "client": "Client",
    "context": "PartContext",
    "dynamodb": "Database",
    "dynamodb_batch": "delete_many get_many put_many",
    "dynamodb_links": "LinkingDynamoUnitOfWork",
    "dynamodb_outbox": "PublishingDynamoUnitOfWork",
    "dynamodb_unit_of_work": "DynamoUnitOfWork",
    "embedded": "EmbeddingBody",
    "events": "Event PublishingUnitOfWork Routes",
    "filtered_lists": "After FilteredListQuery Several",
    "filters": "Filters",
    "fields": "Body Boolean Date DateTime DecimalForm DecimalInput DecimalString Document Id Integer Json QueryInteger String fixed_scale Duration DurationString Email QueryReal Real Url ZonedDateTime email_form url_form",
    "internal_api": "internal_router",
    "links": "AS_SET DISTINCT",
    "oidc": "Person",
    "numbered_lists": "NumberedListQuery NumberedPageOf numbered_page",
    "numbered_pages": "NumberedPage NumberedRepository",
    "outbox": "PublishingSqlUnitOfWork Relay outbox_table",
    "paging": "every",
    "persistence": "Codec IdempotencyKey Listing Page Query Repository UnitOfWork",
    "references": "References",
    "rest": "Caller IdempotencyKey IfMatch ListQuery NOT_MODIFIED OptionalCaller PageOf Router client_of inject set_etag",
    "retry": "retry_on_conflict",
    "searched_lists": "SearchedListQuery",
    "service_tokens": "ServiceTokens",
    "set_by": "staff_sets",
    "computed": "exact finite fixed read_only",
    "settings": "CoreSettings nearby",
    "slugs": "Slug remade with_slug",
    "sql": "Database Duration FixedDecimal UtcDateTime ZonedDateTime check_listings entity_columns jobs_table processed_table sortable_string",
    "sql_connection": "BATCH connected delete_some",
    "sql_filters": "FilteredSqlRepository check_filters",
    "sql_links": "LinkedRepository LinkingSqlUnitOfWork unlinked",
    "sql_numbered_pages": "NumberedSqlRepository",
    "sql_query": "reading_only select",
    "sql_search": "SearchedSqlRepository words_column",
    "sql_unit_of_work": "SqlUnitOfWork",
    "tokens": "REFRESH",
}
# What else the composition roots, `local` and policy may.
FOR_ROOTS = {
    "background": "Background asked marked",
    "after_commit": "AfterCommit",
    "background_function": "BackgroundFunction Worker",
    "dynamodb_worker": "DynamoWorker",
    "collector": "destination",
    "datadog": "destination",
    "entity": "Entity Versions now",
    "errors": "Conflict Failing Forbidden PreconditionFailed Problem Refused StaleVersion Unauthenticated Unavailable ValidationFailed",
    "event_http": "HttpDispatcher events_router with_events",
    "envelope": "opened",
    "functions": "BY_NAME Event FunctionSettings THREADS loop run",
    "group_commit": "GroupCommitDatabase",
    "http": "create_api problem",
    "function_transport": "FunctionTransport to_functions",
    "http_function": "HttpFunction body_of request_event",
    "identity": "Caller EVERY_SCOPE",
    "internal_api": "to_part",
    "internal_settings": "InternalSettings",
    "kafka": "Kafka",
    "kafka_consumer": "Consumers",
    "kafka_dead_letters": "letters replay_letters",
    "kafka_relay": "KafkaRelay",
    "kafka_settings": "KafkaSettings",
    "memcached": "MemcachedCache",
    "memory_cache": "CacheSettings MemoryCache",
    "migration_function": "MigrationFunction",
    "metrics": "APART metrics",
    "newrelic": "destination",
    "no_cache": "NoCache",
    "observability": "instrument_app",
    "oidc": "OidcVerifier",
    "openapi_parts": "merged",
    "otlp": "Telemetry",
    "peers": "remote_jwks to_keys",
    "provider": "OidcSettings Provider",
    "queue_settings": "QueueSettings",
    "remote_tokens": "RemoteVerifier",
    "request_context": "RequestContextMiddleware",
    "secret_keys": "SecretKeysSettings",
    "server_settings": "ServerSettings",
    "service_keys": "make_keys",
    "service_tokens": "Calls ServiceTokens pairs_of",
    "spans": "Spans",
    "sql": "tables",
    "sql_function": "FunctionDatabase",
    "sql_function_settings": "SqlFunctionSettings",
    "sql_jobs": "Jobs",
    "sql_queues": "QueueDispatcher QueueRelay",
    "sql_roles": "grant",
    "sql_search": "is_made prepare",
    "sql_settings": "SqlSettings",
    "sql_url": "Address within",
    "sql_worker": "SqlWorker",
    "stored_names": "stored_name",
    "supervisor": "Supervisor",
    "system": "System",
    "tokens": "Verifier",
    "traces": "traces",
    "tracing": "request_id current_span",
    "valkey": "ValkeyCache",
    "worker_settings": "WorkerSettings",
}
REVIEWS = {
    "access": {"read": "public", "write": "owner"},
    "computed": {
        "twice": {"type": "decimal", "from": "tip * 2"},
        "half": {"type": "number", "from": "stars / 2"},
    },
    "fields": {
        "product": {
            "type": "reference",
            "to": "inventory.product",
            "required": True,
            "indexed": True,
        },
        "answer_to": {"type": "reference", "to": "reviews.review"},
        "beside": {"type": "references", "to": "inventory.product", "max": 5},
        "before": {
            "type": "references",
            "to": "reviews.review",
            "max": 5,
            "ordered": True,
        },
        "instead": {
            "type": "reference",
            "to": "reviews.review",
            "on_delete": "clear",
            "listed_as": "replaced",
        },
        "checked_by": {
            "type": "reference",
            "to": "accounts.account",
            "set_by": "staff",
        },
        "tip": {"type": "decimal"},
        "slug": {"type": "slug", "from": "said"},
        "said": {"type": "text"},
        "at": {"type": "datetime"},
        "on": {"type": "date", "indexed": True},
        "stars": {"type": "integer", "indexed": True},
        "shown": {"type": "boolean"},
        "more": {"type": "json"},
        "place": {"type": "object", "fields": {"street": {"type": "string"}}},
    },
}
# what lists of rows in SQL can do besides
LISTED = {
    "totals": True,
    "filters": ["stars", "created_at"],
    "sorts": ["on", "tip"],
    "search": ["said"],
}
MODULES = {
    "reviews": {
        "entities": {"review": REVIEWS},
        "reacts_to": ["inventory.product.deleted"],
    }
}
COMBINATIONS = [
    ("monolith", {}),
    (
        "monolith",
        {"auth": "oidc", "cache": "memcached", "observability": "opentelemetry"},
    ),
    ("microservices", {"broker": "kafka", "cache": "none", "observability": "datadog"}),
    ("microservices", {"auth": "oidc", "observability": "newrelic"}),
    ("serverless", {"database": "dynamodb"}),
    ("serverless", {"database": "dynamodb", "auth": "oidc"}),
    ("serverless", {"database": "postgresql"}),
    ("serverless", {"database": "postgresql", "auth": "oidc"}),
]


@cache
def record(architecture: str, *stack: tuple[str, str]) -> dict[str, Any]:
    in_sql = architecture != "serverless" or dict(stack).get("database") == "postgresql"
    review = {**REVIEWS, **(LISTED if in_sql else {})}
    answers = {
        "name": "shop",
        "preset": "ecommerce",
        "architecture": architecture,
        "stack": dict(stack),
        "modules": {"reviews": {**MODULES["reviews"], "entities": {"review": review}}},
    }
    return make_plan(resolve([from_record(answers)])).record


def mechanism() -> dict[str, Path]:
    return {path.stem: path for path in templates_dir().rglob("chassis/mechanism/*.py")}


def imported(text: str) -> Iterator[tuple[str, str]]:
    """File and name of each import from the mechanism; a file as a whole: each of its
    names that is used.
    """
    tree = ast.parse(text)
    for node in ast.walk(tree):
        if not isinstance(node, ast.ImportFrom) or not re.search(
            r"(^|\.)mechanism(\.|$)", node.module or ""
        ):
            continue
        file = str(node.module).rpartition("mechanism")[2].removeprefix(".")
        for name in node.names:
            if file:
                yield file, name.name
                continue
            for use in ast.walk(tree):
                if isinstance(use, ast.Attribute) and ast.unparse(use.value) == (
                    name.asname or name.name
                ):
                    yield name.name, use.attr


def names(*faces: dict[str, str]) -> set[tuple[str, str]]:
    return {
        (file, name)
        for face in faces
        for file, listed in face.items()
        for name in listed.split()
    }


def test_what_the_face_lists_is_there() -> None:
    for file, name in names(FACE, FOR_ROOTS):
        defined = re.compile(
            rf"^(class |def |async def ){name}\b|^{name}\b.*=|^from .*\b{name}\b",
            re.MULTILINE,
        )
        assert defined.search(mechanism()[file].read_text()), f"{file}.{name}"


@pytest.mark.few(3)
@pytest.mark.parametrize(("architecture", "stack"), COMBINATIONS)
def test_generated_code_uses_of_the_mechanism_its_public_face(
    architecture: str, stack: dict[str, str]
) -> None:
    found: set[tuple[str, str]] = set()
    for path, data in preview(record(architecture, *stack.items())):
        if not re.fullmatch(r"src/shop/(?!chassis/mechanism/).*\.py", path):
            continue
        root = re.match("src/shop/(apps|local|chassis)/", path)
        allowed = names(FACE, FOR_ROOTS) if root else names(FACE)
        assert {
            one for one in imported(data.decode()) if one not in allowed
        } == set(), path
        found |= set(imported(data.decode()))
    assert ("background", "handles") in found and ("rest", "Router") in found


def test_the_project_s_own_check_lists_the_same_files() -> None:
    listed = set()
    for architecture, stack in COMBINATIONS:
        files = dict(preview(record(architecture, *stack.items())))
        contracts = tomllib.loads(files["pyproject.toml"].decode())["tool"][
            "importlinter"
        ]["contracts"]
        (face,) = [
            contract["ignore_imports"]
            for contract in contracts
            if contract["type"] == "protected"
        ]
        listed |= {line.rpartition(".")[2] for line in face}
    assert listed == set(FACE)


def test_the_mechanism_imports_itself_and_libraries_alone() -> None:
    for path in mechanism().values():
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ImportFrom):
                assert node.level <= 1, path
            if isinstance(node, ast.Call) and ast.unparse(node.func).endswith(
                "import_module"
            ):
                words = ast.unparse(node)
                assert any(
                    one in words
                    for one in ("package}.", "{__package__}.", "snapshot_restore_py")
                ), f"{path}: its caller says where modules lie"


def lint_imports(project: Path) -> str:
    command = [
        sys.executable,
        "-c",
        "from importlinter.cli import lint_imports_command; lint_imports_command()",
    ]
    done = subprocess.run(
        [*command, "--no-cache", "--no-logo"],
        cwd=project,
        env={**environment(), "PYTHONPATH": "src", "COLUMNS": "200"},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout + done.stderr


@pytest.mark.few(3)
@pytest.mark.parametrize(
    ("file", "line", "said"),
    [
        (
            "chassis/mechanism/sql.py",
            "from ..policy import access",
            "mechanism -> shop.chassis.policy|mechanism.sql ->",
        ),
        (
            "chassis/mechanism/sql.py",
            "from ...orders import domain",
            "is not allowed to import|mechanism.sql ->",
        ),
        (
            "chassis/mechanism/sql.py",
            "from ...apps import app",
            "is not allowed to import|mechanism.sql ->",
        ),
        (
            "inventory/service.py",
            "from shop.chassis.mechanism import batching",
            "mechanism.batching",
        ),
        (
            "inventory/service.py",
            "from shop.chassis.mechanism import errors",
            "mechanism.errors",
        ),
        ("chassis/own.py", "", "shop.chassis.own"),
    ],
)
def test_the_project_s_own_check_holds_the_line(
    tmp_path: Path, file: str, line: str, said: str
) -> None:
    render(record("monolith"), templates_dir(), tmp_path)
    assert "0 broken" in lint_imports(tmp_path)
    with (tmp_path / "src/shop" / file).open("a") as code:
        code.write(f"{line}\n")
    told = lint_imports(tmp_path)
    assert "1 broken" in told or "2 broken" in told or "Could not" in told, told
    assert re.search(said, told), told


@pytest.mark.parametrize("architecture", ["monolith", "microservices", "serverless"])
def test_the_mechanism_becomes_a_package_by_another_prefix(
    tmp_path: Path, architecture: str
) -> None:
    render(record(architecture), templates_dir(), tmp_path)
    source = tmp_path / "src"
    shutil.move(source / "shop/chassis/mechanism", source / "elsewhere")
    roots = []
    for path in source.rglob("*.py"):
        text = path.read_text()
        text = re.sub(
            r"\bshop\.chassis\.mechanism\b|(?<=from )\.+chassis\.mechanism\b",
            "elsewhere",
            text,
        )
        if "chassis/policy" in path.as_posix():
            text = re.sub(r"(?<=from )\.\.mechanism\b", "elsewhere", text)
        path.write_text(text)
        if path.parent.name in ("apps", "local"):
            roots.append(
                f"shop.{path.parent.name}.{path.stem}".removesuffix(".__init__")
            )
    assert not (source / "shop/chassis/mechanism").exists()
    imports = "\n".join(f"import {root}" for root in roots)
    test = "from shop.apps.dev import create_app\nfrom shop.apps.settings import Settings\ncreate_app(Settings())"
    done = subprocess.run(
        [
            sys.executable,
            "-c",
            f"import sys\nsys.argv[1:] = []\n{imports}\n{KEYS}\n{test}",
        ],
        cwd=tmp_path,
        env={
            **environment(),
            "PYTHONPATH": "src",
            "AWS_DEFAULT_REGION": "eu-central-1",
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]


KEYS = "from pathlib import Path\nfrom shop.accounts.keys import make_key\nmake_key(Path('.keys'))"
TELL = f"""
{KEYS}
from starlette.testclient import TestClient
from shop.apps.app import create_app
from shop.chassis.mechanism import observability
from shop.apps.settings import Settings

client = TestClient(create_app(Settings()))
print(client.get("/api/orders").json()["type"], client.get("/nothing").json()["type"])
print(client.get("/api/products?limit=x").json()["type"])
observability.MAX_CONCURRENT = 0
print(client.get("/api/products").json()["type"])
"""


def test_owners_say_how_every_problem_is_worded_and_what_their_settings_default_to(
    tmp_path: Path,
) -> None:
    render(record("monolith"), templates_dir(), tmp_path)
    policy = tmp_path / "src/shop/chassis/policy"
    errors = (policy / "errors.py").read_text()
    told = 'return {**document, "type": f"/problems/{type(error).__name__}"}'
    assert errors.count("    return document\n") == 1
    (policy / "errors.py").write_text(errors.replace("return document", told))
    with (policy / "settings.py").open("a") as settings:
        settings.write('\n    jwt_issuer: str = "https://shop.example.com"\n')
    issuer = "print(Settings(_env_file=None).jwt_issuer, create_app(Settings()).state.settings.jwt_issuer)"
    done = subprocess.run(
        [sys.executable, "-c", f"{TELL}\n{issuer}"],
        cwd=tmp_path,
        env={**environment(), "PYTHONPATH": "src"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout.split() == [
        "/problems/Unauthenticated",
        "/problems/HTTPException",
        "/problems/RequestValidationError",
        "/problems/Unavailable",
        "https://shop.example.com",
        "https://shop.example.com",
    ], done.stderr[-3000:]


def test_the_mechanism_counts_as_nobody_s_own_code(tmp_path: Path) -> None:
    render(record("monolith"), templates_dir(), tmp_path)
    assert (
        "src/shop/chassis/mechanism/** linguist-vendored"
        in (tmp_path / ".gitattributes").read_text()
    )
    policy = {path.stem for path in (tmp_path / "src/shop/chassis/policy").glob("*.py")}
    assert policy == {"__init__", "access", "entity", "errors", "logs", "settings"}
    agents = (tmp_path / "AGENTS.md").read_text()
    assert all(f"`{name}.py`" in agents for name in policy - {"__init__"})
