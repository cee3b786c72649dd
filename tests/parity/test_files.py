"""Files of rows are the same on every database and in every store: announced, sent,
attached, replaced and deleted in a random walk, asked over HTTP.

What rows take and leave is told by events, so after each change both systems are waited
for; then they have to answer the same, and as a model says.
"""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import Any, ClassVar

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    initialize,
    multiple,
    rule,
    run_state_machine_as_test,
)
from PIL import Image
from tests.parity.systems import ABSENT, KEY_VALUE, System, running, write_project
from tests.support.projects import until

FILE = {"type": "file"}
DOMAIN: dict[str, Any] = {
    "modules": {
        "album": {
            "entities": {
                "picture": {
                    "access": {"read": "public", "write": "user"},
                    "fields": {
                        "title": {"type": "string"},
                        "image": {**FILE, "max_bytes": 100_000},
                        "words": {**FILE, "accept": ["text/plain"]},
                    },
                },
                "page": {
                    "access": {"read": "user", "write": "user"},
                    "fields": {
                        "picture": {
                            "type": "reference",
                            "to": "album.picture",
                            "on_delete": "cascade",
                        },
                        "scan": FILE,
                    },
                },
            }
        },
        "desk": {
            "entities": {
                "card": {
                    "access": {"read": "user", "write": "owner"},
                    "fields": {
                        "picture": {
                            "type": "reference",
                            "to": "album.picture",
                            "required": True,
                        },
                        "face": {**FILE, "required": True},
                    },
                }
            },
            "reacts_to": ["album.picture.deleted"],
        },
    }
}
FIELDS = {
    "pictures": {"image": "album.picture.image", "words": "album.picture.words"},
    "pages": {"scan": "album.page.scan"},
    "cards": {"face": "desk.card.face"},
}
ALL = [name for fields in FIELDS.values() for name in fields.values()]
DONE = (
    "ready",
    "rejected",
    "followed",
    "attached",
    "replaced",
    "taken off",
    "deleted",
    "followed its row",
)  # the walk has to do each
EXAMPLES_EACH = 5  # in fewer, not every step is drawn
EXAMPLES = itertools.count()
PATIENCE = 60.0  # seconds, for what events tell
WHO = st.sampled_from(["ann", "bob", "ann", "bob", "staff", "nobody"])


