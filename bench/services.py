"""Whether ecommerce as services holds its service level through NGINX, with each way in
which events travel.

`make up` (gateway, two copies and a worker for each part, PostgreSQL, Valkey, and Kafka
where it is chosen), then `make load` for 60 s: a little more than 100 requests a
second, about a tenth of them orders. Prints what the load test found, how long orders
were pending, and what is left to be done 5 s after the end; exits 1 when a target was
missed. Needs Docker and uv.

usage: python bench/services.py [none] [kafka]
"""

from __future__ import annotations

import os
import re
import sys
import tempfile
import time
from pathlib import Path
from secrets import token_hex

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from tests.support.projects import new, until
from tests.support.stack import Stack, up

SECONDS, AFTER = 60, 5
PENDING = 2.0  # seconds from placed to its end, p95
PARTS = ("inventory", "orders", "payments")
# the load test's own rows alone: what seeded the shop before came at once
AGES = """
SELECT count(*), coalesce(percentile_cont(0.95) WITHIN GROUP (ORDER BY extract(epoch FROM updated_at - created_at)), 0),
       count(*) FILTER (WHERE status = 'pending')
FROM orders.orders WHERE created_at > now() - interval '{seconds} seconds'
"""


def main(brokers: list[str]) -> int:
    missed = 0
    for broker in brokers:
        with tempfile.TemporaryDirectory(prefix="archgen-services-") as work:
            print(f"broker: {broker}; load before {os.getloadavg()[0]:.1f}", flush=True)
            project = new(Path(work), f"load-{token_hex(4)}", "--preset", "ecommerce", "--architecture", "microservices",
                          "--set", f"stack.broker={broker}")  # fmt: skip
            with up(project) as running:
                missed += measured(running)
    return 1 if missed else 0


def measured(running: Stack) -> int:
    """How many of the targets were missed."""
    running.project.make("seed", f"URL={running.url}")
    until(lambda: not any(outbox(running, part) for part in PARTS))
    try:
        said = running.project.make(
            "load", f"URL={running.url}", f"DURATION={SECONDS}s"
        )
    except AssertionError as error:
        said = str(error)
    ended = time.monotonic()
    print(*re.findall(r"(?:holds|MISSED) .*", said), sep="\n")
    time.sleep(AFTER - min(AFTER, time.monotonic() - ended))
    left = {part: outbox(running, part) for part in PARTS}
    placed, p95, pending = (
        float(value)
        for value in running.rows("orders", AGES.format(seconds=SECONDS + AFTER))[
            0
        ].split("|")
    )
    print(f"{placed:.0f} orders, p95 from pending to the end {p95:.2f} s; {AFTER} s after the load "
          f"{pending:.0f} pending, events to be sent: {left}", flush=True)  # fmt: skip
    targets = {"the load test": "MISSED" not in said and "holds" in said, "orders": placed > 0 and p95 < PENDING,
               "backlog": not pending and not any(left.values())}  # fmt: skip
    print(
        *(f"{'ok' if held else 'missed'}: {name}" for name, held in targets.items()),
        sep="\n",
        flush=True,
    )
    return sum(not held for held in targets.values())


def outbox(running: Stack, part: str) -> int:
    """How many events a part has still to send."""
    return int(running.rows(part, f"SELECT count(*) FROM {part}.outbox")[0])  # noqa: S608 - our own names


if __name__ == "__main__":
    if unknown := set(sys.argv[1:]) - {"none", "kafka"}:
        sys.exit(f"no such broker: {', '.join(sorted(unknown))}")
    sys.exit(main(sys.argv[1:] or ["none", "kafka"]))
