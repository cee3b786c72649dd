"""Each access pattern on DynamoDB is a Query or a GetItem: recorded from botocore while
a project's own tests drive its API.
"""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

import pytest
from tests.functions.conftest import DYNAMODB
from tests.parity.systems import DOMAIN
from tests.support.projects import HERE, Project, new
from tests.support.samples import samples

# lists, filters, and values unique together
RANDOM = json.loads((HERE / "tests/samples/domains.json").read_text())[9][0]
READS = {"GetItem", "Query"}
WRITES = {"DeleteItem", "PutItem", "TransactWriteItems", "UpdateItem"}
SHOP = ("inventory", "orders", "payments")
DECLARED = """
import json
from importlib import import_module
from pathlib import Path
from {package}.chassis.mechanism.context import PartContext
from {package}.chassis.mechanism.dynamodb import Database
for file in Path("src/{package}").glob("*/repository.py"):
    name = file.parent.name
    unit, = [u for n, u in vars(import_module(f"{package}.{{name}}.repository")).items() if getattr(u, "module", "") == name]
    made = PartContext(None, Database("", [name]), None, {{}}).units(unit)()
    for plural, repository in made.repository_of.items():
        for listing in repository._lists:
            print(json.dumps([name, f"{{plural}}#{{listing}}"]))
    for plural, fields in getattr(unit, "links_of", {{}}).items():
        for field in fields:
            print(json.dumps([name, f"{{plural}}#{{field}}"]))
"""


@pytest.fixture(
    scope="module", params=samples(["ecommerce", "lab", "random"], ["ecommerce"])
)
def driven(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Project, list[Any]]:
    """A project, and the calls that its own tests made."""
    folder = tmp_path_factory.mktemp("driven")
    answers, modules = ("--preset", "ecommerce"), SHOP
    if request.param != "ecommerce":
        domain = DOMAIN if request.param == "lab" else RANDOM
        (folder / "answers.json").write_text(
            json.dumps({"scope": "mvp", "modules": domain["modules"]})
        )
        answers, modules = (
            ("--answers", str(folder / "answers.json")),
            tuple(domain["modules"]),
        )
    project = new(
        folder,
        f"driven-{request.param}",
        *answers,
        "--architecture",
        "serverless",
        *DYNAMODB,
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DYNAMODB_CALLS", str(folder / "calls"))
        patch.setenv("PYTHONPATH", str(HERE / "tests/support"))
        tests = [f"tests/{module}" for module in modules]
        done = project.pytest("-p", "dynamodb_calls", *tests)
    assert done.returncode == 0, done.stdout
    return project, [
        json.loads(line) for line in (folder / "calls").read_text().splitlines()
    ]


def test_nothing_is_scanned(driven: tuple[Project, list[Any]]) -> None:
    _, calls = driven
    asked = Counter(call["operation"] for call in calls)
    assert set(asked) <= READS | WRITES and asked["Query"] and asked["GetItem"]


def test_a_query_names_the_key_that_it_reads_and_how_much_of_it(
    driven: tuple[Project, list[Any]],
) -> None:
    """No filter, which would read what it does not give, and never more than a page."""
    _, calls = driven
    for call in [call for call in calls if call["operation"] == "Query"]:
        assert call["KeyConditionExpression"].startswith(f"{call['IndexName']}pk = :pk")
        assert 0 < call["Limit"] <= 101 and "FilterExpression" not in call


def test_what_is_read_by_id_is_read_as_it_is_now(
    driven: tuple[Project, list[Any]],
) -> None:
    _, calls = driven
    assert all(
        call["ConsistentRead"] and "pk" in call["Key"]
        for call in calls
        if call["operation"] == "GetItem"
    )


def test_every_list_that_a_module_has_was_asked_for_by_its_index(
    driven: tuple[Project, list[Any]],
) -> None:
    """What is said here of queries is said of all of them."""
    project, calls = driven
    package = project.folder.name.replace("-", "_")
    declared = {
        tuple(json.loads(line))
        for line in project.python(DECLARED.format(package=package)).splitlines()
    }
    queries = [call for call in calls if call["operation"] == "Query"]
    asked = set()
    for query in queries:
        key: str = query["ExpressionAttributeValues"][":pk"]["S"].partition("\0")[0]
        asked.add((query["TableName"].rpartition("-")[2], key.rpartition("#")[0]))
    assert asked == declared
