"""Functions, built by SAM from the lockfile and imported in AWS's own runtime for
Lambda.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from tests.support.projects import Project, environment, new

pytestmark = [pytest.mark.real, pytest.mark.timeout(900)]

RUNTIME = "public.ecr.aws/lambda/python:3.13"
IMPORT_ALL = """
import importlib, pathlib, sys
for line in sys.argv[1:]:
    name, _, handler = line.partition("=")
    module, _, function = handler.rpartition(".")
    sys.path.insert(0, f"/built/{name}")
    assert callable(getattr(importlib.import_module(module), function))
    assert importlib.import_module(module).__file__.startswith(f"/built/{name}/")
    for loaded in [m for m in sys.modules if getattr(sys.modules[m], "__file__", None) and "/built/" in sys.modules[m].__file__]:
        if loaded.split(".")[0] == module.split(".")[0]:
            del sys.modules[loaded]
    sys.path.pop(0)
    print(name)
"""


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory, containers: None) -> Project:
    return new(
        tmp_path_factory.mktemp("packages"),
        "shop",
        "--preset",
        "ecommerce",
        "--architecture",
        "serverless",
        "--set",
        "stack.database=dynamodb",
    )


def test_sam_builds_every_function_and_its_runtime_imports_each_handler_from_there_alone(
    shop: Project,
) -> None:
    # as a fresh clone does it: no environment and no lockfile yet
    uv = Path(sys.prefix, "bin/uv")
    plain = {name: value for name, value in environment().items() if name != "VENV"}
    subprocess.run(
        [
            uv,
            "tool",
            "run",
            "--from",
            "aws-sam-cli>=1.170,<2",
            "sam",
            "build",
            "--template",
            "deploy/template.yaml",
        ],
        cwd=shop.folder,
        # the image stands in for the runtime of this processor alone
        env={
            **plain,
            "PROCESSOR": "x86_64",
            "SAM_CLI_TELEMETRY": "0",
            "PATH": f"{uv.parent}{os.pathsep}{os.environ['PATH']}",
        },
        check=True,
    )
    built = shop.folder / ".aws-sam/build"
    resources = yaml.load((built / "template.yaml").read_text(), yaml.BaseLoader)[
        "Resources"
    ]
    functions = {
        name: resource["Properties"]
        for name, resource in resources.items()
        if resource["Type"].endswith("::Function")
    }
    assert len(functions) == 8
    for name, function in functions.items():
        assert (
            function["CodeUri"] == name and not (built / name / "shop/local").exists()
        )
    done = subprocess.run(
        [
            *(
                "docker",
                "run",
                "--rm",
                "--network",
                "none",
                "--volume",
                f"{built}:/built:ro",
            ),
            *("--entrypoint", "python3", RUNTIME, "-I", "-c", IMPORT_ALL),
            *(f"{name}={function['Handler']}" for name, function in functions.items()),
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0 and done.stdout.split() == list(functions), done.stderr
    ignored = subprocess.run(
        ["git", "init", "--quiet", "."], cwd=shop.folder, check=True
    )
    assert ignored.returncode == 0
    tracked = subprocess.run(
        ["git", "status", "--short", "--untracked-files=all"],
        cwd=shop.folder,
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    assert ".aws-sam" not in tracked and "uv.lock" in tracked
