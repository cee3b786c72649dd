"""The server in a container, with a graceful shutdown: `python -m shop.apps.serve PART`. Hardly a request is lost.

Told to stop, it lets nobody else in, so that NGINX asks another copy at once, and soon
counts this one as gone; those who keep a connection are answered and told to let go of
it. Only then does it finish what is in its hands, and end. (A connection that is made
in the moment in which the port closes is lost; NGINX does again what may be repeated.)
"""

from __future__ import annotations

import asyncio
import socket
import sys
from importlib import import_module

import uvicorn

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
    async def main_loop(self) -> None:
        await super().main_loop()  # until it is told to stop
        for server in self.servers:
            server.close()
        self.server_state.default_headers.append((b"connection", b"close"))
        await asyncio.sleep(DRAIN_SECONDS)


def main(part: str, settings: Settings | None = None) -> None:
    root = import_module(f"{__package__}.{part}")
    server = Server(
        uvicorn.Config(
            root.create_app(check(settings or Settings(), part)),
            access_log=False,  # NGINX writes it
            server_header=False,
            proxy_headers=False,  # the app reads them: TRUSTED_PROXIES
            timeout_keep_alive=KEEP_ALIVE,
            timeout_graceful_shutdown=SHUTDOWN_TIMEOUT,
        )
    )
    server.run(
        [
            socket.create_server(ADDRESS, reuse_port=True, backlog=2048)
            for _ in range(LISTENERS)
        ]
    )


if __name__ == "__main__":
    main(sys.argv[1])
