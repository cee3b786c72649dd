"""A server that keeps files in a bucket, on moto's S3 server: the same face as with a
folder, nobody told of what arrives, nothing lost.
"""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from importlib import import_module
from io import BytesIO
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import boto3
import httpx2 as httpx
import pytest
from PIL import Image
from starlette.testclient import TestClient
from tests.support.projects import Project

BUCKET = "bucket-lab"
TEXT = b"Nothing but words.\n"
FIELDS = {"text/plain": "catalog.product.text", "image/png": "catalog.product.image"}
part = "bucket_lab.{}".format


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """S3, which the environment names as it names any other server; it may be stopped,
    and started again with what it had.
    """
    moto = import_module("moto.server").ThreadedMotoServer("127.0.0.1", port=0)
    moto.start()
    host, port = moto.get_host_and_port()
    moto._port = port
    for name, value in (
        ("ENDPOINT_URL_S3", f"http://{host}:{port}"),
        ("DEFAULT_REGION", "eu-central-1"),
        ("ACCESS_KEY_ID", "key"),
        ("SECRET_ACCESS_KEY", "secret"),
    ):
        monkeypatch.setenv(f"AWS_{name}", value)
    place = {"LocationConstraint": "eu-central-1"}
    s3().create_bucket(Bucket=BUCKET, CreateBucketConfiguration=place)
    yield moto
    for key in keys():
        s3().delete_object(Bucket=BUCKET, Key=key)
    s3().delete_bucket(Bucket=BUCKET)
    moto.stop()


def s3() -> Any:
    return boto3.client("s3")


def keys() -> list[str]:
    return [
        each["Key"] for each in s3().list_objects_v2(Bucket=BUCKET).get("Contents", [])
    ]


@pytest.fixture
def settings(bucket_lab: Project, server: Any, tmp_path: Path) -> dict[str, Any]:
    import_module(part("accounts.keys")).make_key(tmp_path / "keys")
    return {
        "modules_env": "",
        "database_url": f"sqlite+aiosqlite:///{tmp_path}/data",
        "cache_url": "",
        "files_folder": tmp_path / "files",
        "files_bucket": BUCKET,
        "jwt_keys": tmp_path / "keys",
        "mail_url": f"file:{tmp_path / 'mails'}",
        "admin_email": "",
        "admin_password": "",
    }


