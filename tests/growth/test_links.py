"""A symbolic link that the owner put in the place of a generated file: no command
follows it, and neither it, nor what lies behind it, nor what was to come is lost.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.growth.conftest import Home
from tests.support.older import released_before

Copy = Callable[..., Home]
FIELD = ("add", "field", "catalog.book.pages", "--type", "integer")
DOMAIN = "src/lib/catalog/domain.py"
SERVICE = "src/lib/catalog/service.py"
ROOT = "src/lib/apps/app.py"
COMPOSE = "deploy/compose.yaml"
NEW = "src/lib/apps/calls.py"  # of services
RENAMED = "src/lib/chassis/mechanism/conflicts.py"  # of a release before this one
UNCHANGED = ".editorconfig"  # by any of these commands
STAGES = {
    "has that file no more": [1, 2],
    "changes that file": [1, 2, 3],
    "adds that file": [2, 3],
}


def link(project: Home, *paths: str) -> dict[str, bytes]:
    """Move these files to beside the project, with a line of the owner's, and put links
    in their places; what the links say.
    """
    for number, path in enumerate(paths):
        place = project.folder / path
        target = project.folder.parent / f"shared {number}"
        target.write_text(f"# ours\n{place.read_text() if place.exists() else ''}")
        place.unlink(missing_ok=True)
        place.symlink_to(os.path.relpath(target, place.parent))
    return {path: os.fsencode(os.readlink(project.folder / path)) for path in paths}


def see(project: Home) -> dict[Path, tuple[bytes, int]]:
    """All that lies in the project and beside it, links as what they say."""
    return {
        path: (
            os.fsencode(os.readlink(path)) if path.is_symlink() else path.read_bytes(),
            path.lstat().st_mode,
        )
        for path in project.folder.parent.rglob("*")
        if (path.is_symlink() or path.is_file()) and ".git" not in path.parts
    }


def unmerged(project: Home) -> dict[str, list[int]]:
    """The stages that git has of each path that conflicts."""
    found: dict[str, list[int]] = {}
    for line in project.git("ls-files", "--unmerged").splitlines():
        about, _, path = line.partition("\t")
        found.setdefault(path, []).append(int(about.split()[2]))
    return found


def stays(
    project: Home, links: dict[str, bytes], *command: str, conflicts: dict[str, str]
) -> None:
    """The command stops at these conflicts alone, each with what archgen wants; all
    links are as they were, and what lies behind them. Taken back, all is as before.
    """
    before = see(project)
    behind = {place: file for place, file in before.items() if "shared" in place.name}
    assert len(behind) == len(links)
    assert project.archgen(*command, "--dry-run").code == 4 and see(project) == before
    for _ in range(2):
        done = project.archgen(*command)
        assert done.code == 4, done.err
        after = see(project)
        assert {path: after[project.folder / path][0] for path in links} == links
        assert {place: after[place] for place in behind} == behind
        assert unmerged(project) == {
            path: STAGES[wants] for path, wants in conflicts.items()
        }
        for path, wants in conflicts.items():
            said = f"{path}: you put a symbolic link in its place, and archgen {wants}"
            assert said in " ".join(done.err.split())
        assert project.archgen(command[0], "--abort").code == 0
        assert see(project) == before and unmerged(project) == {}
        assert project.git("status", "--porcelain") == ""


def test_add_changes_neither_a_link_nor_what_it_shows_to(home: Copy) -> None:
    project = home()
    links = link(project, DOMAIN, UNCHANGED)
    project.commit()
    stays(project, links, *FIELD, conflicts={DOMAIN: "changes that file"})
    assert project.archgen(*FIELD).code == 4
    assert "pages: int | None" in project.git("show", f":3:{DOMAIN}")


def test_a_link_whose_file_stays_the_same_is_no_conflict(home: Copy) -> None:
    project = home()
    links = link(project, SERVICE, UNCHANGED)
    project.commit()
    assert project.archgen(*FIELD).code == 0
    for path, said in links.items():
        assert os.fsencode(os.readlink(project.folder / path)) == said
    assert project.git("status", "--porcelain", *links) == ""
    assert project.archgen("status", "--json").document["files"].keys() >= links.keys()


def test_a_link_that_is_not_committed_stays_where_the_command_is_forced(
    home: Copy,
) -> None:
    project = home()
    link(project, DOMAIN)
    before = see(project)
    assert project.archgen(*FIELD).code == 4 and see(project) == before
    done = project.archgen(*FIELD, "--force")
    assert done.code == 4 and "symbolic link" in done.err
    assert see(project)[project.folder / DOMAIN] == before[project.folder / DOMAIN]
    assert project.archgen("add", "--abort").code == 0
    assert see(project) == before


def test_evolve_writes_all_parts_where_the_root_of_before_is_a_link(
    home: Copy,
) -> None:
    project = home()
    links = link(project, ROOT, COMPOSE, NEW, UNCHANGED)
    project.commit()
    command = ("evolve", "--to", "microservices")
    wanted = {
        ROOT: "has that file no more",
        COMPOSE: "changes that file",
        NEW: "adds that file",
    }
    stays(project, links, *command, conflicts=wanted)
    assert project.archgen(*command).code == 4
    assert "create_app" in project.read("src/lib/apps/accounts.py")


def test_update_changes_neither_a_link_nor_what_it_shows_to(
    home: Copy, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = home()
    with released_before(tmp_path / "release") as older:
        (tmp_path / "place").mkdir()
        older.write(made.folder, tmp_path / "place/older")
        project = Home(tmp_path / "place/older", made.archgen)
        monkeypatch.chdir(project.folder)
        links = link(project, SERVICE, RENAMED)
        project.commit()
        gone, changed = "has that file no more", "changes that file"
        stays(project, links, "update", conflicts={SERVICE: changed, RENAMED: gone})
        assert project.archgen("update").code == 4
        assert "stamina" in project.read("src/lib/chassis/mechanism/retry.py")
