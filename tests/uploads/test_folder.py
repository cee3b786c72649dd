"""A folder takes what a form was signed for, as it comes, and nothing else; whatever a
client sends, no more than that lies there.
"""

from __future__ import annotations

import asyncio
import json
import os
import time
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from starlette.testclient import TestClient

TEXT = b"Nothing but words.\n"
FIELD = "catalog.product.text"
BOUNDARY = "a-boundary"
Instance = tuple[TestClient, Path]
Part = Callable[[str], Any]


@pytest.fixture
def bearer(instance: Instance) -> dict[str, str]:
    """The header of somebody who is logged in."""
    return _login(instance[0])


def _login(client: TestClient) -> dict[str, str]:
    who = {
        "email": f"{uuid4().hex}@example.com",
        "password": "correct horse battery staple",
    }
    assert client.post("/api/auth/register", json=who).status_code == 201
    token = client.post("/api/auth/login", json=who).json()["access_token"]
    return {"Authorization": f"Bearer {token}"}


def announce(
    client: TestClient,
    bearer: dict[str, str],
    size: int = len(TEXT),
    field: str = FIELD,
) -> dict[str, Any]:
    body = {"for": field, "content_type": "text/plain", "size": size}
    answer = client.post("/api/files", json=body, headers=bearer)
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


def part_of(name: str, value: bytes, more: str = "") -> bytes:
    head = (
        f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"{more}\r\n\r\n'
    )
    return head.encode() + value + b"\r\n"


def multipart(fields: Mapping[str, str], data: bytes, name: str = "a.txt") -> bytes:
    """As a browser sends it, the file last."""
    parts = [part_of(field, value.encode()) for field, value in fields.items()]
    return b"".join(
        [
            *parts,
            part_of("file", data, f'; filename="{name}"'),
            f"--{BOUNDARY}--\r\n".encode(),
        ]
    )


def post(
    client: TestClient, url: str, body: bytes | Iterator[bytes], **headers: str
) -> Any:
    kind = {"Content-Type": f"multipart/form-data; boundary={BOUNDARY}"}
    return client.post(url, content=body, headers={**kind, **headers})


def lying(folder: Path) -> list[str]:
    """The files that are there, but for the key."""
    return sorted(
        path.name
        for path in folder.rglob("*")
        if path.is_file() and path.name != "signing.key"
    )


def settled(client: TestClient, bearer: dict[str, str], file_id: str) -> dict[str, Any]:
    end = time.monotonic() + 30
    while (file := client.get(f"/api/files/{file_id}", headers=bearer).json())[
        "status"
    ] == "pending":
        assert time.monotonic() < end, file
        time.sleep(0.05)
    return dict(file)


@pytest.mark.parametrize(
    "name",
    [
        "../../etc/passwd",
        "..\\..\\boot.ini",
        "/etc/passwd",
        "a\x00.txt",
        "a" * 3000,
        "a.exe",
    ],
)
def test_a_name_has_no_say(
    instance: Instance, bearer: dict[str, str], name: str
) -> None:
    client, folder = instance
    made = announce(client, bearer)
    answer = post(
        client, made["upload"]["url"], multipart(made["upload"]["fields"], TEXT, name)
    )
    assert answer.status_code == 204, answer.text
    file = settled(client, bearer, made["id"])
    assert file["status"] == "ready", file
    assert lying(folder) == [f"{made['id']}.original"]
    got = client.get(file["url"])
    assert got.content == TEXT
    assert got.headers["content-disposition"] == f'attachment; filename="{made["id"]}"'


@pytest.mark.parametrize(
    ("data", "status"),
    [(TEXT + b"x", 413), (TEXT * 1000, 413), (TEXT[:-1], 422), (b"", 422)],
    ids=["one more", "many more", "one fewer", "none"],
)
def test_it_takes_as_many_bytes_as_were_announced(
    instance: Instance, bearer: dict[str, str], data: bytes, status: int
) -> None:
    client, folder = instance
    made = announce(client, bearer)
    assert (
        post(
            client, made["upload"]["url"], multipart(made["upload"]["fields"], data)
        ).status_code
        == status
    )
    assert lying(folder) == []
    # and the form is good still
    assert (
        post(
            client, made["upload"]["url"], multipart(made["upload"]["fields"], TEXT)
        ).status_code
        == 204
    )


