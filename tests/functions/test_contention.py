"""Many at once on DynamoDB: no key takes more than its share, one creator of a unique
value wins, no update is lost.
"""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from importlib import import_module
from typing import Any
from uuid import uuid4

import pytest
from tests.parity.systems import DOMAIN, System, running, write_project
from tests.support.projects import Project, until

ROWS = 2000
ON_DYNAMODB = {**DOMAIN, "stack": {"database": "dynamodb"}}
SPREAD = (
    1.25  # how much more than its equal share a shard of so many random ids has at most
)
MOST_LINES = 40


class Writes:
    """Units of a module whose commits count which keys are written, and write nothing."""

    def __init__(self, package: str, module: str) -> None:
        database = import_module(f"{package}.chassis.mechanism.dynamodb").Database(
            "", [module]
        )
        units = vars(import_module(f"{package}.{module}.repository")).values()
        (self.unit,) = [unit for unit in units if getattr(unit, "module", "") == module]
        context = import_module(f"{package}.chassis.mechanism.context")
        routes = (
            import_module(f"{package}.apps.event_routes").ROUTES
            if hasattr(self.unit, "publish")
            else {}
        )
        self.new = context.PartContext(None, database, None, routes).units(self.unit)
        self.keys: dict[str, Counter[str]] = {}

    def commit(self, unit: Any) -> int:
        """How many items the transaction has."""
        writes = list(unit.writes_of(unit.staged))
        for write in writes:
            item = write.arguments.get("Item") or write.arguments["Key"]
            for name, value in item.items():
                if name == "pk" or (name.startswith("list") and name.endswith("pk")):
                    kind = value["S"].partition("#")[0] if name == "pk" else name
                    self.keys.setdefault(kind, Counter())[value["S"]] += 1
        return len(writes)

    def hottest(self, kind: str) -> float:
        """The share of the key that is written most, of all writes of rows."""
        return max(self.keys[kind].values()) / ROWS


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Project:
    return write_project(
        tmp_path_factory.mktemp("contention"),
        "contended-lab",
        "serverless",
        ON_DYNAMODB,
    )


def test_rows_that_everybody_writes_alike_are_spread_over_the_keys_of_each_list(
    lab: Project,
) -> None:
    """The worst of domains: all of one kind, of one title, in one category, from as
    many people as there are rows.
    """
    domain = import_module("contended_lab.lab.domain")
    shards = import_module(
        "contended_lab.chassis.mechanism.dynamodb_unit_of_work"
    ).SHARDS
    writes, category, thing = Writes("contended_lab", "lab"), uuid4(), uuid4()
    for number in range(ROWS):
        unit = writes.new()
        same = {
            "title": "a",
            "kind": "red",
            "ready": True,
            "weight": 1,
            "category": category,
        }
        unit.things.add(domain.Thing(**same, code=uuid4()))
        unit.notes.add(domain.Note(topic="a", stars=5, thing=thing, owner_id=uuid4()))
        unit.remember(
            import_module("contended_lab.chassis.mechanism.persistence").IdempotencyKey(
                f"a{number}"
            ),
            thing,
        )
        writes.commit(unit)
    fair = SPREAD / shards
    for own in ("things", "notes", "unique", "processed"):
        assert writes.hottest(own) == 1 / ROWS, own
    indexes = [kind for kind in writes.keys if kind.startswith("list")]
    assert len(indexes) > 10
    for (
        index
    ) in indexes:  # two entities may share an index, and are different keys of it
        assert writes.hottest(index) <= fair, index
    for target in (category, thing):  # what all refer to
        counters = {
            key: count
            for key, count in writes.keys["refs"].items()
            if str(target) in key
        }
        assert len(counters) == shards and max(counters.values()) <= fair * ROWS


