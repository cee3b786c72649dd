"""Projects whose rows have files, written once for these tests: a monolith that keeps
them in a folder, functions that have S3.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient
from tests.support.projects import Project, new

PRODUCT = {
    "access": {"read": "public", "write": "user"},
    "fields": {
        "name": {"type": "string"},
        "image": {"type": "file", "max_bytes": 5_000_000},
        "text": {"type": "file", "accept": ["text/plain"], "max_bytes": 20_000_000},
    },
}
POSTER = {
    "access": {"read": "public", "write": "user"},
    "fields": {"text": {"type": "file", "accept": ["text/plain"], "required": True}},
}
ANSWERS = {"modules": {"catalog": {"entities": {"product": PRODUCT, "poster": POSTER}}}}


def _project(folder: Path, name: str, architecture: str, *more: str) -> Project:
    (folder / "answers.json").write_text(json.dumps(ANSWERS))
    made = new(
        folder,
        name,
        "--answers",
        str(folder / "answers.json"),
        "--architecture",
        architecture,
        *more,
    )
    sys.path.append(str(made.folder / "src"))
    return made


@pytest.fixture(scope="session")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """The monolith; its package is `upload_lab`, and can be imported."""
    return _project(tmp_path_factory.mktemp("uploads"), "upload-lab", "monolith")


@pytest.fixture(scope="session")
def functions(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """The functions, on DynamoDB; their package is `s3_lab`, and can be imported."""
    return _project(
        tmp_path_factory.mktemp("functions"),
        "s3-lab",
        "serverless",
        "--set",
        "stack.database=dynamodb",
    )


@pytest.fixture(scope="session")
def bucket_lab(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """The monolith that can have a bucket; its package is `bucket_lab`, and can be
    imported.
    """
    return _project(
        tmp_path_factory.mktemp("bucket"),
        "bucket-lab",
        "monolith",
        "--set",
        "extras.s3_files=true",
    )


@pytest.fixture(scope="session")
def bucket_services(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """The same as services."""
    folder = tmp_path_factory.mktemp("services")
    return _project(
        folder, "bucket-services", "microservices", "--set", "extras.s3_files=true"
    )


@pytest.fixture
def part(lab: Project) -> Callable[[str], Any]:
    """`part("files.collector")`: that module of the monolith."""
    return lambda name: import_module(f"upload_lab.{name}")


@pytest.fixture
def instance(
    part: Callable[[str], Any], tmp_path: Path
) -> Iterator[tuple[TestClient, Path]]:
    """A client of the monolith, and the folder in which it keeps files."""
    part("accounts.keys").make_key(tmp_path / "keys")
    settings = part("apps.settings").Settings.model_construct(
        modules_env="",
        database_url=f"sqlite+aiosqlite:///{tmp_path}/data",
        cache_url="",
        files_folder=tmp_path / "files",
        jwt_keys=tmp_path / "keys",
        mail_url=f"file:{tmp_path / 'mails'}",
        admin_email="",
        admin_password="",
    )
    with TestClient(part("apps.dev").create_app(settings)) as client:
        yield client, tmp_path / "files"