def test_it_reads_no_further_than_the_bytes_that_were_announced(
    instance: Instance, bearer: dict[str, str]
) -> None:
    client, folder = instance
    made = announce(client, bearer)
    whole = multipart(made["upload"]["fields"], b"")
    head = whole[
        : whole.index(b'filename="a.txt"\r\n\r\n') + len(b'filename="a.txt"\r\n\r\n')
    ]
    given = 0

    async def walk() -> int:
        """Sends a file without end, straight to the application: how many bytes it has
        taken, and its answer.
        """
        nonlocal given
        answers = []

        async def receive() -> dict[str, Any]:
            nonlocal given
            chunk = head if given == 0 else b"x" * 65_536
            given += len(chunk)
            assert given < 2_000_000, "it goes on reading"
            return {"type": "http.request", "body": chunk, "more_body": True}

        async def send(message: dict[str, Any]) -> None:
            answers.append(message)

        await client.app(_scope(made["upload"]["url"]), receive, send)  # type: ignore[arg-type]
        return int(answers[0]["status"])

    assert client.portal is not None
    assert client.portal.call(walk) == 413
    assert given < 200_000 and lying(folder) == []


def _scope(path: str) -> dict[str, Any]:
    kind = f"multipart/form-data; boundary={BOUNDARY}".encode()
    return {
        "type": "http",
        "http_version": "1.1",
        "method": "POST",
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "root_path": "",
        "headers": [(b"content-type", kind), (b"host", b"testserver")],
        "client": ("127.0.0.1", 1),
        "server": ("testserver", 80),
    }


@pytest.mark.parametrize("cut", [0.2, 0.9, 0.99])
def test_an_upload_that_is_interrupted_leaves_nothing(
    instance: Instance, bearer: dict[str, str], cut: float
) -> None:
    client, folder = instance
    data = TEXT * 20_000
    made = announce(client, bearer, len(data))
    body = multipart(made["upload"]["fields"], data)
    for ending in (
        {"type": "http.disconnect"},
        {"type": "http.request", "body": b"", "more_body": False},
    ):

        async def walk(ending: dict[str, Any] = ending) -> None:
            messages = [
                {
                    "type": "http.request",
                    "body": body[: int(len(body) * cut)],
                    "more_body": True,
                },
                ending,
            ]

            async def receive() -> dict[str, Any]:
                return (
                    messages.pop(0)
                    if messages
                    else await asyncio.sleep(30, {"type": "http.disconnect"})
                )

            async def send(message: dict[str, Any]) -> None:
                assert message.get("status", 422) == 422

            await client.app(_scope(made["upload"]["url"]), receive, send)  # type: ignore[arg-type]

        assert client.portal is not None
        client.portal.call(walk)
        assert lying(folder) == []
    assert post(client, made["upload"]["url"], body).status_code == 204


def test_a_form_that_was_used_is_not_good_again(
    instance: Instance, bearer: dict[str, str]
) -> None:
    client, folder = instance
    made = announce(client, bearer)
    form = made["upload"]
    assert post(client, form["url"], multipart(form["fields"], TEXT)).status_code == 204
    assert post(client, form["url"], multipart(form["fields"], TEXT)).status_code == 409
    file = settled(client, bearer, made["id"])
    assert (
        post(
            client, form["url"], multipart(form["fields"], b"?" * len(TEXT))
        ).status_code
        == 409
    )
    assert client.get(file["url"]).content == TEXT
    assert lying(folder) == [f"{made['id']}.original"]


