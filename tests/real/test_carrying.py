"""`make carry`: the rows of a project go from PostgreSQL to DynamoDB while somebody
writes, also when it is killed, and nothing is lost, doubled or otherwise than it was.
"""

from __future__ import annotations

import asyncio
import io
import json
import random
import re
import signal
import subprocess
import sys
import threading
import time
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import create_async_engine
from tests.parity.everything import EVERYTHING, VALUES
from tests.parity.systems import PASSWORD, System, running, write_project
from tests.support.carries import Pair, aws, dynamodb_local, evolved, fill, moto
from tests.support.postgres import postgres
from tests.support.projects import Project, until

pytestmark = [pytest.mark.real, pytest.mark.timeout(600)]
NAME = "carried-lab"
WRITE = """
import json, random, sys, time
from importlib import import_module
import boto3
from starlette.testclient import TestClient
package, settings, login = sys.argv[1], json.loads(sys.argv[2]), json.loads(sys.argv[3])
made = import_module(package + ".apps.settings").Settings(_env_file=None, **settings)
lambdas, draw, paths = boto3.client("lambda"), random.Random(3), []
with TestClient(import_module(package + ".apps.dev").create_app(made)) as client:
    token = client.post("/api/auth/login", json=login).json()["access_token"]
    headers = {"Authorization": f"Bearer {token}"}
    while True:
        if lambdas.get_function_concurrency(FunctionName="local-lab").get("ReservedConcurrentExecutions") == 0:
            time.sleep(0.05)
            continue
        name = f"written {draw.randrange(30)}"
        if len(paths) < 10 or draw.random() < 0.3:
            answer = client.post("/api/categories", json={"name": name}, headers=headers)
        else:
            answer = client.patch(draw.choice(paths), json={"name": name}, headers=headers)
        if answer.status_code in (200, 201):
            path = "/api/categories/" + answer.json()["id"]
            paths.append(path)
            print(json.dumps({"path": path, "name": answer.json()["name"]}), flush=True)
        time.sleep(0.02)
"""
LOGINS = {"staff": {"email": "staff@example.com", "password": PASSWORD}}


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> tuple[Any, Path]:
    folder = tmp_path_factory.mktemp("carrying")
    project = write_project(folder, NAME, "monolith", EVERYTHING)
    return project, evolved(project, "--to", "serverless", "--database", "dynamodb")


@pytest.fixture(scope="module")
def tables(written: tuple[Any, Path]) -> Iterator[dict[str, str]]:
    with moto(written[1]) as found:
        yield found


@pytest.fixture
def pair(
    written: tuple[Any, Path],
    tables: dict[str, str],
    containers: None,
    request: pytest.FixtureRequest,
) -> Iterator[Pair]:
    """On moto, or with the parameter `local` on DynamoDB Local."""
    project, after = written
    with ExitStack() as stack:
        server = stack.enter_context(postgres())
        if getattr(request, "param", "") == "local":
            kept = stack.enter_context(dynamodb_local())
            tables = aws(tables["AWS_ENDPOINT_URL"], kept)
        pair = Pair(project, after, f"{server}/postgres", tables)
        pair.make_tables()
        yield pair


@pytest.mark.few(1)
@pytest.mark.parametrize("pair", ["moto", "local"], indirect=True)
def test_rows_of_every_kind_are_the_same_for_clients_of_the_new_side(
    pair: Pair,
) -> None:
    """Every field of every entity, owners, versions, passwords, and what was asked with
    an Idempotency-Key.
    """
    with running(pair.before, database_url=pair.rows_url) as system:
        made = fill(system, 12)
        assert {*made} == {*VALUES}
        code, said = pair.carry()
        assert code == 0, said
        before, after = look(system, pair, made)
    assert after == before


def look(
    system: System, pair: Pair, made: dict[str, list[str]], more: Sequence[str] = ()
) -> tuple[dict[str, Any], dict[str, Any]]:
    """What staff sees of all these rows on both sides, by path."""
    paths = [
        f"/api/{plural}/{system._ids[name]}"
        for plural, names in made.items()
        for name in names
    ]
    paths += [f"/api/{plural}?limit=100" for plural in made]
    paths += more
    folder = pair.before.folder
    after = pair.look(
        {
            "settings": {
                "jwt_keys": str(folder / "keys"),
                "service_keys": str(folder / "service-keys"),
                "mail_url": f"file:{folder}/mails",
                "admin_email": "",
            },
            "logins": LOGINS,
            "paths": paths,
        }
    )
    token = system._tokens["staff"]
    before = {}
    for path in paths:
        answer = system._client.get(path, headers={"Authorization": f"Bearer {token}"})
        before[f"staff {path}"] = [
            answer.status_code,
            answer.headers.get("etag"),
            answer.json(),
        ]
    return before, after


