"""Functions on a real PostgreSQL, behind PgBouncer with a connection for a transaction
each, which stands in for RDS Proxy.
"""

from __future__ import annotations

import asyncio
import json
import os
import re
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import Any
from uuid import uuid4

import asyncpg
import boto3
import pytest
from moto.server import ThreadedMotoServer
from tests.support.pgbouncer import pgbouncer
from tests.support.postgres import module, postgres
from tests.support.projects import Project, new
from tests.support.stack import lock_if_possible

pytestmark = [pytest.mark.real, pytest.mark.timeout(600)]
PACKAGE = "functions_pg"
PASSWORD = "a long enough password"
LIMIT = 4  # connections that the proxy opens to the server, for all functions
INSTANCES = 30
# what AWS does with an instance of a function: one call after the other, each a line
INSTANCE = """
import json, sys
from importlib import import_module
handler = import_module(sys.argv[1]).handler
from functions_pg.chassis.mechanism.http_function import body_of, request_event
for line in sys.stdin:
    call = json.loads(line)
    if "path" not in call:
        answer = {"statusCode": 200, "body": json.dumps(handler(call, None))}
    else:
        body = json.dumps(call["body"]).encode() if call.get("body") else b""
        headers = {"content-type": "application/json", **call.get("headers", {})}
        answer = handler(request_event(call["method"], call["path"], "", headers, body), None)
    print(json.dumps({"status": answer["statusCode"], "body": body_of(answer).decode()}), flush=True)
"""


# with what lies in its package and in Lambda's runtime, and with nothing of this
# environment
PACKAGED = """
import json, sys
sys.path[:0] = sys.argv[1:3]
from functions_pg.apps.migration import handler
print(json.dumps(handler(json.loads(sys.argv[3]), None)))
"""


@pytest.fixture(scope="module")
def server(containers: None) -> Iterator[str]:
    with postgres(connections=20) as url:
        yield url.replace("+asyncpg", "")


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    options = [
        "--preset",
        "ecommerce",
        "--architecture",
        "serverless",
        "--set",
        "stack.database=postgresql",
    ]
    made = new(tmp_path_factory.mktemp("functions"), "functions-pg", *options)
    sys.path.append(str(made.folder / "src"))
    keys, calls = (
        module(PACKAGE, "chassis.mechanism.service_keys"),
        module(PACKAGE, "apps.calls").CALLS,
    )
    keys.make_keys(
        made.folder / ".service-keys",
        module(PACKAGE, "chassis.mechanism.service_tokens").pairs_of(calls),
    )
    return made


@pytest.fixture(scope="module")
def migrated(server: str, project: Project) -> str:
    """As `deploy/template.yaml` has it: tables, the member of staff, and a role for
    each part.
    """
    settings = settings_of(project, database_url=f"{server}/postgres")
    module(PACKAGE, "chassis.mechanism.functions").run(
        module(PACKAGE, "apps.migration").migrate(settings)
    )
    return server


@pytest.fixture
def proxy(migrated: str, tool: Callable[[str], str]) -> Iterator[str]:
    with pgbouncer(tool("pgbouncer"), migrated, "transaction", LIMIT) as url:
        yield f"{url}/postgres"


@pytest.fixture(scope="module")
def queues() -> Iterator[dict[str, str]]:
    """Queues of the parts that react, in a moto that processes can reach; what AWS
    tells a process is in the environment.
    """
    patch = pytest.MonkeyPatch()
    moto = ThreadedMotoServer(ip_address="127.0.0.1", port=0)
    moto.start()
    patch.setenv("AWS_ENDPOINT_URL", "http://{}:{}".format(*moto.get_host_and_port()))
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        patch.setenv(name, "local")
    patch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
    made = {
        part: boto3.client("sqs").create_queue(QueueName=part)["QueueUrl"]
        for part in parts()
    }
    yield made
    moto.stop()
    patch.undo()


def parts() -> list[str]:
    routes = module(PACKAGE, "apps.event_routes").ROUTES
    return sorted({part for handlers in routes.values() for part in handlers.values()})


