"""One table says what each type of field is in generated code, and templates ask it and
never for a type.
"""

from __future__ import annotations

import re
from functools import cache
from typing import Any

import pytest
from jinja2 import Environment, FileSystemLoader

from archgen.domain.field_rules import UNINDEXABLE
from archgen.domain.schema import TYPES
from archgen.generator import templates_dir

TABLE = "_macros/field_types.jinja"
# what a project cannot do without, of every type
EVERY = {"python", "body", "column", "load"}
# what its type cannot say by itself, since it follows from what the field says: its
# values, its length or its bounds
DERIVED = {
    "enum",
    "string",
    "email",
    "url",
    "slug",
    "text",
    "integer",
    "decimal",
    "number",
    "list",
    "object",
}


@cache
def table() -> Any:
    environment = Environment(loader=FileSystemLoader(templates_dir()))
    module: Any = environment.get_template(TABLE).make_module()
    return module.TYPES


def test_every_type_is_in_the_table_and_no_other() -> None:
    assert set(table()) == set(TYPES)


@pytest.mark.parametrize("name", TYPES)
def test_a_type_says_all_that_a_project_needs(name: str) -> None:
    # rows that are made for load have none
    without = {"load"} if name in ("file", "references", "slug") else set()
    without |= {"body"} if name == "list" else set()  # that of what it is of
    needed = set(EVERY) - without
    # neither is there from the start
    needed |= (
        set()
        if name in ("list", "object", "reference", "references", "file", "slug")
        else {"literal"}
    )
    needed |= set() if name in UNINDEXABLE else {"query"}
    needed |= set() if name in DERIVED else {"low", "high"}
    needed |= set() if name in {*DERIVED, *UNINDEXABLE} else {"nth"}
    assert needed <= set(table()[name])


def test_the_table_says_nothing_that_nobody_reads() -> None:
    cells = {cell for row in table().values() for cell in row}
    templates = "".join(
        path.read_text()
        for path in templates_dir().rglob("*.jinja")
        if path.name != "field_types.jinja"
    )
    unread = [
        cell
        for cell in sorted(cells)
        if f'"{cell}"' not in templates and f"TYPES[f.type].{cell}" not in templates
    ]
    assert unread == []


def test_no_template_asks_for_a_type_by_its_name() -> None:
    asks = re.compile(
        rf"\.type\b *(?:==|!=|in\b|not in\b)|\"type\", *\"(?:equalto|in)\"|[!=]= *\"(?:{'|'.join(TYPES)})\""
    )
    own = [
        path
        for path in templates_dir().rglob("*")
        if path.suffix in (".jinja", ".py") and "chassis" not in path.parts
    ]
    found = [
        f"{path.relative_to(templates_dir())}: {line.strip()}"
        for path in own
        for line in path.read_text().splitlines()
        if re.search(r"\b(?:f|field|self)\.type\b", line) and asks.search(line)
    ]
    assert found == []


def test_no_template_emulates_layout() -> None:
    assert not (templates_dir() / "_macros/layout.jinja").exists()
    columns = re.compile(r"length *(?:<=|>) *(?:1[12]\d|88)\b")
    found = [
        path.name
        for path in templates_dir().rglob("*.jinja")
        if columns.search(path.read_text())
    ]
    assert found == []
