"""`archgen add` in a project that its owner has worked on: what is new comes, what is
the owner's stays.
"""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.growth.conftest import Home

from archgen.generator import dump_files, load_record, preview

Copy = Callable[..., Home]
FIELD = ("add", "field", "catalog.book.pages", "--type", "integer")
REQUIRED = (*FIELD, "--required", "--value", "7")


def rendered(home: Home) -> dict[str, bytes]:
    """What the project's record renders, where its files are that."""
    return {
        path: content
        for path, content in preview(load_record(home.folder / "archgen.yaml"))
        if (home.folder / path).is_file()
        and (home.folder / path).read_bytes() == content
    }


def mine(home: Home) -> None:
    """Rules, an import of the root and a note of the owner's, committed."""
    home.edit(
        "src/lib/catalog/domain.py",
        "BOOK_LISTS",
        "def is_cheap(price: Decimal) -> bool:\n    return price < 5\n\n\nBOOK_LISTS",
    )
    home.edit("README.md", "# ", "# Our library\n\nSee the wiki.\n\n# ")
    home.edit("archgen.yaml", "stack:", "# agreed with the platform team\nstack:")
    (home.folder / "src/lib/catalog/discounts.py").write_text("HALF = 0.5\n")
    home.commit()


def test_what_was_added_is_generated_and_all_of_it_renders_from_the_record_again(
    home: Copy,
) -> None:
    project = home()
    first = project.read("src/lib/catalog/migrations/0001_initial.py")
    for command in (
        REQUIRED,
        ("add", "list", "catalog.book", "category,-price"),
        ("add", "entity", "catalog.author", "--set", "fields.name.type=string"),
        (
            "add",
            "reference",
            "catalog.book.author",
            "--to",
            "catalog.author",
            "--indexed",
        ),
        ("add", "module", "clubs", "--set", "entities.club.fields.name.type=string"),
        ("add", "reaction", "clubs", "catalog.book.deleted"),
    ):
        done = project.archgen(*command)
        assert done.code == 0, done.err
        project.commit()
    assert project.read("src/lib/catalog/migrations/0001_initial.py") == first
    assert len(rendered(project)) == len(
        preview(load_record(project.folder / "archgen.yaml"))
    )
    assert project.archgen("status", "--json").document["files"] == {}
    names = sorted(
        path.name
        for path in (project.folder / "src/lib/catalog/migrations").glob("*.py")
    )
    # the last is its outbox
    assert [name[:4] for name in names] == [
        "0001",
        "0002",
        "0003",
        "0004",
        "0005",
        "0006",
    ]


@pytest.mark.parametrize("architecture", ["monolith", "microservices", "serverless"])
def test_what_the_owner_wrote_stays_beside_what_is_new(
    home: Copy, architecture: str
) -> None:
    project = home(architecture)
    mine(project)
    done = project.archgen(*FIELD)
    assert done.code == 0, done.err
    domain = project.read("src/lib/catalog/domain.py")
    assert "def is_cheap" in domain and "pages: int | None = None" in domain
    assert "See the wiki." in project.read("README.md")
    assert "# agreed with the platform team" in project.read("archgen.yaml")
    assert project.read("src/lib/catalog/discounts.py") == "HALF = 0.5\n"
    files = project.archgen("status", "--json").document["files"]
    assert files == {
        "README.md": "changed",
        "archgen.yaml": "changed",
        "src/lib/catalog/discounts.py": "yours",
        "src/lib/catalog/domain.py": "changed",
    }


def test_a_tree_with_changes_that_are_not_committed_is_refused(home: Copy) -> None:
    project = home()
    project.edit("README.md", "# ", "# Our ")
    before = project.files()
    done = project.archgen(*FIELD)
    assert done.code == 4 and "README.md" in done.err and "hint: commit it" in done.err
    assert project.files() == before


def test_a_file_that_lies_where_one_is_to_be_written_is_not_written_over(
    home: Copy,
) -> None:
    project = home()
    place = (
        project.folder
        / "src/lib/catalog/migrations/0002_add_field_catalog_book_pages.py"
    )
    place.write_text("mine = 1\n")
    done = project.archgen(*FIELD)
    assert done.code == 4 and "lies there uncommitted" in done.err
    assert place.read_text() == "mine = 1\n"


