"""Two systems of one domain, asked the same things: what either answers, without what
must differ.
"""

from __future__ import annotations

import importlib
import json
import re
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx2 as httpx
import pytest
import sqlalchemy as sa
from tests.support.postgres import postgres
from tests.support.projects import Project, new

DOMAIN: dict[str, Any] = {
    "modules": {
        "lab": {
            "enums": {
                "kind": {
                    "values": ["red", "green", "blue", "None", "x-1"],
                    "labels": {"red": "Rot", "None": "кофе"},
                }
            },
            "entities": {
                "category": {
                    "plural": "categories",
                    "access": {"read": "public", "write": "user"},
                    "keys": ["name", "slug"],
                    "lists": [["slug"]],
                    "fields": {
                        "name": {
                            "type": "string",
                            "max_length": 40,
                            "unique": True,
                            "required": True,
                        },
                        "slug": {"type": "slug", "from": "name", "max_length": 30},
                        "parent": {
                            "type": "reference",
                            "to": "lab.category",
                            "on_delete": "clear",
                        },
                    },
                },
                "thing": {
                    "access": {"read": "user", "write": "user"},
                    "lists": [
                        ["kind", "-price"],
                        ["-weight"],
                        ["due"],
                        ["title"],
                        ["ready", "born"],
                        ["kind", "-mass"],
                        ["-took"],
                        ["there"],
                    ],
                    "computed": {
                        "worth": {"type": "decimal", "from": "price * weight - 0.005"},
                        "third": {"type": "decimal", "scale": 9, "from": "weight / 3"},
                        "burden": {"type": "number", "from": "mass * mass + weight"},
                        "called": {"type": "text", "from": "title + ' é: ' + kind"},
                        "waited": {"type": "duration", "from": "there - due"},
                        "good": {
                            "type": "boolean",
                            "from": "ready and not weight > 2.5 or kind == 'x-1'",
                        },
                        "judged": {"type": "integer"},
                    },
                    "fields": {
                        "title": {
                            "type": "string",
                            "max_length": 80,
                            "required": True,
                            "indexed": True,
                        },
                        "story": {"type": "text"},
                        "badge": {
                            "type": "string",
                            "pattern": "[A-Z]{2}-\\d+|é.*",
                            "max_length": 9,
                        },
                        "label": {
                            "type": "string",
                            "min_length": 2,
                            "max_length": 4,
                            "unique": True,
                        },
                        "mail": {"type": "email", "unique": True},
                        "site": {"type": "url", "max_length": 60, "indexed": True},
                        "there": {"type": "zoned_datetime", "indexed": True},
                        "took": {"type": "duration"},
                        "mass": {"type": "number", "max": 1e300, "indexed": True},
                        "weight": {"type": "integer", "indexed": True},
                        "price": {"type": "decimal", "min": 0},
                        "ready": {"type": "boolean", "default": False, "indexed": True},
                        "born": {"type": "date", "indexed": True},
                        "due": {"type": "datetime", "indexed": True},
                        "code": {"type": "uuid", "unique": True},
                        "kind": {"type": "enum", "enum": "kind", "indexed": True},
                        "extra": {"type": "json"},
                        "words": {
                            "type": "list",
                            "of": "string",
                            "max_length": 5,
                            "max_items": 3,
                        },
                        "sums": {"type": "list", "of": "decimal", "min": 0},
                        "often": {"type": "list", "of": "datetime"},
                        "place": {
                            "type": "object",
                            "fields": {
                                "street": {
                                    "type": "string",
                                    "max_length": 9,
                                    "required": True,
                                },
                                "floor": {"type": "integer"},
                                "rent": {"type": "decimal"},
                                "since": {"type": "date"},
                                "kind": {"type": "enum", "values": ["home", "work"]},
                            },
                        },
                        "moods": {"type": "list", "of": "enum", "enum": "kind"},
                        "category": {
                            "type": "reference",
                            "to": "lab.category",
                            "listed_as": "things",
                        },
                        "marks": {
                            "type": "references",
                            "to": "lab.category",
                            "max": 3,
                            "listed_as": "marked",
                        },
                    },
                },
                "note": {
                    "access": {"read": "owner", "write": "owner"},
                    "lists": [["topic", "-stars"], ["topic", "-created_at"]],
                    "unique": [["topic", "stars", "owner"]],
                    "fields": {
                        "topic": {"type": "string", "required": True, "indexed": True},
                        "stars": {"type": "integer", "min": 1, "max": 5},
                        "thing": {
                            "type": "reference",
                            "to": "lab.thing",
                            "required": True,
                            "listed_as": "notes",
                        },
                        "others": {
                            "type": "references",
                            "to": "lab.thing",
                            "max": 3,
                            "ordered": True,
                        },
                    },
                },
                "remark": {
                    "access": {"read": "user", "write": "user"},
                    "unique": [["note", "text"]],
                    "audit": True,
                    "fields": {
                        "note": {
                            "type": "reference",
                            "to": "lab.note",
                            "on_delete": "cascade",
                        },
                        "text": {"type": "string", "max_length": 80},
                        "by": {
                            "type": "reference",
                            "to": "accounts.account",
                            "set_by": "caller",
                        },
                        "about": {
                            "type": "references",
                            "to": "lab.category",
                            "max": 2,
                            "required": True,
                        },
                    },
                },
            },
        }
    }
}
LISTED: dict[str, Any] = {  # what lists of rows in SQL can do besides
    "thing": {
        "table": "tbl_Things",
        "totals": True,
        "filters": ["price", "category"],
        "sorts": ["title", "weight", "price", "born", "due"],
    },
    "note": {
        "totals": True,
        "filters": ["stars", "thing"],
        "sorts": ["stars", "topic", "created_at"],
    },
    "category": {"filters": ["name"], "table": "order"},
    "remark": {"sorts": ["text"]},
}
SQL_DOMAIN: dict[str, Any] = {
    "modules": {
        "lab": {
            **DOMAIN["modules"]["lab"],
            "entities": {
                name: {**entity, **LISTED.get(name, {})}
                for name, entity in DOMAIN["modules"]["lab"]["entities"].items()
            },
        }
    }
}
# that `on_sql` knows besides SQLite
SERVERS = [pytest.param("postgresql", marks=pytest.mark.real)]
# what else is answered where it runs on DynamoDB
KEY_VALUE = {"stack": {"database": "dynamodb"}}
PASSWORD = "a long enough password"
PEOPLE = ("nobody", "ann", "bob", "staff")
ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
ABSENT = "0190a6e4-8a2b-7c3d-9e4f-5a6b7c8d9e0f"


