"""What tests of `make carry` have in common: a project before and after it was given
another kind of database, its rows on a PostgreSQL, and the tables of moto or DynamoDB
Local that take them.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from secrets import token_hex
from typing import Any

import boto3
from botocore.exceptions import BotoCoreError
from tests.parity.everything import REQUIRED, TARGETS, VALUES
from tests.parity.systems import ABSENT, System, write_project
from tests.support.postgres import docker
from tests.support.projects import ARCHGEN, Project

STACK = "local"  # as the gateway of `make dev` calls its own
SERVE = """
import socket, sys
from importlib import import_module
listening = socket.create_server(("127.0.0.1", int(sys.argv[2])))
import_module(sys.argv[1] + ".local.moto_server")._serve(listening)
"""
# what clients of the functions see: documents of paths, as whoever logs in
LOOK = """
import json, sys
from importlib import import_module
from starlette.testclient import TestClient
package, asked = sys.argv[1], json.load(sys.stdin)
made = import_module(package + ".apps.settings").Settings(_env_file=None, **asked["settings"])
with TestClient(import_module(package + ".apps.dev").create_app(made)) as client:
    found = {}
    for who, login in asked["logins"].items():
        token = client.post("/api/auth/login", json=login).json()["access_token"]
        for path in asked["paths"]:
            answer = client.get(path, headers={"Authorization": f"Bearer {token}"})
            found[f"{who} {path}"] = [answer.status_code, answer.headers.get("etag"), answer.json()]
print(json.dumps(found))
"""


@dataclass(frozen=True)
class Pair:
    """`before`: the project that PostgreSQL has the rows of; `after`: the same with
    DynamoDB.
    """

    before: Project
    after: Path
    rows_url: str  # of the database, as its owner
    aws: Mapping[str, str]

    @property
    def package(self) -> str:
        return self.after.name.replace("-", "_")

    @property
    def environment(self) -> dict[str, str]:
        return {
            **os.environ,
            **self.aws,
            "ROWS_URL": self.rows_url.replace("+asyncpg", ""),
            "STACK": STACK,
            "PYTHONPATH": "src",
        }

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        """`make carry`, with these arguments besides."""
        return subprocess.Popen(
            [
                sys.executable,
                "deploy/carry.py",
                f"FROM={self.before.folder}",
                *arguments,
            ],
            cwd=self.after,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )

    def carry(self, *arguments: str) -> tuple[int, str]:
        """What it says, to its end."""
        process = self.start(*arguments)
        said, _ = process.communicate(timeout=240)
        return process.returncode, said

    def look(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        """What functions on the new tables answer."""
        done = subprocess.run(
            [sys.executable, "-c", LOOK, self.package],
            cwd=self.after,
            env=self.environment,
            input=json.dumps(asked),
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr[-3000:]
        return dict(json.loads(done.stdout.splitlines()[-1]))

    def items(self, module: str) -> list[dict[str, Any]]:
        pages = (
            self.dynamodb()
            .get_paginator("scan")
            .paginate(TableName=f"{STACK}-{module}", ConsistentRead=True)
        )
        return [item for page in pages for item in page["Items"]]

    def client(self, service: str) -> Any:
        make: Any = boto3.client
        return make(
            service,
            endpoint_url=self.aws["AWS_ENDPOINT_URL"],
            region_name=self.aws["AWS_DEFAULT_REGION"],
            aws_access_key_id="local",
            aws_secret_access_key="local",
        )

    def dynamodb(self) -> Any:
        return boto3.client(
            "dynamodb",
            endpoint_url=self.aws["AWS_ENDPOINT_URL_DYNAMODB"],
            region_name=self.aws["AWS_DEFAULT_REGION"],
            aws_access_key_id="local",
            aws_secret_access_key="local",
        )

    def make_tables(self) -> None:
        """As the project's own template has them, and empty."""
        code = (
            "import json, sys; from pathlib import Path; from importlib import import_module;"
            f"t = import_module('{self.package}.local.template').Template(Path('deploy/template.yaml'), {{'AWS::StackName': '{STACK}'}});"
            "print(json.dumps(list(t.of_type('AWS::DynamoDB::Table').values())))"
        )
        done = subprocess.run(
            [sys.executable, "-c", code],
            cwd=self.after,
            env=self.environment,
            capture_output=True,
            text=True,
            check=True,
        )
        client = self.dynamodb()
        there = client.list_tables()["TableNames"]
        for table in json.loads(done.stdout):
            if table["TableName"] in there:
                client.delete_table(TableName=table["TableName"])
            client.create_table(
                **{
                    name: table[name]
                    for name in (
                        "TableName",
                        "BillingMode",
                        "KeySchema",
                        "AttributeDefinitions",
                        "GlobalSecondaryIndexes",
                    )
                    if name in table
                }
            )