def test_a_change_that_git_was_told_to_pass_over_is_not_written_over(
    home: Copy,
) -> None:
    project = home()
    project.git("update-index", "--assume-unchanged", "src/lib/catalog/domain.py")
    project.edit("src/lib/catalog/domain.py", "BOOK_LISTS", "MINE = 1\nBOOK_LISTS")
    done = project.archgen(*FIELD)
    assert done.code == 4 and "passes over" in done.err
    assert "MINE = 1" in project.read("src/lib/catalog/domain.py")


def test_a_dry_run_shows_the_difference_and_writes_nothing(home: Copy) -> None:
    project = home()
    before = project.files()
    done = project.archgen(*FIELD, "--dry-run")
    assert done.code == 0 and "+    pages: int | None = None" in done.out
    told = project.archgen(*FIELD, "--dry-run", "--json").document
    assert told["written"] is False and told["migrations"] == [
        "src/lib/catalog/migrations/0002_add_field_catalog_book_pages.py"
    ]
    assert project.files() == before and project.git("status", "--porcelain") == ""


def test_a_conflict_is_marked_and_listed_stands_until_it_is_settled_and_is_taken_back_byte_for_byte(
    home: Copy,
) -> None:
    project = home()
    path = "src/lib/catalog/domain.py"
    line = "    category: BookCategory | None = None\n"
    project.edit(path, line, f"{line}    # where it stands\n")
    project.commit()
    before = project.files()
    done = project.archgen(*FIELD)
    assert done.code == 4 and f"conflict: {path}" in done.err
    assert "<<<<<<< yours\n    # where it stands\n=======\n" in project.read(path)
    assert f"UU {path}" in project.git("status", "--porcelain")
    refused = project.archgen(*FIELD)
    assert refused.code == 4 and "conflicts stand" in refused.err
    assert project.archgen("status", "--json").document["conflicts"] == [path]

    assert project.archgen("add", "--abort").code == 0
    assert project.files() == before and project.git("status", "--porcelain") == ""

    assert project.archgen(*FIELD).code == 4
    settled = "".join(
        one
        for one in project.read(path).splitlines(True)
        if not one.startswith(("<<<<<<<", "=======", ">>>>>>>"))
    )
    (project.folder / path).write_text(settled)
    project.commit()
    assert (
        project.archgen("add", "field", "catalog.book.isbn", "--type", "string").code
        == 0
    )


def test_a_file_that_its_owner_deleted_stays_deleted_and_it_is_said(home: Copy) -> None:
    project = home()
    project.git("rm", "--quiet", "tests/catalog/test_books.py")
    project.commit()
    done = project.archgen(*FIELD)
    assert (
        done.code == 0
        and "tests/catalog/test_books.py is not there any more" in done.err
    )
    assert not (project.folder / "tests/catalog/test_books.py").exists()


def test_what_was_added_can_be_taken_back_until_it_is_committed(home: Copy) -> None:
    project = home()
    before = project.files()
    assert project.archgen(*FIELD).code == 0
    assert project.archgen("add", "--abort").code == 0
    assert project.files() == before
    assert project.archgen("add", "--abort").code == 4
    assert project.archgen(*FIELD).code == 0
    project.commit()
    assert project.archgen("add", "--abort").code == 4


def test_without_a_repository_what_lies_there_is_merged_and_a_conflict_is_refused(
    home: Copy,
) -> None:
    project = home()
    shutil.rmtree(project.folder / ".git")
    project.edit("src/lib/catalog/domain.py", "BOOK_LISTS", "MINE = 1\nBOOK_LISTS")
    assert project.archgen(*FIELD).code == 0
    assert "MINE = 1" in project.read("src/lib/catalog/domain.py")
    project.edit(
        "src/lib/catalog/domain.py",
        "    pages: int | None = None\n",
        "    pages: int | None = None\n    # mine\n",
    )
    before = {
        path: what
        for path, what in project.files().items()
        if not path.startswith(".archgen/")
    }
    done = project.archgen("add", "field", "catalog.book.isbn", "--type", "string")
    assert done.code == 4 and "git init" in done.err
    assert {
        path: what
        for path, what in project.files().items()
        if not path.startswith(".archgen/")
    } == before


