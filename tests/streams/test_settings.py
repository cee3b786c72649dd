"""What the page about streams lets an owner set is heard where the project runs."""

from __future__ import annotations

import yaml
from tests.support.projects import Project


def test_the_settings_of_windows_reach_the_containers(project: Project) -> None:
    compose = yaml.safe_load(
        (project.folder / "deploy" / "compose.yaml").read_text(encoding="utf-8")
    )
    told = (project.folder / "docs" / "streams.md").read_text(encoding="utf-8")
    for name in ("WINDOW_SECONDS", "LATENESS_HOURS", "EVENT_LOG_RETENTION_HOURS"):
        assert f"`{name}`" in told
        for service in ("app", "worker"):
            assert name in compose["services"][service]["environment"], (service, name)
