"""A burst of logins: what becomes of them, of the process's memory, and of whoever only
wants to read meanwhile.
"""

from __future__ import annotations

import asyncio
import json
import statistics
import time
from collections import Counter
from pathlib import Path

from bench.serving.stage import PASSWORD, Stage, ask, workers_of
from bench.serving.wrk import told

PEOPLE, READERS, SECONDS = 64, 4, 10
SLOWEST, GROWTH, P95 = 2.0, 300, 0.2  # seconds, megabytes, seconds


def check(stage: Stage) -> None:
    for n in range(PEOPLE):
        ask(
            f"{stage.ours}/api/auth/register",
            {"email": f"bench-{n}@example.com", "password": PASSWORD},
        )
    asyncio.run(_burst(stage))


async def _burst(stage: Stage) -> None:
    port = int(stage.ours.rpartition(":")[2])
    end = time.monotonic() + SECONDS
    statuses: Counter[int] = Counter()
    logins: list[float] = []
    read: list[float] = []
    memory = [_memory(stage)]
    unasked = 0  # refusals that do not say when to come back

    async def person(n: int) -> None:
        nonlocal unasked
        body = json.dumps(
            {"email": f"bench-{n}@example.com", "password": PASSWORD}
        ).encode()
        while time.monotonic() < end:
            status, after, spent = await _request(port, "POST", "/api/auth/login", body)
            statuses[status] += 1
            logins.append(spent)
            if status != 200:
                unasked += not after
                await asyncio.sleep(after or 0.1)

    async def reader() -> None:
        while time.monotonic() < end:
            status, _, spent = await _request(
                port, "GET", f"/api/products/{stage.product}", token=stage.token
            )
            read.append(spent if status == 200 else 99.0)
            await asyncio.sleep(0.02)

    async def weigh() -> None:
        while time.monotonic() < end:
            memory.append(_memory(stage))
            await asyncio.sleep(0.1)

    await asyncio.gather(
        *map(person, range(PEOPLE)), *(reader() for _ in range(READERS)), weigh()
    )
    growth, p95 = max(memory) - memory[0], statistics.quantiles(read, n=20)[-1]
    odd = (
        sum(
            count for status, count in statuses.items() if status not in (200, 429, 503)
        )
        + unasked
    )
    held = (
        max(logins) < SLOWEST
        and not odd
        and statuses[200] > 0
        and growth < GROWTH
        and p95 < P95
    )
    refused = sum(statuses.values()) - statuses[200]
    told(stage, "logins", held, f"{statuses[200]} done, {refused} refused, {odd} otherwise in {SECONDS} s, the slowest "
                f"answer after {max(logins):.2f} s (under {SLOWEST:.0f}), memory +{growth:.0f} MB (under {GROWTH}), "
                f"p95 of {len(read)} reads meanwhile {p95 * 1000:.0f} ms (under {P95 * 1000:.0f})")  # fmt: skip


async def _request(
    port: int, method: str, path: str, body: bytes = b"", token: str = ""
) -> tuple[int, float, float]:
    """Its status, its Retry-After, and the seconds it took; by sockets alone, since the
    client shares the machine.
    """
    begun = time.monotonic()
    reading, writing = await asyncio.open_connection("127.0.0.1", port)
    try:
        head = f"{method} {path} HTTP/1.1\r\nHost: bench\r\nConnection: close\r\nContent-Length: {len(body)}\r\n"
        head += "Content-Type: application/json\r\n" + (
            f"Authorization: Bearer {token}\r\n" if token else ""
        )
        writing.write(head.encode() + b"\r\n" + body)
        answer = (await reading.read()).decode("latin-1").lower()
    finally:
        writing.close()
    after = answer.partition("\r\nretry-after: ")[2].partition("\r\n")[0]
    return int(answer.split(" ", 2)[1]), float(after or 0), time.monotonic() - begun


def _memory(stage: Stage) -> float:
    """Megabytes of the workers, what they share counted once each."""
    lines = (
        line
        for worker in workers_of(stage.server.process)
        for line in Path(f"/proc/{worker}/status").read_text().splitlines()
    )
    return sum(
        int(line.split()[1]) / 1024 for line in lines if line.startswith("VmRSS")
    )
