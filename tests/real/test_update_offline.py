"""A project of an older release comes to a newer one by the wheel alone, with the
network off.
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
from tests.cli.conftest import Ran
from tests.growth.conftest import ANSWERS
from tests.support.releases import FIRST, LAST, Archgen, make_releases, run

pytestmark = [pytest.mark.real, pytest.mark.timeout(600)]

ARCHITECTURES = ("monolith", "microservices", "serverless")
OFFLINE = ["unshare", "--map-root-user", "--net"]
NAMES = {FIRST: "load_test", LAST: "load_model"}  # what that extra is called
CONFLICTS = "src/lib/chassis/mechanism/conflicts.py"


@dataclass(frozen=True)
class Releases:
    """The sources of the first and the last release, and the folder that the last one's
    wheel is installed in.
    """

    sources: dict[str, Archgen]
    installed: Path

    def archgen(self, *arguments: str, cwd: Path) -> Ran:
        """A command of the wheel, where there is no network."""
        command = [*OFFLINE, sys.executable, "-m", "archgen.cli.main", *arguments]
        return run(command, cwd, {"PYTHONPATH": str(self.installed)})


@pytest.fixture(scope="session")
def releases(tmp_path_factory: pytest.TempPathFactory) -> Releases:
    place = tmp_path_factory.mktemp("releases")
    sources = make_releases(place)
    environment = {
        name: value
        for name, value in os.environ.items()
        if name not in ("PYTHONPATH", "VIRTUAL_ENV")
    }
    uv = str(Path(sys.prefix, "bin/uv"))
    tell(
        [uv, "build", "--wheel", "--out-dir", str(place), str(place / "source")],
        environment,
    )
    (wheel,) = map(str, place.glob("*.whl"))
    pip = [sys.executable, "-m", "pip", "install", "--no-index", "--no-deps"]
    tell([*pip, "--target", str(place / "installed"), wheel], environment)
    return Releases(sources, place / "installed")


def tell(command: list[str], environment: dict[str, str]) -> None:
    done = subprocess.run(
        command, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def write(releases: Releases, version: str, architecture: str, place: Path) -> Path:
    """A project of a release."""
    place.mkdir()
    answers = {
        **ANSWERS,
        "architecture": architecture,
        "extras": {NAMES[version]: True},
    }
    (place / "answers.json").write_text(json.dumps(answers))
    done = releases.sources[version](
        "new", "-a", "answers.json", "-o", ".", "--no-input", cwd=place
    )
    assert done.code == 0, done.err
    return place / "lib"


def files(folder: Path) -> dict[str, bytes]:
    """What git would keep."""
    listed = run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"], folder
    ).out.split("\n")
    return {
        path: (folder / path).read_bytes()
        for path in listed
        if (folder / path).is_file()
    }


def test_the_network_is_off(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        script = f"import socket; socket.create_connection(('127.0.0.1', {server.getsockname()[1]}), 5)"
        assert run([sys.executable, "-c", script], tmp_path).code == 0
        assert "Error" in run([*OFFLINE, sys.executable, "-c", script], tmp_path).err


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_the_wheel_alone_brings_an_unedited_project_to_what_it_writes_itself(
    releases: Releases, tmp_path: Path, architecture: str
) -> None:
    project = write(releases, FIRST, architecture, tmp_path / "old")
    where = "import archgen, archgen.catalog; print(archgen.__file__, archgen.catalog.templates_dir())"
    asked = run(
        [sys.executable, "-c", where], project, {"PYTHONPATH": str(releases.installed)}
    )
    assert all(path.startswith(str(releases.installed)) for path in asked.out.split())
    assert releases.archgen("update", "--check", cwd=project).code == 5
    done = releases.archgen("update", cwd=project)
    assert done.code == 0, done.err
    assert files(project) == files(
        write(releases, LAST, architecture, tmp_path / "new")
    )


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_the_wheel_alone_keeps_what_the_owner_wrote(
    releases: Releases, tmp_path: Path, architecture: str
) -> None:
    project = write(releases, FIRST, architecture, tmp_path / "old")
    for path, old, new in (
        ("src/lib/chassis/mechanism/retry.py", "attempts=50", "attempts=80"),
        ("README.md", "# ", "# Ours\n\n# "),
        ("pyproject.toml", '"fastapi', '"babel>=2",\n    "fastapi'),
    ):
        text = (project / path).read_text()
        assert old in text
        (project / path).write_text(text.replace(old, new, 1))
    (project / "src/lib/catalog/discounts.py").write_text("HALF = 0.5\n")
    owner = (
        "git",
        "-c",
        "user.name=Owner",
        "-c",
        "user.email=owner@localhost",
        "-c",
        "commit.gpgSign=false",
    )
    for command in (("add", "--all"), ("commit", "--quiet", "--message", "Mine")):
        assert run([*owner, *command], project).code == 0
    done = releases.archgen("update", cwd=project)
    assert done.code == 0, done.err
    assert (
        "attempts=80" in (project / CONFLICTS).read_text()
        and "partial(" in (project / CONFLICTS).read_text()
    )
    assert '"babel>=2"' in (project / "pyproject.toml").read_text()
    assert (project / "README.md").read_text().startswith("# Ours\n")
    told = releases.archgen("status", "--json", cwd=project).document["files"]
    assert told == {
        "README.md": "changed",
        "pyproject.toml": "changed",
        "src/lib/catalog/discounts.py": "yours",
        CONFLICTS: "changed",
    }
