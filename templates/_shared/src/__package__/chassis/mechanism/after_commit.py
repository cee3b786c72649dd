"""HTTP functions on SQL: what an answer has caused goes to the queues before the function
stands still.
"""

from __future__ import annotations

from starlette.types import ASGIApp, Receive, Scope, Send

from .sql_queues import QueueRelay


class AfterCommit:
    """Middleware: an answer leaves when what it has caused is in the queues, or in a
    moment.
    """

    def __init__(self, app: ASGIApp, relay: QueueRelay) -> None:
        self._app = app
        self._relay = relay

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._app(scope, receive, send)
        if scope["type"] == "http":
            await self._relay.flush()