def drawn(kind: str, side: int) -> bytes:
    made = BytesIO()
    Image.new("RGB", (side, side // 2), (side % 256, 80, 160)).save(made, kind)
    return made.getvalue()


IMAGE, SCAN, FACE = "album.picture.image", "album.page.scan", "desk.card.face"
GOOD = drawn("PNG", 60)
# What is sent as such a type: what is that, and what is not.
CONTENTS: dict[str, list[bytes]] = {
    "image/png": [
        drawn("PNG", 40),
        drawn("PNG", 700),
        drawn("GIF", 30),
        b"\x89PNG\r\n\x1a\nno more",
        b"<svg onload='x()'/>",
    ],
    "image/jpeg": [drawn("JPEG", 50), drawn("PNG", 40)],
    "text/plain": [b"words", "wörter".encode(), b"\xff\xfe\0", b"<html>"],
}
# Announced and refused at once.
REFUSED: list[dict[str, Any]] = [
    {"for": "album.picture.title", "content_type": "image/png", "size": 1},
    {"for": "album.picture.image", "content_type": "text/plain", "size": 1},
    {"for": "album.picture.image", "content_type": "image/png", "size": 100_001},
    {"for": "album.page.scan", "content_type": "image/png", "size": 0},
    {"for": "album.page.scan", "content_type": "image/svg+xml", "size": 10},
    {"for": "desk.card.face", "content_type": "image/png"},
    {"for": "desk.card.face", "content_type": "image/png", "size": 5, "name": "a.png"},
]


@dataclass
class File:
    of: str  # the field that it is for
    owner: str
    data: bytes
    forms: list[Any]  # of either system
    sent: bool = False
    refused: bool = False
    row: str = ""  # that has it
    links: list[tuple[str, str]] = field(
        default_factory=list
    )  # that were given out, of either system
    gone: bool = False


@dataclass
class Row:
    plural: str
    picture: str = ""
    files: dict[str, str] = field(default_factory=dict)  # by field


class Albums(RuleBasedStateMachine):
    """Both systems are asked the same, and have to answer the same."""

    done: ClassVar[Counter[str]] = Counter()  # of what the walk is for
    files = Bundle("files")
    rows = Bundle("rows")  # deleted ones among them

    def __init__(self, systems: tuple[System, System]) -> None:
        super().__init__()
        self.systems = systems
        self.example = next(EXAMPLES)
        self.known: dict[str, File] = {}
        self.made: dict[str, Row] = {}

    def ask(
        self, who: str, method: str, path: str, body: Any = None, **headers: str
    ) -> dict[str, Any]:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        first, second = (
            system.ask(who, method, path, body, named) for system in self.systems
        )
        assert first == second, f"{who} {method} {path} {body} {headers}"
        return first

    def wait(self, who: str, path: str, status: int) -> None:
        for system in self.systems:
            until(partial(self.answers, system, who, path, status), PATIENCE)

    def answers(self, system: System, who: str, path: str, status: int) -> bool:
        return bool(system.ask(who, "GET", path)["status"] == status)

    @initialize(target=rows)
    def begin(self) -> Any:
        """Rows of each kind that have a file, and others that go with them."""
        first, second = (
            self.put(
                "ann", "pictures", {"title": title, "image": self.ready("ann", IMAGE)}
            )
            for title in "ab"
        )
        page = self.put(
            "bob", "pages", {"picture": first, "scan": self.ready("bob", SCAN)}
        )
        card = self.put(
            "ann", "cards", {"picture": second, "face": self.ready("ann", FACE)}
        )
        return multiple(first, second, page, card)

    def ready(self, who: str, of: str) -> str:
        """A file of theirs that is good."""
        name = self.told(
            who, {"for": of, "content_type": "image/png", "size": len(GOOD)}, GOOD
        )
        self.send(name)
        return name

    @rule(
        target=files,
        who=st.sampled_from(["ann", "ann", "bob", "staff"]),
        name=st.sampled_from(ALL),
        kind=st.sampled_from(["image/png", "image/png", "image/jpeg"]),
        data=st.data(),
        key=st.sampled_from(["", "", "k1"]),
    )
    def announce(
        self, who: str, name: str, kind: str, data: st.DataObject, key: str
    ) -> Any:
        kind = "text/plain" if name.endswith("words") else kind
        content = data.draw(st.sampled_from(CONTENTS[kind]))
        body = {"for": name, "content_type": kind, "size": len(content)}
        headers = {"idempotency_key": f"{key}-{self.example}"} if key else {}
        made = self.told(who, body, content, headers)
        if made and data.draw(st.integers(0, 2)):  # else later, when a row may have it
            self.send(made)
        return made or multiple()

    def told(
        self,
        who: str,
        body: dict[str, Any],
        content: bytes,
        headers: dict[str, str] | None = None,
    ) -> str:
        answer = self.ask(who, "POST", "/api/files", body, **(headers or {}))
        if answer["status"] != 201:
            return ""
        made = str(answer["body"]["id"])
        forms = [system.apart["upload"] for system in self.systems]
        self.known.setdefault(made, File(body["for"], who, content, forms))
        return made

    @rule(who=WHO, body=st.sampled_from(REFUSED))
    def announce_what_is_refused(self, who: str, body: dict[str, Any]) -> None:
        assert self.ask(who, "POST", "/api/files", body)["status"] in (401, 403, 422)

    @rule(name=files)
    def send(self, name: str) -> None:
        """Once; then both have looked at it, and say the same of it."""
        file = self.known[name]
        if file.sent or file.gone:
            return
        file.sent = True
        assert [
            system.send(form, file.data)
            for system, form in zip(self.systems, file.forms, strict=True)
        ] == [
            204,
            204,
        ]
        for system in self.systems:
            until(partial(self.settled, system, name), PATIENCE)
        self.look(name, "staff")
        said = self.status(self.systems[0], name)
        file.refused = said == "rejected"
        self.done[said] += 1

    def settled(self, system: System, name: str) -> bool:
        return self.status(system, name) != "pending"

    def status(self, system: System, name: str) -> str:
        return str(
            system.ask("staff", "GET", f"/api/files/{name}")["body"].get("status")
        )

    @rule(name=files, who=WHO)
    def look(self, name: str, who: str) -> None:
        """At what is said of it, and at what its links give."""
        answer = self.ask(who, "GET", f"/api/files/{name}")
        links = [
            (system.apart.get("url"), system.apart.get("thumbnail_url"))
            for system in self.systems
        ]
        file = self.known[name]
        if file.gone:
            assert answer["status"] in (401, 404)
        elif who in (file.owner, "staff"):
            assert answer["status"] == 200
        file.links = [
            (str(first), str(second))
            for first, second in zip(*links, strict=True)
            if first
        ]
        for first, second in zip(*links, strict=True):
            assert bool(first) == bool(second), (who, name)
            if first:
                self.done["followed"] += 1
                got = [
                    system.follow(url)
                    for system, url in zip(self.systems, (first, second), strict=True)
                ]
                assert got[0] == got[1] and got[0]["status"] == 200, name

    @rule(
        target=rows,
        who=st.sampled_from(["ann", "bob", "staff", "nobody"]),
        plural=st.sampled_from(["pictures", "pages", "pages", "cards"]),
        data=st.data(),
    )
    def create(self, who: str, plural: str, data: st.DataObject) -> Any:
        return (
            self.put(who, plural, self.body(data, who, plural, whole=True))
            or multiple()
        )

    @rule(row=rows, who=st.sampled_from(["ann", "ann", "bob", "staff"]), data=st.data())
    def replace(self, row: str, who: str, data: st.DataObject) -> None:
        """By one that has just come."""
        if row in self.made:
            plural = self.made[row].plural
            name = data.draw(
                st.sampled_from([name for name in FIELDS[plural] if name != "words"])
            )
            self.patch(row, who, {name: self.ready(who, FIELDS[plural][name])})

    @rule(who=st.sampled_from(["ann", "bob", "staff"]), data=st.data())
    def take_off(self, who: str, data: st.DataObject) -> None:
        having = [
            name
            for name, row in self.made.items()
            if row.files and row.plural != "cards"
        ]
        if having:
            row = data.draw(st.sampled_from(having))
            self.patch(row, who, dict.fromkeys(self.made[row].files))

    def body(
        self, data: st.DataObject, who: str, plural: str, *, whole: bool = False
    ) -> dict[str, Any]:
        """Mostly files that will do, as far as the model knows."""
        body: dict[str, Any] = {}
        for name, of in FIELDS[plural].items():
            fitting = [
                file
                for file, known in self.known.items()
                if known.of == of
                and who in (known.owner, "staff")
                and not (known.row or known.gone or known.refused)
            ]
            odd = [*list(self.known)[-4:], ABSENT, None, "no"]
            if (whole and plural == "cards") or data.draw(st.integers(0, 2)):
                likely = bool(fitting) and data.draw(st.integers(0, 3)) > 0
                body[name] = data.draw(st.sampled_from(fitting[-3:] if likely else odd))
        if plural != "pictures" and whole:
            there = [
                name for name, row in self.made.items() if row.plural == "pictures"
            ]
            beside = (
                [None, ABSENT] if plural == "pages" else [None]
            )  # another part's rows are not looked up
            body["picture"] = data.draw(st.sampled_from([*there[-3:], *beside]))
        return body

    def put(self, who: str, plural: str, body: dict[str, Any]) -> str:
        answer = self.ask(who, "POST", f"/api/{plural}", body)
        if answer["status"] != 201:
            return ""
        name = str(answer["body"]["id"])
        self.made[name] = Row(plural, str(answer["body"].get("picture") or ""))
        self.settle(name, answer["body"])
        return name

    @rule(
        row=rows, who=WHO, data=st.data(), tag=st.sampled_from(["", "", '"1"', '"2"'])
    )
    def change(self, row: str, who: str, data: st.DataObject, tag: str) -> None:
        """Other files in place of those that it has, or none."""
        plural = self.made[row].plural if row in self.made else "pictures"
        body = self.body(data, who, plural)
        self.patch(row, who, body, **({"if_match": tag} if tag else {}))

    def patch(self, row: str, who: str, body: dict[str, Any], **headers: str) -> None:
        plural = self.made[row].plural if row in self.made else "pictures"
        answer = self.ask(who, "PATCH", f"/api/{plural}/{row}", body, **headers)
        if answer["status"] == 200:
            self.settle(row, answer["body"])

    @rule(row=rows, who=WHO)
    def delete(self, row: str, who: str) -> None:
        if row not in self.made:
            return
        answer = self.ask(who, "DELETE", f"/api/{self.made[row].plural}/{row}")
        if answer["status"] == 204:
            self.forget(row)

    @rule(row=rows, who=WHO)
    def read(self, row: str, who: str) -> None:
        plural = self.made[row].plural if row in self.made else "pictures"
        self.ask(who, "GET", f"/api/{plural}/{row}")

    def settle(self, row: str, answered: dict[str, Any]) -> None:
        """What the row has now is seen by those who may read the row, what it has left
        is gone: in both.
        """
        known = self.made[row]
        has = {
            name: str(answered[name])
            for name in FIELDS[known.plural]
            if answered[name] is not None
        }
        before, known.files = known.files, has
        for file in before.values():
            if file not in has.values():
                self.done["replaced" if has else "taken off"] += 1
                self.lost(file)
        for file in has.values():
            assert self.known[file].row in ("", row), "it is another row's"
            self.done["attached"] += file not in before.values()
            self.known[file].row = row
            other = next(
                person for person in ("ann", "bob") if person != self.known[file].owner
            )
            self.wait(other, f"/api/files/{file}", 200)

    def forget(self, row: str) -> None:
        """It is gone, and with it what follows."""
        known = self.made.pop(row)
        for file in known.files.values():
            self.done["deleted"] += 1
            self.lost(file)
        for name, other in list(self.made.items()):
            if known.plural == "pictures" and other.picture == row:
                self.done["followed its row"] += bool(other.files)
                self.wait("staff", f"/api/{other.plural}/{name}", 404)
                self.forget(name)

    def lost(self, file: str) -> None:
        """For whoever asks, and for whoever has a link."""
        self.known[file].gone = True
        self.wait("staff", f"/api/files/{file}", 404)
        for links in self.known[file].links:
            for system, url in zip(self.systems, links, strict=True):
                assert system.follow(url)["status"] in (403, 404), (
                    url
                )  # S3 says 403 to who may not list

    def teardown(self) -> None:
        """All that is known is as the model has it; then the rows go, and their files
        with them.
        """
        for name, file in self.known.items():
            self.look(name, "staff")
            assert file.gone or not file.row or self.made[file.row].files, name
        for name in list(self.made):  # pictures come first, and take others along
            if name in self.made:
                assert (
                    self.ask(
                        "staff", "DELETE", f"/api/{self.made[name].plural}/{name}"
                    )["status"]
                    == 204
                )
                self.forget(name)
        for name in self.known:
            self.look(name, "staff")


@pytest.fixture(scope="module")
def embedded(
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[tuple[System, System]]:
    """SQLite and a folder under a monolith, DynamoDB and S3 (moto) behind functions."""
    folder = tmp_path_factory.mktemp("album")
    monolith = write_project(folder, "album-sqlite", "monolith", DOMAIN)
    functions = write_project(
        folder, "album-moto", "serverless", {**DOMAIN, **KEY_VALUE}
    )
    kept: dict[str, Path | str] = {
        "files_folder": folder / "files",
        "database_url": f"sqlite+aiosqlite:///{folder}/data",
    }
    with running(monolith, **kept) as sql, running(functions) as dynamo:
        yield sql, dynamo


@pytest.mark.timeout(900)
def test_files_on_sqlite_and_a_folder_and_on_dynamodb_and_s3_cannot_be_told_apart(
    embedded: tuple[System, System],
) -> None:
    bounds = settings(
        max_examples=EXAMPLES_EACH,
        stateful_step_count=30,
        deadline=None,
        derandomize=True,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    Albums.done.clear()
    run_state_machine_as_test(partial(Albums, embedded), settings=bounds)  # type: ignore[arg-type]
    assert all(Albums.done[what] for what in DONE), Albums.done
