"""Projects for ECS, written once for these tests, with their templates."""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from archgen.answers.resolve import resolve
from archgen.answers.sources import from_record
from archgen.generator import preview
from archgen.pipeline import make_plan


class Written:
    """A project in `folder`, with its record and its template of CloudFormation."""

    def __init__(self, folder: Path, record: dict[str, Any]) -> None:
        self.folder, self.record = folder, record
        for path, data in preview(record):
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_bytes(data)
        sys.path.append(str(folder / "deploy/ecs"))
        self.reader = import_module("cloudformation")
        self.document = self.reader.read_template(folder / "deploy/ecs/template.yaml")

    def of_type(self, kind: str) -> dict[str, Any]:
        """The properties of each resource of a type, as they stand there."""
        resources = self.document["Resources"].items()
        return {
            name: resource.get("Properties", {})
            for name, resource in resources
            if resource["Type"] == kind
        }

    def containers(self) -> dict[str, dict[str, Any]]:
        """Each container, by its task definition and its name."""
        definitions = self.of_type("AWS::ECS::TaskDefinition").items()
        return {
            f"{task}.{container['Name']}": container
            for task, definition in definitions
            for container in definition["ContainerDefinitions"]
        }


@pytest.fixture(scope="session")
def write(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Written]:
    @cache
    def written(
        architecture: str = "monolith", stack: str = "", **answers: Any
    ) -> Written:
        """`stack`: KEY=VALUE, with spaces between."""
        chosen = {
            "deployment": "ecs",
            **dict(pair.split("=") for pair in stack.split()),
        }
        folder = tmp_path_factory.mktemp("ecs")
        said = {
            "name": "ecs-shop",
            "preset": "ecommerce",
            "architecture": architecture,
            "stack": chosen,
            **answers,
        }
        return Written(folder, make_plan(resolve([from_record(said)])).record)

    return written


@pytest.fixture(params=["monolith", "microservices", "monolith broker=kafka"])
def project(request: pytest.FixtureRequest, write: Callable[..., Written]) -> Written:
    """Of each architecture that can be deployed there, and with brokers."""
    return write(*request.param.split())


@pytest.fixture(params=["monolith", "microservices"])
def town(request: pytest.FixtureRequest, write: Callable[..., Written]) -> Written:
    """One whose rows have files, of each architecture."""
    return write(request.param, preset="social", name="ecs-town")
