"""The system within this process, as a client of HTTP asks it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

import httpx2 as httpx
from starlette.testclient import TestClient
from starlette.types import ASGIApp


class OneHop(httpx.BaseTransport):
    """A request goes to the app's thread, and the whole answer comes back; Starlette's
    own client goes there eight times.
    """

    def __init__(self, running: TestClient) -> None:
        assert running.portal is not None
        self._app = httpx.ASGITransport(running.app, client=("testclient", 50000))
        self._loop = running.portal.call(asyncio.get_running_loop)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        request.read()  # what is sent piece by piece, too
        answer = self._answer(request)
        return asyncio.run_coroutine_threadsafe(answer, self._loop).result()

    async def _answer(self, request: httpx.Request) -> httpx.Response:
        answer = await self._app.handle_async_request(request)
        assert isinstance(answer.stream, httpx.AsyncByteStream)
        body = httpx.ByteStream(b"".join([part async for part in answer.stream]))
        return httpx.Response(answer.status_code, headers=answer.headers, stream=body)


@contextmanager
def client_of(app: ASGIApp) -> Iterator[httpx.Client]:
    """Of the app, which runs as long."""
    with (
        TestClient(app) as running,
        httpx.Client(
            transport=OneHop(running),
            base_url=running.base_url,
            follow_redirects=True,
        ) as client,
    ):
        yield client
