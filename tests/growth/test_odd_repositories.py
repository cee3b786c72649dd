"""A project grows in whatever repository it lies, and however git is set up there."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.growth.conftest import Home
from tests.growth.test_kills import bounded
from tests.support.older import released_before

Copy = Callable[..., Home]
FIELD = ("add", "field", "catalog.book.pages", "--type", "integer")
DOMAIN = "src/lib/catalog/domain.py"
HOOKS = (
    "pre-commit",
    "commit-msg",
    "post-commit",
    "post-checkout",
    "post-merge",
    "post-index-change",
    "reference-transaction",
    "watch",
)
NEXT = "src/lib/catalog/migrations/0002_add_field_catalog_book_pages.py"


def grows(project: Home, domain: str = DOMAIN) -> None:
    """The field comes, with a state that git shows, and goes again."""
    before, status = project.files(), project.git("status", "--porcelain")
    done = project.archgen(*FIELD)
    assert done.code == 0, done.err
    assert "pages: int | None" in project.read(domain)
    assert domain in project.git(
        "-c", "core.quotePath=false", "status", "--porcelain", "-z"
    )
    assert project.archgen("add", "--abort").code == 0
    assert project.files() == before and project.git("status", "--porcelain") == status
    assert project.archgen(*FIELD).code == 0
    project.commit()
    assert (
        project.archgen("add", "field", "catalog.book.isbn", "--type", "string").code
        == 0
    )


def test_a_checkout_that_git_gives_the_line_ends_of_windows(home: Copy) -> None:
    project = home()
    project.git("config", "core.autocrlf", "true")
    (project.folder / ".gitattributes").unlink()
    project.commit()
    project.git("rm", "--cached", "--quiet", "-r", ".")
    project.git("reset", "--quiet", "--hard")
    assert b"\r\n" in (project.folder / DOMAIN).read_bytes()
    assert project.archgen("status", "--json").document["files"] == {
        ".gitattributes": "deleted"
    }
    grows(project)
    content = (project.folder / DOMAIN).read_bytes()
    assert content.count(b"\n") == content.count(b"\r\n")


def test_files_that_are_committed_with_the_line_ends_of_windows_merge_without_a_conflict(
    home: Copy,
) -> None:
    project = home()
    (project.folder / ".gitattributes").write_text("* -text\n")
    for path in (DOMAIN, "archgen.yaml", "README.md", "tests/catalog/test_books.py"):
        place = project.folder / path
        place.write_bytes(place.read_bytes().replace(b"\n", b"\r\n"))
    project.edit(DOMAIN, "BOOK_LISTS", "MINE = 1\nBOOK_LISTS")
    (project.folder / DOMAIN).write_bytes(
        (project.folder / DOMAIN)
        .read_bytes()
        .replace(b"\r\n", b"\n")
        .replace(b"\n", b"\r\n")
    )
    project.commit()
    grows(project)
    for path in (DOMAIN, "archgen.yaml", "tests/catalog/test_books.py"):
        content = (project.folder / path).read_bytes()
        assert content.count(b"\n") == content.count(b"\r\n") > 3, path
    assert "MINE = 1" in project.read(DOMAIN)


def test_bytes_modes_links_and_names_of_all_kinds_stay(home: Copy) -> None:
    project = home()
    odd = {
        "logo.png": b"\x89PNG\0\xff",
        'say "hi".txt': b"a",
        "zwei\nZeilen.txt": b"b",
        "\u00dcber\tsicht.txt": b"c",
        "-x": b"d",
    }
    for name, content in odd.items():
        (project.folder / "src" / name).write_bytes(content)
    (project.folder / "src/out").symlink_to("/etc")
    (project.folder / DOMAIN).chmod(0o755)
    project.commit()
    grows(project)
    assert {name: (project.folder / "src" / name).read_bytes() for name in odd} == odd
    assert (project.folder / DOMAIN).stat().st_mode & 0o111 == 0o111
    assert os.readlink(project.folder / "src/out") == "/etc"


@pytest.mark.parametrize(
    "name", ['do"main.py', "do\nmain.py", "dömain\\1.py", " domain.py "]
)
def test_what_is_new_goes_to_a_file_whatever_its_owner_called_it(
    home: Copy, name: str
) -> None:
    project = home()
    project.git("mv", DOMAIN, f"src/lib/catalog/{name}")
    project.commit()
    grows(project, f"src/lib/catalog/{name}")


def test_a_place_whose_name_has_to_be_quoted(
    home: Copy, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = home()
    place = tmp_path / 'a "b"\nc: dü'
    made.folder.rename(place)
    monkeypatch.chdir(place)
    grows(Home(place, made.archgen))


def test_a_folder_of_a_bigger_repository_in_which_others_work(
    home: Copy, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = home()
    shutil.rmtree(made.folder / ".git")
    (tmp_path / "root").mkdir()
    made.folder.rename(tmp_path / "root/a+b")
    shutil.copytree(tmp_path / "root/a+b", tmp_path / "root/project")
    outer = Home(tmp_path / "root", made.archgen)
    (outer.folder / "notes.txt").write_text("ours\n")
    outer.git("init", "--quiet")
    outer.commit()
    (outer.folder / "notes.txt").write_text("staged\n")
    outer.git("add", "notes.txt")
    (outer.folder / "notes.txt").write_text("edited\n")
    first, second = (
        Home(outer.folder / "a+b", made.archgen),
        Home(outer.folder / "project", made.archgen),
    )
    monkeypatch.chdir(first.folder)
    assert first.archgen(*FIELD).code == 0
    monkeypatch.chdir(second.folder)
    assert second.archgen("add", "--abort").code == 4  # nothing was done here
    assert second.archgen(*FIELD).code == 0
    assert second.archgen("add", "--abort").code == 0
    assert "pages" in first.read(DOMAIN) and "pages" not in second.read(DOMAIN)
    assert (
        outer.git("show", ":notes.txt") == "staged\n"
        and outer.read("notes.txt") == "edited\n"
    )


def test_a_history_that_was_squashed(home: Copy) -> None:
    project = home()
    project.edit(DOMAIN, "BOOK_LISTS", "MINE = 1\nBOOK_LISTS")
    project.commit()
    commit = project.git("commit-tree", "HEAD^{tree}", "-m", "All of it").strip()
    project.git("reset", "--quiet", "--hard", commit)
    project.git("reflog", "expire", "--expire=now", "--all")
    project.git("gc", "--quiet", "--prune=now")
    grows(project)
    assert "MINE = 1" in project.read(DOMAIN)


def test_a_checkout_of_some_folders_alone(home: Copy) -> None:
    project = home()
    project.git("status")  # which looks at the files anew, since they are copies
    project.git("sparse-checkout", "set", "src", "deploy")
    assert not (project.folder / "tests").exists()
    assert project.archgen("status").code == 0
    done = project.archgen(*FIELD)
    assert done.code == 0, done.err
    assert "pages" in project.read("tests/catalog/test_books.py")
    assert project.archgen("add", "--abort").code == 0
    assert (
        not (project.folder / "tests").exists()
        and project.git("status", "--porcelain") == ""
    )
    project.edit("README.md", "# ", "# Our ")
    assert project.archgen(*FIELD, "--force").code == 0
    ref = project.git("for-each-ref", "--format=%(refname)", "refs/archgen").strip()
    assert project.git("diff", "--name-only", "HEAD", ref).split() == ["README.md"]


def hinder(project: Home) -> None:
    """Let hooks fail and say that they ran, signing fail, and git show all otherwise."""
    hooks = project.folder / ".git/own-hooks"
    hooks.mkdir()
    for name in HOOKS:
        (hooks / name).write_text("#!/bin/sh\ntouch ran\nexit 1\n")
        (hooks / name).chmod(0o755)
    for key, value in {
        "core.hooksPath": str(hooks),
        "core.fsmonitor": str(hooks / "watch"),
        "commit.gpgSign": "true",
        "gpg.program": "/bin/false",
        "merge.conflictStyle": "zdiff3",
        "diff.external": "/bin/false",
        "diff.noprefix": "true",
        "status.short": "true",
        "core.untrackedCache": "true",
    }.items():
        project.git("config", key, value)
    (project.folder / "ran").unlink(missing_ok=True)


def test_settings_of_git_that_would_run_ask_or_mark_otherwise(home: Copy) -> None:
    project = home()
    line = "    category: BookCategory | None = None\n"
    project.edit(DOMAIN, line, f"{line}    # where it stands\n")
    project.commit()
    hinder(project)
    assert project.archgen(*FIELD).code == 4
    assert "<<<<<<< yours\n    # where it stands\n=======\n" in project.read(DOMAIN)
    assert project.archgen("add", "--abort").code == 0
    assert not (project.folder / "ran").exists()


@pytest.mark.parametrize(
    "command",
    [
        ("evolve", "--to", "microservices"),
        ("rename", "entity", "catalog.book", "tome"),
        ("remove", "module", "reviews", "--cascade", "--yes"),
        ("update",),
    ],
    ids=lambda command: command[0],
)
def test_hooks_that_fail_and_signing_keep_no_command_from_its_work(
    home: Copy,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    command: tuple[str, ...],
) -> None:
    project = home()
    with released_before(tmp_path / "release") as older:
        if command == ("update",):
            older.write(project.folder, tmp_path / "older")
            project = Home(tmp_path / "older", project.archgen)
            monkeypatch.chdir(project.folder)
        project.edit(DOMAIN, "BOOK_LISTS", "MINE = 1\nBOOK_LISTS")
        project.commit()
        head = project.git("rev-parse", "HEAD")
        hinder(project)
        before = project.files()
        done = project.archgen(*command)
        assert done.code == 0, done.err
        assert project.files() != before and "MINE = 1" in project.read(DOMAIN)
        assert project.archgen(command[0], "--abort").code == 0
        assert project.files() == before and not (project.folder / "ran").exists()
        assert project.git("rev-parse", "HEAD") == head


def test_what_git_is_told_by_the_environment_is_of_another_repository(
    home: Copy, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = home()
    other = Home(tmp_path / "other", project.archgen)
    other.folder.mkdir()
    (other.folder / "a").write_text("a\n")
    other.git("init", "--quiet")
    other.commit()
    before = (
        other.git("status", "--porcelain"),
        (other.folder / ".git/index").read_bytes(),
    )
    with monkeypatch.context() as patch:
        for name, place in (
            ("GIT_DIR", ".git"),
            ("GIT_WORK_TREE", "."),
            ("GIT_INDEX_FILE", ".git/index"),
        ):
            patch.setenv(name, str(other.folder / place))
        assert project.archgen(*FIELD).code == 0
        assert project.archgen("status").code == 0
    assert (
        "pages" in project.read(DOMAIN) and not (other.folder / ".git/archgen").exists()
    )
    assert (
        other.git("status", "--porcelain"),
        (other.folder / ".git/index").read_bytes(),
    ) == before


def test_what_is_new_and_ignored_by_git_is_named(home: Copy) -> None:
    project = home()
    project.edit(".gitignore", "\n", "\nmigrations/\n")
    project.commit()
    done = project.archgen(*FIELD, "--json")
    assert done.code == 0 and json.loads(done.out)["ignored"] == [NEXT]
    assert project.archgen("add", "--abort").code == 0
    done = project.archgen(*FIELD)
    assert f"git add --force {NEXT}" in " ".join(done.err.split())
    project.git("add", "--force", NEXT)
    project.commit()
    done = project.archgen("rename", "field", "catalog.book.pages", "leaves", "--json")
    assert done.code == 0
    (ignored,) = json.loads(done.out)["ignored"]
    assert "/migrations/0003_" in ignored


def test_what_was_generated_and_is_ignored_by_git_is_not_said_to_be_deleted(
    home: Copy,
) -> None:
    project = home()
    project.edit(".gitignore", "\n", "\n/README.md\n")
    project.git("rm", "--quiet", "--cached", "README.md")
    (project.folder / "Makefile").unlink()
    project.commit()
    found = json.loads(project.archgen("status", "--json").out)["files"]
    assert found == {
        ".gitignore": "changed",
        "Makefile": "deleted",
        "README.md": "ignored",
    }
    told = project.archgen("status").out
    assert "Ignored by git" in told and "Deleted by you\n  Makefile\n" in told
    before = project.read("README.md")
    assert project.archgen(*FIELD).code == 0 and project.read("README.md") == before


def test_settings_of_git_that_the_environment_gives_one_by_one_hold(
    home: Copy, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = home()
    (tmp_path / "ignored").write_text("migrations/\n")
    monkeypatch.setenv("GIT_CONFIG_COUNT", "1")
    monkeypatch.setenv("GIT_CONFIG_KEY_0", "core.excludesFile")
    monkeypatch.setenv("GIT_CONFIG_VALUE_0", str(tmp_path / "ignored"))
    done = project.archgen(*FIELD, "--dry-run", "--json")
    assert json.loads(done.out)["ignored"] == [NEXT]


def test_git_that_is_at_work_is_waited_for(home: Copy) -> None:
    project = home()
    (project.folder / ".git/index.lock").touch()
    before = project.files()
    for command in (FIELD, (*FIELD, "--force")):
        done = project.archgen(*command)
        assert done.code == 4 and "index.lock" in done.err and project.files() == before
    (project.folder / ".git/index.lock").unlink()
    assert project.archgen(*FIELD).code == 0


def test_what_was_staged_since_stays_staged_when_all_is_taken_back(home: Copy) -> None:
    project = home()
    (project.folder / "notes.txt").write_text("one\n")
    project.commit()
    assert project.archgen(*FIELD).code == 0
    (project.folder / "notes.txt").write_text("two\n")
    project.git("add", "--all")
    assert project.archgen("add", "--abort").code == 0
    assert project.git("status", "--porcelain") == "M  notes.txt\n"


def test_a_conflict_is_taken_back_after_git_has_written_its_index_anew(
    home: Copy,
) -> None:
    project = home()
    line = "    category: BookCategory | None = None\n"
    project.edit(DOMAIN, line, f"{line}    # where it stands\n")
    project.commit()
    assert project.archgen(*FIELD).code == 4
    project.git("add", DOMAIN)
    assert project.archgen("add", "--abort").code == 0
    assert (
        project.git("status", "--porcelain") == ""
        and project.git("ls-files", "--unmerged") == ""
    )


def test_a_record_that_git_does_not_have_is_told(home: Copy) -> None:
    project = home()
    project.git("rm", "--cached", "--quiet", "archgen.yaml")
    project.ignore("archgen.yaml")
    project.commit()
    done = project.archgen(*FIELD)
    assert done.code == 4 and "archgen.yaml is not committed" in done.err


def test_a_record_that_is_a_link_is_told(home: Copy) -> None:
    project = home()
    (project.folder / "archgen.yaml").rename(project.folder / "record.yaml")
    (project.folder / "archgen.yaml").symlink_to("record.yaml")
    project.commit()
    done = project.archgen(*FIELD)
    assert done.code == 4 and "symbolic link" in done.err


def test_a_file_where_a_folder_is_to_be_is_told(home: Copy) -> None:
    project = home()
    (project.folder / "src/lib/clubs").write_text("mine\n")
    project.commit()
    done = project.archgen(
        "add", "module", "clubs", "--set", "entities.club.fields.name.type=string"
    )
    assert done.code == 4 and "src/lib/clubs" in done.err
    assert (
        project.read("src/lib/clubs") == "mine\n"
        and project.git("status", "--porcelain") == ""
    )


def test_a_name_that_differs_in_case_alone_is_another_file(home: Copy) -> None:
    project = home()
    place = Path(NEXT)
    (project.folder / place.with_name(place.name.upper())).write_text('"""Mine."""\n')
    project.commit()
    grows(project)
    assert project.read(str(place.with_name(place.name.upper()))) == '"""Mine."""\n'


def test_a_repository_that_may_only_be_read_is_told_and_nothing_is_written(
    home: Copy,
) -> None:
    project = home()
    line = "    category: BookCategory | None = None\n"
    project.edit(DOMAIN, line, f"{line}    # where it stands\n")
    project.commit()
    for folder in (
        project.folder / ".git/objects",
        *(project.folder / ".git/objects").rglob("*"),
    ):
        if folder.is_dir():
            folder.chmod(0o555)
    before = project.files()
    done = bounded(project, *FIELD)  # a conflict, whose sides git would keep
    assert (
        done.returncode == 1
        and "ermission" in done.stderr
        and "defect" not in done.stderr
    ), done.stderr
    assert project.files() == before
    (project.folder / ".git").chmod(0o555)
    done = bounded(project, *FIELD)
    assert (
        done.returncode == 1
        and "ermission" in done.stderr
        and project.files() == before
    )


def test_a_project_whose_submodule_somebody_works_in(
    home: Copy, tmp_path: Path
) -> None:
    project = home()
    other = Home(tmp_path / "other", project.archgen)
    other.folder.mkdir()
    (other.folder / "a").write_text("a\n")
    other.git("init", "--quiet")
    other.commit()
    project.git(
        "-c",
        "protocol.file.allow=always",
        "submodule",
        "--quiet",
        "add",
        str(other.folder),
        "vendor/other",
    )
    project.commit()
    (project.folder / "vendor/other/a").write_text("edited\n")
    (project.folder / "vendor/other/b").write_text("new\n")
    assert project.archgen(*FIELD).code == 0
    assert (
        project.read("vendor/other/a") == "edited\n"
        and project.read("vendor/other/b") == "new\n"
    )
    assert project.archgen("status").code == 0