def test_events_and_payments_and_sessions_and_counters_have_a_key_each(
    shop: Project,
) -> None:
    accounts, orders = (
        Writes("functions_shop", "accounts"),
        Writes("functions_shop", "orders"),
    )
    kinds = {
        name: import_module(f"functions_shop.{name}.domain")
        for name in ("accounts", "orders")
    }
    throttle = import_module("functions_shop.accounts.throttle")
    placed, owner = (
        import_module("functions_shop.contracts.orders").OrderPlaced,
        uuid4(),
    )
    for number in range(ROWS):
        unit = accounts.new()
        unit.accounts.add(
            kinds["accounts"].Account(email=f"{number}@example.com", password_hash="-")
        )
        unit.counters.add(throttle.Counter(id=throttle._id(f"login:192.0.2.{number}")))
        accounts.commit(unit)
        unit = orders.new()
        order = kinds["orders"].Order(
            owner_id=uuid4() if number % 2 else owner,
            lines=(),
            payment_method="card_ok",
        )
        unit.orders.add(order)
        unit.publish(placed(order_id=order.id, lines=()))
        orders.commit(unit)
    for written, own in (
        (accounts, ("accounts", "unique", "counters")),
        (orders, ("orders", "outbox")),
    ):
        for kind in own:
            assert written.hottest(kind) == 1 / ROWS, kind
    assert orders.hottest("list0pk") <= SPREAD / 4  # everybody's, for staff
    # the half that one person placed: an owner's rows are that owner's alone
    assert orders.hottest("list1pk") == 1 / 2


def test_the_largest_order_and_its_reservation_are_transactions_within_their_limit(
    shop: Project,
) -> None:
    """With all that goes along: the event for each handler, the mark of the event that
    was handled, and the stock.
    """
    inventory = Writes("functions_shop", "inventory")
    domain = import_module("functions_shop.inventory.domain")
    reserved = import_module("functions_shop.contracts.inventory").StockReserved
    unit, handled = (
        inventory.new(),
        import_module("functions_shop.chassis.mechanism.persistence").IdempotencyKey(
            "a"
        ),
    )
    for number in range(MOST_LINES):
        product = domain.Product(
            sku=str(number), name="a", price=Decimal(1), category="tool", stock=5
        )
        unit.products.save(product, product.evolve(stock=4))
    unit.reservations.add(domain.Reservation(id=uuid4(), lines=()))
    unit.staged.processed.append(handled)
    unit.publish(reserved(order_id=uuid4()))
    assert MOST_LINES + 3 <= inventory.commit(unit) <= 100


@pytest.fixture(scope="module")
def system(shop: Project) -> Iterator[System]:
    with running(shop) as opened:
        yield opened


def product(system: System, **fields: Any) -> dict[str, Any]:
    body = {
        "sku": uuid4().hex,
        "name": "hammer",
        "price": "9.99",
        "category": "tool",
        "stock": 100,
        **fields,
    }
    answer = system.ask("staff", "POST", "/api/products", body)
    assert answer["status"] == 201, answer
    return {
        **answer["body"],
        "path": f"/api/products/{system._ids[answer['body']['id']]}",
    }


def at_once(count: int, work: Callable[[int], Any]) -> list[Any]:
    with ThreadPoolExecutor(count) as crowd:
        return list(crowd.map(work, range(count)))


def test_of_50_who_create_one_unique_value_at_once_one_does(system: System) -> None:
    body = {"sku": uuid4().hex, "name": "hammer", "price": "9.99", "category": "tool"}
    answers = at_once(
        50,
        lambda number: system.ask(
            "staff", "POST", "/api/products", {**body, "name": f"n{number}"}
        ),
    )
    assert Counter(answer["status"] for answer in answers) == {201: 1, 409: 49}
    (made,) = [answer["body"]["name"] for answer in answers if answer["status"] == 201]
    listed = system.ask("nobody", "GET", "/api/products", query={"limit": 100})["body"][
        "items"
    ]
    assert [row["name"] for row in listed if row["sku"] == body["sku"]] == [made]


