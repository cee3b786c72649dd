"""The server in a container, with a graceful shutdown: `python -m shop.apps.serve`. No request is lost.

Told to stop, it lets nobody else in, so that NGINX asks another copy at once, and soon
counts this one as gone; who has connected before is answered, and told to let go of the
connection. Only then does it finish what is in its hands, and end.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Sequence
from contextlib import suppress

import uvicorn

from shop.apps.app import create_app
from shop.apps.preflight import check
from shop.apps.settings import Settings

ADDRESS = ("0.0.0.0", 8000)  # noqa: S104 - in its container
# sockets of this one address: the event loop takes one connection of each in a turn,
# however many come
LISTENERS = 16
# seconds; NGINX keeps an idle connection for less (keepalive_timeout of its upstream)
DRAIN_SECONDS = 3.0
# seconds; more than NGINX, so that it is never the server that closes under a request
KEEP_ALIVE = 75
# seconds for requests that are in hand; compose.yaml waits for a little more than both
SHUTDOWN_TIMEOUT = 10


class Server(uvicorn.Server):
    def __init__(
        self, config: uvicorn.Config, listeners: Sequence[socket.socket]
    ) -> None:
        super().__init__(config)
        self._listeners = listeners

    async def main_loop(self) -> None:
        await super().main_loop()  # until it is told to stop
        headers = [*self.server_state.default_headers, (b"connection", b"close")]
        self.server_state.default_headers = headers
        for busy in self.server_state.connections:
            if (cycle := getattr(busy, "cycle", None)) is not None:
                cycle.default_headers = headers
        for connection in self._close_ports():
            await asyncio.get_running_loop().connect_accepted_socket(
                self._protocol, connection
            )
        await asyncio.sleep(DRAIN_SECONDS)

    def _close_ports(self) -> list[socket.socket]:
        """Those who wait there to be let in: a port that closes would drop them, with
        what they have sent.
        """
        waiting = []
        for listener, server in zip(self._listeners, self.servers, strict=True):
            with suppress(BlockingIOError):
                while True:
                    waiting.append(listener.accept()[0])
            server.close()
        return waiting

    def _protocol(self) -> asyncio.Protocol:
        return self.config.http_protocol_class(  # type: ignore[call-arg]
            config=self.config,
            server_state=self.server_state,
            app_state=self.lifespan.state,
        )


def bind(address: tuple[str, int]) -> socket.socket:
    """One of several sockets of an address. Nobody can connect before the app has
    started, and it listens.
    """
    listener = socket.socket()
    for option in (socket.SO_REUSEADDR, socket.SO_REUSEPORT):
        listener.setsockopt(socket.SOL_SOCKET, option, 1)
    listener.bind(address)
    return listener


def main(settings: Settings | None = None) -> None:
    config = uvicorn.Config(
        create_app(check(settings or Settings())),
        access_log=False,  # NGINX writes it
        server_header=False,
        proxy_headers=False,  # the app reads them: TRUSTED_PROXIES
        timeout_keep_alive=KEEP_ALIVE,
        timeout_graceful_shutdown=SHUTDOWN_TIMEOUT,
    )
    listeners = [bind(ADDRESS) for _ in range(LISTENERS)]
    Server(config, listeners).run(listeners)


if __name__ == "__main__":
    main()
