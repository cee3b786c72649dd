"""Domains that are allowed and unusual: what is rendered of them is code, and formatted
as the project's own lint asks.
"""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from archgen.answers.resolve import resolve
from archgen.answers.sources import from_record
from archgen.domain import naming
from archgen.generator import render, templates_dir
from archgen.pipeline import make_plan


def entity(**fields: Any) -> dict[str, Any]:
    return {"fields": fields or {"x": {"type": "string"}}}


EVENT_ALONE = {
    "asked": {"entities": {"cause": entity()}},
    "reacting": {
        "entities": {"row": entity(cause={"type": "reference", "to": "asked.cause"})},
        "reacts_to": ["asked.cause.deleted"],
    },
}
CODES_OWN_WORDS = {
    "words": {
        "enums": {
            "literal": {
                "values": ["None", "x-1"],
                "labels": {"None": 'It\'s "\u043e" \\ {{ 1 }}'},
            },
            "next": {"values": ["a"], "labels": {"a": "日本"}},
            "mapping": {"values": ["b"]},
            "decimal": {"values": ["c"]},
        },
        "entities": {
            "next": entity(
                match={"type": "string", "indexed": True}, rest={"type": "decimal"}
            ),
            "type": entity(
                kind={
                    "type": "enum",
                    "values": ["no", "null", "True", "1.5"],
                    "default": "no",
                }
            ),
            "mapping": entity(
                **{
                    name: {"type": "enum", "enum": name, "indexed": True}
                    for name in ("literal", "next", "mapping")
                },
                worth={"type": "decimal"},
                value={"type": "enum", "enum": "decimal", "default": "c"},
            ),
            "str": entity(
                query={"type": "json", "default": {"it's": ['"x"', None, "{{ 7*7 }}"]}},
                values={
                    "type": "object",
                    "fields": {
                        "values": {"type": "text"},
                        "item": {"type": "duration"},
                    },
                },
                body={
                    "type": "list",
                    "of": "enum",
                    "values": ["None", "x-1"],
                    "max_items": 1,
                },
            ),
            "s": {
                "plural": "ss",
                **entity(
                    unit={"type": "text", "default": "a'''b\"\"\"c\\\nd é {% raw %}"}
                ),
            },
        },
    },
    "service1": {
        "entities": {
            "router": entity(),
            "caller": entity(),
            "repeat": entity(),
            "codec": entity(),
        }
    },
}
EDGES = {
    "edges": {
        "entities": {
            "edge": entity(
                least={
                    "type": "integer",
                    "min": -(2**63),
                    "max": 2**63 - 1,
                    "default": -(2**63),
                },
                fine={"type": "decimal", "scale": 9, "default": "0.000000001"},
                whole={
                    "type": "decimal",
                    "scale": 0,
                    "min": "-5",
                    "max": 5,
                    "default": 0,
                },
                early={"type": "date", "default": "0001-01-01"},
                late={"type": "datetime", "default": "9999-12-31T23:59:59.999999Z"},
                small={
                    "type": "number",
                    "min": 5e-324,
                    "max": 1e-300,
                    "unique": True,
                    "default": None,
                },
                great={
                    "type": "number",
                    "min": -1.7976931348623157e308,
                    "unique": True,
                },
                steady={
                    "type": "number",
                    "min": 1,
                    "max": 1,
                    "default": 1,
                    "indexed": True,
                },
                quoted={
                    "type": "string",
                    "pattern": "[\"'\\\\\\s{%]+\u2028?",
                    "required": True,
                },
                worded={
                    "type": "string",
                    "examples": ["it's", '"so"', "{{ 7*7 }}", "\u2028"],
                    "min_length": 1,
                },
                lengthy={"type": "text", "min_length": 100_000},
                one={
                    "type": "string",
                    "max_length": 1,
                    "unique": True,
                    "required": True,
                },
                itself={"type": "reference", "to": "edges.edge", "unique": True},
            )
        },
        "reacts_to": ["edges.edge.updated", "accounts.account.created"],
    }
}

# names that composition roots, tests and SQL use themselves
TAKEN = (
    *(
        "events",
        "settings",
        "database",
        "cache",
        "background",
        "part",
        "relay",
        "worker",
        "staff",
        "mail",
        "list",
    ),
    *(
        "help",
        "httpx",
        "partial",
        "select",
        "order",
        "support",
        "pages",
        "well_known",
        "datetime",
    ),
)
THING = entity(order={"type": "string", "unique": True}, user={"type": "integer"})
ROOTS_OWN_WORDS: dict[str, Any] = {
    name: {"entities": {f"thing{at}": THING}} for at, name in enumerate(TAKEN)
}
ROOTS_OWN_WORDS["order"] = {
    "entities": {
        "line2": entity(
            end={"type": "reference", "to": "events.thing0"}, select={"type": "decimal"}
        )
    },
    "reacts_to": ["events.thing0.deleted"],
}