class Writer:
    """Writes categories, whose names are unique and few, so that they change hands, and
    knows what was acknowledged.
    """

    def __init__(self, system: System) -> None:
        self._client = system._client
        self._headers = {"Authorization": f"Bearer {system._tokens['ann']}"}
        self._draw = random.Random(7)
        self.rows: dict[str, Any] = {}  # by id, as the last acknowledgement had it
        self.gone: set[str] = set()
        self.statuses: dict[int, int] = {}
        self.ended = threading.Event()
        self._thread = threading.Thread(target=self._run)

    def __enter__(self) -> Writer:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.ended.set()
        self._thread.join()

    def _run(self) -> None:
        while not self.ended.is_set():
            self._once()
            time.sleep(0.01)

    def _once(self) -> None:
        what, there = self._draw.random(), list(self.rows)
        name = f"name {self._draw.randrange(40)}"
        if what < 0.4 or len(there) < 5:
            body = {"name": name}
            if there:
                body["parent"] = self._draw.choice(there)
            answer = self._ask("POST", "/api/categories", body)
            if answer.status_code == 201:
                self.rows[answer.json()["id"]] = answer.json()
            return
        row = self._draw.choice(there)
        if what < 0.85:
            answer = self._ask("PATCH", f"/api/categories/{row}", {"name": name})
            if answer.status_code == 200:
                self.rows[row] = answer.json()
        else:
            answer = self._ask("DELETE", f"/api/categories/{row}", None)
            if answer.status_code == 204:
                del self.rows[row]
                self.gone.add(row)
                for other in self.rows.values():  # whose parent it was
                    if other["parent"] == row:
                        other["parent"] = "cleared"

    def _ask(self, method: str, path: str, body: Any) -> Any:
        answer = self._client.request(method, path, json=body, headers=self._headers)
        status = answer.status_code
        self.statuses[status] = self.statuses.get(status, 0) + 1
        if status == 503:
            assert answer.headers["Retry-After"]
        return answer


def kill_at(pair: Pair, word: str, after: float) -> str:
    """Kills a carrying so many seconds after it says this; what it said."""
    process = pair.start()
    said = []
    assert process.stdout is not None
    for line in process.stdout:
        said.append(line)
        if word in line:
            time.sleep(after)
            process.send_signal(signal.SIGKILL)
            break
    process.wait()
    process.stdout.close()
    return "".join(said)


KILLS = [
    ("looking at all rows", 0.1),
    ("rows are being copied", 0.0),
    ("rows are being copied", 0.4),
    ("rows are copied", 0.1),
    ("comparing both sides", 0.2),
    ("writes pause", 0.0),
    ("writes pause", 0.8),
    ("refused for good", 0.0),
]
# what is said where a kill in the pause came late, and there is nothing more to kill
DONE = re.compile("nothing is left to do|clients may be switched")


@pytest.mark.long
def test_what_was_acknowledged_is_there_once_although_it_was_killed_while_somebody_wrote(
    pair: Pair,
) -> None:
    """At each step; after a kill in the pause writes are taken again by themselves."""
    with running(pair.before, database_url=pair.rows_url) as system:
        made = fill(system, 2)
        with Writer(system) as writer:
            for word, delay in KILLS:
                said = kill_at(pair, word, delay)
                assert word in said or DONE.search(said), said
            code, said = pair.carry()
            assert code == 0, said
        logs = "SELECT count(*) FROM pg_trigger WHERE tgname = 'carry'"
        assert asked(pair, logs) == 0
        assert {*writer.statuses} <= {200, 201, 204, 404, 409, 503}, writer.statuses
        assert writer.statuses[503] > 0
        paths = [f"/api/categories/{row}" for row in (*writer.rows, *writer.gone)]
        before, after = look(system, pair, made, paths)
    assert after == before
    for row, acknowledged in writer.rows.items():
        status, _, document = after[f"staff /api/categories/{row}"]
        assert status == 200
        assert document["name"] == acknowledged["name"]
    for row in writer.gone:
        assert after[f"staff /api/categories/{row}"][0] == 404


