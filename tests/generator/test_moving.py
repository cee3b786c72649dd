"""What `make move` decides before it touches anything: where rows come from, what is
next, how NGINX asks both versions.
"""

from __future__ import annotations

import importlib
import re
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from archgen.answers.resolve import resolve
from archgen.answers.sources import from_record
from archgen.errors import IncompatibleError
from archgen.generator import preview, templates_dir
from archgen.pipeline import make_plan

PARTS = {"app": ["accounts", "inventory", "payments"], "orders": ["orders"]}
NGINX = "deploy/nginx/templates/default.conf.template"


@pytest.fixture(scope="module")
def moving() -> Iterator[Any]:
    # a package of two folders, which a project has in one
    folders = ("_shared/deploy", "_options/extras/moving/files/deploy")
    sys.path[:0] = [str(templates_dir() / folder) for folder in folders]
    try:
        yield SimpleNamespace(
            **{
                name: importlib.import_module(f"moving.{name}")
                for name in ("crossing", "gate", "plan")
            }
        )
    finally:
        del sys.path[:2]


@cache
def files(architecture: str, split: bool = True, **more: str) -> dict[str, str]:
    answers = {
        "name": "shop",
        "preset": "ecommerce",
        "architecture": architecture,
        "extras": {"moving": True},
    }
    if architecture == "microservices":
        answers["parts"] = (
            PARTS
            if split
            else {"app": ["accounts", "inventory", "orders"], "payments": ["payments"]}
        )
    record = make_plan(resolve([from_record({**answers, **more})])).record
    return {path: data.decode() for path, data in preview(record)}


def maps(text: str, name: str) -> dict[str, str]:
    """What a table of NGINX says, by what is asked."""
    block = text.split(f" ${name} {{")[1].split("\n}")[0]
    return dict(re.findall(r'^ +"?([^\s"]+)"? ([^;]+);', block, re.MULTILINE))


def servers(text: str, upstream: str) -> list[str]:
    return re.findall(
        r"server ([\w.-]+):8000",
        text.split(f"upstream {upstream} {{")[1].split("\n}")[0],
    )


@pytest.mark.parametrize("architecture", ["monolith", "microservices"])
def test_what_runs_can_replicate_and_only_where_it_was_asked_for(
    architecture: str,
) -> None:
    assert "wal_level=logical" in files(architecture)["deploy/compose.yaml"]
    assert "make move" in files(architecture)["docs/moving.md"]
    names = [path for path in files(architecture, scope="mvp") if "moving" in path]
    assert names == [path for path in files(architecture) if "moving" in path]


@pytest.mark.parametrize(
    ("architecture", "stack"),
    [("serverless", "database=postgresql"), ("serverless", "database=dynamodb")],
)
def test_functions_and_what_postgresql_does_not_keep_have_nothing_to_move(
    architecture: str, stack: str
) -> None:
    key, value = stack.split("=")
    answers = {
        "name": "shop",
        "preset": "ecommerce",
        "architecture": architecture,
        "stack": {key: value},
        "extras": {"moving": True},
    }
    with pytest.raises(IncompatibleError, match=r"extras\.moving"):
        make_plan(resolve([from_record(answers)]))


def test_a_module_s_home_is_the_database_of_its_part() -> None:
    homes = dict(
        re.findall(
            r'"(\w+)": Place\("postgres", "(\w+)"\)',
            files("microservices")["deploy/move.py"],
        )
    )
    assert homes == {
        "accounts": "app",
        "inventory": "app",
        "payments": "app",
        "orders": "orders",
    }
    homes = dict(
        re.findall(
            r'"(\w+)": Place\("postgres", "(\w+)"\)',
            files("monolith")["deploy/move.py"],
        )
    )
    assert set(homes.values()) == {"app"} and "orders" in homes


