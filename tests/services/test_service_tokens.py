"""Keys of services are one pair's alone, and change without a part standing still."""

from __future__ import annotations

import re
import shutil
import stat
import time
from collections.abc import Callable
from datetime import datetime, tzinfo
from importlib import import_module
from itertools import pairwise
from pathlib import Path
from typing import Any, Self

import pytest
from tests.support.projects import Project

Chassis = Callable[[str], Any]
CALLS = {"orders": {"inventory": ("inventory",)}, "payments": {"orders": ("events",)}}


class Clock:
    """The module `time` as far as it is asked for, moved by hand."""

    def __init__(self) -> None:
        self._now = time.time()

    def time(self) -> float:
        return self._now

    monotonic = time

    def time_ns(self) -> int:
        return int(self._now * 1e9)

    def wait(self, seconds: float) -> None:
        self._now += seconds


@pytest.fixture
def clock(chassis: Chassis, monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    for name in ("service_keys", "service_tokens"):
        monkeypatch.setattr(chassis(name), "time", made)

    class Now(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> Self:
            return cls.fromtimestamp(made.time(), tz)

    monkeypatch.setattr("jwt.api_jwt.datetime", Now)
    return made


@pytest.fixture
def keys(chassis: Chassis, tmp_path: Path) -> Path:
    chassis("service_keys").make_keys(
        tmp_path, chassis("service_tokens").pairs_of(CALLS)
    )
    return tmp_path


@pytest.fixture
def part(chassis: Chassis, keys: Path) -> Callable[[str], Any]:
    settings = chassis("internal_settings").InternalSettings(
        _env_file=None, service_keys=keys
    )
    return lambda name: chassis("service_tokens").ServiceTokens(name, CALLS, settings)


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def test_a_part_has_the_keys_of_its_own_calls_and_of_no_others(keys: Path) -> None:
    pairs = {
        folder.name: {name.partition(".")[0] for name in names(folder)}
        for folder in keys.iterdir()
    }
    assert pairs == {
        "orders": {"orders_to_inventory", "payments_to_orders"},
        "inventory": {"orders_to_inventory"},
        "payments": {"payments_to_orders"},
    }
    for path in keys.rglob("*.key"):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_rotation_disturbs_nobody_and_the_old_key_goes_in_the_end(
    chassis: Chassis, keys: Path, part: Callable[[str], Any], clock: Clock
) -> None:
    """Each process reads the new key some time after the others."""
    make_keys, pairs = (
        chassis("service_keys").make_keys,
        chassis("service_tokens").pairs_of(CALLS),
    )
    kid = import_module("jwt").get_unverified_header
    orders, inventory = part("orders"), part("inventory")
    signed_by = [kid(orders.issue("inventory"))["kid"]]
    for _ in range(3):
        clock.wait(4000)
        make_keys(keys, pairs, rotate=True)
        for _ in range(60):
            clock.wait(7)
            token = orders.issue("inventory")
            assert inventory.verify(token, "inventory") == "orders"
            if kid(token)["kid"] not in signed_by:
                signed_by.append(kid(token)["kid"])
    assert len(signed_by) == 4
    assert len(names(keys / "inventory")) == 2
    assert names(keys / "inventory") < names(keys / "orders")


def test_a_token_that_was_shown_once_is_no_good_when_its_minutes_are_over(
    chassis: Chassis, part: Callable[[str], Any], clock: Clock
) -> None:
    orders, inventory = part("orders"), part("inventory")
    old = orders.issue("inventory")
    clock.wait(200)
    assert orders.issue("inventory") == old
    clock.wait(200)
    with pytest.raises(chassis("errors").Unauthenticated):
        inventory.verify(old, "inventory")
    assert inventory.verify(orders.issue("inventory"), "inventory") == "orders"


def test_a_key_that_is_thrown_away_verifies_nothing_any_more(
    chassis: Chassis, keys: Path, part: Callable[[str], Any], clock: Clock
) -> None:
    orders, inventory = part("orders"), part("inventory")
    stolen = orders.issue("inventory")
    for folder in ("orders", "inventory"):
        for path in (keys / folder).glob("orders_to_inventory.*"):
            path.unlink()
    chassis("service_keys").make_keys(keys, chassis("service_tokens").pairs_of(CALLS))
    clock.wait(15)
    with pytest.raises(chassis("errors").Unauthenticated):
        inventory.verify(stolen, "inventory")
    assert inventory.verify(orders.issue("inventory"), "inventory") == "orders"


def test_keys_that_cannot_be_read_for_a_while_are_known_still(
    keys: Path, part: Callable[[str], Any], clock: Clock
) -> None:
    orders, inventory = part("orders"), part("inventory")
    shutil.rmtree(keys)
    clock.wait(15)
    assert inventory.verify(orders.issue("inventory"), "inventory") == "orders"


def test_a_part_does_not_start_without_its_keys(
    chassis: Chassis,
    keys: Path,
    part: Callable[[str], Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    shutil.rmtree(keys / "inventory")
    with pytest.raises(
        SystemExit,
        match=r"inventory has no key of orders_to_inventory, nor is ORDERS_TO_INVENTORY_KEYS",
    ):
        part("inventory")
    monkeypatch.setenv("ORDERS_TO_INVENTORY_KEYS", "short")
    with pytest.raises(SystemExit, match="less than 32 bytes"):
        part("inventory")
    chassis("service_keys").make_keys(keys, chassis("service_tokens").pairs_of(CALLS))
    monkeypatch.delenv("ORDERS_TO_INVENTORY_KEYS")
    assert (
        part("inventory").verify(part("orders").issue("inventory"), "inventory")
        == "orders"
    )


@pytest.mark.parametrize("told", [".env.example", "docs/services.md"])
def test_a_rotation_in_the_environment_as_the_project_tells_it_disturbs_nobody(
    told: str,
    shop: Project,
    chassis: Chassis,
    part: Callable[[str], Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The first of the keys signs, all of them verify, and one part has the next step
    before the other.
    """
    old, new, name = "o" * 48, "n" * 48, "ORDERS_TO_INVENTORY_KEYS"
    text = (shop.folder / told).read_text(encoding="utf-8")
    steps = re.findall(r"\b(?:OLD,NEW|NEW,OLD|NEW|OLD)\b", text)
    assert steps[-1] == "NEW"
    tokens = {}
    for value in [
        old,
        *(step.replace("OLD", old).replace("NEW", new) for step in steps),
    ]:
        monkeypatch.setenv(name, value)
        tokens[value] = part("orders").issue("inventory")
    order = list(tokens)
    for before, after in pairwise(order):  # during a rollout
        for signs, verifies in ((before, after), (after, before)):
            monkeypatch.setenv(name, verifies)
            assert part("inventory").verify(tokens[signs], "inventory") == "orders"
    monkeypatch.setenv(name, new)
    with pytest.raises(chassis("errors").Unauthenticated):
        part("inventory").verify(tokens[old], "inventory")


def load(name: str) -> Any:
    return import_module(f"services_shop.{name}")


@pytest.fixture
def settings(shop: Project, tmp_path: Path) -> Any:
    load("accounts.keys").make_key(tmp_path / "keys")
    return load("apps.settings").Settings(
        _env_file=None,
        database_url=f"sqlite+aiosqlite:///{tmp_path}/data",
        jwt_keys=tmp_path / "keys",
        mail_url=f"file:{tmp_path}/mails",
        service_keys=tmp_path / "service-keys",
    )


def test_a_part_delivers_no_events_of_others(settings: Any) -> None:
    """Or the inventory could say that an order is paid."""
    apps = load("apps.dev").create_app(settings)._parts
    routes, parts, calls = (
        load("apps.event_routes").ROUTES,
        load("apps.event_routes").PARTS,
        load("apps.calls").CALLS,
    )
    tokens = load("chassis.mechanism.service_tokens").ServiceTokens
    client = import_module("starlette.testclient").TestClient
    refused = []
    for kind, handlers in routes.items():
        for handler, callee in handlers.items():
            for caller in [one for one in calls if callee in calls[one]]:
                headers = {
                    "X-Service-Token": tokens(caller, calls, settings).issue(callee)
                }
                path = f"/internal/events/{handler}"
                answer = client(apps[callee]).post(
                    path, headers=headers, content=b"no envelope"
                )
                own = kind.partition(".")[0] in parts[caller]
                assert answer.status_code == (422 if own else 403), (
                    caller,
                    handler,
                    answer.text,
                )
                refused += [] if own else [(caller, handler)]
    assert ("inventory", "orders.payment_captured") in refused


def test_what_is_for_parts_alone_takes_no_one_else(settings: Any) -> None:
    """Every internal path of every part, asked with nothing, and with a token that
    another part took.
    """
    calls = load("apps.calls").CALLS
    gateway = load("apps.dev").create_app(settings)
    apps = dict(gateway._parts)
    client = import_module("starlette.testclient").TestClient
    tokens = load("chassis.mechanism.service_tokens").ServiceTokens
    shown = {
        (one, other): tokens(one, calls, settings).issue(other)
        for one in calls
        for other in calls[one]
    }
    assert len(shown) > 2
    for name, app in apps.items():
        wrong = [token for (_, callee), token in shown.items() if callee != name]
        paths = [
            f"/internal/events/{name}.handler",
            *(["/internal/inventory/products"] if name == "inventory" else []),
        ]
        for path in paths:
            for token in ["", *wrong]:
                answer = client(app).post(
                    path, headers={"X-Service-Token": token}, json=[]
                )
                assert answer.status_code == 401, (name, path)
