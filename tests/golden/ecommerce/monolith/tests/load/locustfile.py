"""The load test: `make load URL=...`.

Everybody who uses the API, reading for the most part, a little more than the service
level asks for; it fails when p95, throughput or errors miss that level.
"""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable, Iterator
from typing import Any

from locust import FastHttpUser, constant_throughput, events

from tests.load.model import BESIDE, ENTITIES, ORDERS, SLO
from tests.load.people import PEOPLE
from tests.load.seed import PLACED, STAFF, Site, order, seed
from tests.load.shapes import Entity, Reference, Value

USERS = max(10, min(200, round(SLO.rps / 2)))
MORE = 1.15  # times the throughput that is promised
FRESH = random.randrange(10**6, 10**8)  # rows that no run before has made begin here
site = Site("")
fresh = itertools.count(FRESH)


@events.init_command_line_parser.add_listener
def _defaults(parser: Any) -> None:
    parser.set_defaults(num_users=USERS, spawn_rate=USERS / 2, reset_stats=True)


@events.init.add_listener
def _prepare(environment: Any, **_: Any) -> None:
    site.url = environment.host.rstrip("/")
    seed(site)


@events.quitting.add_listener
def _judge(environment: Any, **_: Any) -> None:
    total = environment.stats.total
    p95 = total.get_response_time_percentile(0.95) or 0
    figures = [
        (
            "p95",
            p95,
            "at most",
            SLO.p95_ms,
            "ms",
            total.num_requests > 0 and p95 <= SLO.p95_ms,
        ),
        (
            "throughput",
            total.total_rps,
            "at least",
            SLO.rps,
            "requests a second",
            total.total_rps >= SLO.rps,
        ),
        (
            "errors",
            total.fail_ratio * 100,
            "at most",
            SLO.error_rate * 100,
            "%",
            total.fail_ratio <= SLO.error_rate,
        ),
    ]
    for name, found, bound, promised, unit, holds in figures:
        print(
            f"{'holds ' if holds else 'MISSED'}  {name} {found:.1f} {unit} ({bound} {promised:g})"
        )
    environment.process_exit_code = 0 if all(figure[-1] for figure in figures) else 1


class Person(FastHttpUser):
    """Nobody in particular, a customer, or where only staff may, a member of staff."""

    wait_time = constant_throughput(SLO.rps * MORE / USERS)
    connection_timeout = network_timeout = 10.0

    def on_start(self) -> None:
        self.who = random.randrange(PEOPLE)

    def ask(
        self, method: str, path: str, name: str, who: int | None, body: object = None
    ) -> None:
        headers = (
            {"Authorization": f"Bearer {site.tokens[who]}"} if who is not None else {}
        )
        self.client.request(
            method, path, name=f"{method} {name}", headers=headers, json=body
        )

    def reader(self, entity: Entity) -> int | None:
        if entity.read == "public" and random.random() < 0.7:
            return None
        return STAFF if entity.read == "staff" else self.who


def listing(entity: Entity) -> Callable[[Person], None]:
    return lambda person: person.ask(
        "GET", entity.path, entity.path, person.reader(entity)
    )


def reading(entity: Entity) -> Callable[[Person], None]:
    def task(person: Person) -> None:
        who = person.reader(entity)
        if ids := site.seen(entity, STAFF if who is None else who):
            person.ask(
                "GET", f"{entity.path}/{random.choice(ids)}", f"{entity.path}/ID", who
            )

    return task


def changing(entity: Entity) -> Callable[[Person], None]:
    """A value of the first field that another row may share."""
    field = next(_shared(entity))

    def task(person: Person) -> None:
        who = STAFF if entity.write == "staff" else person.who
        mine = [made for maker, made in site.rows[entity.plural] if maker == who]
        if mine:
            body = {field.name: field.value(next(fresh))}
            person.ask(
                "PATCH",
                f"{entity.path}/{random.choice(mine)}",
                f"{entity.path}/ID",
                who,
                body,
            )

    return task


def creating(entity: Entity) -> Callable[[Person], None]:
    def task(person: Person) -> None:
        row = entity.row(next(fresh), site.targets(person.who))
        if row is not None:
            person.ask("POST", entity.path, entity.path, person.who, row)

    return task


def place_order(person: Person) -> None:
    products = [made for _, made in site.rows["products"]]
    person.ask(
        "POST",
        "/api/orders",
        "/api/orders",
        person.who,
        order(products, random.randrange(1000)),
    )


def tasks() -> dict[Callable[[Person], None], int]:
    """What people do, and how often in proportion."""
    found: dict[Callable[[Person], None], int] = {}
    for entity in [*ENTITIES, PLACED] if ORDERS else ENTITIES:
        found |= {listing(entity): 3, reading(entity): 6}
        if any(_shared(entity)):
            found[changing(entity)] = 1
        if (
            entity.write != "staff"
            and entity.fields
            and entity.room > 10**9
            and not _exclusive(entity)
        ):
            found[creating(entity)] = 1
    if ORDERS:
        found[place_order] = 2
    for more in BESIDE:
        found |= more.tasks(site)
    return found


def _shared(entity: Entity) -> Iterator[Value]:
    """The fields whose values other rows may have."""
    return (
        f
        for f in entity.fields
        if isinstance(f, Value) and not f.unique and f.name not in entity.together
    )


def _exclusive(entity: Entity) -> bool:
    """Whether each row needs a target of its own, or values that no other row has
    together.
    """
    alone = any(
        isinstance(field, Reference) and field.unique and field.required
        for field in entity.fields
    )
    return alone or bool(entity.together)


Person.tasks = [task for task, weight in tasks().items() for _ in range(weight)]