def test_no_update_of_concurrent_writers_is_lost(system: System) -> None:
    """Each adds one to what it read, and reads again where another was first; others
    change another field meanwhile. Where too many are at once, it is sent again.
    """
    path = product(system, stock=0)["path"]

    def change(fields: dict[str, Any], **headers: str) -> dict[str, Any]:
        while True:
            answer = system.ask("staff", "PATCH", path, fields, headers)
            if answer["status"] != 503:
                return answer

    def add_one(number: int) -> int:
        for tries in range(1, 200):
            read = system.ask("nobody", "GET", path)
            fields = {"stock": read["body"]["stock"] + 1}
            answer = change(fields, **{"If-Match": read["etag"]})
            if answer["status"] == 200:
                return tries
            assert answer["status"] == 412, answer
        raise AssertionError("it never was the first")

    def rename(number: int) -> None:
        assert change({"description": str(number)})["status"] == 200

    tries = at_once(
        20, lambda number: add_one(number) if number < 12 else rename(number)
    )
    assert max(filter(None, tries)) > 1  # they did meet
    read = system.ask("nobody", "GET", path)
    assert read["body"]["stock"] == 12
    assert read["etag"].strip('"') == str(1 + 20) and read["body"][
        "description"
    ] in map(str, range(12, 20))


@pytest.mark.parametrize(
    ("lines", "status"), [(MOST_LINES, 201), (MOST_LINES + 1, 422), (100, 422)]
)
def test_an_order_has_40_lines_and_a_longer_one_is_told_so(
    system: System, lines: int, status: int
) -> None:
    ids = [product(system)["path"].rpartition("/")[2] for _ in range(lines)]
    body = {
        "lines": [{"product_id": each, "quantity": 1} for each in ids],
        "payment_method": "card_ok",
    }
    answer = system.ask("ann", "POST", "/api/orders", body)
    assert answer["status"] == status, answer
    if status == 422:
        (said,) = [error for error in answer["body"]["errors"] if "lines" in str(error)]
        assert "at most 40" in str(said)
        return
    path = f"/api/orders/{system._ids[answer['body']['id']]}"
    until(lambda: system.ask("ann", "GET", path)["body"]["status"] != "pending")
    assert system.ask("ann", "GET", path)["body"]["status"] == "confirmed"
    assert system.ask("nobody", "GET", f"/api/products/{ids[0]}")["body"]["stock"] == 99


def disturbed(gateway: Any, chance: random.Random) -> None:
    """Has the gateway deliver each batch of events out of order, half of it later, and
    all of it twice.
    """
    invoke, held = gateway.invoke, set[str]()

    async def invoke_otherwise(name: str, event: dict[str, Any]) -> dict[str, Any]:
        if "Records" not in event:
            answer: dict[str, Any] = await invoke(name, event)
            return answer
        records = chance.sample(event["Records"], len(event["Records"]))
        late = {
            each["messageId"]
            for each in records
            if each["messageId"] not in held and chance.random() < 0.5
        }
        held.update(late)
        there = [each for each in records if each["messageId"] not in late]
        both = await asyncio.gather(
            *[invoke(name, {"Records": batch}) for batch in (there, there[::-1])]
        )
        failed = [failure for one in both for failure in one["batchItemFailures"]]
        return {
            "batchItemFailures": [*failed, *({"itemIdentifier": each} for each in late)]
        }

    gateway.invoke = invoke_otherwise