def write_project(
    folder: Path, name: str, architecture: str, domain: Mapping[str, Any] = DOMAIN
) -> Project:
    answers = folder / f"{name}.json"
    answers.write_text(json.dumps(domain))
    project = new(
        folder, name, "--answers", str(answers), "--architecture", architecture
    )
    sys.path.append(str(project.folder / "src"))
    return project


class System:
    """A running system. Ids get names, the same in each system, in the order in which
    things are made; `@ann` is Ann's own.
    """

    def __init__(self, client: Any, admin: str) -> None:
        self._client = client
        self._ids: dict[str, str] = {}  # by name
        self._names: dict[str, str] = {}  # by id
        self._tokens: dict[str, str] = {}
        self.requests = 0
        self.size = 0  # bytes of the last answer
        # of the last answer about a file: form and links, which no two systems have in
        # common
        self.apart: dict[str, Any] = {}
        for person in PEOPLE[1:]:
            email = (
                admin if person == "staff" else f"{person}-{uuid4().hex}@example.com"
            )
            if person != "staff":
                assert self._post("register", email).status_code == 201
            self._tokens[person] = self._post("login", email).json()["access_token"]
            me = self._client.get(
                "/api/me", headers={"Authorization": f"Bearer {self._tokens[person]}"}
            )
            self._names[me.json()["id"]] = person
            self._ids[f"@{person}"] = me.json()["id"]

    def make(self, who: str, plural: str, /, **body: Any) -> dict[str, Any]:
        """A new row, in names."""
        answer = self.ask(who, "POST", f"/api/{plural}", body)
        assert answer["status"] == 201, answer
        return dict(answer["body"])

    def ask(
        self,
        who: str,
        method: str,
        path: str,
        body: Any = None,
        headers: Mapping[str, str] | None = None,
        query: Mapping[str, Any] | None = None,
    ) -> dict[str, Any]:
        """The answer, in names. Names in path, body and query stand for what this
        system knows by them.

        A body of bytes is sent as it is.
        """
        headers = dict(headers or {})
        if who in self._tokens:
            headers["Authorization"] = f"Bearer {self._tokens[who]}"
        sent: dict[str, Any] = (
            {"content": body} if isinstance(body, bytes) else {"json": self._real(body)}
        )
        answer = self._client.request(
            method,
            self._real(path),
            **sent,
            headers=headers,
            params=self._real(dict(query)) if query else None,
        )
        self.requests += 1
        self.size = len(answer.content)
        document: Any = json.loads(answer.content) if answer.content else None
        if path.startswith("/api/files") and isinstance(document, dict):
            self.apart = {
                name: document.pop(name, None)
                for name in ("upload", "url", "thumbnail_url")
            }
        if (
            method == "POST"
            and answer.status_code == 201
            and document["id"] not in self._names
        ):
            name = f"<{len(self._names)}>"
            self._names[document["id"]], self._ids[name] = name, document["id"]
        return {
            "status": answer.status_code,
            "type": answer.headers.get("content-type"),
            "etag": answer.headers.get("etag"),
            "location": self._named(answer.headers.get("location", "")),
            "body": self._named(document),
        }

    def page(
        self, who: str, path: str, query: dict[str, Any], after: str | None
    ) -> tuple[dict[str, Any], str | None]:
        """A page of a list, and its cursor, which the page itself only has or has not."""
        if after:
            query = {**query, "after": after}
        answer = self.ask(who, "GET", path, query=query)
        cursor = answer["body"].get("next")
        if cursor:
            answer["body"]["next"] = "<cursor>"
        return answer, cursor

    def send(self, form: Any, data: bytes) -> int:
        """Bytes as the form says; the status."""
        url, fields = form["url"], form["fields"]
        return int(
            self._at(url)
            .post(url, data=fields, files={"file": ("../a.png", data)})
            .status_code
        )

    def follow(self, url: str) -> dict[str, Any]:
        """What whoever has a link gets, nobody as they are."""
        answer = self._at(url).get(url)
        kept = {
            name: answer.headers.get(name, "").partition(";")[0]
            for name in ("content-type", "content-disposition")
        }
        return {"status": answer.status_code, "body": answer.content} | (
            kept if answer.status_code == 200 else {}
        )

    def _at(self, url: str) -> Any:
        """Who answers there: this system, with its own S3, or another server."""
        return (
            self._client
            if url.startswith("/") or "/_s3/" in url
            else httpx.Client(trust_env=False)
        )

    def _post(self, what: str, email: str) -> Any:
        return self._client.post(
            f"/api/auth/{what}", json={"email": email, "password": PASSWORD}
        )

    def _real(self, value: Any) -> Any:
        if isinstance(value, dict):
            return {key: self._real(item) for key, item in value.items()}
        if isinstance(value, list):
            return [self._real(item) for item in value]
        if (
            isinstance(value, str)
            and value.startswith("/api/")
            and ("<" in value or "@" in value)
        ):
            steps = value.split("/")
            return "/".join(
                self._ids.get(step, ABSENT if step.startswith("<") else step)
                for step in steps
            )
        return self._ids.get(value, value) if isinstance(value, str) else value

    def _named(self, value: Any) -> Any:
        if isinstance(value, dict):
            return {
                k: "<time>" if k in ("created_at", "updated_at") else self._named(v)
                for k, v in value.items()
            }
        if isinstance(value, list):
            return [self._named(item) for item in value]
        return (
            ID.sub(lambda found: self._names.get(found[0], found[0]), value)
            if isinstance(value, str)
            else value
        )


