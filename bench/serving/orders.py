"""Orders settled a second: posted by wrk, and then waited for until every event is
delivered.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from bench.serving.stage import Stage
from bench.serving.wrk import Round, load

POST = """wrk.format("POST", "%s", nil,
    '{"lines": [{"product_id": "' .. ids[at] .. '", "quantity": 1}], "payment_method": "card_ok"}')"""
OUTBOXES = " + ".join(
    f"(SELECT count(*) FROM {module}.outbox)"
    for module in ("orders", "inventory", "payments")
)
SETTLED = "SELECT count(*) FILTER (WHERE status = 'confirmed'), count(*) FROM {}.orders"
SECONDS, PATIENCE = 8, 60.0


def ours(stage: Stage) -> Callable[[int], Round]:
    def settled(number: int) -> Round:
        before, _ = stage.sql(SETTLED.format("orders"))[0]
        begun = time.monotonic()
        posted = load(
            stage,
            f"{stage.ours}/api/orders",
            request=POST % "/api/orders",
            number=number,
            seconds=SECONDS,
        )
        while (
            stage.sql(f"SELECT {OUTBOXES}")[0][0]
            and time.monotonic() - begun < PATIENCE
        ):
            time.sleep(0.02)
        spent = time.monotonic() - begun
        confirmed, found = stage.sql(SETTLED.format("orders"))[0]
        left = found - confirmed
        return posted._replace(
            rate=(confirmed - before) / spent, errors=posted.errors + left
        )

    return settled


def bare(stage: Stage) -> Callable[[int], Round]:
    return lambda number: load(
        stage,
        f"{stage.bare}/orders",
        request=POST % "/orders",
        number=number,
        seconds=SECONDS,
    )