def test_what_cannot_be_carried_is_refused_before_anything_is_written(
    pair: Pair,
) -> None:
    """All of it at once, each with what to do."""
    with running(pair.before, database_url=pair.rows_url) as system:
        row = system.make("ann", "things", title="large", extra="x" * 400_000)
        pair.dynamodb().delete_table(TableName="local-hall")
        pair.dynamodb().put_item(
            TableName="local-lab",
            Item={"pk": {"S": "things#mine"}, "version": {"N": "1"}},
        )
        code, said = pair.carry()
        assert code == 1
        assert "hall: its table is not there: deploy this version first" in said
        assert "lab: the new side has rows of it that were not carried there" in said
        pair.make_tables()
        execute(
            pair,
            "CREATE TABLE lab.mine (id int)",
            "INSERT INTO lab.outbox (type, handler, body, attempts) VALUES ('lab.post.created', 'hall.gone', '{}', 12)",
            "INSERT INTO hall.outbox (type, handler, body, attempts, due) VALUES ('hall.ticket.created', 'hall.lost', '{}', 0, now() + interval '1 day')",
        )
        code, said = pair.carry()
        assert code == 1
        assert "lab: mine is no entity's table" in said
        assert "lab: 1 events are dead letters" in said
        assert "hall: hall.ticket.created waits for hall.lost" in said
        execute(
            pair,
            "DROP TABLE lab.mine",
            "DELETE FROM lab.outbox",
            "DELETE FROM hall.outbox",
        )
        code, said = pair.carry()
        assert code == 1
        assert f"{system._ids[row['id']]} of things: It has" in said
        for module in ("accounts", "lab", "hall"):
            assert pair.items(module) == []
        assert (
            asked(pair, "SELECT count(*) FROM pg_namespace WHERE nspname = 'carrying'")
            == 0
        )
        code, said = pair.carry("pets", "PAUSE=long")
        assert code == 1
        assert "pets is no module with rows" in said
        assert "PAUSE=long is no number" in said


def test_what_differs_goes_back_and_giving_up_leaves_nothing_behind(
    pair: Pair,
) -> None:
    """Somebody who writes on the new side is found by the comparison."""
    with running(pair.before, database_url=pair.rows_url) as system:
        row = system.make("ann", "categories", name="first")
        key = f"categories#{system._ids[row['id']]}"
        client, ended = pair.dynamodb(), threading.Event()

        def meddle() -> None:
            while not ended.is_set():
                item = client.get_item(
                    TableName="local-lab", Key={"pk": {"S": key}}, ConsistentRead=True
                ).get("Item")
                if item and "first" in item["doc"]["S"]:
                    item["doc"]["S"] = item["doc"]["S"].replace("first", "other")
                    client.put_item(TableName="local-lab", Item=item)
                time.sleep(0.02)

        meddling = threading.Thread(target=meddle)
        meddling.start()
        try:
            code, said = pair.carry("lab")
        finally:
            ended.set()
            meddling.join()
        assert code == 1, said
        assert f"{system._ids[row['id']]} of categories is not the same" in said
        assert "writes are taken again in the old database" in said
        system.make("ann", "categories", name="second")
        code, said = pair.carry("lab", "UNDO=1")
        assert code == 0, said
        assert asked(pair, "SELECT count(*) FROM carrying.changes") == 0
        assert (
            asked(
                pair,
                "SELECT count(*) FROM pg_trigger WHERE tgname IN ('carry', 'refuse_while_moving')",
            )
            == 0
        )
        code, said = pair.carry()
        assert code == 0, said
        assert {
            json.loads(item["doc"]["S"])["name"]
            for item in pair.items("lab")
            if item["pk"]["S"].startswith("categories#")
        } == {"first", "second"}
        assert "nothing is left to do" in pair.carry()[1]
        refused = system.ask("ann", "POST", "/api/categories", {"name": "third"})
        assert refused["status"] == 503


def execute(pair: Pair, *statements: str, alone: bool = False) -> None:
    """`alone`: each by itself, in no transaction."""

    async def run() -> None:
        engine = create_async_engine(
            pair.rows_url, isolation_level="AUTOCOMMIT" if alone else "READ COMMITTED"
        )
        async with engine.begin() as connection:
            for statement in statements:
                await connection.execute(sa.text(statement))
        await engine.dispose()

    asyncio.run(run())


def asked(pair: Pair, query: str) -> Any:
    async def run() -> Any:
        engine = create_async_engine(pair.rows_url)
        async with engine.begin() as connection:
            found = (await connection.execute(sa.text(query))).scalar_one()
        await engine.dispose()
        return found

    return asyncio.run(run())