@contextmanager
def on_sql(
    request: pytest.FixtureRequest, folder: Path, what: str, domain: Mapping[str, Any]
) -> Iterator[System]:
    """A monolith of this domain on SQLite, or on a PostgreSQL of its own, as
    `request.param` says.
    """
    project = write_project(folder, f"{what}-{request.param}", "monolith", domain)
    if request.param == "sqlite":
        with running(
            project, database_url=f"sqlite+aiosqlite:///{folder}/data"
        ) as system:
            yield system
        return
    request.getfixturevalue("containers")
    with (
        postgres() as server,
        running(project, database_url=f"{server}/postgres") as system,
    ):
        yield system


def create_database(server: str, name: str) -> None:
    """On a server of `postgres()`."""
    plain = server.replace("+asyncpg", "+psycopg")
    engine = sa.create_engine(
        f"{plain}/postgres", isolation_level="AUTOCOMMIT", poolclass=sa.NullPool
    )
    with engine.connect() as connection:
        connection.execute(sa.text(f'CREATE DATABASE "{name}"'))


@contextmanager
def running(project: Project, **settings: Any) -> Iterator[System]:
    """The project's own `dev` root, in this process."""
    package = project.folder.name.replace("-", "_")
    modules = {
        name: importlib.import_module(f"{package}.{name}")
        for name in ("apps.dev", "apps.settings")
    }
    importlib.import_module(f"{package}.accounts.keys").make_key(
        project.folder / "keys"
    )
    made = modules["apps.settings"].Settings(
        _env_file=None,
        jwt_keys=project.folder / "keys",
        mail_url=f"file:{project.folder}/mails",
        admin_email="staff@example.com",
        admin_password=PASSWORD,
        service_keys=project.folder / "service-keys",
        **settings,
    )
    client = importlib.import_module("starlette.testclient").TestClient
    with client(modules["apps.dev"].create_app(made)) as opened:
        yield System(opened, "staff@example.com")
