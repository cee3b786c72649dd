"""A pytest plugin for generated projects (`-p faults`): what may go wrong between modules goes wrong, by turns.

Calls between parts are delayed; every third answers 503 without having been heard, every fifth was heard and
still answers 503. Every event is handled twice, the second time later; every fourth delivery fails after it
was handled. Nothing is random, so a failure comes again.
"""

from __future__ import annotations

import asyncio
import importlib
import itertools
from collections.abc import Iterator
from typing import Any

calls: Iterator[int] = itertools.count(1)
events: Iterator[int] = itertools.count(1)


def pytest_configure() -> None:
    dispatcher = importlib.import_module("shop.chassis.events").Dispatcher
    _double(dispatcher)
    dev = importlib.import_module("shop.apps.dev")
    if hasattr(dev, "InProcess"):
        _trouble(dev.InProcess, importlib.import_module("httpx2").Response)


def _double(dispatcher: Any) -> None:
    deliver = dispatcher.deliver

    async def doubled(self: Any, kind: str, body: bytes) -> None:
        await deliver(self, kind, body)
        await asyncio.sleep(0.01)
        await deliver(self, kind, body)
        if next(events) % 4 == 0:
            raise ConnectionError("handled, but nobody learns of it")

    dispatcher.deliver = doubled


def _trouble(transport: Any, response: Any) -> None:
    handle = transport.handle_async_request

    async def troubled(self: Any, request: Any) -> Any:
        number = next(calls)
        await asyncio.sleep(0.002 * (number % 5))
        if number % 3 == 0:
            return response(503, request=request)
        answer = await handle(self, request)
        return response(503, request=request) if number % 5 == 0 else answer

    transport.handle_async_request = troubled