def test_of_many_that_use_a_form_at_once_one_is_taken(
    part: Part, tmp_path: Path
) -> None:
    store = part("chassis.mechanism.folder_files").FolderFiles(tmp_path)
    files, now = part("chassis.mechanism.files"), part("chassis.mechanism.entity").now
    upload = files.Upload(uuid4(), "text/plain", 3, now() + timedelta(minutes=1))

    async def send(data: bytes) -> bool:
        async def chunks() -> Any:
            for byte in data:
                await asyncio.sleep(0)
                yield bytes([byte])

        try:
            await store.receive(upload, chunks())
        except part("chassis.mechanism.errors").Conflict:
            return False
        return True

    async def all_of_them() -> list[bool]:
        return await asyncio.gather(*(send(b"%03d" % number) for number in range(20)))

    assert sorted(asyncio.run(all_of_them())) == [False] * 19 + [True]
    assert [path.name for path in (tmp_path / "incoming").iterdir()] == [
        str(upload.file_id)
    ]


def test_a_form_is_good_as_it_was_given_and_in_its_time(
    instance: Instance,
    bearer: dict[str, str],
    part: Part,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    client, folder = instance
    made, other = announce(client, bearer), announce(client, bearer)
    fields, url = made["upload"]["fields"], made["upload"]["url"]
    policy = json.loads(urlsafe_b64decode(fields["policy"]))
    larger = urlsafe_b64encode(json.dumps({**policy, "size": 10**9}).encode()).decode()
    forged: list[dict[str, str]] = [
        {**fields, "signature": "0" * 64},
        {**fields, "signature": "é"},
        {**fields, "signature": ""},
        {**fields, "policy": larger},
        {**fields, "policy": ""},
        {**fields, "Content-Type": "text/html"},
        {name: value for name, value in fields.items() if name != "Content-Type"},
        other["upload"]["fields"],  # which is for another file
        {},
    ]
    for changed in forged:
        assert post(client, url, multipart(changed, TEXT)).status_code == 403, changed
    signed_forms = part("chassis.mechanism.signed_forms")
    now = signed_forms.now
    with monkeypatch.context() as later:
        later.setattr(signed_forms, "now", lambda: now() + timedelta(minutes=16))
        assert post(client, url, multipart(fields, TEXT)).status_code == 403
    # fields that follow the file come too late
    late = multipart({}, TEXT)[: -len(f"--{BOUNDARY}--\r\n")] + multipart(fields, TEXT)
    assert post(client, url, late).status_code == 403
    assert lying(folder) == []
    assert post(client, url, multipart(fields, TEXT)).status_code == 204


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"no form at all",
        f"--{BOUNDARY}--\r\n".encode(),
        part_of("policy", b"x" * 10_000),
        b"".join(part_of(f"field{number}", b"1") for number in range(100)),
        part_of("a", b"1", '; x="' + "y" * 100_000 + '"'),
        f"--{BOUNDARY}\r\nContent-Disposition".encode(),
    ],
    ids=[
        "empty",
        "no form",
        "no parts",
        "a long field",
        "many fields",
        "a long header",
        "half a header",
    ],
)
def test_what_is_no_form_is_refused(
    instance: Instance, bearer: dict[str, str], body: bytes
) -> None:
    client, folder = instance
    made = announce(client, bearer)
    assert post(client, made["upload"]["url"], body).status_code == 422
    for kind in (
        "application/json",
        "multipart/form-data",
        "multipart/form-data; boundary=" + "b" * 5000,
        "multipart/mixed; boundary=b",
    ):
        assert (
            client.post(
                made["upload"]["url"], content=body, headers={"Content-Type": kind}
            ).status_code
            == 422
        )
    assert lying(folder) == []


def test_uploads_pass_the_limit_of_bodies_and_only_they_do(
    instance: Instance, bearer: dict[str, str]
) -> None:
    client, _ = instance
    data = TEXT * 200_000
    made = announce(client, bearer, len(data))
    assert len(data) > 3_000_000
    assert (
        post(
            client, made["upload"]["url"], multipart(made["upload"]["fields"], data)
        ).status_code
        == 204
    )
    for path in (
        "/api/files",
        f"/api/files/{made['id']}",
        "/api/products",
        "/api/files/upload",
        f"/api/products/{made['id']}/upload",
    ):
        answer = client.post(
            path, content=data, headers={**bearer, "Content-Type": "application/json"}
        )
        assert answer.status_code in (404, 405, 413), path


