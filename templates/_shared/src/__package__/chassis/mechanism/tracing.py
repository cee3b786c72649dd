"""Tracing: spans around what is published and handled, in the trace that an event
belongs to.

Adapter: `spans.py`, where traces are exported. This one makes none. `request_id` is the
id of the request that is being answered, which log lines bear.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from contextvars import ContextVar
from dataclasses import dataclass

request_id: ContextVar[str] = ContextVar("request_id", default="")


@dataclass
class CurrentSpan:
    """The span that is open; without an adapter there is none.

    `mark`: tells it the id of its request. `trace_id`: in hex, empty without a span.
    """

    mark: Callable[[str], None] = lambda _: None
    trace_id: Callable[[], str] = lambda: ""


current_span = CurrentSpan()


class Tracing:
    def headers(self) -> dict[str, str]:
        """Of the current span (W3C Trace Context), for a request or an envelope."""
        return {}

    def publishing(
        self, name: str, trace: Mapping[str, str]
    ) -> AbstractContextManager[object]:
        """A span; `trace`: headers of what caused it."""
        return nullcontext()

    def handling(
        self, name: str, trace: Mapping[str, str]
    ) -> AbstractContextManager[object]:
        return nullcontext()