def test_a_project_in_a_folder_of_a_bigger_repository_grows_by_itself(
    home: Copy, tmp_path: Path
) -> None:
    project = home()
    shutil.rmtree(project.folder / ".git")
    outer = Home(tmp_path, project.archgen)
    (tmp_path / "notes.txt").write_text("ours\n")
    outer.git("init", "--quiet")
    outer.commit()
    (tmp_path / "notes.txt").write_text("changed, and none of its business\n")
    assert project.archgen(*FIELD).code == 0
    changed = {line[3:] for line in outer.git("status", "--porcelain").splitlines()}
    assert "lib/src/lib/catalog/domain.py" in changed and all(
        one.startswith(("lib/", "notes")) for one in changed
    )
    assert project.archgen("add", "--abort").code == 0
    assert outer.git("status", "--porcelain").splitlines() == [" M notes.txt"]


def test_a_checkout_with_other_line_ends_keeps_them(home: Copy) -> None:
    project = home()
    (project.folder / ".gitattributes").write_text("* text=auto eol=crlf\n")
    project.commit()
    project.git("rm", "--cached", "--quiet", "-r", ".")
    project.git("reset", "--quiet", "--hard")
    path = project.folder / "src/lib/catalog/domain.py"
    assert b"\r\n" in path.read_bytes()
    done = project.archgen(*FIELD)
    assert done.code == 0, done.err
    content = path.read_bytes()
    assert b"    pages: int | None = None\r\n" in content and content.count(
        b"\n"
    ) == content.count(b"\r\n")
    assert "domain.py" in project.git("diff", "--stat") and project.git(
        "diff", "--numstat", str(path)
    ).startswith("1\t0\t")


def test_rows_that_are_there_need_a_value_in_a_field_that_none_may_lack(
    home: Copy,
) -> None:
    project = home()
    done = project.archgen(*FIELD, "--required")
    assert (
        done.code == 2
        and "rows that are there need a value" in done.err
        and "--value" in done.err
    )
    for wrong in ("many", "9.5"):
        assert project.archgen(*FIELD, "--required", "--value", wrong).code == 2
    unique = project.archgen(*REQUIRED, "--unique")
    assert unique.code == 2 and "unique" in unique.err
    assert project.git("status", "--porcelain") == ""


def test_what_is_wrong_is_told_with_what_mends_it(home: Copy) -> None:
    project = home()
    for command, said in (
        (
            ("add", "field", "catalog.book", "--type", "string"),
            "is not module.entity.field",
        ),
        (("add", "field", "catalog.bok.x", "--type", "string"), "did you mean book?"),
        (
            ("add", "field", "catlog.book.x", "--type", "string"),
            "did you mean catalog?",
        ),
        (("add", "field", "catalog.book.title", "--type", "string"), "already"),
        (("add", "field", "catalog.book.x", "--type", "strng"), "did you mean string?"),
        (("add", "field", "catalog.book.x"), "type"),
        (("add", "option", "wrker"), "did you mean worker?"),
        (("add", "option", "database", "dynamodb"), "cannot be changed"),
    ):
        done = project.archgen(*command)
        assert done.code == 2 and said in done.err, (command, done.err)
    assert project.git("status", "--porcelain") == ""


