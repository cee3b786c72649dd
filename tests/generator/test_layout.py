"""A fresh project is laid out and linted as its own `make check` asks, however long and
however many its names are.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest

from archgen.answers.resolve import resolve
from archgen.answers.sources import from_record
from archgen.domain.naming import PART_MOST
from archgen.errors import ArchgenError
from archgen.generator import preview, render, templates_dir
from archgen.generator.layout import Known, lay_out
from archgen.generator.manifest import Manifest
from archgen.pipeline import make_plan

LONG = "registration_of_vehicles_and_their_owners"
SETTINGS = "[tool.ruff]\nline-length = 120\n"


def named(length: int, letter: str = "a") -> str:
    """A name of that many characters, in words as people write them."""
    return (
        "_".join(LONG.replace("registration", letter * 12, 1).split("_"))[:length]
        .rstrip("_")
        .ljust(length, letter)
    )


def fields(length: int) -> dict[str, Any]:
    return {
        named(length, "k"): {
            "type": "enum",
            "values": ["first", "second"],
            "indexed": True,
        },
        named(length, "r"): {
            "type": "reference",
            "to": "accounts.account",
            "required": True,
            "indexed": True,
        },
        named(length, "d"): {
            "type": "decimal",
            "min": 0,
            "max": 1000,
            "required": True,
        },
        named(length, "s"): {"type": "string", "max_length": 100, "unique": True},
    }


def entity(length: int) -> dict[str, Any]:
    return {
        "plural": f"{named(length)}_list",
        "access": {"read": "public", "write": "owner"},
        "fields": fields(length),
        "lists": [[named(length, "k"), f"-{named(length, 'd')}"]],
    }


def linted(tree: Path, **answers: Any) -> str:
    """What the lint of a project of these answers says."""
    render(make_plan(resolve([from_record(answers)])).record, templates_dir(), tree)
    said = ""
    for command in (["format", "--check"], ["check"]):
        done = subprocess.run(
            [sys.executable, "-m", "ruff", *command, "--no-cache", "--quiet", "."],
            cwd=tree,
            capture_output=True,
            text=True,
            check=False,
        )
        said += done.stdout + done.stderr
    return said


@pytest.mark.few(1)
@pytest.mark.parametrize("architecture", ["monolith", "microservices", "serverless"])
def test_names_of_every_length_are_laid_out(architecture: str, tmp_path: Path) -> None:
    """An entity and four fields of each length, and modules of the first and the last."""
    lengths = range(2, PART_MOST - 1)
    modules = {
        "m": {"entities": {named(length): entity(length) for length in lengths}},
        named(PART_MOST, "m"): {
            "entities": {named(PART_MOST): entity(PART_MOST)},
            "reacts_to": [
                f"m.{named(length)}.deleted" for length in list(lengths)[-5:]
            ],
        },
    }
    assert (
        linted(tmp_path, name="shop", architecture=architecture, modules=modules) == ""
    )


@pytest.mark.few(3)
@pytest.mark.parametrize("count", [1, 5, 6, 12])
@pytest.mark.parametrize("architecture", ["monolith", "microservices"])
def test_any_number_of_modules_is_laid_out(
    architecture: str, count: int, tmp_path: Path
) -> None:
    modules = {
        f"module{n}": {"entities": {f"thing{n}": {"fields": {"x": {"type": "string"}}}}}
        for n in range(count)
    }
    assert (
        linted(tmp_path, name="shop", architecture=architecture, modules=modules) == ""
    )


@pytest.mark.few(3)
@pytest.mark.parametrize("length", [1, 30, 38, 39, 40])
@pytest.mark.parametrize("architecture", ["monolith", "serverless"])
def test_a_project_s_name_of_any_length_is_laid_out(
    architecture: str, length: int, tmp_path: Path
) -> None:
    assert (
        linted(
            tmp_path,
            name=named(length).replace("_", "-"),
            architecture=architecture,
            preset="ecommerce",
        )
        == ""
    )


def test_an_import_that_is_not_used_goes_and_the_others_are_sorted(
    tmp_path: Path,
) -> None:
    (tmp_path / "pyproject.toml").write_text(SETTINGS)
    (tmp_path / "one.py").write_text(
        "import sys\nimport os\nimport abc\n\nprint( sys,os )\n"
    )
    lay_out(tmp_path)
    assert (
        tmp_path / "one.py"
    ).read_text() == "import os\nimport sys\n\nprint(sys, os)\n"


def test_what_lies_around_the_project_has_no_say(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A .gitignore or other settings above the target, a folder that ruff passes over,
    and ruff's own variables.
    """
    tree = tmp_path / "build" / "shop"
    (tree / "dist").mkdir(parents=True)
    (tmp_path / ".gitignore").write_text("*\n")
    (tmp_path / "ruff.toml").write_text("line-length = 20\n")
    monkeypatch.setenv("RUFF_NO_FIX", "true")
    monkeypatch.setenv("RUFF_CONFIG", "/nowhere.toml")
    (tree / "pyproject.toml").write_text(SETTINGS)
    (tree / "dist/one.py").write_text(
        "import abc\nx = [ 'a long enough list', 'of two' ]\n"
    )
    lay_out(tree)
    assert (
        tree / "dist/one.py"
    ).read_text() == 'x = ["a long enough list", "of two"]\n'


