"""How functions start: from a snapshot, or kept ready; and what that costs."""

from __future__ import annotations

import os
import subprocess
import sys
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from tests.support.projects import Project
from tests.support.template import translated

from archgen.evidence.loader import load_evidence

TOLD = {
    "AlarmEmail": "ops@example.com",
    "SiteUrl": "https://shop.example.com",
    "MonthlyBudget": "600",
}
# what Lambda's runtime has, as far as functions use it
HOOKS = "after = []\ndef register_after_restore(call, *arguments, **named):\n    after.append((call, arguments, named))\n"
SNAPSHOT = """
import sys, threading
import uuid_utils, uuid_utils.compat

def refused(*_, **__):
    raise AssertionError("a random number in a snapshot is the same in every copy")

uuid_utils.uuid7 = uuid_utils.uuid4 = uuid_utils.compat.uuid7 = uuid_utils.compat.uuid4 = refused
import random
random.seed(1)
untouched = random.getstate()
from functions_shop.apps import ROOT
import snapshot_restore_py
assert random.getstate() == untouched
assert threading.active_count() == 1, threading.enumerate()
import gc
clients = [each for each in gc.get_objects() if type(each).__module__.startswith("botocore.client") and hasattr(each, "meta")]
assert clients == []
assert ROOT.handler._built is None
((call, arguments, named),) = snapshot_restore_py.after
copies = set()
for _ in range(3):
    random.setstate(untouched)
    ROOT.handler._built = "built before"
    call(*arguments, **named)
    assert ROOT.handler._built is None
    copies.add(random.random())
assert len(copies) == 3
print("fresh")
"""


def resources(shop: Project, **told: str) -> dict[str, Any]:
    found: dict[str, Any] = translated(
        shop.folder / "deploy/template.yaml", {**TOLD, **told}
    )["Resources"]
    return found


@pytest.mark.parametrize("root", ["accounts", "orders", "background"])
def test_a_snapshot_holds_nothing_that_copies_may_not_share_and_each_copy_begins_anew(
    shop: Project, tmp_path: Path, root: str
) -> None:
    """Neither a connection, nor a thread, nor a random number, nor anything that was
    built.
    """
    (tmp_path / "snapshot_restore_py.py").write_text(HOOKS)
    told = {
        "AWS_LAMBDA_INITIALIZATION_TYPE": "snap-start",
        "PYTHONPATH": f"{shop.folder}/src:{tmp_path}",
    }
    code = SNAPSHOT.replace("ROOT", root)
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, **told},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout.strip() == "fresh", done.stderr


def test_where_there_is_no_snapshot_the_hooks_of_the_runtime_are_not_asked_for(
    shop: Project,
) -> None:
    assert (
        shop.python(
            "import functions_shop.apps.orders, sys; print('snapshot_restore_py' in sys.modules)"
        )
        == "False\n"
    )


def test_snapshots_are_of_published_versions_which_the_alias_names(
    shop: Project,
) -> None:
    functions = [
        each
        for each in resources(shop).values()
        if each["Type"] == "AWS::Lambda::Function"
    ]
    assert functions and all(
        each["Properties"]["SnapStart"] == {"ApplyOn": {"Ref": "SnapStart"}}
        for each in functions
    )
    for each in functions:  # what Lambda takes no snapshot of
        assert not {"FileSystemConfigs", "ImageConfig"} & set(each["Properties"])
        assert each["Properties"].get("EphemeralStorage", {"Size": 512}) == {
            "Size": 512
        }
    aliases = [
        each
        for each in resources(shop).values()
        if each["Type"] == "AWS::Lambda::Alias"
    ]
    assert len(aliases) == len(functions)
    assert {each["Properties"]["Name"] for each in aliases} == {"live"}


def test_functions_that_answer_can_be_kept_ready_and_no_other_is(shop: Project) -> None:
    aliases = {
        name: each
        for name, each in resources(shop).items()
        if each["Type"] == "AWS::Lambda::Alias"
    }
    kept = {
        name
        for name, each in aliases.items()
        if "ProvisionedConcurrencyConfig" in each["Properties"]
    }
    assert kept == {
        f"{part}FunctionAliaslive"
        for part in ("Accounts", "Inventory", "Orders", "Payments")
    }
    for name in kept:
        assert aliases[name]["Properties"]["ProvisionedConcurrencyConfig"] == {
            "Fn::If": [
                "IsProvisioned",
                {"ProvisionedConcurrentExecutions": {"Ref": "ProvisionedConcurrency"}},
                {"Ref": "AWS::NoValue"},
            ]
        }


def test_both_at_once_are_refused_by_the_template(shop: Project) -> None:
    rule = translated(shop.folder / "deploy/template.yaml", TOLD)["Rules"][
        "StartsInOneWay"
    ]
    assert rule["RuleCondition"] == {
        "Fn::Equals": [{"Ref": "SnapStart"}, "PublishedVersions"]
    }
    (assertion,) = rule["Assertions"]
    assert assertion["Assert"] == {"Fn::Equals": [{"Ref": "ProvisionedConcurrency"}, 0]}


def test_every_function_is_bounded(shop: Project) -> None:
    """Those that answer by a parameter, those that react by what their queue hands them
    at once.
    """
    for name, each in resources(shop).items():
        if each["Type"] == "AWS::Lambda::Function" and "Background" not in name:
            (condition, reserved, _) = each["Properties"][
                "ReservedConcurrentExecutions"
            ]["Fn::If"]
            assert (condition, reserved) == (
                "IsReserved",
                {"Ref": "ReservedConcurrency"},
            ), name
        if each["Type"] == "AWS::Lambda::EventSourceMapping":
            assert each["Properties"]["ScalingConfig"] == {"MaximumConcurrency": 10}, (
                name
            )
    said = (shop.folder / "docs/deploying.md").read_text()
    assert (
        "1,000 copies at once" in said
        and "so 100 is 400 of the account's 1,000" in said
    )


def test_the_page_of_deploying_tells_what_it_costs_as_the_price_book_has_it(
    shop: Project,
) -> None:
    cost = load_evidence().prices.cost
    month = Decimal(730 * 3600)  # GB-seconds of 1 GB
    said = (shop.folder / "docs/deploying.md").read_text()
    assert (
        f"${cost('lambda_snapstart_gb_second', month):.2f} a month for each version"
        in said
    )
    assert f"${cost('lambda_snapstart_restore_gb', 1000):.2f} for 1,000 starts" in said
    assert (
        f"${cost('lambda_provisioned_gb_second', month):.2f} a month and copy" in said
    )
