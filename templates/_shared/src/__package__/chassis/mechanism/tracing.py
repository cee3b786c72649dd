"""Tracing: spans around what is published and handled, in the trace that an event
belongs to.

Adapter: `spans.py`, where traces are exported. This one makes none.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext


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
