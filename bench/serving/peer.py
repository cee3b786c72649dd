"""FastAPI's own full-stack template as a peer: one of its items by id, with a bearer
token, as its users have it.

It is given by the folder that it was cloned into, and installed in an environment of
its own for the time of the measure: nothing of it is kept here. It has a database of
its own on the same PostgreSQL, as many rows and as many workers.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import urllib.parse
import urllib.request
from dataclasses import dataclass
from pathlib import Path

from bench.serving.stage import (
    DATABASE_PASSWORD,
    PASSWORD,
    ROWS,
    Server,
    Stage,
    ask,
    run,
)

EMAIL = "admin@example.com"
LIBRARIES = ("fastapi", "sqlmodel", "psycopg", "uvicorn")


class NotHad(Exception):
    """The peer cannot be set up here, and why."""


@dataclass(frozen=True, slots=True)
class Peer:
    server: Server
    token: str
    item: str
    ids: Path
    versions: str

    @property
    def items(self) -> str:
        return f"{self.server.url}/api/v1/items/"


def set_up(stage: Stage) -> Peer:
    """Install the template that the stage was told of, fill its database, and serve it."""
    source = stage.peer
    if source is None:
        raise NotHad(
            "--peer FOLDER says where fastapi/full-stack-fastapi-template was cloned to"
        )
    described = source / "backend/pyproject.toml"
    if not described.is_file():
        raise NotHad(
            f"{source} holds no backend/pyproject.toml: clone fastapi/full-stack-fastapi-template there"
        )
    folder = stage.work / "peer"
    run(["git", "clone", "--quiet", str(source), str(folder)], stage.work)
    backend = folder / "backend"
    python = folder / ".venv/bin/python"
    env = _environment(stage, backend)
    try:
        run([sys.executable, "-m", "venv", str(folder / ".venv")], stage.work)
        pip = [
            str(python),
            "-m",
            "pip",
            "install",
            "--quiet",
            "--disable-pip-version-check",
        ]
        run([*pip, "uv"], stage.work)
        locked = run([str(folder / ".venv/bin/uv"), "export", "--frozen", "--quiet", "--no-dev", "--no-hashes",
                      "--no-emit-workspace"], backend)  # fmt: skip
        (folder / "locked.txt").write_text(locked)
        # as its users have it
        run([*pip, "--requirement", str(folder / "locked.txt")], stage.work)
        stage.sql("CREATE DATABASE peer ENCODING 'UTF8' TEMPLATE template0")
        run([str(python), "-m", "alembic", "upgrade", "head"], backend, env)
        run([str(python), "app/initial_data.py"], backend, env)
    except subprocess.CalledProcessError as error:
        raise NotHad(str(error)) from None
    stage.sql(
        f"""INSERT INTO item (id, title, description, owner_id)
        SELECT gen_random_uuid(), 'A book', 'Of ' || n || ' pages', (SELECT id FROM "user" LIMIT 1)
        FROM generate_series(1, {ROWS}) n""",  # noqa: S608 - a number of ours
        "ANALYZE",
        database="peer",
    )
    ids = folder / "ids"
    ids.write_text(
        "\n".join(
            str(row[0]) for row in stage.sql("SELECT id FROM item", database="peer")
        )
    )
    uvicorn = [str(python), "-m", "uvicorn", "app.main:app"]
    server = stage.stack.enter_context(stage.served("peer", uvicorn, backend, env))
    token = _login(server)
    item = ids.read_text().partition("\n")[0]
    ask(f"{server.url}/api/v1/items/{item}", token=token)
    return Peer(server, token, item, ids, _versions(python))


def _environment(stage: Stage, backend: Path) -> dict[str, str]:
    """What it reads, by the names of its releases up to 0.10 and of those since."""
    return {
        **{name: value for name, value in os.environ.items() if name != "PYTHONPATH"},
        "PYTHONPATH": str(backend),
        "PROJECT_NAME": "peer",
        "SECRET_KEY": "0123456789abcdef" * 4,
        "FIRST_SUPERUSER": EMAIL,
        "FIRST_SUPERUSER_PASSWORD": PASSWORD,
        "POSTGRES_SERVER": "127.0.0.1",
        "POSTGRES_PORT": str(stage.postgres),
        "POSTGRES_USER": "app",
        "POSTGRES_PASSWORD": DATABASE_PASSWORD,
        "POSTGRES_DB": "peer",
        "DATABASE_URL": f"postgresql://app:{DATABASE_PASSWORD}@127.0.0.1:{stage.postgres}/peer",
    }


def _login(server: Server) -> str:
    form = urllib.parse.urlencode({"username": EMAIL, "password": PASSWORD}).encode()
    with urllib.request.urlopen(
        f"{server.url}/api/v1/login/access-token", form, timeout=10
    ) as answer:  # noqa: S310
        return str(json.load(answer)["access_token"])


def _versions(python: Path) -> str:
    script = f"import importlib.metadata as m; print(*(f'{{n}} {{m.version(n)}}' for n in {LIBRARIES}), sep=', ')"
    return run([str(python), "-c", script], Path.cwd()).strip()
