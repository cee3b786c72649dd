"""A record and a templates folder give a tree, and nothing else has a say."""

from __future__ import annotations

import copy
import os
from pathlib import Path
from typing import Any

import pytest

from archgen.errors import ArchgenError
from archgen.generator import load_record, manifest, render


def tree(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def test_both_layers_are_rendered_from_the_fields_of_the_record(
    templates: Path, record: dict[str, Any], tmp_path: Path
) -> None:
    render(record, templates, tmp_path / "out")
    files = tree(tmp_path / "out")
    assert files["src/book_shop/orders/api.py"] == b"orders ORDERS! no\n"
    assert files["src/book_shop/accounts/api.py"] == b"accounts ACCOUNTS! no\n"
    assert files["deploy/compose.yaml"] == b"name: book-shop\n"
    assert "deploy/services.yaml" not in files


def test_a_file_whose_name_renders_empty_is_not_there(
    templates: Path, record: dict[str, Any], tmp_path: Path
) -> None:
    render(record, templates, tmp_path / "out")
    assert {name for name in tree(tmp_path / "out") if name.endswith("events.py")} == {
        "src/book_shop/orders/events.py"
    }


def test_what_has_no_template_suffix_is_copied_as_it_is(
    templates: Path, record: dict[str, Any], tmp_path: Path
) -> None:
    render(record, templates, tmp_path / "out")
    assert (
        tree(tmp_path / "out")["src/book_shop/chassis/db.py"]
        == b"as it is: {{ nothing }}\n"
    )


def test_an_option_that_was_not_chosen_leaves_no_file(
    templates: Path, record: dict[str, Any], tmp_path: Path
) -> None:
    render(record, templates, tmp_path / "with")
    record["stack"]["cache"] = "none"
    render(record, templates, tmp_path / "without")
    assert tree(tmp_path / "with")["src/book_shop/chassis/valkey.py"] == b"cache\n"
    assert "src/book_shop/chassis/valkey.py" not in tree(tmp_path / "without")


def test_what_an_option_says_in_a_shared_file_stands_in_its_folder(
    templates: Path, record: dict[str, Any], tmp_path: Path
) -> None:
    render(record, templates, tmp_path / "with")
    record["stack"]["cache"] = "none"
    render(record, templates, tmp_path / "without")
    assert tree(tmp_path / "with")["docs/stack.md"] == b"Valkey for book-shop.\nTrue\n"
    assert tree(tmp_path / "without")["docs/stack.md"] == b"False\n"


def test_an_option_s_own_rules_hold_for_its_own_files(
    templates: Path, record: dict[str, Any], tmp_path: Path
) -> None:
    record["stack"]["cache"] = "none"
    render(record, templates, tmp_path / "out")
    assert {name for name in tree(tmp_path / "out") if name.startswith("docs/")} == {
        "docs/stack.md",
        "docs/tables.md",
    }


def test_an_option_that_the_folder_does_not_know_is_told(
    templates: Path, record: dict[str, Any], tmp_path: Path
) -> None:
    record["stack"]["cache"] = "memcached"
    with pytest.raises(
        ArchgenError, match="cache memcached is not among the templates"
    ):
        render(record, templates, tmp_path / "out")


def test_two_templates_for_one_file_are_a_mistake(
    templates: Path, record: dict[str, Any], tmp_path: Path
) -> None:
    (templates / "monolith/src/__package__/chassis").mkdir(parents=True)
    (templates / "monolith/src/__package__/chassis/valkey.py").write_text("another\n")
    with pytest.raises(
        ArchgenError, match=r"both are src/book_shop/chassis/valkey\.py"
    ):
        render(record, templates, tmp_path / "out")


def test_a_damaged_cache_of_compiled_templates_changes_nothing(
    templates: Path,
    record: dict[str, Any],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # of archgen's own alone something is kept
    monkeypatch.setattr(manifest, "templates_dir", lambda: templates)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    render(record, templates, tmp_path / "first")
    kept = [path for path in (tmp_path / "cache").rglob("*") if path.is_file()]
    assert kept
    for path in kept:
        path.write_bytes(b"damaged")
    render(record, templates, tmp_path / "second")
    (tmp_path / "no").write_text("not a folder")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "no"))
    render(record, templates, tmp_path / "third")
    assert (
        tree(tmp_path / "first")
        == tree(tmp_path / "second")
        == tree(tmp_path / "third")
    )


def test_no_empty_folder_and_no_cache_is_left(
    templates: Path, record: dict[str, Any], tmp_path: Path
) -> None:
    (templates / "_shared/tests/nothing").mkdir(parents=True)
    (templates / "_shared/src/.mypy_cache").mkdir()
    (templates / "_shared/src/.mypy_cache/x.json").write_text("{}")
    render(record, templates, tmp_path / "out")
    assert all(
        any(path.iterdir()) for path in (tmp_path / "out").rglob("*") if path.is_dir()
    )
    assert not [name for name in tree(tmp_path / "out") if "_cache" in name]


def test_the_record_and_the_folder_alone_render_the_identical_tree_again(
    templates: Path,
    record: dict[str, Any],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    render(record, templates, tmp_path / "first")
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    monkeypatch.chdir(tmp_path)
    templates.rename(tmp_path / "elsewhere")
    render(
        load_record(tmp_path / "first/archgen.yaml"),
        tmp_path / "elsewhere",
        tmp_path / "second",
    )
    assert tree(tmp_path / "first") == tree(tmp_path / "second")


def test_a_name_that_the_record_lacks_is_an_error_with_its_place(
    templates: Path, record: dict[str, Any], tmp_path: Path
) -> None:
    record = copy.deepcopy(record)
    del record["requirements"]["team"]
    with pytest.raises(
        ArchgenError, match=r"api\.py\.jinja:2 does not render: .*team"
    ) as caught:
        render(record, templates, tmp_path / "out")
    assert caught.value.exit_code == 1


def test_rendering_does_not_look_at_the_environment_but_leaves_it_alone(
    templates: Path, record: dict[str, Any], tmp_path: Path
) -> None:
    before = dict(os.environ)
    render(record, templates, tmp_path / "out")
    assert dict(os.environ) == before
