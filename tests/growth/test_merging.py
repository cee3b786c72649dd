"""What was generated, what is its owner's and what is new are merged as git does, and
nothing of the owner's is lost.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from archgen.catalog import parse_yaml
from archgen.growth.merge.comments import carry_comments
from archgen.growth.merge.mentions import list_mentions
from archgen.growth.merge.merging import Outcome, merge
from archgen.growth.trees.store import Store

RECORD = {"archgen.yaml": b"name: lib\nmodules:\n- name: a\n- name: b\n"}
LINES = b"".join(b"line %d\n" % number for number in range(20))
Files = Mapping[str, bytes]
Merge = Callable[[Files, Files, Files], tuple[Outcome, Callable[[str], bytes]]]


@pytest.fixture
def merged(tmp_path: Path) -> Merge:
    """The outcome for what was generated, the owner's and the new files, and what a
    file holds then.
    """

    def run(
        base: Files, yours: Files, new: Files
    ) -> tuple[Outcome, Callable[[str], bytes]]:
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
        {"a": LINES},
        {"a": LINES.replace(b"line 3\n", b"mine\n")},
        {"a": LINES.replace(b"line 15\n", b"new\n")},
    )
    assert b"mine\n" in read("a") and b"new\n" in read("a") and outcome.conflicts == ()


def test_edits_of_the_same_lines_are_a_conflict_marked_as_git_does(
    merged: Merge,
) -> None:
    outcome, read = merged(
        {"a": LINES},
        {"a": LINES.replace(b"line 3\n", b"mine\n")},
        {"a": LINES.replace(b"line 3\n", b"new\n")},
    )
    assert [conflict.path for conflict in outcome.conflicts] == ["a"]
    assert b"<<<<<<< yours\nmine\n=======\nnew\n>>>>>>> archgen\n" in read("a")


def test_a_file_that_was_edited_and_is_generated_no_more_is_a_conflict_and_stays(
    merged: Merge,
) -> None:
    outcome, read = merged({"a": LINES}, {"a": LINES + b"mine\n"}, {})
    assert [sorted(conflict.stages) for conflict in outcome.conflicts] == [[1, 2]]
    assert read("a") == LINES + b"mine\n"


def test_a_file_that_nobody_edited_goes_with_what_generated_it(merged: Merge) -> None:
    outcome, _ = merged({"a": LINES}, {"a": LINES}, {})
    assert "a" not in outcome.result and outcome.conflicts == ()


def test_a_file_that_its_owner_deleted_stays_deleted_and_that_is_said(
    merged: Merge,
) -> None:
    outcome, _ = merged(
        {"a": LINES, "b": LINES}, {}, {"a": LINES + b"new\n", "b": LINES}
    )
    assert outcome.stays_deleted == ("a",)
    assert not {"a", "b"} & outcome.result.keys() and outcome.conflicts == ()


def test_a_file_that_its_owner_deleted_stays_deleted_where_it_has_another_name_by_now(
    merged: Merge,
) -> None:
    outcome, _ = merged({"a": LINES}, {}, {"b": LINES + b"new\n"})
    assert outcome.stays_deleted == ("b",) and outcome.conflicts == ()
    assert not {"a", "b"} & outcome.result.keys()


def test_what_the_owner_changed_follows_a_file_to_its_new_name(merged: Merge) -> None:
    outcome, read = merged(
        {"a": LINES},
        {"a": LINES.replace(b"line 3\n", b"mine\n")},
        {"b": LINES.replace(b"line 15\n", b"new\n")},
    )
    assert b"mine\n" in read("b") and b"new\n" in read("b")
    assert "a" not in outcome.result and outcome.conflicts == ()


def test_a_file_that_both_add_is_one_or_a_conflict(merged: Merge) -> None:
    outcome, read = merged(
        {}, {"a": b"mine\n", "b": b"same\n"}, {"a": b"new\n", "b": b"same\n"}
    )
    assert [conflict.path for conflict in outcome.conflicts] == ["a"]
    assert b"mine" in read("a") and b"new" in read("a") and read("b") == b"same\n"


def test_what_is_new_goes_to_where_the_owner_moved_the_file(merged: Merge) -> None:
    outcome, read = merged(
        {"a": LINES}, {"moved/b": LINES}, {"a": LINES.replace(b"line 9\n", b"new\n")}
    )
    assert b"new\n" in read("moved/b") and "a" not in outcome.result
    assert outcome.conflicts == () and outcome.stays_deleted == ()


def test_a_binary_file_that_both_change_stays_the_owners_and_is_a_conflict(
    merged: Merge,
) -> None:
    outcome, read = merged({"a": b"\0\1\2"}, {"a": b"\0mine"}, {"a": b"\0new"})
    assert [conflict.path for conflict in outcome.conflicts] == ["a"] and read(
        "a"
    ) == b"\0mine"


def test_line_ends_of_the_owner_stay_in_lines_that_are_the_owners(
    merged: Merge,
) -> None:
    _, read = merged({"a": LINES}, {"a": LINES + b"mine\r\n"}, {"a": b"new\n" + LINES})
    assert read("a").endswith(b"mine\r\n") and read("a").startswith(b"new\n")


def test_comments_in_the_record_stay_where_its_lines_are_merged(merged: Merge) -> None:
    commented = b"name: lib\nmodules:  # ours\n- name: a\n- name: b\n"
    outcome, read = merged(
        {},
        {"archgen.yaml": commented},
        {"archgen.yaml": RECORD["archgen.yaml"] + b"- name: c\n"},
    )
    assert (
        read("archgen.yaml") == commented + b"- name: c\n" and outcome.conflicts == ()
    )


def test_comments_in_the_record_stay_where_they_meet_what_is_new(merged: Merge) -> None:
    commented = b"# on top\nname: lib\nmodules:\n- name: a  # the first\n- name: b  # the second\n"
    new = b"name: lib\nmodules:\n- name: a\n  kind: x\n- name: z\n- name: b\n"
    outcome, read = merged({}, {"archgen.yaml": commented}, {"archgen.yaml": new})
    text = read("archgen.yaml").decode()
    assert all(
        comment in text for comment in ("# on top", "# the first", "# the second")
    )
    assert "kind: x" in text and "name: z" in text and outcome.conflicts == ()


def test_comments_in_the_record_on_what_goes_are_kept_above_the_part_that_had_it(
    merged: Merge,
) -> None:
    commented = b"# on top\nname: lib\nmodules:\n- name: a  # the first\n# of the second\n- name: b  # the second\n"
    _, read = merged(
        {},
        {"archgen.yaml": commented},
        {"archgen.yaml": b"name: lib\nmodules:\n- name: c\n"},
    )
    text = read("archgen.yaml").decode()
    assert parse_yaml(text.encode()) == {"name": "lib", "modules": [{"name": "c"}]}
    assert all(
        comment in text
        for comment in ("# on top", "# the first", "# of the second", "# the second")
    )


NAMES = st.sampled_from("abcdef")
LISTS = st.lists(
    st.fixed_dictionaries(
        {
            "filters": st.lists(NAMES, max_size=2),
            "sort": st.none() | NAMES,
            "limits": st.dictionaries(NAMES, st.integers(0, 9), max_size=2),
        }
    ),
    max_size=3,
)
RECORDS = st.fixed_dictionaries(
    {
        "name": st.just("lib"),
        "modules": st.lists(
            st.fixed_dictionaries({"name": NAMES, "lists": LISTS}), max_size=3
        ),
    }
)


@given(RECORDS, RECORDS, st.sets(st.integers(0, 30), max_size=5))
def test_comments_in_the_record_are_kept_wherever_they_stand_and_whatever_is_new(
    before: Any, after: Any, commented: set[int]
) -> None:
    base, new = (
        yaml.safe_dump(record, sort_keys=False).encode() for record in (before, after)
    )
    yours = "".join(
        f"{line}  # ours {number}\n" if number in commented else f"{line}\n"
        for number, line in enumerate(base.decode().splitlines())
    )
    with tempfile.TemporaryDirectory() as folder:
        kept = carry_comments(Store(Path(folder)), yours.encode(), base, new)
    assert parse_yaml(kept) == after
    written = re.findall(r"# ours \d+", yours)
    assert set(written) <= set(re.findall(r"# ours \d+", kept.decode()))


@pytest.mark.parametrize("place", ["b", "a/__init__.py"])
def test_a_file_that_its_owner_moved_and_edited_is_not_said_to_be_deleted(
    merged: Merge, place: str
) -> None:
    outcome, read = merged(
        {"a": LINES},
        {place: LINES.replace(b"line 3\n", b"mine\n")},
        {"a": LINES.replace(b"line 15\n", b"new\n")},
    )
    assert b"mine\n" in read(place) and b"new\n" in read(place)
    assert outcome.conflicts == () and outcome.stays_deleted == ()


@pytest.mark.parametrize(
    ("yours", "new", "stages"),
    [
        ({}, {"a": LINES + b"new\n"}, {1, 2, 3}),
        ({"b": LINES + b"mine\n"}, {"a": LINES + b"new\n"}, {1, 2, 3}),
        ({}, {"b": LINES + b"new\n"}, {1, 2}),
        ({}, {"a": LINES, "b": b"new\n"}, None),
    ],
)
def test_a_link_in_the_place_of_a_file_stays_and_what_is_new_is_there_or_told(
    tmp_path: Path, yours: Files, new: Files, stages: set[int] | None
) -> None:
    store = Store(tmp_path / "store")
    trees = []
    for name, files in (("base", {"a": LINES}), ("yours", yours), ("new", new)):
        (tmp_path / name).mkdir()
        for path, content in {**RECORD, **files}.items():
            (tmp_path / name / path).write_bytes(content)
        if name == "yours":
            (tmp_path / name / "a").symlink_to("b")
        trees.append(store.keep(tmp_path / name))
    outcome = merge(store, *trees)
    assert outcome.result["a"] == outcome.yours["a"] and outcome.stays_deleted == ()
    assert [set(one.stages) for one in outcome.conflicts] == (
        [stages] if stages else []
    )
    for path, content in new.items() - {"a": LINES}.items():
        kept = {store.read(entry.blob) for entry in outcome.result.values()}
        kept |= {
            store.read(one.stages[3].blob)
            for one in outcome.conflicts
            if 3 in one.stages
        }
        assert content in kept, path
    for path in yours:
        assert outcome.result[path] == outcome.yours[path]


def test_a_new_file_goes_to_the_folder_that_the_owner_moved_what_lay_beside_it(
    merged: Merge,
) -> None:
    base = {"tests/a/one": LINES, "tests/a/two": LINES + b"two\n"}
    yours = {
        path.replace("tests/a", "tests/unit"): content for path, content in base.items()
    }
    outcome, read = merged(base, yours, {**base, "tests/a/three": b"new\n"})
    assert outcome.conflicts == () and outcome.result.keys() == {
        *yours,
        "tests/unit/three",
        "archgen.yaml",
    }
    assert read("tests/unit/three") == b"new\n"


def test_a_file_in_the_place_of_a_folder_stays_and_what_would_lie_below_is_told(
    merged: Merge,
) -> None:
    base = {"docs/one": LINES, "docs/two": b"two\n"}
    outcome, read = merged(
        base,
        {"docs": b"see the wiki\n"},
        {**base, "docs/one": LINES + b"new\n", "docs/three": b"3\n"},
    )
    assert outcome.conflicts == () and outcome.result.keys() == {"docs", "archgen.yaml"}
    assert read("docs") == b"see the wiki\n" and set(outcome.stays_deleted) == {
        "docs/one",
        "docs/three",
    }


BOOK = (
    b"class Book:\n    title: str\n\n    def label(self) -> str:\n        return self.title\n\n\n"
    + b"X = 1\n" * 20
)


def test_a_class_that_both_sides_make_at_other_places_is_a_conflict(
    merged: Merge,
) -> None:
    mine, new = (
        b"class Author:\n    pass\n\n\n" + BOOK,
        BOOK + b"\n\nclass Author:\n    name: str\n",
    )
    outcome, read = merged({"a.py": BOOK}, {"a.py": mine}, {"a.py": new})
    assert [(one.path, one.says.partition(":")[0]) for one in outcome.conflicts] == [
        ("a.py", "both you and archgen make Author in it")
    ]
    assert read("a.py").count(b"class Author:") == 2


def test_a_field_that_hides_a_method_of_the_owner_is_a_conflict(merged: Merge) -> None:
    mine = BOOK.replace(
        b"return self.title\n",
        b"return self.title\n\n    def pages(self) -> int:\n        return 1\n",
    )
    new = BOOK.replace(b"title: str\n", b"title: str\n    pages: int\n")
    outcome, _ = merged({"a.py": BOOK}, {"a.py": mine}, {"a.py": new})
    assert [one.says.partition(":")[0] for one in outcome.conflicts] == [
        "both you and archgen make Book.pages in it"
    ]


def test_what_one_side_makes_twice_is_its_own_business(merged: Merge) -> None:
    twice = (
        b"@overload\ndef f() -> int: ...\ndef f() -> int:\n    return 1\n\n\n" + BOOK
    )
    outcome, _ = merged({"a.py": BOOK}, {"a.py": twice}, {"a.py": BOOK + b"Y = 2\n"})
    assert outcome.conflicts == ()


def test_names_of_what_is_gone_are_found_in_longer_ones_unless_those_are_still_made(
    tmp_path: Path,
) -> None:
    store = Store(tmp_path / "store")
    (tmp_path / "tree").mkdir()
    mine = "import Shelf\nShelfIn()\nSHELF_LISTS\nShelving()\nOrderLine()\nOrder()\nmy_shelf = shelf\n"
    (tmp_path / "tree/mine.py").write_text(mine)
    (tmp_path / "tree/domain.py").write_text("class OrderLine:\n    pass\n")
    result = store.list_files(store.keep(tmp_path / "tree"))
    generated = {path: entry for path, entry in result.items() if path == "domain.py"}
    named = list_mentions(
        store,
        result,
        generated,
        ["shelf", "Shelf", "SHELF", "shelves", "order", "Order", "ORDER"],
    )
    assert [line.split(": ")[1] for line in named] == [
        "import Shelf",
        "ShelfIn()",
        "SHELF_LISTS",
        "Order()",
        "my_shelf = shelf",
    ]
