"""A project is written whole or not at all."""

from __future__ import annotations

import errno
import os
import socket
import subprocess
from pathlib import Path
from typing import Any

import pytest

from archgen.errors import ArchgenError, TargetError
from archgen.generator import preview, project, write_project

IDENTITY = (
    "GIT_AUTHOR_NAME",
    "GIT_AUTHOR_EMAIL",
    "GIT_COMMITTER_NAME",
    "GIT_COMMITTER_EMAIL",
    "EMAIL",
)


@pytest.fixture(autouse=True)
def nobody(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No git identity, and settings of a user that would get in the way."""
    for name in IDENTITY:
        monkeypatch.delenv(name, raising=False)
    hooks = tmp_path / "user/hooks"
    hooks.mkdir(parents=True)
    (hooks / "pre-commit").write_text("#!/bin/sh\nexit 1\n")
    (hooks / "pre-commit").chmod(0o755)
    (tmp_path / "user/ignore").write_text("*.yaml\n")
    (tmp_path / "user/config").write_text(
        f"[core]\nhooksPath = {hooks}\nexcludesFile = {tmp_path}/user/ignore\n[commit]\ngpgSign = true\n"
    )
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(tmp_path / "user/config"))
    monkeypatch.setenv("GIT_CONFIG_SYSTEM", os.devnull)


def git(folder: Path, *arguments: str) -> str:
    return subprocess.run(
        ["git", *arguments], cwd=folder, check=True, capture_output=True, text=True
    ).stdout.strip()


@pytest.fixture
def home(tmp_path: Path) -> Path:
    folder = tmp_path / "home"
    folder.mkdir()
    return folder


def test_a_project_is_a_repository_with_one_commit_of_everything_but_its_secrets(
    templates: Path, record: dict[str, Any], home: Path
) -> None:
    steps: list[str] = []
    written = write_project(
        record, home / "shop", templates=templates, progress=steps.append
    )
    assert (
        git(home / "shop", "log", "--format=%s") == "Start book-shop with archgen 1.2.3"
    )
    assert git(home / "shop", "status", "--porcelain") == ""
    tracked = git(home / "shop", "ls-files").splitlines()
    assert ".env" not in tracked
    assert "archgen.yaml" in tracked
    assert len(tracked) == written.files
    assert git(home / "shop", "log", "--format=%an") == "archgen"
    assert git(home / "shop", "branch", "--show-current") == "main"
    assert steps == ["Writing the files", "Making the first commit"]
    assert os.listdir(home) == ["shop"]


def test_the_environment_has_fresh_secrets_and_a_free_port_and_is_ones_own(
    templates: Path, record: dict[str, Any], home: Path
) -> None:
    one = write_project(record, home / "one", templates=templates, git=False)
    two = write_project(record, home / "two", templates=templates, git=False)
    assert one.env["PASSWORD"] != two.env["PASSWORD"]
    assert len(one.env["PASSWORD"]) >= 32
    assert one.env["PASSWORD"].isalnum()
    assert one.env["LEVEL"] == "info"
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", int(one.env["DEV_PORT"])))
    assert (home / "one/.env").stat().st_mode & 0o077 == 0
    assert not (home / "one/.git").exists()


def test_parents_are_made_and_an_empty_folder_is_taken(
    templates: Path, record: dict[str, Any], home: Path
) -> None:
    (home / "deep/er/shop").mkdir(parents=True)
    assert (
        write_project(record, home / "deep/er/shop", templates=templates).path
        == home / "deep/er/shop"
    )
    write_project(record, home / "new/folder/shop", templates=templates)
    assert (home / "new/folder/shop/archgen.yaml").is_file()


def test_inside_a_repository_none_is_made_and_it_is_said(
    templates: Path, record: dict[str, Any], home: Path
) -> None:
    git(home, "init", "--quiet")
    written = write_project(record, home / "shop", templates=templates)
    assert not (home / "shop/.git").exists()
    assert str(home) in written.notes[0]


def test_without_git_the_project_is_written_and_it_is_said(
    templates: Path, record: dict[str, Any], home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(home))
    written = write_project(record, home / "shop", templates=templates)
    assert not (home / "shop/.git").exists()
    assert written.notes == ("No repository: git was not found",)


def test_a_users_own_identity_signs_the_commit(
    templates: Path, record: dict[str, Any], home: Path, tmp_path: Path
) -> None:
    with (tmp_path / "user/config").open("a") as config:
        config.write("[user]\nname = Ada\nemail = ada@example.com\n")
    write_project(record, home / "shop", templates=templates)
    assert git(home / "shop", "log", "--format=%an %ae") == "Ada ada@example.com"


@pytest.mark.parametrize(
    "kind",
    [
        "file",
        "occupied",
        "link",
        "dangling",
        "below a file",
        "below nothing",
        "too long",
    ],
)
def test_a_target_that_is_in_the_way_is_refused_and_left_alone(
    templates: Path, record: dict[str, Any], home: Path, kind: str
) -> None:
    target = home / "shop"
    if kind == "file":
        target.write_text("mine")
    elif kind == "occupied":
        target.mkdir()
        (target / "mine").write_text("mine")
    elif kind == "below a file":
        (home / "mine").write_text("mine")
        target = home / "mine" / "shop"
    elif kind == "below nothing":
        (home / "gone").symlink_to(home / "elsewhere")
        target = home / "gone" / "shop"
    elif kind == "too long":
        target = home / ("a" * 300) / "shop"
    else:
        if kind == "link":
            (home / "elsewhere").mkdir()
        target.symlink_to(home / "elsewhere")
    before = sorted(home.rglob("*"))
    with pytest.raises(TargetError) as caught:
        write_project(record, target, templates=templates)
    assert caught.value.exit_code == 4
    assert caught.value.hint
    assert sorted(home.rglob("*")) == before


def test_a_parent_that_is_read_only_is_refused(
    templates: Path, record: dict[str, Any], home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home.chmod(0o555)
    if os.geteuid() == 0:  # who may write everywhere
        monkeypatch.setattr(os, "access", lambda path, mode: Path(path) != home)
    with pytest.raises(TargetError, match="not writable"):
        write_project(record, home / "shop", templates=templates)


@pytest.mark.parametrize(
    ("failure", "expected"),
    [
        (KeyboardInterrupt(), KeyboardInterrupt),
        (OSError(errno.ENOSPC, "No space left on device"), ArchgenError),
        (OSError(errno.EROFS, "Read-only file system"), TargetError),
        (ArchgenError("git failed"), ArchgenError),
    ],
)
@pytest.mark.parametrize("step", ["render", "write_env", "commit_all", "rename"])
def test_whatever_fails_wherever_nothing_is_left_behind(
    templates: Path,
    record: dict[str, Any],
    home: Path,
    monkeypatch: pytest.MonkeyPatch,
    step: str,
    failure: BaseException,
    expected: type[BaseException],
) -> None:
    def fail(*_: object) -> None:
        raise failure

    if step == "rename":
        monkeypatch.setattr(os, "rename", fail)
    else:
        monkeypatch.setattr(project, step, fail)
    with pytest.raises(expected):
        write_project(record, home / "made/for/it/shop", templates=templates)
    assert list(home.iterdir()) == []


def test_what_nothing_may_stop_begins_when_only_the_rename_is_left(
    templates: Path, record: dict[str, Any], home: Path
) -> None:
    seen: list[bool] = []
    write_project(
        record,
        home / "shop",
        templates=templates,
        at_last=lambda: seen.append((home / "shop").exists()),
    )
    assert seen == [False] and (home / "shop/archgen.yaml").is_file()


def test_git_that_finds_no_space_says_to_make_some(
    templates: Path,
    record: dict[str, Any],
    home: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin/git").write_text(
        "#!/bin/sh\necho 'fatal: No space left on device' >&2; exit 128\n"
    )
    (tmp_path / "bin/git").chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path / "bin"), prepend=os.pathsep)
    with pytest.raises(ArchgenError) as caught:
        write_project(record, home / "shop", templates=templates)
    assert caught.value.hint == "free some space; nothing was left behind" and not list(
        home.iterdir()
    )


def test_an_empty_folder_that_was_there_survives_a_failure(
    templates: Path, record: dict[str, Any], home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise KeyboardInterrupt

    (home / "shop").mkdir()
    monkeypatch.setattr(project, "commit_all", fail)
    with pytest.raises(KeyboardInterrupt):
        write_project(record, home / "shop", templates=templates)
    assert [path.name for path in home.iterdir()] == ["shop"]


def test_a_preview_is_what_would_be_written(
    templates: Path, record: dict[str, Any], home: Path
) -> None:
    shown = dict(preview(record, templates))
    write_project(record, home / "shop", templates=templates, git=False)
    written = {
        path.relative_to(home / "shop").as_posix(): path.read_bytes()
        for path in (home / "shop").rglob("*")
        if path.is_file()
    }
    del written[".env"]
    assert shown == written
    assert list(shown) == sorted(shown)


def test_a_repository_as_a_host_makes_it_is_taken_and_what_it_holds_stays(
    templates: Path, record: dict[str, Any], home: Path
) -> None:
    target = home / "book-shop"
    target.mkdir()
    subprocess.run(["git", "init", "--quiet", target], check=True)
    (target / "README.md").write_text("# mine\n")
    (target / "LICENSE").write_text("mine\n")
    (templates / "_shared/README.md").write_text("# archgen's\n")
    written = write_project(record, target, templates=templates)
    assert (target / "README.md").read_text() == "# mine\n" and (
        target / "LICENSE"
    ).read_text() == "mine\n"
    assert (target / "README.archgen.md").read_text() == "# archgen's\n"
    assert (target / "archgen.yaml").is_file() and (target / "src").is_dir()
    log = subprocess.run(
        ["git", "log"], cwd=target, capture_output=True, text=True, check=False
    )
    assert "does not have any commits yet" in log.stderr
    assert (
        "README.md is yours and stays; archgen's is README.archgen.md" in written.notes
    )
    assert any("has no new commit" in note for note in written.notes)
    assert not [
        path for path in target.iterdir() if path.name.startswith(".book-shop-")
    ]


def test_a_folder_that_somebody_stands_in_stays_the_same_folder(
    templates: Path, record: dict[str, Any], home: Path
) -> None:
    target = home / "book-shop"
    target.mkdir()
    before = target.stat().st_ino
    write_project(record, target, templates=templates)
    assert target.stat().st_ino == before and (target / "archgen.yaml").is_file()


def test_what_was_there_is_all_that_is_there_when_the_last_step_fails(
    templates: Path, record: dict[str, Any], home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = home / "book-shop"
    target.mkdir()
    (target / "LICENSE").write_text("mine\n")
    rename, count = os.rename, 0

    def fails(source: Path, place: Path) -> None:
        nonlocal count
        count += 1
        if count == 3:
            raise OSError(28, "No space left on device")
        rename(source, place)

    monkeypatch.setattr("os.rename", fails)
    with pytest.raises(ArchgenError, match="No space left"):
        write_project(record, target, templates=templates)
    assert [path.name for path in target.iterdir()] == ["LICENSE"]


@pytest.mark.parametrize("role", ["AUTHOR", "COMMITTER"])
def test_half_an_identity_of_git_is_made_whole(
    role: str,
    templates: Path,
    record: dict[str, Any],
    home: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv(f"GIT_{role}_NAME", "Ada")
    monkeypatch.setenv(f"GIT_{role}_EMAIL", "ada@example.com")
    write_project(record, home / "shop", templates=templates)
    assert sorted(git(home / "shop", "log", "--format=%an %cn").split()) == [
        "Ada",
        "archgen",
    ]


def test_what_a_user_asks_of_line_ends_does_not_keep_a_project_from_being_committed(
    templates: Path,
    record: dict[str, Any],
    home: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    (tmp_path / "user/attributes").write_text("* text eol=crlf\n")
    (tmp_path / "user/template/hooks").mkdir(parents=True)
    (tmp_path / "user/template/hooks/post-commit").write_text("#!/bin/sh\n")
    with (tmp_path / "user/config").open("a") as config:
        config.write(
            f"[core]\nattributesFile = {tmp_path}/user/attributes\nsafecrlf = true\nautocrlf = true\n"
        )
    monkeypatch.setenv("GIT_TEMPLATE_DIR", str(tmp_path / "user/template"))
    written = write_project(record, home / "shop", templates=templates)
    assert len(git(home / "shop", "ls-files").splitlines()) == written.files
    assert not (home / "shop/.git/hooks/post-commit").exists()
    assert b"\r" not in (home / "shop/archgen.yaml").read_bytes()
