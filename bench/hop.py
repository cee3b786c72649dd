"""What a hop costs: a contract of ecommerce asked in the process, and asked of a part
of its own over HTTP.

    python bench/hop.py

One run has all of it: the inventory's service asked directly, as in a monolith, and the
same question through the contract's client to `uvicorn` on this machine, with service
token and deadline as a request has them; by turns, in rounds, so that the machine's
mood is the same for both. The answer is the same three products, which the part has in
its own cache.
"""

from __future__ import annotations

import asyncio
import json
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from decimal import Decimal
from importlib import import_module
from pathlib import Path
from typing import Any
from uuid import UUID

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from tests.support.projects import new  # noqa: E402

ROUNDS, CALLS = 15, 200
Ask = Callable[[], Awaitable[Any]]


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        project = new(
            Path(folder),
            "hop-shop",
            "--preset",
            "ecommerce",
            "--architecture",
            "microservices",
        )
        os.chdir(project.folder)
        sys.path.append("src")
        print(json.dumps(asyncio.run(measured(Path(folder))), indent=2))


async def measured(folder: Path) -> dict[str, float]:
    """Microseconds of a call, of the median round, and how they compare."""
    settings = _settings(folder)
    calls = import_module("hop_shop.apps.calls").CALLS
    tokens = import_module("hop_shop.chassis.mechanism.service_tokens")
    import_module("hop_shop.chassis.mechanism.service_keys").make_keys(
        folder / "service-keys", tokens.pairs_of(calls)
    )
    migrate = import_module("hop_shop.apps.migrate")
    own = migrate.part_settings("inventory", settings)
    await migrate.prepare("inventory", own)
    service, ids = await _stocked(own)
    port, server = _serve(own, folder)
    try:
        os.environ["INVENTORY_URL"] = f"http://127.0.0.1:{port}"
        to_part = import_module("hop_shop.chassis.mechanism.internal_api").to_part
        client = to_part(
            "inventory", tokens.ServiceTokens("orders", calls, settings), None
        )
        contract = import_module("hop_shop.contracts.inventory_http").InventoryClient(
            client
        )
        await _answering(port, server)
        context = import_module("hop_shop.chassis.mechanism.request_context")
        context.current_request.set(context.RequestContext(time.monotonic() + 600))
        assert await service.products(ids) == await contract.products(ids)
        return await _compared(
            lambda: service.products(ids), lambda: contract.products(ids), server.pid
        )
    finally:
        server.terminate()
        server.wait()


async def _compared(here: Ask, there: Ask, server: int) -> dict[str, float]:
    took: dict[str, list[tuple[float, float]]] = {
        "in_process": [],
        "over_http": [],
        "over_http_16_at_once": [],
    }
    for _ in range(ROUNDS):
        took["in_process"].append(await _each(here, 1, server))
        took["over_http"].append(await _each(there, 1, server))
        took["over_http_16_at_once"].append(await _each(there, 16, server))
    found = {}
    for name, rounds in took.items():
        for unit, values in zip(
            ("wall_us", "cpu_us"), zip(*rounds, strict=True), strict=True
        ):
            found[f"{name}_{unit}"] = round(statistics.median(values) * 1e6, 1)
    for unit in ("wall", "cpu"):
        here_us, there_us = (
            found[f"in_process_{unit}_us"],
            found[f"over_http_{unit}_us"],
        )
        found[f"hop_{unit}_ms"] = round((there_us - here_us) / 1e3, 2)
        found[f"{unit}_ratio"] = round(there_us / here_us, 1)
    return found


async def _each(ask: Ask, at_once: int, server: int) -> tuple[float, float]:
    """Seconds from one answer to the next, and of CPU that both processes spent on it."""
    begun, spent = time.perf_counter(), time.process_time() + _cpu(server)
    for _ in range(CALLS // at_once):
        await asyncio.gather(*(ask() for _ in range(at_once)))
    asked = CALLS // at_once * at_once
    return (time.perf_counter() - begun) / asked, (
        time.process_time() + _cpu(server) - spent
    ) / asked


def _cpu(pid: int) -> float:
    """Seconds of CPU that a process has had."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


async def _stocked(settings: Any) -> tuple[Any, list[UUID]]:
    """The inventory's service, and three products that it has."""
    mechanism = "hop_shop.chassis.mechanism"
    background = import_module(f"{mechanism}.background").Background("hop_shop")
    database = import_module(f"{mechanism}.sql").Database(settings.database_url)
    relay = import_module(f"{mechanism}.outbox").Relay(database, background, {})
    cache = import_module(f"{mechanism}.memory_cache").MemoryCache()
    part = import_module(f"{mechanism}.context").PartContext(
        settings, database, cache, relay
    )
    service = import_module("hop_shop.inventory.wiring").service(part)
    staff = import_module(f"{mechanism}.identity").Caller(
        UUID(int=1), frozenset({"staff"})
    )
    ids = []
    for number in range(3):
        product = {
            "sku": str(number),
            "name": "hammer",
            "price": Decimal("1.00"),
            "category": "tool",
            "stock": 5,
        }
        ids.append((await service.create_product(staff, product)).id)
    return service, ids


def _settings(folder: Path) -> Any:
    return import_module("hop_shop.apps.settings").Settings(
        _env_file=None,
        database_url=f"sqlite+aiosqlite:///{folder}/data",
        service_keys=folder / "service-keys",
    )


def _serve(settings: Any, folder: Path) -> tuple[int, subprocess.Popen[bytes]]:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    command = [
        sys.executable,
        "-m",
        "uvicorn",
        "hop_shop.apps.inventory:create_app",
        "--factory",
        "--no-access-log",
    ]
    told = {
        "DATABASE_URL": settings.database_url,
        "SERVICE_KEYS": str(folder / "service-keys"),
        "PYTHONPATH": "src",
    }
    options = [
        "--no-proxy-headers",
        "--log-level",
        "error",
        "--host",
        "127.0.0.1",
        "--port",
        str(port),
    ]
    return port, subprocess.Popen([*command, *options], env={**os.environ, **told})


async def _answering(port: int, server: subprocess.Popen[bytes]) -> None:
    for _ in range(300):
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            assert server.poll() is None, "the part does not start"
            await asyncio.sleep(0.1)
        else:
            writer.close()
            return
    raise SystemExit("the part does not answer")


if __name__ == "__main__":
    main()
