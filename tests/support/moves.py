"""What tests of `make move` have in common: an ecommerce whose rows move, many orders
in it, and what clients saw.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from tests.support.ledger import Ledger
from tests.support.stack import Stack, docker
from tests.support.steady import Request, Steady

ECOMMERCE = (
    "--preset",
    "ecommerce",
    "--set",
    "extras.moving=true",
    "--set",
    "stack.observability=none",
    "--architecture",
)
MOST = 5.0  # seconds that writes may be refused
FOREVER = float("inf")
ROWS = """
INSERT INTO orders.orders ({columns})
SELECT {values} FROM orders.orders, generate_series(1, {count}) WHERE id = '{order}'
"""


def fill(stack: Stack, database: str, order: str, count: int) -> None:
    """So many rows like this order, of nobody who asks."""
    columns = stack.rows(
        database,
        "SELECT attname FROM pg_attribute WHERE attrelid = 'orders.orders'::regclass AND attnum > 0",
    )
    values = [
        {"id": "gen_random_uuid()", "owner_id": "gen_random_uuid()"}.get(
            name, f'"{name}"'
        )
        for name in columns
    ]
    quoted = ", ".join(f'"{name}"' for name in columns)
    stack.rows(
        database,
        ROWS.format(columns=quoted, values=", ".join(values), count=count, order=order),
    )


def reads(stack: Stack, book: Ledger) -> Callable[[int], Request]:
    """Of every module something, as the customer who places the orders."""
    bearer = {"Authorization": f"Bearer {book.token}"}

    def request(n: int) -> Request:
        last = (
            f"/api/orders/{book.acknowledged[-1]}"
            if book.acknowledged
            else "/api/orders"
        )
        return Request(
            "GET",
            ["/api/orders", last, book.product, "/api/payments", "/api/me"][n % 5],
            bearer,
        )

    return request


def check_refusals(book: Ledger, between: Sequence[tuple[float, float]] = ()) -> str:
    """That writes were refused by a 503 that says when to come again, and for no longer
    than promised; a line about it.

    `between`: when they could be refused for longer, by the monotonic clock, since a
    move was killed between two databases.
    """
    assert {answer.status for _, answer in book.refusals} <= {503}, book.refused
    assert all(answer.headers["Retry-After"] for _, answer in book.refusals)
    assert book.refused[0] == 0
    if not book.refusals:
        return "no write was refused"
    times = [at for at, _ in book.refusals]
    spans = [[times[0], times[0]]]
    for at in times:
        if at - spans[-1][1] > 1:
            spans.append([at, at])
        spans[-1][1] = at
    promised = [
        end - begin
        for begin, end in spans
        if not any(begin < last and end > first for first, last in between)
    ]
    longest = max(promised, default=0)
    assert longest <= MOST, spans
    return f"{len(times)} writes refused by 503 with Retry-After, in {longest:.2f} s at most"


def check_reads(load: Steady) -> str:
    assert load.failed == [], [
        (outcome.at, outcome.status, outcome.request.path, outcome.text)
        for outcome in load.failed[:10]
    ]
    return load.figures()


def nothing_is_left(stack: Stack, database: str) -> None:
    """Of a move: neither replication, nor gates where rows are written, nor copies
    beside.
    """
    left = "SELECT slot_name FROM pg_replication_slots UNION ALL SELECT subname FROM pg_subscription"
    gates = "SELECT proname FROM pg_proc WHERE proname = 'refuse_while_moving'"
    assert stack.rows(database, f"{left} UNION ALL {gates}") == []
    compose = (
        "label=com.docker.compose.project=" + stack.settings["COMPOSE_PROJECT_NAME"]
    )
    for server in docker(
        "ps", "--quiet", "--filter", compose, "--filter", "ancestor=postgres:18"
    ).split():
        assert (
            docker("exec", server, "psql", "-U", "app", "-d", "postgres", "-Atc", left)
            == ""
        )
    assert not [
        line
        for line in stack.compose("ps", "--all", "--services").split()
        if line.startswith("next-")
    ]
