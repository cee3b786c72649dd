"""What generated code is called: by the field's terms, each thing by one name."""

from __future__ import annotations

import ast
from collections.abc import Callable
from pathlib import PurePosixPath

import pytest

Trees = Callable[[str, str], dict[str, bytes]]
ARCHITECTURES = ("monolith", "microservices", "serverless")

# what the generated code once called what the field has a name for: the new name stands
# beside
FORMER = {
    "apps.schema": "alembic",
    "apps.letters": "dead_letters",
    "apps.production": "preflight",
    "samples": "factories",
    "reactions": "event_handlers",
    "store": "persistence",
    "unit sql_unit dynamodb_unit": "unit_of_work",
    "together Together OneFlight": "batching, DataLoader, SingleFlight",
    "watched Watched": "observability",
    "housekeeping Housekeeping": "retention",
    "push Push remote": "event_http, HttpDispatcher, internal_api",
    "front Front": "dev_gateway",
    "supervised Supervised edge sql_refusals part Part derived wanting": "supervisor, middleware, sql_errors, context, discovery",
    "Rows Staged Repeat Stale TooMany Invalid Anyone": "BaseRepository, ChangeSet, IdempotencyKey, StaleVersion, ...",
    "Money Fixed Number Link": "FixedDecimal, DecimalString, DecimalInput, EmailToken",
    "there known expect changed provide tagged retried": "found_or_404, require_id, check_version, evolve, inject, set_etag, ...",
    "refers_to seen line handled_table find_handled upkeep": "ensure_exists, already_processed, sortable_string, ...",
    "MOST LARGEST LONGEST PATIENCE KEPT NOBODY": "MAX_..., ..._TIMEOUT, ..._RETENTION, DUMMY_HASH",
}


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_generated_names_are_the_field_s(preset_tree: Trees, architecture: str) -> None:
    former = {name for names in FORMER for name in names.split()}
    found: dict[str, str] = {}
    for name, content in preset_tree("ecommerce", architecture).items():
        path = PurePosixPath(name)
        if path.suffix != ".py" or path.parts[0] not in ("src", "tests"):
            continue
        for module in (
            path.stem,
            path.parent.name,
            f"{path.parent.name}.{path.stem}",
            ".".join(path.parts[-3:-1]),
        ):
            found[module] = name
        if path.parts[0] == "src":
            for node in ast.walk(ast.parse(content)):
                if isinstance(
                    node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef
                ):
                    found[node.name] = name
                elif isinstance(node, ast.Assign):
                    targets = [
                        target for part in node.targets for target in ast.walk(part)
                    ]
                    found |= {
                        target.id: name
                        for target in targets
                        if isinstance(target, ast.Name) and not target.id.islower()
                    }
    assert "found_or_404" in found
    assert {word: found[word] for word in former & found.keys()} == {}


def test_a_constant_means_one_thing(preset_tree: Trees) -> None:
    """Of a module's: what may be done with a row is one, how it is stored another."""
    tree = preset_tree("ecommerce", "monolith")
    meanings: dict[tuple[str, str], set[str]] = {}
    for path, content in tree.items():
        if PurePosixPath(path).match("src/*/*/*.py") and (
            module := path.split("/")[2]
        ) not in (
            "chassis",
            "apps",
            "local",
        ):
            for node in ast.parse(content).body:
                if (
                    isinstance(node, ast.Assign)
                    and isinstance(node.value, ast.Call)
                    and isinstance(node.targets[0], ast.Name)
                ):
                    name = (module, node.targets[0].id)
                    meanings.setdefault(name, set()).add(ast.unparse(node.value.func))
    assert ("inventory", "PRODUCT_CODEC") in meanings
    assert [name for name, kinds in meanings.items() if len(kinds) > 1] == []
