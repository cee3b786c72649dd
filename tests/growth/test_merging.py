"""What was generated, what is its owner's and what is new are merged as git does, and nothing of the owner's is lost."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from archgen.growth.merging import Outcome, merge
from archgen.growth.store import Store

RECORD = {"archgen.yaml": b"name: lib\nmodules:\n- name: a\n- name: b\n"}
LINES = b"".join(b"line %d\n" % number for number in range(20))
Files = Mapping[str, bytes]
Merge = Callable[[Files, Files, Files], tuple[Outcome, Callable[[str], bytes]]]


@pytest.fixture
def merged(tmp_path: Path) -> Merge:
    """The outcome for what was generated, the owner's and the new files, and what a file holds then."""

    def run(base: Files, yours: Files, new: Files) -> tuple[Outcome, Callable[[str], bytes]]:
        store = Store(tmp_path / "store")
        trees = []
        for name, files in (("base", base), ("yours", yours), ("new", new)):
            for path, content in {**RECORD, **files}.items():
                (tmp_path / name / path).parent.mkdir(parents=True, exist_ok=True)
                (tmp_path / name / path).write_bytes(content)
            trees.append(store.keep(tmp_path / name))
        outcome = merge(store, *trees)
        return outcome, lambda path: store.read(outcome.result[path].blob)

    return run


def test_edits_that_do_not_meet_are_both_there(merged: Merge) -> None:
    outcome, read = merged(
        {"a": LINES}, {"a": LINES.replace(b"line 3\n", b"mine\n")}, {"a": LINES.replace(b"line 15\n", b"new\n")}
    )
    assert b"mine\n" in read("a") and b"new\n" in read("a") and outcome.conflicts == ()


def test_edits_of_the_same_lines_are_a_conflict_marked_as_git_does(merged: Merge) -> None:
    outcome, read = merged(
        {"a": LINES}, {"a": LINES.replace(b"line 3\n", b"mine\n")}, {"a": LINES.replace(b"line 3\n", b"new\n")}
    )
    assert [conflict.path for conflict in outcome.conflicts] == ["a"]
    assert b"<<<<<<< yours\nmine\n=======\nnew\n>>>>>>> archgen\n" in read("a")


def test_a_file_that_was_edited_and_is_generated_no_more_is_a_conflict_and_stays(merged: Merge) -> None:
    outcome, read = merged({"a": LINES}, {"a": LINES + b"mine\n"}, {})
    assert [sorted(conflict.stages) for conflict in outcome.conflicts] == [[1, 2]]
    assert read("a") == LINES + b"mine\n"


def test_a_file_that_nobody_edited_goes_with_what_generated_it(merged: Merge) -> None:
    outcome, _ = merged({"a": LINES}, {"a": LINES}, {})
    assert "a" not in outcome.result and outcome.conflicts == ()


def test_a_file_that_its_owner_deleted_stays_deleted_and_that_is_said(merged: Merge) -> None:
    outcome, _ = merged({"a": LINES, "b": LINES}, {}, {"a": LINES + b"new\n", "b": LINES})
    assert outcome.stays_deleted == ("a",)
    assert not {"a", "b"} & outcome.result.keys() and outcome.conflicts == ()


def test_a_file_that_both_add_is_one_or_a_conflict(merged: Merge) -> None:
    outcome, read = merged({}, {"a": b"mine\n", "b": b"same\n"}, {"a": b"new\n", "b": b"same\n"})
    assert [conflict.path for conflict in outcome.conflicts] == ["a"]
    assert b"mine" in read("a") and b"new" in read("a") and read("b") == b"same\n"


def test_what_is_new_goes_to_where_the_owner_moved_the_file(merged: Merge) -> None:
    outcome, read = merged({"a": LINES}, {"moved/b": LINES}, {"a": LINES.replace(b"line 9\n", b"new\n")})
    assert b"new\n" in read("moved/b") and "a" not in outcome.result
    assert outcome.conflicts == () and outcome.stays_deleted == ()


def test_a_binary_file_that_both_change_stays_the_owners_and_is_a_conflict(merged: Merge) -> None:
    outcome, read = merged({"a": b"\0\1\2"}, {"a": b"\0mine"}, {"a": b"\0new"})
    assert [conflict.path for conflict in outcome.conflicts] == ["a"] and read("a") == b"\0mine"


def test_line_ends_of_the_owner_stay_in_lines_that_are_the_owners(merged: Merge) -> None:
    _, read = merged({"a": LINES}, {"a": LINES + b"mine\r\n"}, {"a": b"new\n" + LINES})
    assert read("a").endswith(b"mine\r\n") and read("a").startswith(b"new\n")


def test_comments_in_the_record_stay_where_its_lines_are_merged(merged: Merge) -> None:
    commented = b"name: lib\nmodules:  # ours\n- name: a\n- name: b\n"
    outcome, read = merged({}, {"archgen.yaml": commented}, {"archgen.yaml": RECORD["archgen.yaml"] + b"- name: c\n"})
    assert read("archgen.yaml") == commented + b"- name: c\n" and outcome.conflicts == ()


def test_comments_in_the_record_stay_where_they_meet_what_is_new(merged: Merge) -> None:
    commented = b"# on top\nname: lib\nmodules:\n- name: a  # the first\n- name: b  # the second\n"
    new = b"name: lib\nmodules:\n- name: a\n  kind: x\n- name: z\n- name: b\n"
    outcome, read = merged({}, {"archgen.yaml": commented}, {"archgen.yaml": new})
    text = read("archgen.yaml").decode()
    assert all(comment in text for comment in ("# on top", "# the first", "# the second"))
    assert "kind: x" in text and "name: z" in text and outcome.conflicts == ()