# fields called as types, as what lists take, and as what the code beside them says;
# tests/samples runs it
FIELDS_OWN_WORDS: dict[str, Any] = {
    "diary": {
        "entities": {
            "appointment": {
                **entity(
                    date={"type": "date", "indexed": True, "required": True},
                    datetime={"type": "datetime", "indexed": True},
                    time={"type": "datetime", "default": "2024-05-01T12:00:00Z"},
                    limit={"type": "integer", "min": 1},
                    sort={"type": "string", "max_length": 30},
                    after={"type": "date"},
                    of={"type": "decimal", "default": "1.50"},
                    set={"type": "boolean", "default": False},
                    bytes={"type": "integer", "indexed": True},
                    l={"type": "json", "default": []},
                    o={"type": "object", "fields": {"l": {"type": "number"}}},
                    path={"type": "string", "indexed": True},
                    repository={
                        "type": "reference",
                        "to": "diary.appointment",
                        "indexed": True,
                    },
                    caller={
                        "type": "uuid",
                        "default": "11111111-1111-4111-8111-111111111111",
                    },
                    kind={"type": "enum", "values": ["a", "b"], "indexed": True},
                    plan={"type": "reference", "to": "plans.plan"},
                ),
                "lists": [
                    ["date", "-time"],
                    ["set", "limit"],
                    ["datetime", "sort"],
                    ["kind", "after"],
                ],
                "unique": [["date", "time"]],
            }
        },
        "reacts_to": ["plans.plan.deleted"],
    },
    "plans": {
        "entities": {
            "i": entity(),
            "plan": {
                **entity(
                    date={"type": "date", "default": "2024-05-01"},
                    repository={"type": "reference", "to": "plans.plan"},
                    any={"type": "json"},
                ),
                "access": {"read": "owner", "write": "owner"},
            },
        },
        "reacts_to": ["accounts.account.deleted"],
    },
}

# entities called as what a unit of work keeps its rows by was once
UNITS_OWN_WORDS: dict[str, Any] = {
    "web": {
        "entities": {
            "link": entity(
                to={
                    "type": "references",
                    "to": "web.repository",
                    "max": 3,
                    "listed_as": "links",
                }
            ),
            "repository": entity(
                next={"type": "references", "to": "web.write", "max": 3}
            ),
            "write": entity(link={"type": "references", "to": "web.link", "max": 3}),
            "index": entity(),
        }
    }
}

# defaults and paths that lint would take for secrets, addresses and temporary files,
# and a table called as a test's variable
LINTS_OWN_WORDS = {
    "lint": {
        "entities": {
            "row": entity(
                password_policy={
                    "type": "enum",
                    "values": ["strong", "weak"],
                    "default": "strong",
                },
                token_type={"type": "string", "default": "bearer"},
                folder={"type": "string", "default": "/tmp/spool"},
                host={"type": "string", "default": "0.0.0.0"},
                template={
                    "type": "text",
                    "default": "SELECT * FROM rows WHERE id = '%s'",
                },
            ),
            "tmp_file": entity(),
            "annotation": entity(),
            "credit": entity(),
        }
    }
}


@pytest.mark.few(7)
@pytest.mark.parametrize(
    "modules",
    [
        EVENT_ALONE,
        CODES_OWN_WORDS,
        EDGES,
        ROOTS_OWN_WORDS,
        FIELDS_OWN_WORDS,
        UNITS_OWN_WORDS,
        LINTS_OWN_WORDS,
    ],
    ids=["event", "words", "edges", "roots", "fields", "units", "lint"],
)
@pytest.mark.parametrize("architecture", ["monolith", "microservices", "serverless"])
def test_an_unusual_domain_is_rendered_clean(
    modules: dict[str, Any], architecture: str, tmp_path: Path
) -> None:
    answers = {"name": "odd-one", "architecture": architecture, "modules": modules}
    render(
        make_plan(resolve([from_record(answers)])).record,
        templates_dir(),
        tmp_path / "odd-one",
    )
    for command in (["format", "--check"], ["check"]):
        done = subprocess.run(
            [sys.executable, "-m", "ruff", *command, "--no-cache", "."],
            cwd=tmp_path / "odd-one",
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout


def test_no_table_has_the_name_of_what_is_imported_beside_it(tmp_path: Path) -> None:
    answers = {
        "name": "odd-one",
        "architecture": "monolith",
        "modules": LINTS_OWN_WORDS,
    }
    render(
        make_plan(resolve([from_record(answers)])).record,
        templates_dir(),
        tmp_path / "odd-one",
    )
    body = ast.parse(
        (tmp_path / "odd-one/src/odd_one/lint/repository.py").read_text()
    ).body
    imported = {
        name.asname or name.name
        for node in body
        if isinstance(node, ast.Import | ast.ImportFrom)
        for name in node.names
    }
    tables = {
        ast.unparse(node.targets[0]) for node in body if isinstance(node, ast.Assign)
    }
    assert "annotations" in tables and not tables & imported


def test_no_entity_has_the_name_of_what_its_unit_of_work_has() -> None:
    found: set[str] = set()
    for path in templates_dir().rglob("chassis/mechanism/*.py"):
        units = [
            node
            for node in ast.parse(path.read_text()).body
            if isinstance(node, ast.ClassDef)
            and (node.name.endswith("UnitOfWork") or node.name == "FileFields")
        ]
        for node in (node for unit in units for node in ast.walk(unit)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                found.add(node.name)
            elif (
                isinstance(node, ast.Attribute)
                and isinstance(node.value, ast.Name)
                and node.value.id == "self"
            ):
                found.add(node.attr)
            elif (
                isinstance(node, ast.AnnAssign)
                and isinstance(node.target, ast.Name)
                and node in units[0].body
            ):
                found.add(node.target.id)
    public = {name for name in found if not name.startswith("_")}
    assert {"commit", "repository_of", "links_of", "writes_of", "file_fields"} <= public
    assert [name for name in sorted(public) if naming.check_plural(name) is None] == []
    for name in ("link", "repository", "write", "index", "count"):
        assert (
            naming.check_entity(name) is None
            and naming.check_plural(naming.pluralize(name)) is None
        )
