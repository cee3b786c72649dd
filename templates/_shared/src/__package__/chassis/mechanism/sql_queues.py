"""Outbox of functions on SQL: what was committed goes to the queues of the parts that
react, right after the commit, and what was left each minute.

A function that has answered stands still until it is called again, so there is no relay
that runs beside it.
"""

from __future__ import annotations

import asyncio
import json
import logging
import time
from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import Any

import sqlalchemy as sa
from botocore.exceptions import BotoCoreError, ClientError

from .aws import client
from .errors import Unavailable
from .events import Routes
from .outbox import Relay
from .sql import Database

log = logging.getLogger(__name__)
# seconds that an answer waits for what it has caused to be in the queues; the rest goes
# on with the next call, or the next minute
PATIENCE = 0.5


class QueueDispatcher:
    """Hands each delivery to the queue of the part that has its handler."""

    def __init__(self, routes: Routes, queues: Mapping[str, str]) -> None:
        """`queues`: by part, their URLs."""
        self._routes = routes
        self._queues = queues
        self._parts = {
            handler: part
            for handlers in routes.values()
            for handler, part in handlers.items()
        }

    def targets(self, kind: str) -> Iterable[str]:
        return self._routes.get(kind, ())

    async def deliver(self, handler: str, body: bytes) -> None:
        """To its queue (LookupError: this function is told of none; Unavailable)."""
        queue = self._queues[self._parts[handler]]
        message = json.dumps({"handler": handler, "event": body.decode()})
        try:
            await asyncio.to_thread(
                self._client.send_message, QueueUrl=queue, MessageBody=message
            )
        except (BotoCoreError, ClientError) as error:
            raise Unavailable("The queue does not answer") from error

    @cached_property
    def _client(self) -> Any:
        return client(
            "sqs",
            connect_timeout=1,
            read_timeout=3,
            retries={"mode": "standard", "max_attempts": 2},
        )


class QueueRelay(Relay):
    """A relay that works when it is asked to, for as long as it is told."""

    def __init__(
        self,
        database: Database,
        dispatcher: QueueDispatcher,
        outboxes: Mapping[str, sa.Table],
    ) -> None:
        super().__init__(database, dispatcher, outboxes)
        self._working: set[asyncio.Task[None]] = set()

    async def flush(self, seconds: float = PATIENCE) -> None:
        """Delivers what was committed here since the last time.

        What takes longer is not cut off: it would leave the connection in the middle of
        something.
        """
        woken = [module for module, awake in self._awake.items() if awake.is_set()]
        for module in woken:
            self._awake[module].clear()
        if woken:
            task = asyncio.ensure_future(self.drain(seconds, woken))
            self._working.add(task)
            task.add_done_callback(self._working.discard)
            await asyncio.wait([task], timeout=seconds)

    async def drain(self, seconds: float, modules: Iterable[str] = ()) -> None:
        """Delivers what is due in these modules' outboxes, or in all; begins nothing when
        the time is up.
        """
        until = time.monotonic() + seconds
        for module in modules or self._outboxes:
            try:
                while time.monotonic() < until and await self.relay_once(module):
                    pass
            except Exception:  # what was not delivered is due again
                log.exception("the outbox of %s could not be emptied", module)