@pytest.mark.long
def test_rows_go_back_with_all_that_functions_acknowledged(pair: Pair) -> None:
    """To DynamoDB, where functions write, and into another database while they do,
    although it is killed.
    """
    with running(pair.before, database_url=pair.rows_url) as system:
        made = fill(system, 6)
        code, said = pair.carry()
        assert code == 0, said
        before, _ = look(system, pair, made)
    back = way_back(pair)
    execute(pair, "CREATE DATABASE back", alone=True)
    code, said = back.carry()
    assert code == 1
    assert "lab: its tables are not there: make migrate first" in said
    migrate(back)
    functions = make_functions(pair)
    with functions_writing(pair) as acknowledged:
        for word, delay in [
            ("rows are being copied", 0.3),
            ("comparing both sides", 0.3),
            ("no function works", 0.2),
        ]:
            said = kill_at(back, word, delay)
            assert word in said, said
        code, said = back.carry()
        assert code == 0, said
        count = len(acknowledged)
        time.sleep(1)
        assert len(acknowledged) == count > 10
    assert [at_once(pair, name) for name in functions] == [0, 0]
    assert "nothing is left to do" in back.carry()[1]
    with running(pair.before, database_url=back.rows_url) as again:
        bearer = {"Authorization": f"Bearer {again._tokens['staff']}"}

        def seen(path: str) -> list[Any]:
            answer = again._client.get(path, headers=bearer)
            return [answer.status_code, answer.headers.get("etag"), answer.json()]

        for path, found in before.items():
            if "?" not in path and "/categories/" not in path:
                assert seen(path.removeprefix("staff ")) == found, path
        there = {path: seen(path)[2] for path in {row["path"] for row in acknowledged}}
        last = {row["path"]: row["name"] for row in acknowledged}
        assert {path: row["name"] for path, row in there.items()} == last


def way_back(pair: Pair) -> Pair:
    """The functions are the version before."""
    functions = Project(pair.after, {})
    folder = evolved(functions, "--to", "monolith")
    url = pair.rows_url.removesuffix("postgres") + "back"
    return Pair(functions, folder, url, pair.aws)


def migrate(pair: Pair) -> None:
    """The tables of the new side, without a member of staff, who comes along."""
    done = subprocess.run(
        [sys.executable, "-m", f"{pair.package}.apps.migrate"],
        cwd=pair.after,
        env={
            **pair.environment,
            "DATABASE_URL": pair.rows_url,
            "ADMIN_EMAIL": "",
            "ADMIN_PASSWORD": "",
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]


def make_functions(pair: Pair) -> list[str]:
    """As far as whoever stops them sees them; their names."""
    role = pair.client("iam").create_role(
        RoleName="functions", AssumeRolePolicyDocument="{}"
    )["Role"]["Arn"]
    package = io.BytesIO()
    with zipfile.ZipFile(package, "w") as written:
        written.writestr("x.py", "")
    names = ["local-lab", "local-hall-background"]
    for name in names:
        pair.client("lambda").create_function(
            FunctionName=name,
            Runtime="python3.13",
            Role=role,
            Handler="x.y",
            Timeout=3,
            Code={"ZipFile": package.getvalue()},
        )
    return names


def at_once(pair: Pair, function: str) -> int | None:
    """How many of it may run."""
    answer = pair.client("lambda").get_function_concurrency(FunctionName=function)
    most: int | None = answer.get("ReservedConcurrentExecutions")
    return most


@contextmanager
def functions_writing(pair: Pair) -> Iterator[list[dict[str, Any]]]:
    """Functions that are asked to write categories, while Lambda would let them run; what
    they acknowledged, as it comes.
    """
    folder = Path(pair.before.folder)
    settings = {
        "jwt_keys": str(folder / "keys"),
        "service_keys": str(folder / "service-keys"),
        "mail_url": f"file:{folder}/mails",
        "admin_email": "",
    }
    writing = subprocess.Popen(
        [
            sys.executable,
            "-c",
            WRITE,
            pair.package,
            json.dumps(settings),
            json.dumps(LOGINS["staff"]),
        ],
        cwd=pair.after,
        env=pair.environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    found: list[dict[str, Any]] = []

    def read() -> None:
        assert writing.stdout is not None
        for line in writing.stdout:
            if line.startswith("{"):
                found.append(json.loads(line))

    reading = threading.Thread(target=read)
    reading.start()
    try:
        until(lambda: len(found) > 3)
        yield found
    finally:
        writing.kill()
        writing.wait()
        reading.join()
        assert writing.stdout is not None
        writing.stdout.close()
