"""A domain that is exported and imported again is the same."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from tests.strategies import domains

from archgen.answers.resolve import Resolved, resolve
from archgen.answers.sources import from_record
from archgen.blueprint.modules import ModulePlan, plan_modules
from archgen.exchange.jdl_reader import read_jdl
from archgen.exchange.jdl_writer import read_annotation, write_jdl
from archgen.exchange.openapi_reader import read_openapi
from archgen.exchange.openapi_writer import describe_openapi
from archgen.exchange.translation import Translated, translate


def taken(modules: dict[str, Any]) -> Resolved:
    return resolve([from_record({"name": "shop", "modules": modules})])


def planned(found: Resolved) -> Any:
    """The modules as templates read them: two domains of which these are equal are the
    same project.
    """
    return plan_modules(
        ModulePlan(found.domain, dict.fromkeys(found.domain.names, "app"))
    )


def through_jdl(found: Resolved, folder: Path) -> Translated:
    path = folder / "shop.jdl"
    path.write_text(write_jdl("shop", found.domain))
    return translate(read_jdl([path]))


NAMES: dict[str, Any] = {
    "m": {
        "entities": {
            "user": {
                "fields": {"account": {"type": "reference", "to": "accounts.account"}}
            },
            "x_1": {
                "plural": "x_1_list",
                "fields": {
                    "required": {"type": "enum", "values": ["a-b", "c"]},
                    "friend": {
                        "type": "reference",
                        "to": "m.user",
                        "unique": True,
                        "required": True,
                    },
                    "state": {
                        "type": "enum",
                        "enum": "status",
                        "default": "red",
                        "indexed": True,
                    },
                    "a_1": {"type": "string", "default": 'it\'s 100 % "so"\n \\ é'},
                    "a1": {"type": "json", "default": {"k": ["'", '"', "%27"]}},
                    "user": {
                        "type": "reference",
                        "to": "accounts.account",
                        "indexed": True,
                    },
                },
            },
            "x2_1": {"fields": {"n": {"type": "decimal", "min": "0.10", "scale": 4}}},
        },
        "enums": {
            "status": {"values": ["red", "on-hold"], "labels": {"red": 'It\'s "so"'}}
        },
        "reacts_to": ["m.user.deleted"],
        "stored_as": "kept",
    }
}


@settings(max_examples=40)
@given(domains(in_sql=True, with_files=True))
@example(NAMES)
def test_by_jdl(
    tmp_path_factory: pytest.TempPathFactory, modules: dict[str, Any]
) -> None:
    found = taken(modules)
    again = through_jdl(found, tmp_path_factory.mktemp("jdl"))
    assert planned(taken(again.document["modules"])) == planned(found)
    assert [note for note in again.notes if note.kind == "unsaid"] == []


@settings(max_examples=40)
@given(domains(in_sql=True, with_files=True))
@example(NAMES)
def test_by_openapi(
    tmp_path_factory: pytest.TempPathFactory, modules: dict[str, Any]
) -> None:
    found = taken(modules)
    path = tmp_path_factory.mktemp("openapi") / "shop.json"
    path.write_text(json.dumps(describe_openapi("shop", found.domain)))
    again = translate(read_openapi(path))
    assert planned(taken(again.document["modules"])) == planned(found)
    assert [note for note in again.notes if note.kind == "unsaid"] == []


@pytest.mark.parametrize(
    "value", ["", "no json", "[1]", "{'a':", "{" * 100_000, "{'a': {'b': 1}}"]
)
def test_an_annotation_of_others_is_passed_over(value: str) -> None:
    found = read_annotation(value)
    assert found == ({"a": {"b": 1}} if value.startswith("{'a': {") else {})
    json.dumps(found)
