"""The tables of each module, as `deploy/template.yaml` makes them."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from pathlib import Path

import pytest

from shop.chassis.mechanism.dynamodb import Database
from shop.chassis.mechanism.dynamodb_unit_of_work import DynamoUnitOfWork
from shop.chassis.mechanism.no_cache import NoCache
from shop.local.template import Template

ROOT = Path(__file__).parents[1]
TABLES = Template(ROOT / "deploy" / "template.yaml", {"AWS::StackName": "it"}).of_type(
    "AWS::DynamoDB::Table"
)
MODULES = sorted(
    path.parent.name for path in (ROOT / "src" / "shop").glob("*/repository.py")
)


@pytest.mark.parametrize("module", MODULES)
def test_every_list_has_its_index(module: str) -> None:
    import_module(f"shop.{module}.repository")
    (unit,) = {
        unit
        for unit in every_unit(DynamoUnitOfWork)
        if getattr(unit, "module", None) == module
    }
    (table,) = [
        table for table in TABLES.values() if table["TableName"] == f"it-{module}"
    ]
    indexes = {index["IndexName"] for index in table.get("GlobalSecondaryIndexes", [])}
    made: Callable[..., DynamoUnitOfWork] = unit
    routes: list[dict[str, str]] = [{}] if hasattr(unit, "publish") else []
    missing = sorted(
        made(Database("it", [module]), NoCache(), *routes).indexes_of_all - indexes
    )
    assert not missing, (
        f"the table of {module} in deploy/template.yaml lacks the indexes {', '.join(missing)}: "
        "add each to its GlobalSecondaryIndexes and its keys to AttributeDefinitions, like those that are there"
    )


def every_unit(unit: type[DynamoUnitOfWork]) -> list[type[DynamoUnitOfWork]]:
    return [
        found
        for child in unit.__subclasses__()
        for found in (child, *every_unit(child))
    ]