def test_a_link_is_good_for_its_file_and_in_its_time(
    instance: Instance,
    bearer: dict[str, str],
    part: Part,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    client, _ = instance
    made = announce(client, bearer)
    post(client, made["upload"]["url"], multipart(made["upload"]["fields"], TEXT))
    url = settled(client, bearer, made["id"])["url"]
    answer = client.get(url, headers={"Range": "bytes=0-6"})
    assert (answer.status_code, answer.content) == (206, b"Nothing")
    assert answer.headers["content-type"].startswith("text/plain")
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["content-security-policy"] == "default-src 'none'; sandbox"
    assert answer.headers["cache-control"].startswith("private, max-age=")
    assert client.head(url).status_code == 200
    for odd in (
        "bytes=0-0,2-3",
        "bytes=9-2",
        "items=0-1",
        "bytes=",
        "bytes=-",
        "bytes=x-1",
        f"bytes=0-{'9' * 40}",
    ):
        whole = client.get(url, headers={"Range": odd})
        assert (whole.status_code, whole.content) == (200, TEXT), (
            f"{odd} is no range, and as if it was not there"
        )
    assert client.get(url, headers={"Range": "bytes=99999-"}).status_code == 416
    tag = answer.headers["etag"]
    again = client.get(url, headers={"If-None-Match": f'"x", W/{tag}'})
    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)
    assert again.headers["cache-control"].startswith("private, max-age=")
    assert client.get(url, headers={"If-None-Match": '"x"'}).status_code == 200
    resumed = client.get(url, headers={"If-Range": tag, "Range": "bytes=0-6"})
    assert (resumed.status_code, resumed.content) == (206, b"Nothing")
    path, _, query = url.partition("?")
    for changed in (
        path,
        f"{path.replace('text/plain', 'text/html')}?{query}",
        f"{path.replace(made['id'], str(uuid4()))}?{query}",
        f"{path.replace('original', 'signing.key')}?{query}",
        f"{path.replace('original', '..%2F..%2Fsigning.key')}?{query}",
        url.replace("expires=", "expires=9"),
        url.replace("expires=", "expires=x"),
        url[:-1],
    ):
        assert client.get(changed).status_code in (403, 404), changed
    signed_forms = part("chassis.mechanism.signed_forms")
    now = signed_forms.now
    monkeypatch.setattr(signed_forms, "now", lambda: now() + timedelta(minutes=16))
    assert client.get(url).status_code == 403


def test_a_copy_that_starts_takes_away_what_one_that_died_has_left_half_written(
    part: Part, tmp_path: Path
) -> None:
    store = part("chassis.mechanism.folder_files").FolderFiles
    store(tmp_path)
    old, new = tmp_path / "incoming/old.part", tmp_path / "kept/new.part"
    for path in (old, new):
        path.write_bytes(b"half")
    os.utime(old, (time.time() - 90_000,) * 2)
    store(tmp_path)
    assert (old.exists(), new.exists()) == (False, True), (
        "another copy may be writing that one"
    )


def test_copies_that_start_at_once_have_one_key(part: Part, tmp_path: Path) -> None:
    signer = part("chassis.mechanism.signed_forms").FormSigner
    places = {signer.at(tmp_path / "signing.key")._key for _ in range(3)}
    assert len(places) == 1 and len(places.pop()) == 32
    assert (tmp_path / "signing.key").stat().st_mode & 0o777 == 0o600
    assert [path.name for path in tmp_path.iterdir()] == ["signing.key"]


def _collect(
    client: TestClient, part: Part, monkeypatch: pytest.MonkeyPatch, later: timedelta
) -> None:
    """What the job does so much later, with the parts that the running instance has."""
    service = _service(client, part)
    collector = part("files.collector")
    now = part("chassis.policy.entity").now
    with monkeypatch.context() as moved:
        moved.setattr(collector, "now", lambda: now() + later)
        assert client.portal is not None
        client.portal.call(
            collector.FilesCollector(service._units, service._store).collect
        )


def _service(client: TestClient, part: Part) -> Any:
    return client.app.state.services[part("files.service").FilesService]  # type: ignore[attr-defined]