def test_what_is_no_python_is_told_with_its_place(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text(SETTINGS)
    (tmp_path / "one.py").write_text("class :\n")
    with pytest.raises(
        ArchgenError, match=r"cannot be laid out: error: Failed to parse one\.py:1"
    ):
        lay_out(tmp_path)


def test_the_chassis_stays_as_it_lies_in_the_templates(tmp_path: Path) -> None:
    record = make_plan(
        resolve(
            [
                from_record(
                    {"name": "shop", "preset": "ecommerce", "architecture": "monolith"}
                )
            ]
        )
    ).record
    render(record, templates_dir(), tmp_path)
    copied = [
        file for file in Manifest(templates_dir(), record).files() if not file.rendered
    ]
    assert {"mechanism", "policy", "local", "alembic"} <= {
        Path(file.target).parent.name for file in copied
    }
    for file in copied:
        assert (tmp_path / file.target).read_bytes() == (
            templates_dir() / file.source
        ).read_bytes(), file.target


def test_the_ruff_that_lays_out_is_the_one_that_the_project_asks_for() -> None:
    import tomllib

    ours = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text())
    asked = next(
        one for one in ours["project"]["dependencies"] if one.startswith("ruff")
    )
    template = (templates_dir() / "_shared/pyproject.toml.jinja").read_text()
    assert f'"ruff": {json.dumps(asked.removeprefix("ruff"))}' in template


def test_editors_and_git_are_told_what_the_formatter_does() -> None:
    files = dict(
        preview(
            make_plan(resolve([from_record({"name": "shop", "preset": "crud"})])).record
        )
    )
    told = files[".editorconfig"].decode()
    length = tomllib.loads(files["pyproject.toml"].decode())["tool"]["ruff"].get(
        "line-length", 88
    )  # ruff's own
    assert f"max_line_length = {length}\n" in told
    assert (
        "end_of_line = lf\n" in told
        and "* text=auto eol=lf\n" in files[".gitattributes"].decode()
    )


def test_what_was_laid_out_before_is_the_same_and_is_anew_where_settings_or_modules_are_others(
    tmp_path: Path,
) -> None:
    known = Known()
    settings = '[tool.ruff]\nline-length = %d\nsrc = ["src"]\n'
    for number, (length, module) in enumerate(
        [(60, ""), (60, ""), (100, ""), (100, "numpy")]
    ):
        trees = [tmp_path / f"{number}-{name}" for name in ("known", "anew")]
        for tree in trees:
            (tree / "src").mkdir(parents=True)
            (tree / "pyproject.toml").write_text(settings % length)
            (tree / "a.py").write_text(
                f"import numpy\nimport attr\nX = [{'numpy.one, ' * 6}attr.two ]\n"
            )
            (tree / f"b{number}.py").write_text("X = ( 1)\n")
            (tree / "guide.md").write_text(
                f"Of {number // 2}\n\n```python\nx = ( 1)\n```\n"
            )
            if module:
                (tree / "src" / module).mkdir()
        known.lay_out(trees[0])
        lay_out(trees[1])
        laid = ("a.py", f"b{number}.py", "guide.md")
        assert all(
            (trees[0] / name).read_bytes() == (trees[1] / name).read_bytes()
            for name in laid
        )
