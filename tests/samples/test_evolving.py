"""A project of each preset in which people have worked goes from a monolith by services
to functions and back: nothing of theirs is lost, its own checks hold at each stop.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from tests.samples.owned import APP, COMPOSE, MODULES, NGINX, list_edits
from tests.samples.test_guide import complete_template
from tests.support.owner import git
from tests.support.projects import ARCHGEN, Project, environment, new
from tests.support.samples import samples

from archgen.domain.presets import PRESETS

pytestmark = [pytest.mark.samples, pytest.mark.timeout(7200)]

ROUTES = "src/shop/local/routes.py"
# what only the former architecture has, and was edited: containers, which functions do
# without
CONFLICTS = {"serverless": [COMPOSE, NGINX]}
STOPS = (
    ("--extract", ""),
    ("--to", "microservices"),
    ("--to", "serverless"),
    ("--to", "monolith"),
)


@pytest.mark.parametrize("preset", samples(list(MODULES), ["crud"]))
def test_a_project_with_its_owner_s_code_goes_all_the_way_round(
    preset: str, tmp_path: Path
) -> None:
    project = new(tmp_path, "shop", "--preset", preset, "--architecture", "monolith")
    folder = project.folder
    git(folder, "init", "--quiet", "--initial-branch=main")
    commit(folder)
    edits = list_edits(preset)
    for path, there, written in edits:
        edit(folder / path, there, written)
    run(project, "-m", "ruff", "check", "--fix", "-q", ".")
    run(project, "-m", "ruff", "format", "-q", ".")
    commit(folder)
    hold(project)
    root = (folder / APP).read_text()
    for flag, target in STOPS:
        if target == "serverless" and "servers" in PRESETS[preset].needs:
            refuse(project, flag, target)
            continue
        evolve(project, flag, target or MODULES[preset])
        check_kept(folder, preset)
        hold(project)
    # but for the place of the router in the list
    assert sorted(re.findall(r"\w+", (folder / APP).read_text())) == sorted(
        re.findall(r"\w+", root)
    )


def refuse(project: Project, *stop: str) -> None:
    """What cannot be is said, with why, and nothing is touched."""
    done = call(project, *stop)
    assert done.returncode == 3 and "it needs servers (" in done.stderr, done.stderr
    assert "--to monolith or microservices" in done.stderr
    assert not git(project.folder, "status", "--porcelain")


def evolve(project: Project, *stop: str) -> None:
    """Go there; where a file that only the former architecture has is a conflict, keep
    it for another day.
    """
    done = call(project, *stop)
    conflicts = re.findall(r"^conflict: (\S+?):", done.stderr, re.MULTILINE)
    assert conflicts == CONFLICTS.get(stop[1], []) and done.returncode == (
        4 if conflicts else 0
    ), done.stderr
    if (project.folder / ROUTES).exists():
        project.make("routes")
    complete_template(project)
    commit(project.folder)


def call(project: Project, *stop: str) -> subprocess.CompletedProcess[str]:
    command = [*ARCHGEN, "evolve", *stop, "--no-input"]
    return subprocess.run(
        command,
        cwd=project.folder,
        env=own(),
        capture_output=True,
        text=True,
        check=False,
    )


def check_kept(folder: Path, preset: str) -> None:
    """Every line of the owner's is there, and what is new in a root in the one that has
    its module.
    """
    listed = git(folder, "ls-files").splitlines()
    text = "\n".join((folder / path).read_text(errors="replace") for path in listed)
    for path, there, written in list_edits(preset):
        for line in [line for line in written.splitlines() if line not in there]:
            assert line.strip(" ,()") in text, f"{path}: {line}"
    root = (
        MODULES[preset]
        if (folder / f"src/shop/apps/{MODULES[preset]}.py").exists()
        else "app"
    )
    assert "labels_router" in (folder / f"src/shop/apps/{root}.py").read_text()


def hold(project: Project) -> None:
    """The project's own lint, types, boundaries and tests, its journey among them."""
    run(project, "-m", "ruff", "check", ".")
    run(project, "-m", "ruff", "format", "--check", ".")
    run(project, "-m", "mypy")
    run(
        project,
        "-c",
        "from importlinter.cli import lint_imports_command as lint; lint()",
        "--no-logo",
    )
    run(project, "-m", "pytest", "-q", "-p", "no:schemathesis", "-n", "2")


def run(project: Project, *command: str) -> None:
    done = subprocess.run(
        [sys.executable, *command],
        cwd=project.folder,
        env={**environment(), "PYTHONPATH": "src"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, (
        f"{' '.join(command)}: {(done.stdout + done.stderr)[-6000:]}"
    )


def own() -> dict[str, str]:
    return {
        **os.environ,
        "PYTHONPATH": os.pathsep.join(path for path in sys.path if path),
    }


def edit(path: Path, there: str, written: str) -> None:
    text = path.read_text() if path.exists() else ""
    assert there in text, f"{path}: {there}"
    path.write_text(text.replace(there, written, 1) if there else text + written)


def commit(folder: Path) -> None:
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--message", "Mine", "--allow-empty")
