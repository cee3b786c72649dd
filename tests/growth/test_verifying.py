"""`--verify` runs the project's own checks and tests, and takes all back where one
fails.
"""

from __future__ import annotations

import os
from collections.abc import Callable

import pytest
from tests.growth.conftest import Home

from archgen.cli import changing

Copy = Callable[..., Home]
FIELD = ("add", "field", "catalog.book.pages", "--type", "integer")
MAKE = """\
#!/bin/sh
# stands for make: says what was asked, changes the lock as uv does, and fails where it is told to
for target; do :; done
echo "$target" >> asked.log
echo locked anew > uv.lock
[ "$target" != "$FAILS" ] || { i=0; while [ $i -lt 99 ]; do i=$((i+1)); echo "line $i of it"; done; exit 2; }
"""


@pytest.fixture
def make(monkeypatch: pytest.MonkeyPatch, tmp_path: os.PathLike[str]) -> None:
    """A make that is not the machine's."""
    folder = os.path.join(tmp_path, "bin")
    os.mkdir(folder)
    place = os.path.join(folder, "make")
    with open(place, "w") as file:
        file.write(MAKE)
    os.chmod(place, 0o755)
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")


@pytest.mark.usefixtures("make")
def test_checks_and_tests_run_after_the_merge(home: Copy) -> None:
    project = home()
    done = project.archgen(*FIELD, "--verify", "--json")
    assert done.code == 0 and done.document["verified"] is True
    assert done.document["next"][0] == "make migrate"
    assert project.read("asked.log").split() == ["check", "test"]
    assert "pages" in project.read("src/lib/catalog/domain.py")


@pytest.mark.usefixtures("make")
@pytest.mark.parametrize(
    ("fails", "asked"), [("check", ["check"]), ("test", ["check", "test"])]
)
def test_what_fails_is_told_with_the_end_of_it_and_all_is_taken_back(
    home: Copy, monkeypatch: pytest.MonkeyPatch, fails: str, asked: list[str]
) -> None:
    project = home()
    (project.folder / "uv.lock").write_text("locked\n")
    project.ignore("asked.log")
    project.commit()
    before = project.files()
    monkeypatch.setenv("FAILS", fails)
    done = project.archgen(*FIELD, "--verify")
    assert done.code == 5 and f"make {fails} failed" in done.err
    assert "line 99 of it" in done.err and "line 9 of it" not in done.err
    assert project.read("asked.log").split() == asked
    (project.folder / "asked.log").unlink()
    assert project.files() == before and project.git("status", "--porcelain") == ""


@pytest.mark.usefixtures("make")
def test_what_conflicts_is_not_verified_and_stays(home: Copy) -> None:
    project = home()
    line = "    category: BookCategory | None = None\n"
    project.edit("src/lib/catalog/domain.py", line, f"{line}    # where it stands\n")
    project.commit()
    done = project.archgen(*FIELD, "--verify")
    assert done.code == 4 and "Nothing was verified" in done.err
    assert not (project.folder / "asked.log").exists()


def test_a_dry_run_cannot_be_verified(home: Copy) -> None:
    done = home().archgen(*FIELD, "--verify", "--dry-run")
    assert done.code == 2 and "--dry-run" in done.err


def test_without_make_nothing_is_begun(
    home: Copy, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = home()
    monkeypatch.setattr("archgen.growth.verifying.shutil.which", lambda name: None)
    done = project.archgen(*FIELD, "--verify")
    assert done.code == 1 and "make was not found" in done.err
    assert project.git("status", "--porcelain") == ""


@pytest.mark.usefixtures("make")
@pytest.mark.parametrize("wanted", [True, False])
def test_a_person_is_asked_whether_to_verify(
    home: Copy, monkeypatch: pytest.MonkeyPatch, wanted: bool
) -> None:
    project = home()
    monkeypatch.setattr("archgen.cli.prompts.can_ask", lambda: True)
    monkeypatch.setattr(changing, "_wants_verified", lambda: wanted)
    assert project.archgen(*FIELD).code == 0
    assert (project.folder / "asked.log").exists() == wanted
