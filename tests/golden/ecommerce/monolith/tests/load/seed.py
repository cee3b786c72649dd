"""Enough to look at and to load: `make seed URL=...`.

Run again it adds nothing, since it repeats the same requests.
"""

from __future__ import annotations

import json
import sys
import time
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from typing import Any

from tests.load.model import BESIDE, ENTITIES, ORDERS
from tests.load.people import PEOPLE, hint, log_in
from tests.load.shapes import Entity, Reference, Sent

ROWS = 300  # of each entity, where there is room
STAFF = PEOPLE  # the last of the tokens
PLACED = Entity("orders", read="owner", write="owner", fields=())


@dataclass
class Site:
    """A running instance, and the people who use it: `tokens` of the customers, and of
    the member of staff.
    """

    url: str
    tokens: list[str] = field(default_factory=list)
    # who made it, and its id
    rows: dict[str, list[tuple[int, str]]] = field(default_factory=dict)

    def ask(
        self,
        method: str,
        path: str,
        body: object = None,
        who: int | None = None,
        key: str = "",
    ) -> tuple[int, Any]:
        """Status and document; when told to come back later, it does."""
        headers = {"Content-Type": "application/json"}
        if who is not None:
            headers["Authorization"] = f"Bearer {self.tokens[who]}"
        if key:
            headers["Idempotency-Key"] = key
        data = None if body is None else json.dumps(body).encode()
        for _ in range(20):
            url = self.url + path
            request = urllib.request.Request(url, data, headers, method=method)  # noqa: S310 - our own
            try:
                with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310 - our own
                    return answer.status, json.loads(answer.read() or b"null")
            except urllib.error.HTTPError as error:
                if error.code not in (429, 503):
                    return error.code, json.loads(error.read() or b"null")
                time.sleep(float(error.headers.get("Retry-After") or 1))
            except OSError as error:
                sys.exit(f"{self.url} does not answer: {error}")
        sys.exit(f"{self.url} does not answer {method} {path}")

    def writer(self, entity: Entity, n: int) -> int:
        """Whose row the n-th is."""
        return STAFF if entity.write == "staff" else n % PEOPLE

    def seen(self, entity: Entity, who: int) -> list[str]:
        """The ids that somebody may read."""
        everything = who == STAFF or entity.read != "owner"
        return [
            made
            for maker, made in self.rows.get(entity.plural, [])
            if everything or maker == who
        ]

    def targets(self, who: int) -> dict[str, list[str]]:
        """The ids that somebody's new rows may refer to."""
        return {entity.plural: self.seen(entity, who) for entity in ENTITIES}

    def found(self, entity: Entity) -> list[tuple[int, str]]:
        """Rows that were there before."""
        people = range(PEOPLE + 1) if entity.read == "owner" else [STAFF]
        pages = {
            who: self.ask("GET", f"{entity.path}?limit=100", who=who)[1]["items"]
            for who in people
        }
        return [(who, row["id"]) for who, page in pages.items() for row in page]


def seed(site: Site) -> None:
    """Logs everybody in and sees to it that the rows are there."""
    site.tokens = log_in(site.ask)
    for entity in ENTITIES:
        made = site.rows.setdefault(entity.plural, [])
        for n in range(min(ROWS, entity.room)):
            who = site.writer(entity, n)
            row = entity.row(
                n,
                site.targets(who)
                if any(isinstance(f, Reference) for f in entity.fields)
                else {},
            )
            if row is None:
                break
            key = f"seed-{entity.plural}-{n}"
            for before in entity.fields:
                if isinstance(before, Sent):
                    row[before.name] = before.send(site, who, f"{key}-{before.name}")
            status, answer = site.ask("POST", entity.path, row, who, key)
            if status == 201:
                made.append((who, answer["id"]))
            # another row has that value, or was made under that key when this said
            # otherwise
            elif status != 409:
                sys.exit(f"POST {entity.path}: {status} {answer}")
        made += [] if made else site.found(entity)
        print(f"{len(made)} {entity.plural}")
    if ORDERS:
        products = [made for _, made in site.rows["products"]]
        orders = [order(products, n) for n in range(40)]
        made = []
        for n, body in enumerate(orders):
            who = n % PEOPLE
            status, answer = site.ask("POST", "/api/orders", body, who, f"seed-{n}")
            if status == 201:
                made.append((who, answer["id"]))
            elif status != 409:  # as above
                sys.exit(f"POST /api/orders: {status} {answer}")
        site.rows["orders"] = made or site.found(PLACED)
        print(f"{len(site.rows['orders'])} orders")
    for more in BESIDE:
        more.seed(site)


def order(products: list[str], n: int) -> dict[str, Any]:
    """The n-th order: of one, two or three products."""
    chosen = dict.fromkeys(
        products[(n * 17 + step * 5) % len(products)] for step in range(n % 3 + 1)
    )
    lines = [{"product_id": product, "quantity": 1 + n % 2} for product in chosen]
    return {
        "lines": lines,
        "payment_method": "card_declined" if n % 10 == 9 else "card_ok",
    }


if __name__ == "__main__":
    place = Site(sys.argv[1].rstrip("/"))
    seed(place)
    print(hint())
