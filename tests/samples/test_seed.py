"""`make seed` of the preset `social`, whose people post, follow and like beside making rows."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.support.projects import new
from tests.support.samples import samples

pytestmark = [pytest.mark.samples, pytest.mark.timeout(600)]
ARCHITECTURES = ["monolith", "microservices", "serverless"]


@pytest.mark.parametrize("architecture", samples(ARCHITECTURES, ARCHITECTURES[:1]))
def test_seeding_social_twice_is_seeding_it_once(architecture: str, tmp_path: Path) -> None:
    project = new(tmp_path, "town", "--preset", "social", "--architecture", architecture)
    with project.running() as url:
        first = project.make("seed", f"URL={url}")
        assert "60 posts" in first
        assert project.make("seed", f"URL={url}") == first