@pytest.fixture
def client(
    settings: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> Iterator[TestClient]:
    """Of the monolith, which looks for arrivals often; logged in."""
    monkeypatch.setattr(
        import_module(part("chassis.mechanism.s3_arrivals")), "PAUSE", 0.2
    )
    made = import_module(part("apps.settings")).Settings.model_construct(**settings)
    with TestClient(import_module(part("apps.dev")).create_app(made)) as client:
        who = {
            "email": f"{uuid4().hex}@example.com",
            "password": "correct horse battery staple",
        }
        assert client.post("/api/auth/register", json=who).status_code == 201
        token = client.post("/api/auth/login", json=who).json()["access_token"]
        client.headers["Authorization"] = f"Bearer {token}"
        yield client


@pytest.fixture
def unwatched(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody looks for arrivals but whoever asks."""
    arrivals = import_module(part("chassis.mechanism.s3_arrivals"))
    monkeypatch.setattr(arrivals, "watched", lambda *_: {})
    monkeypatch.setattr(import_module(part("apps.app")), "watched", lambda *_: {})


def announce(
    client: httpx.Client, size: int = len(TEXT), kind: str = "text/plain"
) -> dict[str, Any]:
    answer = client.post(
        "/api/files", json={"for": FIELDS[kind], "content_type": kind, "size": size}
    )
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


def send(made: dict[str, Any], data: bytes) -> int:
    """As the form says, to S3 itself; not one byte passes the application."""
    form = made["upload"]
    with httpx.Client(trust_env=False) as http:
        return int(
            http.post(
                form["url"], data=form["fields"], files={"file": ("../../a", data)}
            ).status_code
        )


def until(seen: Callable[[], Any], holds: Callable[[Any], bool] = bool) -> Any:
    end = time.monotonic() + 30
    while not holds(found := seen()):
        assert time.monotonic() < end, found
        time.sleep(0.05)
    return found


def shown(client: httpx.Client, made: dict[str, Any]) -> dict[str, Any]:
    answer = client.get(f"/api/files/{made['id']}")
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def settled(client: httpx.Client, made: dict[str, Any]) -> dict[str, Any]:
    return dict(
        until(lambda: shown(client, made), lambda file: file["status"] != "pending")
    )


def get(url: str) -> httpx.Response:
    with httpx.Client(trust_env=False) as http:
        return http.get(url)


def test_an_image_is_uploaded_to_the_bucket_and_its_thumbnail_is_there(
    client: TestClient,
) -> None:
    drawn = BytesIO()
    Image.new("RGB", (800, 600), (200, 30, 30)).save(drawn, "PNG")
    made = announce(client, len(drawn.getvalue()), "image/png")
    policy = made["upload"]["fields"]
    assert policy["key"] == f"incoming/{made['id']}"
    assert urlsplit(made["upload"]["url"]).path == f"/{BUCKET}", (
        "other servers have buckets in paths"
    )
    assert send(made, drawn.getvalue()) == 204
    file = settled(client, made)
    assert file["status"] == "ready", file
    answer, small = get(file["url"]), get(file["thumbnail_url"])
    assert answer.status_code == small.status_code == 200
    assert (
        answer.headers["content-type"] == "image/png"
        and answer.headers["content-disposition"] == "inline"
    )
    assert Image.open(BytesIO(small.content)).size == (320, 240)
    until(
        keys,
        lambda there: (
            there == [f"kept/{made['id']}/original", f"kept/{made['id']}/thumbnail"]
        ),
    )


def test_what_a_browser_could_run_is_downloaded(client: TestClient) -> None:
    made = announce(client)
    send(made, TEXT)
    answer = get(settled(client, made)["url"])
    assert answer.content == TEXT
    assert (
        answer.headers["content-disposition"] == "attachment"
        and answer.headers["content-type"] == "text/plain"
    )


@pytest.mark.parametrize(
    ("kind", "announced", "data", "reason"),
    [
        ("text/plain", len(TEXT), TEXT + b"x", "more bytes than"),
        ("text/plain", len(TEXT), TEXT * 200_000, "more bytes than"),
        ("text/plain", len(TEXT), TEXT[:-1], "fewer bytes than"),
        ("image/png", len(TEXT), TEXT, ""),
    ],
    ids=["one byte more", "many more", "one byte fewer", "a lie about the type"],
)
def test_what_is_not_what_was_announced_is_rejected_even_if_the_server_took_it(
    client: TestClient, kind: str, announced: int, data: bytes, reason: str
) -> None:
    """Moto takes whatever comes, as a server may that knows no policies: what lies
    there is counted again.
    """
    made = announce(client, announced, kind)
    assert send(made, data) == 204
    file = settled(client, made)
    assert file["status"] == "rejected" and reason in file["reason"]
    assert (file["url"], file["thumbnail_url"]) == (None, None)
    until(keys, lambda there: there == [])


def test_what_arrives_is_looked_at_though_nobody_asks(client: TestClient) -> None:
    made = announce(client)
    send(made, TEXT)
    until(keys, lambda there: there == [f"kept/{made['id']}/original"])


def test_what_arrives_is_looked_at_once_however_many_ask(
    unwatched: None, client: TestClient, settings: dict[str, Any]
) -> None:
    made = announce(client)
    send(made, TEXT)
    with ThreadPoolExecutor(8) as many:
        list(many.map(lambda _: shown(client, made), range(16)))
    assert settled(client, made)["status"] == "ready"
    database = Path(settings["database_url"].partition(":///")[2]) / "files.sqlite"
    with sqlite3.connect(database) as rows:
        (version,) = rows.execute("select version from files").fetchone()
    assert version == 3, "announced, noticed, ready"


def test_a_form_that_is_used_again_changes_nothing_and_leaves_nothing(
    client: TestClient,
) -> None:
    made = announce(client)
    send(made, TEXT)
    url = settled(client, made)["url"]
    until(keys, lambda there: there == [f"kept/{made['id']}/original"])
    send(made, TEXT[::-1])
    until(keys, lambda there: there == [f"kept/{made['id']}/original"])
    assert get(url).content == TEXT


def test_what_lies_there_of_no_file_is_discarded_and_what_is_no_upload_stays(
    client: TestClient,
) -> None:
    for key in (f"incoming/{uuid4()}", "incoming/README", "kept/README"):
        s3().put_object(Bucket=BUCKET, Key=key, Body=b"x")
    until(keys, lambda there: there == ["incoming/README", "kept/README"])


def test_a_file_goes_with_its_row_and_one_of_no_row_in_its_time(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken, orphan, never = (announce(client) for _ in range(3))
    for made in (taken, orphan):
        send(made, TEXT)
        assert settled(client, made)["status"] == "ready"
    row = client.post("/api/products", json={"text": taken["id"]})
    assert row.status_code == 201
    client.delete(row.headers["Location"])
    until(
        lambda: client.get(f"/api/files/{taken['id']}").status_code,
        lambda status: status == 404,
    )
    assert keys() == [f"kept/{orphan['id']}/original"]
    collector, now = (
        import_module(part("files.collector")),
        import_module(part("chassis.policy.entity")).now,
    )
    app: Any = client.app
    service = app.state.services[import_module(part("files.service")).FilesService]
    monkeypatch.setattr(collector, "now", lambda: now() + timedelta(hours=25))
    assert client.portal is not None
    client.portal.call(collector.FilesCollector(service._units, service._store).collect)
    gone = [
        client.get(f"/api/files/{made['id']}").status_code for made in (orphan, never)
    ]
    assert gone == [404, 404] and keys() == []


def test_while_the_bucket_is_away_the_rest_goes_on_and_nothing_is_lost(
    client: TestClient, server: Any
) -> None:
    arrived, coming = announce(client), announce(client)
    server.stop()
    asked = client.get(f"/api/files/{arrived['id']}")
    assert asked.status_code == 503 and asked.headers["Retry-After"] == "1"
    assert "files does not answer" in asked.json()["detail"]
    assert client.get("/api/products").status_code == 200
    assert announce(client)["upload"]["url"], "a form is signed here"
    server.start()
    for made in (arrived, coming):
        assert send(made, TEXT) == 204
        assert settled(client, made)["status"] == "ready"


def test_services_keep_files_in_the_bucket_too(
    bucket_services: Project, server: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As a user runs them, told by the environment alone."""
    monkeypatch.setenv("FILES_BUCKET", BUCKET)
    with (
        bucket_services.running() as url,
        httpx.Client(base_url=url, trust_env=False) as client,
    ):
        who = {
            "email": f"{uuid4().hex}@example.com",
            "password": "correct horse battery staple",
        }
        assert client.post("/api/auth/register", json=who).status_code == 201
        token = client.post("/api/auth/login", json=who).json()["access_token"]
        client.headers["Authorization"] = f"Bearer {token}"
        made = announce(client)
        assert send(made, TEXT) == 204
        assert get(settled(client, made)["url"]).content == TEXT
        row = client.post("/api/products", json={"text": made["id"]})
        assert row.status_code == 201, row.text
        client.delete(row.headers["Location"])
        until(keys, lambda there: there == [])


def test_links_and_forms_are_signed_for_where_clients_reach_the_server(
    client: TestClient, settings: dict[str, Any]
) -> None:
    """Not rewritten afterwards, which a server that checks the host in the signature
    refuses.
    """
    s3_files, chosen = (
        import_module(part(f"chassis.mechanism.{name}"))
        for name in ("s3_files", "s3_settings")
    )
    made = chosen.S3Settings.model_construct(
        files_bucket=BUCKET, files_endpoint="https://files.example.com"
    )
    signer = s3_files.S3Files(made)._signer
    assert signer.meta.endpoint_url == "https://files.example.com"
    assert signer.generate_presigned_url(
        "get_object", {"Bucket": BUCKET, "Key": "k"}
    ).startswith(f"https://files.example.com/{BUCKET}/k?")


def test_without_a_bucket_files_lie_in_the_folder(
    client: TestClient, settings: dict[str, Any]
) -> None:
    place, kinds = (
        import_module(part(f"chassis.mechanism.{name}"))
        for name in ("file_place", "folder_files")
    )
    chosen = import_module(part("apps.settings")).Settings.model_construct(
        **{**settings, "files_bucket": ""}
    )
    assert isinstance(place.file_store(chosen), kinds.FolderFiles)


def test_the_document_is_that_of_a_folder(
    client: TestClient, instance: tuple[TestClient, Path]
) -> None:
    bucket, folder = (
        each.get("/openapi.json").json() for each in (client, instance[0])
    )
    assert (
        bucket["paths"] == folder["paths"]
        and bucket["components"] == folder["components"]
    )


@pytest.mark.parametrize(
    ("gone", "said"),
    [
        ("AWS_DEFAULT_REGION", "not where it lies"),
        ("AWS_ACCESS_KEY_ID", "no key to it"),
    ],
)
def test_production_starts_with_a_bucket_that_it_can_reach(
    bucket_lab: Project, server: Any, gone: str, said: str
) -> None:
    code = (
        "import os; from bucket_lab.apps.preflight import check; from bucket_lab.apps.settings import Settings; "
        f"os.environ.update({json.dumps({'AWS_EC2_METADATA_DISABLED': 'true', 'AWS_CONFIG_FILE': '/none'})}); "
        f"os.environ['AWS_SHARED_CREDENTIALS_FILE'] = '/none'; os.environ.pop({gone!r}, None)\n"
        "try: check(Settings.model_construct(production=True, files_bucket='b'))\n"
        "except SystemExit as error: print(error)"
    )
    assert said in bucket_lab.python(code)
    assert said not in bucket_lab.python(code.replace(gone, "NOTHING"))


def test_a_project_without_the_extra_has_none_of_it(
    lab: Project, bucket_lab: Project
) -> None:
    def there(project: Project) -> list[str]:
        names = [path.name for path in (project.folder / "src").rglob("*.py")]
        return [
            name
            for name in ("aws.py", "s3_files.py", "s3_arrivals.py", "file_place.py")
            if name in names
        ]

    assert there(lab) == [] and len(there(bucket_lab)) == 4
    needs = [(each.folder / "pyproject.toml").read_text() for each in (lab, bucket_lab)]
    assert (
        '"botocore>=' not in needs[0]
        and '"botocore>=' in needs[1]
        and '"boto3>=' not in needs[1]
    )
