"""Every preset in every architecture, written by the command and held to its own checks
and tests.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.support.projects import ask, new
from tests.support.samples import samples

PRESETS = ("crud", "ecommerce", "realtime", "social")
ARCHITECTURES = ("monolith", "microservices", "serverless")
AUTH = ("builtin", "oidc")
ON_SERVERS = ("realtime",)  # functions keep no stream
EVERY = [
    (preset, architecture, auth)
    for auth in AUTH
    for preset in PRESETS
    for architecture in ARCHITECTURES
    if architecture != "serverless" or preset not in ON_SERVERS
]
# each architecture and each way to log in; the smallest preset stands in `test_scope.py`
FEW = [
    ("ecommerce", "microservices", "builtin"),
    ("realtime", "monolith", "oidc"),
    ("social", "serverless", "builtin"),
]

pytestmark = [pytest.mark.samples, pytest.mark.timeout(1200)]


@pytest.mark.parametrize(("preset", "architecture", "auth"), samples(EVERY, FEW))
def test_a_preset_passes_its_own_checks_and_tests_and_its_journey(
    preset: str, architecture: str, auth: str, tmp_path: Path
) -> None:
    options = (
        "--preset",
        preset,
        "--architecture",
        architecture,
        "--set",
        f"stack.auth={auth}",
    )
    project = new(tmp_path, "shop", *options)
    project.make("check")
    assert " passed" in project.make("test")
    with project.running() as url:
        assert " passed" in project.make("journey", f"URL={url}")


@pytest.mark.few(2)
@pytest.mark.parametrize("preset", PRESETS)
def test_a_client_cannot_tell_the_architectures_apart_by_their_documents(
    preset: str, tmp_path: Path
) -> None:
    documents = []
    for architecture in ARCHITECTURES[: 2 if preset in ON_SERVERS else 3]:
        project = new(
            tmp_path / architecture,
            "shop",
            "--preset",
            preset,
            "--architecture",
            architecture,
        )
        with project.running() as url:
            status, document = ask(f"{url}/openapi.json")
            assert status == 200
            documents.append(json.dumps(document, sort_keys=True, indent=1))
    assert len(documents) > 1 and len(set(documents)) == 1
