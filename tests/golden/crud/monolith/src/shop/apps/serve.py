"""The server in a container: `python -m shop.apps.serve`. It leaves in such a way that no request is lost.

Told to stop, it says so at `/health/ready` and to whoever keeps a connection, and goes on answering until NGINX has
let go of it; only then does it close its port, finish what is in its hands, and end.
"""

from __future__ import annotations

import asyncio

import uvicorn
from starlette.responses import JSONResponse
from starlette.types import Receive, Scope, Send

from shop.apps.app import create_app
from shop.apps.production import check
from shop.chassis.settings import Settings

LEAVING = 3.0  # seconds; NGINX keeps an idle connection for less (keepalive_timeout of its upstream)
SETTLING = 0.5  # seconds in which whoever was let in last says what it wants
KEEP_ALIVE = 75  # seconds; more than NGINX, so that it is never the server that closes under a request
FINISHING = 10  # seconds for requests that are in hand; compose.yaml waits for a little more than both


class Server(uvicorn.Server):
    async def main_loop(self) -> None:
        await super().main_loop()  # until it is told to stop
        self.server_state.default_headers.append((b"connection", b"close"))
        await asyncio.sleep(LEAVING)
        for server in self.servers:
            server.close()  # nobody else is let in
        await asyncio.sleep(SETTLING)


def main(settings: Settings | None = None) -> None:
    app = create_app(check(settings or Settings()))

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        if server.should_exit and scope.get("path") == "/health/ready":
            await JSONResponse({"status": "leaving"}, 503)(scope, receive, send)
        else:
            await app(scope, receive, send)

    server = Server(
        uvicorn.Config(
            answer,
            host="0.0.0.0",  # noqa: S104 - in its container
            access_log=False,  # NGINX writes it
            server_header=False,
            forwarded_allow_ips="*",  # only NGINX reaches it
            timeout_keep_alive=KEEP_ALIVE,
            timeout_graceful_shutdown=FINISHING,
        )
    )
    server.run()


if __name__ == "__main__":
    main()
