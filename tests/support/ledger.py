"""A ledger: orders that were acknowledged, against what is there in the end. Nothing
lost, nothing twice.
"""

from __future__ import annotations

import secrets
import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from tests.support.projects import until
from tests.support.stack import Answer, Stack


@dataclass
class Ledger:
    """Orders of one customer, of one product. `refused`: how often which status was
    heard before an acknowledgement; 0: none.
    """

    stack: Stack
    token: str
    product: str  # its path
    stock: int
    acknowledged: list[str] = field(default_factory=list)
    refused: Counter[int] = field(default_factory=Counter)
    # when, by the monotonic clock, and what
    refusals: list[tuple[float, Answer]] = field(default_factory=list)
    begun: float = field(default_factory=time.monotonic)

    def place(self) -> None:
        """Places one order, and repeats it under its key until it is acknowledged."""
        key = secrets.token_hex(16)
        line = {"product_id": self.product.rsplit("/", 1)[1], "quantity": 1}
        body = {"lines": [line], "payment_method": "card_ok"}
        end = time.monotonic() + 120
        while time.monotonic() < end:
            try:
                answer = self.stack.ask(
                    "/api/orders", "POST", body, self.token, Idempotency_Key=key
                )
            except OSError:
                self.refused[0] += 1
            else:
                if answer.status == 201:
                    self.acknowledged.append(answer.document["id"])
                    return
                self.refused[answer.status] += 1
                self.refusals.append((time.monotonic(), answer))
            time.sleep(0.2)
        raise AssertionError(f"an order was not taken within 120 s: {self.refused}")

    def every(self, path: str) -> list[dict[str, Any]]:
        """All rows of a list that are this customer's."""
        found: list[dict[str, Any]] = []
        after = ""
        while True:
            page = self.stack.ask(f"{path}?limit=100{after}", token=self.token).document
            found += page["items"]
            if page["next"] is None:
                return found
            after = f"&after={page['next']}"

    def settled(self, seconds: float = 120) -> float:
        """Waits until every order has come to its end; gives how many seconds that
        took.
        """
        return until(
            lambda: all(
                order["status"] != "pending" for order in self.every("/api/orders")
            ),
            seconds,
        )

    def check(self) -> str:
        """That orders, payments and stock say the same as the ledger; gives a line
        about it.
        """
        orders = {order["id"]: order["status"] for order in self.every("/api/orders")}
        assert len(self.acknowledged) == len(set(self.acknowledged))
        lost, twice = (
            set(self.acknowledged) - orders.keys(),
            orders.keys() - set(self.acknowledged),
        )
        assert (lost, twice) == (set(), set())
        confirmed = {order for order, status in orders.items() if status == "confirmed"}
        assert set(orders.values()) <= {"confirmed", "rejected"}, Counter(
            orders.values()
        )
        payments = self.every("/api/payments")
        paid = Counter(
            payment["order_id"]
            for payment in payments
            if payment["status"] == "captured"
        )
        assert paid.keys() == confirmed and set(paid.values()) <= {1}
        until(lambda: self.left() == self.stock - len(confirmed), 60)
        spent = time.monotonic() - self.begun
        return (
            f"{len(orders)} orders acknowledged in {spent:.0f} s, {len(confirmed)} confirmed and paid once, "
            f"{len(orders) - len(confirmed)} rejected, 0 lost, 0 twice; before that refused: {dict(self.refused)}"
        )

    def left(self) -> int:
        return int(
            self.stack.ask(
                self.product, token=self.token, Cache_Control="no-cache"
            ).document["stock"]
        )


@contextmanager
def ledger(
    stack: Stack,
    clients: int = 4,
    pause: float = 0.2,
    stock: int = 100_000,
    rate: float = float("inf"),
) -> Iterator[Ledger]:
    """Clients that place one order after another, `pause` seconds between two, until
    all is over.

    `rate`: orders a second that all of them together begin, at most.
    """
    product = stack.product(stack.staff(), secrets.token_hex(8), stock=stock)
    book = Ledger(
        stack, stack.customer(f"ledger-{secrets.token_hex(4)}"), product, stock
    )
    stop, turn = threading.Event(), threading.Lock()
    due = time.monotonic()

    def client() -> None:
        nonlocal due
        while not stop.is_set():
            with turn:
                begins = due = max(due + 1 / rate, time.monotonic())
            stop.wait(begins - time.monotonic())
            book.place()
            stop.wait(pause)

    with ThreadPoolExecutor(clients) as pool:
        working = [pool.submit(client) for _ in range(clients)]
        try:
            yield book
        finally:
            stop.set()
        for work in working:
            work.result()
