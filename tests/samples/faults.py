"""A pytest plugin for generated projects (`-p faults`): what may go wrong between
modules goes wrong, by turns.

Calls between parts are delayed; of four that a task makes, one is answered 503 without
having been heard, one is heard and still answered 503, and two go through. Every event
is handled twice, the second time later; every fourth delivery fails after it was
handled. Nothing is random, so a failure comes again.
"""

from __future__ import annotations

import asyncio
import importlib
import importlib.util
import itertools
from collections.abc import Iterator
from contextvars import ContextVar
from typing import Any

tasks: Iterator[int] = itertools.count()
# in this task; not all begin with the same fault
calls: ContextVar[int] = ContextVar("calls", default=-1)
events: Iterator[int] = itertools.count(1)


def pytest_configure() -> None:
    _double(importlib.import_module("shop.chassis.mechanism.background").Background)
    dev = importlib.import_module("shop.apps.dev")
    if hasattr(dev, "InProcess"):
        _trouble(dev.InProcess, importlib.import_module("httpx2").Response)
    elif importlib.util.find_spec("shop.chassis.mechanism.function_transport"):
        transport = importlib.import_module(
            "shop.chassis.mechanism.function_transport"
        ).FunctionTransport
        _trouble(transport, importlib.import_module("httpx2").Response)


def _double(background: Any) -> None:
    deliver = background.deliver

    async def doubled(self: Any, handler: str, body: bytes) -> None:
        await deliver(self, handler, body)
        await asyncio.sleep(0.01)
        await deliver(self, handler, body)
        if next(events) % 4 == 0:
            raise ConnectionError("handled, but nobody learns of it")

    background.deliver = doubled


def _trouble(transport: Any, response: Any) -> None:
    handle = transport.handle_async_request

    async def troubled(self: Any, request: Any) -> Any:
        number = next(tasks) if calls.get() < 0 else calls.get() + 1
        calls.set(number)
        await asyncio.sleep(0.01)
        if number % 4 == 0:
            return response(503, request=request)
        answer = await handle(self, request)
        return response(503, request=request) if number % 4 == 1 else answer

    transport.handle_async_request = troubled
