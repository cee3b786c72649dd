"""The server as it takes leave: who has connected is answered, whoever comes later is
refused at once.
"""

from __future__ import annotations

import socket
from contextlib import ExitStack
from importlib import import_module
from typing import Any

import pytest
from tests.support.projects import Project

REQUEST = b"POST / HTTP/1.1\r\nHost: app\r\nContent-Length: 0\r\n\r\n"
WAITING = 40  # connections


def bound(serve: Any) -> list[socket.socket]:
    first = serve.bind(("127.0.0.1", 0))
    return [first, *[serve.bind(first.getsockname()) for _ in range(3)]]


async def app(scope: Any, receive: Any, send: Any) -> None:
    await send(
        {
            "type": "http.response.start",
            "status": 200,
            "headers": [(b"content-length", b"0")],
        }
    )
    await send({"type": "http.response.body"})


def test_whoever_has_connected_as_the_port_closes_is_answered(
    shop: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    serve = import_module("services_shop.apps.serve")
    monkeypatch.setattr(serve, "DRAIN_SECONDS", 0.2)
    listeners = bound(serve)
    address = listeners[0].getsockname()
    clients: list[socket.socket] = []

    class Leaving(serve.Server):  # type: ignore[misc, name-defined]
        async def on_tick(self, counter: int) -> bool:
            """The last moment: they connect while the loop is busy, and it lets none of
            them in before the port closes.
            """
            for _ in range(WAITING):
                clients.append(
                    stack.enter_context(socket.create_connection(address, timeout=5))
                )
                clients[-1].sendall(REQUEST)
            return True

    with ExitStack() as stack:
        Leaving(import_module("uvicorn").Config(app, lifespan="off"), listeners).run(
            listeners
        )
        answers = [client.recv(4096) for client in clients]
    assert len(answers) == WAITING and all(
        answer.startswith(b"HTTP/1.1 200") for answer in answers
    )
    assert all(b"connection: close" in answer for answer in answers)
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(address, timeout=5)


def test_nobody_can_connect_before_the_app_has_started(
    shop: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    serve = import_module("services_shop.apps.serve")
    monkeypatch.setattr(serve, "DRAIN_SECONDS", 0.0)
    listeners = bound(serve)
    address = listeners[0].getsockname()
    seen: list[str] = []

    async def starting(scope: Any, receive: Any, send: Any) -> None:
        assert scope["type"] == "lifespan"
        await receive()
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(address, timeout=5)
        seen.append("refused")
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await send({"type": "lifespan.shutdown.complete"})

    class Ending(serve.Server):  # type: ignore[misc, name-defined]
        async def on_tick(self, counter: int) -> bool:
            socket.create_connection(address, timeout=5).close()
            seen.append("connected")
            return True

    Ending(import_module("uvicorn").Config(starting, lifespan="on"), listeners).run(
        listeners
    )
    assert seen == ["refused", "connected"]