def evolved(project: Project, *options: str) -> Path:
    """The same project, on another kind of database, in a folder of the same name."""
    folder = project.folder.parent / "after" / project.folder.name
    shutil.copytree(project.folder, folder)
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join(path for path in sys.path if path),
    }
    done = subprocess.run(
        [*ARCHGEN, "evolve", *options, "--no-input"],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return folder


@contextmanager
def moto(folder: Path) -> Iterator[dict[str, str]]:
    """AWS, by moto, in a process of its own: what the environment has to say."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    server = subprocess.Popen(
        [sys.executable, "-c", SERVE, folder.name.replace("-", "_"), str(port)],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": "src"},
    )
    try:
        deadline = time.monotonic() + 60
        while True:
            assert time.monotonic() < deadline
            with socket.socket() as knocking:
                if knocking.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.1)
        yield aws(f"http://127.0.0.1:{port}")
    finally:
        server.kill()
        server.wait()


def aws(url: str, tables: str = "") -> dict[str, str]:
    """`tables`: of what keeps them, if that is another server."""
    return {
        "AWS_ENDPOINT_URL": url,
        "AWS_ENDPOINT_URL_DYNAMODB": tables or url,
        "AWS_ENDPOINT_URL_DYNAMODB_STREAMS": tables or url,
        "AWS_ACCESS_KEY_ID": "local",
        "AWS_SECRET_ACCESS_KEY": "local",
        "AWS_DEFAULT_REGION": "eu-central-1",
    }


@contextmanager
def dynamodb_local() -> Iterator[str]:
    """Its URL; it runs in a container of its own."""
    name = f"archgen-{token_hex(6)}"
    docker(
        *("run", "--detach", "--rm", "--name", name),
        *("--publish", "127.0.0.1::8000", "amazon/dynamodb-local:3"),
    )
    try:
        port = docker("port", name, "8000/tcp").split(":")[-1].strip()
        client = boto3.client(
            "dynamodb",
            endpoint_url=f"http://127.0.0.1:{port}",
            region_name="eu-central-1",
            aws_access_key_id="local",
            aws_secret_access_key="local",
        )
        deadline = time.monotonic() + 60
        while True:
            try:
                client.list_tables()
                break
            except BotoCoreError:
                assert time.monotonic() < deadline
                time.sleep(0.3)
        yield f"http://127.0.0.1:{port}"
    finally:
        docker("rm", "--force", "--volumes", name, check=False)


def fill(system: System, each: int, seed: int = 1) -> dict[str, list[str]]:
    """So many attempts at rows of each entity of `everything`, of all values that these
    may have; gives the names of those that were taken, by plural.
    """
    draw = random.Random(seed)
    found: dict[str, list[str]] = {}
    for round_ in range(each):
        for plural, fields in VALUES.items():
            body: dict[str, Any] = {}
            for name, values in fields.items():
                if name not in REQUIRED[plural] and draw.random() < 0.35:
                    continue
                value = values[(round_ + draw.randrange(len(values))) % len(values)]
                there = found.get(TARGETS.get(name, ""), [])
                if value == "ref":
                    value = draw.choice(there) if there else None
                elif value == "refs":
                    value = draw.sample(there, min(len(there), draw.randint(1, 2)))
                if value is not None and value != ABSENT:
                    body[name] = value
            for who in (draw.choice(["ann", "bob"]), "staff"):
                answer = system.ask(
                    who,
                    "POST",
                    f"/api/{plural}",
                    body,
                    headers={"Idempotency-Key": f"{seed}-{plural}-{round_}"},
                )
                if answer["status"] != 403:
                    break
            if answer["status"] == 201:
                found.setdefault(plural, []).append(answer["body"]["id"])
    return found


__all__ = ["Pair", "aws", "evolved", "fill", "moto", "write_project"]