@pytest.mark.few(1)
@pytest.mark.parametrize(
    "is_disturbed", [False, True], ids=["in order", "twice and out of order"]
)
def test_events_twice_and_out_of_order_leave_the_same_state(
    shop: Project, monkeypatch: pytest.MonkeyPatch, is_disturbed: bool
) -> None:
    root = import_module("functions_shop.apps.dev")
    made = root.create_app

    def create_app(settings: Any) -> Any:
        gateway = made(settings)
        if is_disturbed:
            disturbed(gateway, random.Random(7))
        return gateway

    monkeypatch.setattr(root, "create_app", create_app)
    with running(shop) as system:
        wanted = product(system)
        told = [
            ("card_ok", 2),
            ("card_declined", 5),
            ("card_ok", 1),
            ("card_ok", 1000),
            ("card_declined", 1),
        ] * 3
        paths = []
        for method, quantity in told:
            lines = [
                {"product_id": wanted["path"].rpartition("/")[2], "quantity": quantity}
            ]
            answer = system.ask(
                "ann", "POST", "/api/orders", {"lines": lines, "payment_method": method}
            )
            assert answer["status"] == 201, answer
            paths.append(f"/api/orders/{system._ids[answer['body']['id']]}")

        def orders() -> list[dict[str, Any]]:
            return [system.ask("ann", "GET", path)["body"] for path in paths]

        until(lambda: all(order["status"] != "pending" for order in orders()))
        until(
            lambda: (
                system.ask("nobody", "GET", wanted["path"])["body"]["stock"] == 100 - 9
            )
        )
        reasons = {
            ("card_ok", 1000): "out_of_stock",
            ("card_declined", 5): "payment_declined",
        }
        reasons["card_declined", 1] = "payment_declined"
        assert [order["reason"] for order in orders()] == [
            reasons.get(each) for each in told
        ]
        for path, order in zip(paths, orders(), strict=True):
            query = {"order_id": path.rpartition("/")[2]}
            payments = system.ask("ann", "GET", "/api/payments", query=query)["body"][
                "items"
            ]
            captured = [
                payment for payment in payments if payment["status"] == "captured"
            ]
            assert len(captured) == (order["status"] == "confirmed"), payments


def test_a_row_that_is_gone_takes_no_reference_and_one_that_is_referred_to_is_not_deleted(
    lab: Project,
) -> None:
    """However many shards count the references; what is removed in the same unit does
    not count.
    """
    table = "it-lab"
    indexes = [f"list{number}" for number in range(13)]
    with pytest.MonkeyPatch.context() as patch, import_module("moto").mock_aws():
        patch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
        keys = ["pk", *(f"{index}{key}" for index in indexes for key in ("pk", "sk"))]
        import_module("boto3").client("dynamodb").create_table(
            TableName=table,
            BillingMode="PAY_PER_REQUEST",
            KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
            AttributeDefinitions=[
                {"AttributeName": key, "AttributeType": "S"} for key in keys
            ],
            GlobalSecondaryIndexes=[
                {
                    "IndexName": index,
                    "KeySchema": [
                        {"AttributeName": f"{index}pk", "KeyType": "HASH"},
                        {"AttributeName": f"{index}sk", "KeyType": "RANGE"},
                    ],
                    "Projection": {"ProjectionType": "ALL"},
                }
                for index in indexes
            ],
        )
        asyncio.run(_refer_and_delete())


async def _refer_and_delete() -> None:
    domain = import_module("contended_lab.lab.domain")
    conflict = import_module("contended_lab.chassis.policy.errors").Conflict
    database = import_module("contended_lab.chassis.mechanism.dynamodb").Database(
        "it", ["lab"]
    )
    cache = import_module("contended_lab.chassis.mechanism.no_cache").NoCache()

    def unit() -> Any:
        return import_module("contended_lab.lab.repository").LabUnitOfWork(
            database, cache
        )

    category = domain.Category(name="a")
    things = [
        domain.Thing(title=str(number), category=category.id) for number in range(12)
    ]
    first = unit()
    first.categories.add(category)
    for thing in things:
        first.things.add(thing)
    await first.commit()
    for left in (things, things[1:], things[-1:]):
        deleting = unit()
        deleting.categories.delete(category)
        for thing in things:
            if thing not in left:
                deleting.things.delete(thing)
        with pytest.raises(conflict, match="still in use"):
            await deleting.commit()
    deleting = unit()
    deleting.categories.delete(category)
    for thing in things:
        deleting.things.delete(thing)
    await deleting.commit()
    for _ in range(8):  # of every shard
        late = unit()
        late.things.add(domain.Thing(title="late", category=category.id))
        with pytest.raises(conflict, match="no longer there"):
            await late.commit()