def test_outside_a_project_that_is_said(
    home: Copy, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    project = home()
    monkeypatch.chdir(tmp_path)
    for command in (FIELD, ("status",), ("diff",)):
        done = project.archgen(*command)
        assert done.code == 1 and "no archgen.yaml" in done.err


def test_a_preset_without_code_of_its_own_takes_fields(home: Copy) -> None:
    project = home(preset="crud", modules={})
    done = project.archgen("add", "field", "items.item.due", "--type", "date")
    assert done.code == 0, done.err
    assert "due: dt.date | None = None" in project.read("src/lib/items/domain.py")
    assert (project.folder / "tests/journey").is_dir()
    project.commit()
    assert (
        project.archgen("add", "field", "items.item.note", "--type", "text").code == 0
    )


@pytest.mark.parametrize("sort", ["-price", "-id_of_shelf,category"])
def test_a_sort_that_is_descending_is_no_flag(home: Copy, sort: str) -> None:
    project = home()
    for command in ("add", "remove"):
        done = project.archgen(command, "list", "catalog.book", sort, "--no-input")
        assert "no such option" not in done.err
        assert done.code == (0 if sort == "-price" else 2), done.err
        if done.code == 0:
            project.commit()


def test_the_next_migration_follows_that_of_the_owner_and_not_one_of_two(
    home: Copy,
) -> None:
    project = home()
    folder = project.folder / "src/lib/catalog/migrations"
    own = '"""Mine."""\n\nrevision = "{}"\ndown_revision = "catalog_0001"\n\n\ndef upgrade() -> None:\n    pass\n'
    (folder / "1700_mine.py").write_text(own.format("abc"))
    project.commit()
    assert project.archgen(*FIELD).code == 0
    assert (
        'down_revision = "abc"'
        in (folder / "0002_add_field_catalog_book_pages.py").read_text()
    )
    assert project.archgen("add", "--abort").code == 0
    (folder / "1701_apart.py").write_text(own.format("def"))
    project.commit()
    done = project.archgen(*FIELD)
    assert done.code == 4 and "written apart" in done.err


def test_a_key_value_database_has_no_migrations(home: Copy) -> None:
    done = home("serverless").archgen(*FIELD, "--json")
    assert done.code == 0 and done.document["migrations"] == []


def test_advice_that_would_be_another_by_now_changes_nothing(home: Copy) -> None:
    project = home("monolith", scope="mvp")
    before = load_record(project.folder / "archgen.yaml")
    assert project.archgen(*FIELD).code == 0
    after = load_record(project.folder / "archgen.yaml")
    same: dict[str, Any] = {
        key: before[key]
        for key in ("architecture", "template", "stack", "extras", "recommendation")
    }
    assert {key: after[key] for key in same} == same


def test_an_answer_that_was_changed_by_hand_is_said_to_drift(home: Copy) -> None:
    project = home()
    record = load_record(project.folder / "archgen.yaml")
    record["answers"]["modules"]["catalog"]["entities"]["book"]["fields"]["title"][
        "type"
    ] = "text"
    for path, content in dump_files(record).items():
        (project.folder / path).write_bytes(content)
    assert project.archgen("status", "--json").document["drift"] == [
        "catalog.book.title"
    ]


def test_a_difference_is_shown_as_git_shows_it(home: Copy) -> None:
    project = home()
    assert project.archgen("diff").out == ""
    mine(project)
    shown = project.archgen("diff", "README.md").out
    assert "+See the wiki." in shown and "is_cheap" not in shown
    assert "is_cheap" in project.archgen("diff").out


def test_a_shallow_clone_on_no_branch_grows_too(
    home: Copy, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = home()
    mine(project)
    clone = tmp_path / "clone"
    subprocess.run(
        [
            "git",
            "clone",
            "--quiet",
            "--depth=1",
            f"file://{project.folder}",
            str(clone),
        ],
        check=True,
    )
    monkeypatch.chdir(clone)
    other = Home(clone, project.archgen)
    other.git("checkout", "--quiet", "--detach")
    assert other.archgen(*FIELD).code == 0
    assert "is_cheap" in other.read("src/lib/catalog/domain.py")


def test_what_names_a_field_follows_its_new_name_and_the_owners_lines_stay(
    home: Copy,
) -> None:
    project = home()
    mine(project)
    done = project.archgen("rename", "field", "catalog.book.title", "heading")
    assert done.code == 0, done.err
    assert "stop it before" in done.err
    domain = project.read("src/lib/catalog/domain.py")
    assert "    heading: str\n" in domain and "def is_cheap" in domain
    assert "# agreed with the platform team" in project.read("archgen.yaml")
    assert project.archgen("rename", "--abort").code == 0


@pytest.mark.parametrize(
    ("command", "code", "said"),
    [
        (("catalog.book.titel", "heading"), 2, "did you mean title?"),
        (("catalog.book.title", "price"), 2, "already"),
        (("catalog.book.title", "class"), 2, "class"),
    ],
)
def test_a_name_that_will_not_do_is_refused(
    home: Copy, command: tuple[str, str], code: int, said: str
) -> None:
    project = home()
    done = project.archgen("rename", "field", *command)
    assert done.code == code and said in done.err
    assert project.git("status", "--porcelain") == ""


def test_rows_of_a_key_value_database_keep_the_names_of_their_fields(
    home: Copy,
) -> None:
    done = home("serverless").archgen(
        "rename", "field", "catalog.book.title", "heading"
    )
    assert done.code == 3 and "renamed" in done.err


def test_answers_that_say_otherwise_what_is_there_are_refused_and_not_half_followed(
    home: Copy,
) -> None:
    project = home()
    record = load_record(project.folder / "archgen.yaml")
    record["answers"]["modules"]["catalog"]["entities"]["book"]["fields"]["title"][
        "type"
    ] = "text"
    for path, content in dump_files(record).items():
        (project.folder / path).write_bytes(content)
    project.commit()
    done = project.archgen(*FIELD)
    assert done.code == 3 and "catalog.book.title" in done.err


def test_nothing_is_written_through_a_link_out_of_the_project(
    home: Copy, tmp_path: Path
) -> None:
    project = home()
    folder = project.folder / "src/lib/catalog"
    shutil.move(folder, tmp_path / "elsewhere")
    folder.symlink_to(tmp_path / "elsewhere")
    project.commit()
    before = (tmp_path / "elsewhere/domain.py").read_text()
    done = project.archgen(*FIELD)
    assert done.code == 4 and "symbolic link" in done.err
    assert (tmp_path / "elsewhere/domain.py").read_text() == before


def test_a_submodule_and_a_worktree_are_left_as_they_are(
    home: Copy, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
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
    project.git("worktree", "add", "--quiet", str(tmp_path / "beside"))
    beside = Home(tmp_path / "beside", project.archgen)
    monkeypatch.chdir(beside.folder)
    assert beside.archgen(*FIELD).code == 0
    assert "pages" in beside.read(
        "src/lib/catalog/domain.py"
    ) and "pages" not in project.read("src/lib/catalog/domain.py")
    assert not any(
        "vendor" in line for line in beside.git("status", "--porcelain").splitlines()
    )
    assert (
        beside.archgen("add", "--abort").code == 0
        and beside.git("status", "--porcelain") == ""
    )


MIGRATIONS = "src/lib/catalog/migrations"


def test_a_migration_that_two_branches_wrote_each_for_itself_is_told(
    home: Copy,
) -> None:
    project = home()
    for name in ("pages", "weight"):
        (project.folder / MIGRATIONS / f"0002_{name}.py").write_text(
            'revision = "catalog_0002"\ndown_revision = "catalog_0001"\n'
        )
    project.commit()
    done = project.archgen(*FIELD)
    assert (
        done.code == 4
        and "0002_pages.py and 0002_weight.py are both called catalog_0002" in done.err
    )
    (project.folder / MIGRATIONS / "0002_weight.py").write_text(
        'LAST = "a"\nrevision = "b"\ndown_revision = LAST\n'
    )
    project.commit()
    done = project.archgen(*FIELD)
    assert done.code == 4 and "0002_weight.py, line 3: LAST is computed" in done.err


def test_the_name_of_a_migration_that_its_owner_removed_is_not_given_again(
    home: Copy,
) -> None:
    project = home()
    assert project.archgen(*FIELD).code == 0
    (project.folder / MIGRATIONS / "0002_add_field_catalog_book_pages.py").unlink()
    project.commit()
    assert (
        project.archgen("add", "field", "catalog.book.isbn", "--type", "string").code
        == 0
    )
    added = project.read(f"{MIGRATIONS}/0003_add_field_catalog_book_isbn.py")
    assert 'revision = "catalog_0003"\ndown_revision = "catalog_0001"' in added


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        (
            "\n  name: lib",
            "\n  name: library",
            "call the project library, and it is lib",
        ),
        (
            "\n  name: lib",
            "\n  name: lib\n  parts: {one: [accounts, catalog, reviews]}",
            "in the part one, and it is in app",
        ),
    ],
)
def test_answers_that_say_by_hand_what_other_commands_do_are_refused(
    home: Copy, old: str, new: str, says: str
) -> None:
    project = home()
    project.edit("archgen.yaml", old, new)
    project.commit()
    before = project.files()
    done = project.archgen(*FIELD)
    assert done.code == 3 and says in done.err and project.files() == before