def settings_of(project: Project, **told: Any) -> Any:
    own = {
        "_env_file": None,
        "jwt_keys": project.folder / ".keys",
        "admin_email": "boss@example.com",
        **told,
    }
    return module(PACKAGE, "apps.settings").Settings(
        **own, admin_password=PASSWORD, modules_env=""
    )


class Instance:
    """A process of its own that runs a function."""

    def __init__(
        self, project: Project, root: str, url: str, queues: dict[str, str], **told: str
    ) -> None:
        self.log = project.folder / "instances.log"
        environment = {
            **os.environ,
            **told,
            "PYTHONPATH": "src",
            "DATABASE_URL": url,
            "QUEUES": json.dumps(queues),
            "JWT_KEYS": str(project.folder / ".keys"),
        }
        with self.log.open("a") as error:
            self.process = subprocess.Popen(
                [sys.executable, "-c", INSTANCE, f"{PACKAGE}.apps.{root}"],
                cwd=project.folder, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                stderr=error, text=True,
            )  # fmt: skip

    def begin(self, call: dict[str, Any]) -> None:
        assert self.process.stdin
        print(json.dumps(call), file=self.process.stdin, flush=True)

    def answer(self) -> tuple[int, Any]:
        assert self.process.stdout
        line = self.process.stdout.readline()
        assert line, self.log.read_text()[-3000:]
        found = json.loads(line)
        return found["status"], json.loads(found["body"] or "null")

    def call(
        self, method: str, path: str, body: Any = None, token: str = ""
    ) -> tuple[int, Any]:
        headers = {"authorization": f"Bearer {token}"} if token else {}
        self.begin({"method": method, "path": path, "body": body, "headers": headers})
        return self.answer()


@contextmanager
def instances(count: int, *told: Any, **more: Any) -> Iterator[list[Instance]]:
    made = [Instance(*told, **more) for _ in range(count)]
    try:
        yield made
    finally:
        for one in made:
            one.process.kill()
            one.process.communicate()


def ask(
    server: str, query: str, *arguments: Any, database: str = "postgres"
) -> list[Any]:
    async def asked() -> list[Any]:
        connection = await asyncpg.connect(f"{server}/{database}")
        try:
            return list(await connection.fetch(query, *arguments))
        finally:
            await connection.close()

    return asyncio.run(asked())


def received(url: str) -> list[Any]:
    found = []
    while (
        got := boto3.client("sqs")
        .receive_message(QueueUrl=url, MaxNumberOfMessages=10)
        .get("Messages")
    ):
        for message in got:
            boto3.client("sqs").delete_message(
                QueueUrl=url, ReceiptHandle=message["ReceiptHandle"]
            )
            found.append(json.loads(message["Body"]))
    return found


