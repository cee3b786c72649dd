"""A generated project on its real servers: its containers, and answers with all that
NGINX says.
"""

from __future__ import annotations

import http.client
import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from email.message import Message
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from tests.support.figures import found
from tests.support.projects import Project
from tests.support.steady import Steady

PASSWORD = "correct horse battery staple"


@dataclass(frozen=True)
class Answer:
    status: int
    headers: Message
    body: bytes

    @property
    def document(self) -> Any:
        return json.loads(self.body)


@dataclass(frozen=True)
class Stack:
    project: Project
    file: str = "deploy/compose.yaml"

    @property
    def url(self) -> str:
        return self.project.urls["up"]

    @property
    def package(self) -> str:
        return self.project.folder.name.replace("-", "_")

    @property
    def settings(self) -> dict[str, str]:
        """What its `.env` says."""
        lines = (self.project.folder / ".env").read_text().splitlines()
        return dict(
            line.split("=", 1)
            for line in lines
            if "=" in line and not line.startswith("#")
        )

    def compose(self, *arguments: str) -> str:
        command = [
            "docker",
            "compose",
            "--env-file",
            ".env",
            "--file",
            self.file,
            *arguments,
        ]
        done = subprocess.run(
            command,
            cwd=self.project.folder,
            check=False,
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stderr[-4000:]
        return done.stdout

    def rows(self, part: str, query: str) -> list[str]:
        """What PostgreSQL answers from the database of a part: a line for each row,
        columns with `|` between.
        """
        own = f"{part.replace('_', '-')}-postgres"
        server = own if own in self.compose("ps", "--services").split() else "postgres"
        said = self.compose(
            "exec", "-T", server, "psql", "-U", "app", "-d", part, "-Atc", query
        )
        return said.splitlines()

    def copies(self, server: str = "app") -> list[str]:
        """The running containers of the app, or of another server."""
        return self.compose("ps", "--quiet", server).split()

    def logs(self, service: str) -> list[dict[str, Any]]:
        """The log of a service that writes a JSON document a line."""
        lines = self.compose(
            "logs", "--no-log-prefix", "--no-color", service
        ).splitlines()
        return [json.loads(line) for line in lines if line.startswith("{")]

    def tell(self, what: str, load: Steady) -> None:
        """The figures for the page of faults, and of a few that failed what they heard
        and what NGINX wrote of them.
        """
        found(what, load.figures())
        written = (
            self.compose("logs", "--no-log-prefix", "nginx") if load.failed else ""
        )
        for outcome in load.failed[:5]:
            request_id = outcome.headers.get("x-request-id", "none")
            print(
                f"{outcome.at:.2f} s {outcome.status} {outcome.request.method} {outcome.request.path} {outcome.text}"
            )
            print(
                "\n".join(line for line in written.splitlines() if request_id in line)
            )

    def ask(
        self,
        path: str,
        method: str = "GET",
        body: object = None,
        token: str = "",
        **headers: str | None,
    ) -> Answer:
        """An answer of NGINX; headers are written with `_` for `-`."""
        sent = {
            name.replace("_", "-"): value
            for name, value in headers.items()
            if value is not None
        }
        if token:
            sent["Authorization"] = f"Bearer {token}"
        if body is not None:
            sent["Content-Type"] = "application/json"
        connection = http.client.HTTPConnection(urlsplit(self.url).netloc, timeout=30)
        try:  # the path as it is written
            connection.request(
                method, path, None if body is None else json.dumps(body), sent
            )
            answer = connection.getresponse()
            return Answer(answer.status, answer.headers, answer.read())
        finally:
            connection.close()

    def allowed(self, path: str, body: object) -> Answer:
        """What a POST gives in the end that is told to come again: logging in has a
        rate, which other tests have used up, and on a busy machine passwords wait for
        each other.
        """
        end = time.monotonic() + 60
        while (answer := self.ask(path, "POST", body)).status in {429, 503}:
            assert time.monotonic() < end, (path, answer.status, answer.body)
            time.sleep(0.2)
        return answer

    def login(self, email: str, password: str) -> str:
        """An access token."""
        return str(
            self.allowed(
                "/api/auth/login", {"email": email, "password": password}
            ).document["access_token"]
        )

    def staff(self) -> str:
        return self.login(self.settings["ADMIN_EMAIL"], self.settings["ADMIN_PASSWORD"])

    def customer(self, name: str) -> str:
        email = f"{name}@example.com"
        self.allowed("/api/auth/register", {"email": email, "password": PASSWORD})
        return self.login(email, PASSWORD)

    def product(self, token: str, sku: str, **changes: Any) -> str:
        """The path of a new product."""
        body = {
            "sku": sku,
            "name": "hammer",
            "price": "19.99",
            "category": "tool",
            "stock": 5,
            **changes,
        }
        answer = self.ask("/api/products", "POST", body, token)
        assert answer.status == 201, answer.body
        return str(answer.headers["Location"])


def docker(*arguments: str) -> str:
    return subprocess.run(
        ["docker", *arguments], check=True, capture_output=True, text=True
    ).stdout


def lock_if_possible(project: Project) -> None:
    """The lockfile that the first `make` writes; here `make` is told to use another
    environment and does not.
    """
    uv = Path(sys.prefix, "bin", "uv")
    if uv.exists():
        subprocess.run([uv, "lock", "--quiet"], cwd=project.folder, check=True)


@contextmanager
def up(project: Project) -> Iterator[Stack]:
    """`make up`; nothing of it is left at the end."""
    lock_if_possible(project)
    stack = Stack(project)
    try:
        project.make("up")
        yield stack
    finally:
        stack.compose(
            "--profile",
            "*",
            "down",
            "--volumes",
            "--remove-orphans",
            "--rmi",
            "local",
            "--timeout",
            "2",
        )
