"""`--force` merges with what is not committed, and loses none of it: a ref has it
first; index and branch stay.
"""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from tests.growth.conftest import Home

Copy = Callable[..., Home]
FIELD = ("add", "field", "catalog.book.pages", "--type", "integer")
DOMAIN = "src/lib/catalog/domain.py"
NEXT = "src/lib/catalog/migrations/0002_add_field_catalog_book_pages.py"


def refs(project: Home) -> list[str]:
    return project.git("for-each-ref", "--format=%(refname)", "refs/archgen").split()


def dirty(project: Home) -> None:
    """Something staged, something staged and edited again, something edited, something
    new.
    """
    project.edit(DOMAIN, "BOOK_LISTS", "STAGED = 1\nBOOK_LISTS")
    project.edit("README.md", "# ", "# Staged ")
    project.git("add", DOMAIN, "README.md")
    project.edit(DOMAIN, "STAGED = 1\n", "STAGED = 1\nEDITED = 1\n")
    project.edit("Makefile", "# The", "# My")
    (project.folder / "notes.txt").write_text("mine\n")


def test_what_is_not_committed_is_merged_and_a_ref_has_it_as_it_was(home: Copy) -> None:
    project = home()
    head = project.git("rev-parse", "HEAD")
    dirty(project)
    before, status = project.files(), project.git("status", "--porcelain")
    staged = project.git("write-tree")
    done = project.archgen(*FIELD, "--force")
    assert done.code == 0, done.err
    (ref,) = refs(project)
    assert ref in done.err
    for path in (DOMAIN, "README.md", "Makefile", "notes.txt"):
        assert project.git("show", f"{ref}:{path}").encode() == before[path][0]
    assert project.git("rev-parse", f"{ref}^2^{{tree}}") == staged
    assert (
        project.git("rev-parse", f"{ref}^1") == head == project.git("rev-parse", "HEAD")
    )
    domain = project.read(DOMAIN)
    assert "STAGED = 1\nEDITED = 1\n" in domain and "pages: int | None" in domain
    assert (project.folder / "notes.txt").read_text() == "mine\n"
    assert project.git("write-tree") == staged and project.git("stash", "list") == ""

    assert project.archgen("add", "--abort").code == 0
    assert project.files() == before and project.git("status", "--porcelain") == status
    project.git("stash", "--include-untracked")
    project.git("stash", "apply", "--quiet", ref)
    assert project.files() == before


def test_a_file_that_git_does_not_know_is_merged_or_a_conflict_and_not_written_over(
    home: Copy,
) -> None:
    project = home()
    (project.folder / NEXT).write_text("mine = 1\n")
    assert project.archgen(*FIELD, "--force").code == 4
    text = project.read(NEXT)
    assert "mine = 1" in text and "<<<<<<< yours" in text
    (ref,) = refs(project)
    assert project.git("show", f"{ref}:{NEXT}") == "mine = 1\n"


def test_a_file_that_is_ignored_is_still_in_the_way(home: Copy) -> None:
    project = home()
    project.ignore("0002_*")
    (project.folder / NEXT).write_text("mine = 1\n")
    assert project.archgen(*FIELD, "--force").code == 4
    assert project.read(NEXT) == "mine = 1\n" and refs(project) == []


def test_where_all_is_committed_there_is_nothing_to_keep(home: Copy) -> None:
    project = home()
    done = project.archgen(*FIELD, "--force", "--json")
    assert done.code == 0 and done.document["kept"] is None and refs(project) == []


def test_a_dry_run_that_is_forced_keeps_and_writes_nothing(home: Copy) -> None:
    project = home()
    dirty(project)
    before, objects = project.files(), project.git("count-objects", "-v")
    done = project.archgen(*FIELD, "--force", "--dry-run")
    assert (
        done.code == 0
        and "+    pages: int | None" in done.out
        and "EDITED"
        not in [line[1:] for line in done.out.splitlines() if line.startswith("+")]
    )
    assert (
        project.files() == before
        and refs(project) == []
        and project.git("count-objects", "-v") == objects
    )


def test_before_the_first_commit_all_is_kept_too(home: Copy) -> None:
    project = home()
    project.git("update-ref", "-d", "HEAD")
    project.edit(DOMAIN, "BOOK_LISTS", "MINE = 1\nBOOK_LISTS")
    before = project.files()
    assert project.archgen(*FIELD).code == 4
    assert project.archgen(*FIELD, "--force").code == 0
    (ref,) = refs(project)
    assert "MINE = 1" in project.git(
        "show", f"{ref}:{DOMAIN}"
    ) and "pages" in project.read(DOMAIN)
    assert project.archgen("add", "--abort").code == 0 and project.files() == before


def test_a_merge_of_git_that_is_not_finished_is_refused(home: Copy) -> None:
    project = home()
    for branch, text in (("one", "1"), ("two", "2")):
        project.git("checkout", "--quiet", "-B", branch, "main")
        (project.folder / "notes.txt").write_text(text)
        project.commit()
    with pytest.raises(AssertionError):  # git says that it conflicts
        project.git("merge", "--quiet", "one")
    done = project.archgen(*FIELD, "--force")
    assert done.code == 4 and "not finished" in done.err


def test_hooks_do_not_run_and_nobody_is_asked_to_sign(home: Copy) -> None:
    project = home()
    hooks = project.folder / ".git/own-hooks"
    hooks.mkdir()
    for name in (
        "pre-commit",
        "post-index-change",
        "reference-transaction",
        "post-commit",
        "fsmonitor-watchman",
    ):
        (hooks / name).write_text("#!/bin/sh\ntouch ran\nexit 1\n")
        (hooks / name).chmod(0o755)
    dirty(project)
    for key, value in {
        "core.hooksPath": str(hooks),
        "core.fsmonitor": str(hooks / "fsmonitor-watchman"),
        "commit.gpgSign": "true",
        "gpg.program": "/bin/false",
        "merge.conflictStyle": "zdiff3",
    }.items():
        project.git("config", key, value)
    (project.folder / "ran").unlink(missing_ok=True)
    done = project.archgen(*FIELD, "--force", "--json")
    assert done.code == 0, done.err
    assert json.loads(done.out)["kept"] and not (project.folder / "ran").exists()
