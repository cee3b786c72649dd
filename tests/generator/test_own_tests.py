"""How a project runs its own tests."""

from __future__ import annotations

from pathlib import Path

import pytest

from archgen.answers.resolve import resolve
from archgen.answers.sources import from_record
from archgen.generator import render, templates_dir
from archgen.pipeline import make_plan


@pytest.mark.parametrize("architecture", ["monolith", "microservices", "serverless"])
@pytest.mark.parametrize(("entities", "on_all_cores"), [(10, False), (11, True)])
def test_a_project_of_more_than_ten_entities_is_tested_on_all_cores(
    architecture: str, entities: int, on_all_cores: bool, tmp_path: Path
) -> None:
    things = {
        f"thing_{n}": {"fields": {"name": {"type": "string"}}} for n in range(entities)
    }
    answers = {
        "name": "firm",
        "architecture": architecture,
        "modules": {"stock": {"entities": things}},
    }
    render(make_plan(resolve([from_record(answers)])).record, templates_dir(), tmp_path)
    assert ("pytest -n auto" in (tmp_path / "Makefile").read_text()) == on_all_cores
    assert ("pytest-xdist" in (tmp_path / "pyproject.toml").read_text()) == on_all_cores
