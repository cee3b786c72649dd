"""`make seed` where there is more to do than to make rows: people of `social` post,
follow and like, and rows may have to have files.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.support.projects import new
from tests.support.samples import samples

pytestmark = [pytest.mark.samples, pytest.mark.timeout(600)]
ARCHITECTURES = ["monolith", "microservices", "serverless"]


@pytest.mark.parametrize("architecture", samples(ARCHITECTURES, ARCHITECTURES[:1]))
def test_seeding_social_twice_is_seeding_it_once(
    architecture: str, tmp_path: Path
) -> None:
    project = new(
        tmp_path, "town", "--preset", "social", "--architecture", architecture
    )
    with project.running() as url:
        first = project.make("seed", f"URL={url}")
        assert "60 posts" in first
        assert project.make("seed", f"URL={url}") == first


FILED = {
    "notes": {
        "entities": {
            "note": {
                "access": {"read": "owner", "write": "owner"},
                "fields": {
                    "scan": {"type": "file", "required": True},
                    "paper": {
                        "type": "file",
                        "accept": ["application/pdf"],
                        "required": True,
                    },
                },
            },
            "page": {
                "access": {"read": "user", "write": "user"},
                "lists": [["n", "-created_at"]],
                "fields": {
                    "n": {"type": "integer", "indexed": True},
                    "shot": {
                        "type": "file",
                        "accept": ["text/plain"],
                        "required": True,
                    },
                },
            },
        },
        "reacts_to": ["accounts.account.deleted"],
    },
    "shelf": {
        "entities": {
            "book": {
                "access": {"read": "public", "write": "staff"},
                "fields": {
                    "cover": {"type": "file", "required": True},
                    "page": {"type": "reference", "to": "notes.page", "required": True},
                },
            }
        }
    },
}


@pytest.mark.parametrize("architecture", samples(ARCHITECTURES, ARCHITECTURES[:1]))
def test_rows_that_have_to_have_files_pass_the_project_s_own_tests_and_are_seeded_once(
    architecture: str, tmp_path: Path
) -> None:
    answers = tmp_path / "answers.json"
    answers.write_text(json.dumps({"modules": FILED}))
    project = new(
        tmp_path, "attic", "--answers", str(answers), "--architecture", architecture
    )
    project.make("check")
    assert " passed" in project.make("test")
    with project.running() as url:
        first = project.make("seed", f"URL={url}")
        assert all(line in first for line in ("30 notes", "30 pages", "30 books"))
        assert project.make("seed", f"URL={url}") == first
