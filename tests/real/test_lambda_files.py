"""Files and the preset `social` in AWS's own runtime: a form that S3 takes, what S3
tells a queue, and a function that looks at what came.

S3 is moto's server, which takes any form: that S3 keeps to a form's length and type is
held by `tests/uploads`, where the gateway does. Everything else is as in
`test_lambda_runtime.py`.
"""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Iterator
from importlib import import_module
from typing import Any
from uuid import uuid4

import httpx2 as httpx
import pytest
from PIL import Image
from tests.support.lambda_runtime import Stage, deployed, make_staff
from tests.support.projects import Project, ask, new, until
from tests.support.pump import Pump
from tests.support.stack import lock_if_possible

pytestmark = [pytest.mark.real, pytest.mark.long, pytest.mark.timeout(1500)]
FIELD = "posts.post.media"


@pytest.fixture(scope="module")
def social(tmp_path_factory: pytest.TempPathFactory) -> Project:
    options = (
        "--preset",
        "social",
        "--architecture",
        "serverless",
        "--set",
        "stack.database=dynamodb",
    )
    project = new(tmp_path_factory.mktemp("runtime"), "runtime-social", *options)
    sys.path.append(str(project.folder / "src"))
    lock_if_possible(project)
    return project


@pytest.fixture(scope="module")
def running(social: Project, containers: None) -> Iterator[tuple[Stage, Pump]]:
    with deployed(social) as (stage, pump):
        make_staff(stage)
        yield stage, pump


@pytest.fixture(scope="module")
def token(running: tuple[Stage, Pump]) -> str:
    stage, _ = running
    person = {"email": f"{uuid4().hex}@example.com", "password": uuid4().hex}
    assert ask(f"{stage.url}/api/auth/register", "POST", person)[0] == 201
    found: str = ask(f"{stage.url}/api/auth/login", "POST", person)[1]["access_token"]
    return found


def picture() -> bytes:
    """With the place where it was taken, which is to go."""
    exif = Image.Exif()
    exif[0x010E] = "behind the house"
    drawn = io.BytesIO()
    Image.new("RGB", (1200, 800), "teal").save(drawn, "PNG", exif=exif)
    return drawn.getvalue()


def send(stage: Stage, token: str, content_type: str, data: bytes) -> str:
    """Uploads it by the form that the function gives; the file's id."""
    asked = {"for": FIELD, "content_type": content_type, "size": len(data)}
    status, announced = ask(f"{stage.url}/api/files", "POST", asked, token=token)
    assert status == 201, announced
    form = announced["upload"]
    taken = httpx.post(
        form["url"], data=form["fields"], files={"file": ("x", data, content_type)}
    )
    assert taken.status_code == 204, taken.text
    found: str = announced["id"]
    return found


def settled(stage: Stage, token: str, file_id: str) -> dict[str, Any]:
    """The file, once it is not pending any more."""
    shown: list[dict[str, Any]] = []

    def is_settled() -> bool:
        shown.append(ask(f"{stage.url}/api/files/{file_id}", token=token)[1])
        return bool(shown[-1]["status"] != "pending")

    until(is_settled, 180)
    return shown[-1]


def test_the_journey_passes_with_feeds_likes_and_media(
    running: tuple[Stage, Pump],
) -> None:
    stage, pump = running
    assert " passed" in stage.project.make("journey", f"URL={stage.url}")
    parts = sorted(
        name.removesuffix("Background")
        for name in {name for name, _, _ in pump.batches}
    )
    assert parts == ["Accounts", "Feed", "Files", "Follows", "Posts"]
    until(lambda: sum(stage.left(f"{part}Queue") for part in parts) == 0)
    assert sum(stage.left(f"{part}DeadLetters") for part in parts) == 0


def test_an_image_that_came_to_the_bucket_is_drawn_anew_and_has_a_thumbnail(
    running: tuple[Stage, Pump], token: str
) -> None:
    stage, pump = running
    file_id = send(stage, token, "image/png", picture())
    file = settled(stage, token, file_id)
    assert file["status"] == "ready"
    bodies = [
        json.loads(record["body"])
        for name, records, _ in pump.batches
        if name == "FilesBackground"
        for record in records
    ]
    told = [
        each
        for body in bodies
        for each in body.get("Records", [])
        if file_id in each["s3"]["object"]["key"]
    ]
    assert {each["eventName"].partition(":")[0] for each in told} == {"ObjectCreated"}
    original, thumbnail = (httpx.get(file[name]) for name in ("url", "thumbnail_url"))
    assert (original.headers["content-type"], thumbnail.headers["content-type"]) == (
        "image/png",
        "image/webp",
    )
    shown, small = (
        Image.open(io.BytesIO(original.content)),
        Image.open(io.BytesIO(thumbnail.content)),
    )
    assert (shown.size, not shown.getexif()) == ((1200, 800), True)
    assert (small.format, max(small.size)) == ("WEBP", 320)
    bucket = stage.known["FilesBucket"]
    left = {
        each["Key"]
        for each in stage.clients["s3"]
        .list_objects_v2(Bucket=bucket)
        .get("Contents", [])
    }
    assert {key for key in left if file_id in key} == {
        f"kept/{file_id}/original",
        f"kept/{file_id}/thumbnail",
    }


def test_what_is_no_image_is_refused_and_nothing_of_it_stays(
    running: tuple[Stage, Pump], token: str
) -> None:
    """The decoders are bounded in the runtime's own sandbox, too: the function goes on."""
    stage, _ = running
    lies = [
        b"<svg xmlns='http://www.w3.org/2000/svg'><script/></svg>",
        picture()[:-400],
        b"\x89PNG\r\n\x1a\n" + bytes(64),
    ]
    for data in lies:
        file_id = send(stage, token, "image/png", data)
        file = settled(stage, token, file_id)
        assert file["status"] == "rejected", file
        left = (
            stage.clients["s3"]
            .list_objects_v2(Bucket=stage.known["FilesBucket"])
            .get("Contents", [])
        )
        assert not [each for each in left if file_id in each["Key"]]
    assert (
        settled(stage, token, send(stage, token, "image/png", picture()))["status"]
        == "ready"
    )
    assert stage.left("FilesDeadLetters") == 0


def test_files_are_looked_at_by_the_function_that_has_the_decoders_and_by_no_other(
    social: Project,
) -> None:
    """As `sam build` packaged them."""
    built = social.folder / ".aws-sam/build"
    functions = (
        import_module("runtime_social.local.template")
        .Template(social.folder / "deploy/template.yaml", {})
        .functions()
    )
    assert {name for name in functions if (built / name / "PIL").is_dir()} == {
        "FilesBackground"
    }