def test_out_of_a_monolith_all_paths_turn_at_once_from_its_copies_to_the_parts(
    moving: Any,
) -> None:
    old, new = (
        {"app": ["10.0.0.1", "10.0.0.2"]},
        {"app": ["10.0.0.3"], "orders": ["10.0.0.4"]},
    )
    text = moving.crossing.cross(
        files("monolith")[NGINX], files("microservices")[NGINX], old, new
    )
    assert servers(text, "other-app") == ["10.0.0.1", "10.0.0.2"]
    assert (servers(text, "app"), servers(text, "orders")) == (
        ["10.0.0.3"],
        ["10.0.0.4"],
    )
    assert servers(text, "any-part") == ["10.0.0.3", "10.0.0.4"]
    assert maps(text, "part") == {"default": "other-app", "1": "$own_part"}
    assert maps(text, "asked") == {"default": "$request_uri", "1": "$own_asked"}
    assert maps(text, "own_part")[r"~^/api/orders(/|$)"] == "orders"
    assert "resolve max_fails" not in text and "if (-f /tmp/moved)" in text


def test_back_into_a_monolith_they_turn_from_the_parts_to_its_copies(
    moving: Any,
) -> None:
    old, new = {"app": ["10.0.0.3"], "orders": ["10.0.0.4"]}, {"app": ["10.0.0.1"]}
    text = moving.crossing.cross(
        files("microservices")[NGINX], files("monolith")[NGINX], old, new
    )
    assert servers(text, "other-app") == ["10.0.0.1"] and servers(text, "orders") == [
        "10.0.0.4"
    ]
    assert maps(text, "part") == {"default": "$own_part", "1": "other-app"}


def test_between_parts_each_version_has_its_own_table_of_paths(moving: Any) -> None:
    old = {"app": ["10.0.0.1"], "payments": ["10.0.0.2"]}
    new = {"app": ["10.0.0.3"], "orders": ["10.0.0.4"]}
    text = moving.crossing.cross(
        files("microservices", split=False)[NGINX],
        files("microservices")[NGINX],
        old,
        new,
    )
    assert maps(text, "part") == {"default": "$other_part", "1": "$own_part"}
    assert maps(text, "other_part")[r"~^/api/orders(/|$)"] == "other-app"
    assert maps(text, "other_part")[r"~^/api/payments(/|$)"] == "other-payments"
    assert servers(text, "other-payments") == ["10.0.0.2"] and servers(text, "app") == [
        "10.0.0.3"
    ]
    assert len(re.findall(r"^upstream ", text, re.MULTILINE)) == 6


def test_a_configuration_that_is_not_as_it_was_generated_is_refused_before_anything_changes(
    moving: Any,
) -> None:
    mono, parts = files("monolith")[NGINX], files("microservices")[NGINX]
    for before, after in (
        (mono, mono),
        (mono, parts.replace("server_tokens off;", "server_tokens on;")),
    ):
        with pytest.raises(moving.crossing.Unreadable):
            moving.crossing.cross(
                before,
                after,
                {"app": ["10.0.0.1"]},
                {"app": ["10.0.0.2"], "orders": ["10.0.0.3"]},
            )


def test_rows_come_from_where_they_live_and_not_from_where_they_have_left(
    moving: Any,
) -> None:
    plan, gate = moving.plan, moving.gate
    home, old, older = (
        plan.Place("postgres", "orders"),
        plan.Place("postgres", "app"),
        plan.Place("postgres", "shop"),
    )

    def source(**states: str) -> Any:
        return plan.choose_source(
            "orders",
            home,
            {
                place: states[place.database]
                for place in (home, old, older)
                if place.database in states
            },
        )

    assert source(app=gate.STAYS) == old
    assert source(app=gate.LEAVING, orders=gate.ARRIVING) == old
    assert source(app=gate.STAYS, orders=gate.LEFT) == old  # on its way back
    assert source(app=gate.LEFT, orders=gate.ARRIVING) == old  # killed at its end
    assert source(app=gate.LEFT, orders=gate.ARRIVED) == old
    assert source(app=gate.LEFT, orders=gate.STAYS) is None
    assert source(orders=gate.STAYS) is None
    assert source(app=gate.STAYS, shop=gate.LEFT) == old
    assert source() is None  # a module that is new
    # another version is not to take half of the rows for all of them
    for way in (gate.ARRIVING, gate.ARRIVED):
        for home_says in (gate.STAYS, gate.LEFT):
            with pytest.raises(plan.Refused, match="by a move that was killed"):
                source(app=way, orders=home_says)
    # and the server of the other database does not run
    for half in (gate.ARRIVING, gate.LEFT):
        with pytest.raises(plan.Refused, match="does not run: start it"):
            source(orders=half)
    with pytest.raises(plan.Refused, match="app on postgres, shop on postgres"):
        source(app=gate.STAYS, shop=gate.STAYS)