def _status(client: TestClient, bearer: dict[str, str], file_id: str) -> int:
    return int(client.get(f"/api/files/{file_id}", headers=bearer).status_code)


def test_files_that_are_nobody_s_are_collected_in_their_time(
    instance: Instance,
    bearer: dict[str, str],
    part: Part,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    client, folder = instance
    never, orphan, kept = (
        announce(client, bearer)["id"],
        *(_uploaded(client, bearer) for _ in range(2)),
    )
    row = client.post("/api/products", json={"text": kept}, headers=bearer)
    assert row.status_code == 201
    _until_referred(client, part, kept)
    _collect(client, part, monkeypatch, timedelta(minutes=30))
    assert [_status(client, bearer, file) for file in (never, orphan, kept)] == [
        200,
        200,
        200,
    ]
    _collect(client, part, monkeypatch, timedelta(hours=2))
    assert [_status(client, bearer, file) for file in (never, orphan, kept)] == [
        404,
        200,
        200,
    ]
    _collect(client, part, monkeypatch, timedelta(hours=25))
    assert [_status(client, bearer, file) for file in (never, orphan, kept)] == [
        404,
        404,
        200,
    ]
    assert lying(folder) == [f"{kept}.original"]


def test_a_file_whose_time_is_over_is_taken_by_no_row_and_one_that_was_taken_just_before_is_there_still(
    instance: Instance,
    bearer: dict[str, str],
    part: Part,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The row is heard of a moment after it was made: till then nobody collects its
    file.
    """
    client, folder = instance
    orphan, never = _uploaded(client, bearer), announce(client, bearer)["id"]
    domain, now = part("files.domain"), part("chassis.policy.entity").now
    for file, time_of_it in ((never, timedelta(hours=1)), (orphan, timedelta(days=1))):
        with monkeypatch.context() as moved:
            moved.setattr(domain, "now", lambda later=time_of_it: now() + later)
            answer = client.post("/api/products", json={"text": file}, headers=bearer)
        assert (
            answer.status_code == 422 and answer.json()["errors"][0]["field"] == "text"
        )
        _collect(client, part, monkeypatch, time_of_it + timedelta(minutes=5))
        assert _status(client, bearer, file) == 200, (
            "who took it at the last moment has it"
        )
    _collect(client, part, monkeypatch, timedelta(days=1, minutes=11))
    assert [_status(client, bearer, file) for file in (orphan, never)] == [404, 404]
    assert lying(folder) == []


def test_a_row_that_has_to_have_a_file_is_made_with_one_of_the_caller_s_own_that_is_there_or_on_its_way(
    instance: Instance,
    bearer: dict[str, str],
    part: Part,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    client, _ = instance
    field = "catalog.poster.text"
    awaited, ready = (announce(client, bearer, field=field)["id"] for _ in range(2))
    theirs = announce(client, _login(client), field=field)["id"]
    for body in ({}, {"text": None}, {"text": theirs}, {"text": str(uuid4())}):
        answer = client.post("/api/posters", json=body, headers=bearer)
        assert answer.status_code == 422, body
        assert [error["field"] for error in answer.json()["errors"]] == ["text"]
    rows = [
        client.post("/api/posters", json={"text": file}, headers=bearer)
        for file in (awaited, ready)
    ]
    assert [row.status_code for row in rows] == [201, 201]
    url = f"/api/posters/{rows[0].json()['id']}"
    for nothing in ({"text": None}, {"text": theirs}):
        assert client.patch(url, json=nothing, headers=bearer).status_code == 422
    _until_referred(client, part, awaited)
    _collect(client, part, monkeypatch, timedelta(hours=2))
    assert client.get(url).json()["text"] == awaited, "the row has it still"
    assert (
        client.get(f"/api/files/{awaited}", headers=bearer).json()["status"]
        == "rejected"
    )


def test_a_file_that_a_row_waits_for_in_vain_is_rejected(
    instance: Instance,
    bearer: dict[str, str],
    part: Part,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    client, _ = instance
    awaited = announce(client, bearer)["id"]
    assert (
        client.post("/api/products", json={"text": awaited}, headers=bearer).status_code
        == 201
    )
    _until_referred(client, part, awaited)
    _collect(client, part, monkeypatch, timedelta(hours=2))
    file = client.get(f"/api/files/{awaited}", headers=bearer).json()
    assert (file["status"], file["reason"]) == (
        "rejected",
        "did not come, or could not be looked at",
    )


def test_what_arrived_and_nobody_was_told_of_is_looked_at_after_all(
    instance: Instance,
    bearer: dict[str, str],
    part: Part,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    client, folder = instance
    made = announce(client, bearer)
    # as of a copy that died just then
    (folder / "incoming" / made["id"]).write_bytes(TEXT)
    _collect(client, part, monkeypatch, timedelta(hours=2))
    assert settled(client, bearer, made["id"])["status"] == "ready"


def test_a_row_takes_files_of_whoever_writes_it_for_that_field_and_what_it_leaves_is_gone(
    instance: Instance, bearer: dict[str, str], part: Part
) -> None:
    client, folder = instance
    first, second = (_uploaded(client, bearer) for _ in range(2))
    url = client.post("/api/products", json={"text": first}, headers=bearer).headers[
        "Location"
    ]
    _until_referred(client, part, first)
    other = _login(client)
    mine = announce(client, other)["id"]
    assert client.patch(url, json={"text": second}, headers=other).status_code == 422, (
        "it is another's"
    )
    assert (
        client.patch(url, json={"image": second}, headers=bearer).status_code == 422
    ), "it is for another field"
    assert (
        client.patch(url, json={"text": str(uuid4())}, headers=bearer).status_code
        == 422
    ), "there is none"
    assert client.patch(url, json={"text": mine}, headers=other).status_code == 200
    _until_gone(client, bearer, first)
    assert client.patch(url, json={"text": None}, headers=bearer).status_code == 200
    _until_gone(client, other, mine)
    assert lying(folder) == [f"{second}.original"]


@pytest.mark.parametrize("order", ["as it happened", "the other way round"])
def test_events_that_come_late_or_twice_change_nothing(
    instance: Instance, bearer: dict[str, str], part: Part, order: str
) -> None:
    """A row takes a file and leaves it: the file is gone, whichever of the two is heard
    of first, and however often.
    """
    client, _ = instance
    file_id, row = UUID(_uploaded(client, bearer)), uuid4()
    service, handlers = _service(client, part), part("files.event_handlers")
    changed = part("contracts.catalog").FilesChanged
    takes = changed(row_id=row, owner_id=None, taken=[file_id], left=[])
    leaves = changed(row_id=row, owner_id=None, taken=[], left=[file_id])
    strange = changed(row_id=uuid4(), owner_id=None, taken=[], left=[file_id])
    hears = handlers.FilesEventHandlers(service._units, service._store)
    events = [takes, takes, strange, leaves, leaves, takes]
    if order == "the other way round":
        events = [leaves, takes, leaves, takes]
    assert client.portal is not None
    for event in events:
        client.portal.call(hears.on_catalog_files_changed, event)
        if event is strange:
            assert _stored(client, part, file_id) is not None, (
                "another row's leaving is none of its business"
            )
    assert _stored(client, part, file_id) is None


def _stored(client: TestClient, part: Part, file_id: UUID) -> Any:
    assert client.portal is not None
    return client.portal.call(_service(client, part)._units().files.get, file_id)


def _uploaded(client: TestClient, bearer: dict[str, str]) -> str:
    made = announce(client, bearer)
    assert (
        post(
            client, made["upload"]["url"], multipart(made["upload"]["fields"], TEXT)
        ).status_code
        == 204
    )
    assert settled(client, bearer, made["id"])["status"] == "ready"
    return str(made["id"])


def _until_referred(client: TestClient, part: Part, file_id: str) -> None:
    end = time.monotonic() + 30
    while _stored(client, part, UUID(file_id)).row_id is None:
        assert time.monotonic() < end
        time.sleep(0.05)


def _until_gone(client: TestClient, bearer: dict[str, str], file_id: str) -> None:
    end = time.monotonic() + 30
    while _status(client, bearer, file_id) != 404:
        assert time.monotonic() < end
        time.sleep(0.05)