def test_the_journey_passes_through_the_proxy(
    project: Project, proxy: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Under `make dev`, whose functions are on the database that it is told."""
    told = {
        "DATABASE_URL": f"{proxy}?pgbouncer=true",
        "ADMIN_EMAIL": "boss@example.com",
        "ADMIN_PASSWORD": PASSWORD,
    }
    for name, value in told.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    with project.running() as url:
        assert "1 passed" in project.make("journey", f"URL={url}")


@pytest.mark.long
def test_thirty_instances_share_the_few_connections_of_the_proxy(
    project: Project, proxy: str, migrated: str, queues: dict[str, str]
) -> None:
    """What each of them commits is there, and what it has caused is in the queue when
    it answers.
    """
    most, statuses = 0, Counter[int]()
    made: list[str] = []
    for url in queues.values():
        received(url)
    with instances(INSTANCES, project, "accounts", proxy, queues) as all_of_them:
        for turn in range(3):
            for one in all_of_them:
                email = f"{uuid4().hex}@example.com"
                made.append(email)
                one.begin(
                    {
                        "method": "POST",
                        "path": "/api/auth/register",
                        "body": {"email": email, "password": PASSWORD},
                    }
                )
            backends = ask(
                migrated,
                "SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend'",
            )
            most = max(most, backends[0][0] - 1)  # this one
            statuses.update(one.answer()[0] for one in all_of_them)
            assert turn or set(statuses) <= {201, 503}
        for one in all_of_them:
            one.begin({"method": "GET", "path": "/health/ready"})
        assert {one.answer()[0] for one in all_of_them} == {200}
    assert statuses[201] >= 0.95 * len(made), statuses
    assert most <= LIMIT
    stored = ask(
        migrated, "SELECT count(*) FROM accounts.accounts WHERE email = ANY($1)", made
    )[0][0]
    assert stored >= statuses[201]
    sent = [message for url in queues.values() for message in received(url)]
    addressed = {json.loads(message["event"])["data"].get("email") for message in sent}
    left = ask(migrated, "SELECT count(*) FROM accounts.outbox")[0][0]
    assert len(addressed & set(made)) + left >= statuses[201]


def test_a_connection_that_was_dropped_meanwhile_costs_no_request(
    project: Project, migrated: str, queues: dict[str, str]
) -> None:
    """As a proxy does with those that are idle, or the network with a function that
    stood still.
    """
    at = f"{migrated}/postgres?application_name=dropped"
    with instances(1, project, "inventory", at, queues) as (one,):
        for _ in range(3):
            status, document = one.call("GET", "/api/products")
            assert status == 200, document
            ended = ask(
                migrated,
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'dropped'",
            )
            assert len(ended) == 1
            time.sleep(1.2)
        assert one.call("GET", "/api/products")[0] == 200
        ask(
            migrated,
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'dropped'",
        )
        # busy: nothing looks first
        answers = [one.call("GET", "/api/products")[0] for _ in range(3)]
        assert answers[1:] == [200, 200] and answers[0] in (200, 503)


def test_what_an_outbox_still_holds_and_jobs_that_are_due_are_done_when_the_minute_asks(
    project: Project, proxy: str, migrated: str, queues: dict[str, str]
) -> None:
    away = dict.fromkeys(queues, "http://127.0.0.1:9/none")
    received(queues["accounts"])
    email = f"{uuid4().hex}@example.com"
    with instances(
        1, project, "accounts", proxy, away, AWS_ENDPOINT_URL="http://127.0.0.1:9"
    ) as (one,):
        begun = time.monotonic()
        status, document = one.call(
            "POST", "/api/auth/register", {"email": email, "password": PASSWORD}
        )
        assert status == 201, document
        assert time.monotonic() - begun < 10
    assert (
        ask(
            migrated,
            "SELECT count(*) FROM accounts.outbox WHERE body LIKE $1",
            f"%{email}%",
        )[0][0]
        == 1
    )
    ask(migrated, "UPDATE accounts.outbox SET due = now()")
    ask(migrated, "DELETE FROM accounts.jobs")
    letters = boto3.client("sqs").create_queue(QueueName="letters")["QueueUrl"]
    told = {"PART": "accounts", "DEAD_LETTERS": letters}
    with instances(1, project, "background", proxy, queues, **told) as (one,):
        one.begin({"job": "due"})
        assert one.answer() == (200, {})
        assert any(
            email in message["event"] for message in received(queues["accounts"])
        )
        jobs = {row[0] for row in ask(migrated, "SELECT name FROM accounts.jobs")}
        assert "accounts.retention" in jobs
        ask(migrated, "UPDATE accounts.jobs SET due = now() - interval '1 minute'")
        one.begin({"job": "due"})
        one.answer()
        assert not ask(migrated, "SELECT name FROM accounts.jobs WHERE due < now()")
    assert (
        ask(
            migrated,
            "SELECT count(*) FROM accounts.outbox WHERE body LIKE $1",
            f"%{email}%",
        )[0][0]
        == 0
    )


def test_a_part_s_role_reads_and_writes_its_own_rows_and_nothing_else(
    migrated: str,
) -> None:
    ask(migrated, "ALTER ROLE orders PASSWORD 'known'")
    at = re.sub(r"//[^@]+@", "//orders:known@", migrated)
    assert ask(at, "SELECT count(*) FROM orders.orders")[0][0] >= 0
    ask(at, "DELETE FROM orders.processed")
    for refused in (
        "SELECT * FROM inventory.products",
        "DELETE FROM accounts.accounts",
        "CREATE TABLE orders.more (id int)",
        "CREATE TABLE public.more (id int)",
        "CREATE ROLE more",
    ):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            ask(at, refused)


def test_the_package_of_migrations_makes_the_tables_of_an_empty_database_and_tells_the_stack(
    project: Project, migrated: str, tmp_path: Path
) -> None:
    """Built as for a deployment, but for this machine; CloudFormation's address is a
    server here.
    """
    lock_if_possible(project)
    packaging = module(PACKAGE, "local.package")
    template = module(PACKAGE, "local.template").Template(
        project.folder / "deploy/template.yaml", {}
    )
    function = template.functions()["Migration"]
    packaging.copy_source(function, tmp_path / "package")
    packaging.install(
        packaging.needed_by(function), tmp_path / "package", packaging.HERE
    )
    packaging.install(packaging.RUNTIME, tmp_path / "runtime", packaging.HERE)
    assert not (tmp_path / "package/fastapi").exists()
    ask(migrated, "CREATE DATABASE packaged")
    told: list[dict[str, Any]] = []

    class Stack(BaseHTTPRequestHandler):
        def do_PUT(self) -> None:
            told.append(
                json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            )
            self.send_response(200)
            self.end_headers()

    names = {name: name for name in ("StackId", "RequestId", "LogicalResourceId")}
    settings = {
        "DATABASE_URL": f"{migrated}/packaged",
        "ADMIN_EMAIL": "boss@example.com",
        "ADMIN_PASSWORD": PASSWORD,
    }
    with HTTPServer(("127.0.0.1", 0), Stack) as stack:
        Thread(target=stack.serve_forever, daemon=True).start()
        event = {
            "RequestType": "Create",
            "ResponseURL": f"http://127.0.0.1:{stack.server_port}/",
            **names,
        }
        done = subprocess.run(
            [
                sys.executable,
                "-I",
                "-S",
                "-c",
                PACKAGED,
                tmp_path / "package",
                tmp_path / "runtime",
                json.dumps(event),
            ],
            cwd=tmp_path,
            env={"PATH": os.environ["PATH"], **settings},
            capture_output=True,
            text=True,
            check=False,
        )
        stack.shutdown()
    assert done.returncode == 0, done.stderr
    assert told == [
        {"Status": "SUCCESS", "PhysicalResourceId": "migrations", **names}
    ], done.stderr
    schemas = {
        row[0]
        for row in ask(
            migrated,
            "SELECT DISTINCT table_schema FROM information_schema.tables",
            database="packaged",
        )
    }
    assert {"accounts", "inventory", "orders", "payments"} <= schemas
    (staff,) = ask(migrated, "SELECT email FROM accounts.accounts", database="packaged")
    assert staff["email"] == "boss@example.com"


def test_migrations_of_an_older_version_leave_tables_of_a_newer_one_as_they_are(
    project: Project, migrated: str
) -> None:
    """When a deployment is taken back, the function of before is called once more."""
    ask(migrated, "UPDATE inventory.alembic_version SET version_num = 'of-tomorrow'")
    settings = settings_of(project, database_url=f"{migrated}/postgres")
    try:
        module(PACKAGE, "chassis.mechanism.functions").run(
            module(PACKAGE, "apps.migration").migrate(settings)
        )
        assert (
            ask(migrated, "SELECT version_num FROM inventory.alembic_version")[0][0]
            == "of-tomorrow"
        )
    finally:
        found = sorted(
            Path(project.folder / "src" / PACKAGE / "inventory/migrations").glob("*.py")
        )
        text = next(
            file.read_text()
            for file in reversed(found)
            if "revision" in file.read_text()
        )
        revision = re.search(r'^revision = "(.+)"', text, re.MULTILINE)
        assert revision
        ask(
            migrated,
            "UPDATE inventory.alembic_version SET version_num = $1",
            revision[1],
        )
