"""A generated project to grow, and its repository as its owner uses it."""

from __future__ import annotations

import io
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from tests.cli.conftest import Ran

from archgen.cli.main import run

ANSWERS = {
    "name": "lib",
    "workload": "crud",
    "scope": "mvp",
    "modules": {
        "catalog": {
            "entities": {
                "book": {
                    "access": {"read": "public", "write": "staff"},
                    "fields": {
                        "title": {"type": "string", "required": True},
                        "price": {"type": "decimal", "min": 0, "required": True},
                        "category": {
                            "type": "enum",
                            "values": ["novel", "essay"],
                            "indexed": True,
                        },
                    },
                }
            }
        },
        "reviews": {
            "entities": {
                "review": {
                    "access": {"read": "owner", "write": "owner"},
                    "fields": {
                        "book": {
                            "type": "reference",
                            "to": "catalog.book",
                            "required": True,
                            "indexed": True,
                        }
                    },
                }
            }
        },
    },
}


@dataclass(frozen=True)
class Home:
    """A project in `folder`; `archgen` runs a command in it."""

    folder: Path
    archgen: Callable[..., Ran]

    def git(self, *command: str, given: str = "") -> str:
        owner = (
            "-c",
            "user.name=Owner",
            "-c",
            "user.email=owner@localhost",
            "-c",
            "commit.gpgSign=false",
        )
        done = subprocess.run(
            ["git", *owner, *command],
            cwd=self.folder,
            capture_output=True,
            text=True,
            check=False,
            input=given,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def pytest(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Some of the project's own tests."""
        command = [sys.executable, "-m", "pytest", "-q", *arguments]
        return subprocess.run(
            command, cwd=self.folder, capture_output=True, text=True, check=False
        )

    def ignore(self, pattern: str) -> None:
        """Let git not see what has such a name."""
        place = self.folder / ".git/info/exclude"
        place.parent.mkdir(exist_ok=True)
        place.write_text(f"{pattern}\n")

    def commit(self) -> None:
        self.git("add", "--all")
        self.git("commit", "--quiet", "--message", "Mine")

    def edit(self, path: str, old: str, new: str) -> None:
        text = (self.folder / path).read_text()
        assert old in text
        (self.folder / path).write_text(text.replace(old, new, 1))

    def read(self, path: str) -> str:
        return (self.folder / path).read_text()

    def files(self) -> dict[str, tuple[bytes, int]]:
        """All that lies there but what git keeps for itself: content and mode."""
        return {
            path.relative_to(self.folder).as_posix(): (
                path.read_bytes(),
                path.stat().st_mode,
            )
            for path in self.folder.rglob("*")
            if path.is_file() and ".git" not in path.relative_to(self.folder).parts
        }


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    """A project of ANSWERS and what else is said, made once."""
    known: dict[str, Path] = {}

    def make(architecture: str, **others: Any) -> Path:
        key = json.dumps([architecture, others])
        if key not in known:
            place = tmp_path_factory.mktemp("made")
            answers = {
                **({} if "preset" in others else ANSWERS),
                "name": "lib",
                "architecture": architecture,
                **others,
            }
            (place / "answers.json").write_text(json.dumps(answers))
            with redirect_stdout(io.StringIO()):
                code = run(
                    [
                        "new",
                        "-a",
                        str(place / "answers.json"),
                        "-o",
                        str(place),
                        "--no-input",
                        "--json",
                    ]
                )
            assert code == 0
            known[key] = place / str(answers["name"])
        return known[key]

    return make


@pytest.fixture
def home(
    made: Callable[..., Path],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Iterator[Callable[..., Home]]:
    """A copy of such a project, to be in."""

    def copy(architecture: str = "monolith", **others: Any) -> Home:
        folder = tmp_path / "lib"
        shutil.copytree(made(architecture, **others), folder, symlinks=True)
        monkeypatch.chdir(folder)

        def call(*arguments: str) -> Ran:
            capsys.readouterr()
            code = run(arguments)
            printed = capsys.readouterr()
            return Ran(code, printed.out, printed.err)

        return Home(folder, call)

    monkeypatch.setenv("COLUMNS", "80")
    yield copy
    os.chdir("/")