def test_after_a_kill_it_goes_on_only_where_every_module_has_left(moving: Any) -> None:
    plan, gate = moving.plan, moving.gate
    assert plan.decide([(gate.STAYS, gate.STAYS)]) is plan.Step.BEGIN
    assert plan.decide([(gate.LEAVING, gate.ARRIVING)]) is plan.Step.BEGIN
    assert (
        plan.decide([(gate.LEFT, gate.ARRIVING), (gate.LEAVING, gate.ARRIVING)])
        is plan.Step.BEGIN
    )
    assert (
        plan.decide([(gate.LEFT, gate.ARRIVING), (gate.LEFT, gate.ARRIVED)])
        is plan.Step.FINISH
    )
    with pytest.raises(plan.Refused, match="name those"):
        plan.decide([(gate.LEFT, gate.ARRIVED), (gate.STAYS, gate.STAYS)])


MOVES = """
import os, signal, subprocess, sys
sys.path.insert(0, sys.argv[1])
from moving.alone import alone
alone(lambda said: print("waits", flush=True))
print("moves", flush=True)
if sys.argv[2] == "killed":
    subprocess.Popen(["cat"], close_fds=False, start_new_session=True)
    os.kill(os.getpid(), signal.SIGKILL)
"""


def test_a_move_waits_until_all_has_ended_that_a_killed_one_began(
    tmp_path: Path,
) -> None:
    deploy = templates_dir() / "_shared/deploy"

    def moves(how: str) -> subprocess.Popen[str]:
        command = [sys.executable, "-c", MOVES, str(deploy), how]
        return subprocess.Popen(
            command,
            cwd=tmp_path,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    # what it began reads what it is told, until there is no more
    killed = moves("killed")
    assert killed.wait() == -9
    with moves("next") as after:
        assert after.stdout is not None and killed.stdin is not None
        assert after.stdout.readline() == "waits\n"
        assert after.poll() is None
        killed.stdin.close()
        assert after.stdout.readline() == "moves\n"
    assert killed.stdout is not None
    killed.stdout.close()


def test_nginx_keeps_what_it_was_told_while_modules_move_and_where_nothing_moves_its_template() -> (
    None
):
    kept = "test -e /tmp/before-moving.conf ||"
    assert all(
        kept in files(name)["deploy/compose.yaml"]
        for name in ("monolith", "microservices")
    )
    answers = {
        "name": "shop",
        "preset": "ecommerce",
        "architecture": "monolith",
        "extras": {"moving": False},
    }
    record = make_plan(resolve([from_record(answers)])).record
    assert kept not in dict(preview(record))["deploy/compose.yaml"].decode()


@pytest.mark.parametrize(
    ("architecture", "more", "out", "back"),
    [
        ("monolith", {}, "--extract inventory", "--to monolith"),
        (
            "microservices",
            {"parts": PARTS},
            "--extract payments",
            "--merge app,payments",
        ),
        (
            "microservices",
            {"parts": {}},
            "--merge accounts,payments",
            "--extract payments",
        ),
    ],
)
def test_the_runbook_tells_the_whole_way_of_a_module_and_back(
    architecture: str, more: dict[str, Any], out: str, back: str
) -> None:
    answers = {
        "name": "shop",
        "preset": "ecommerce",
        "architecture": architecture,
        "extras": {"moving": True},
    }
    record = make_plan(resolve([from_record({**answers, **more})])).record
    text = dict(preview(record))["docs/moving.md"].decode()
    assert re.findall(r"^ *\$ archgen evolve (.*)$", text, re.MULTILINE) == [out, back]
