"""AWS for `make dev`: moto as a server, in the process that supervises, so that what
was stored survives a reload.
"""

from __future__ import annotations

import logging
import os
import socket
import threading
from typing import Any

from .dev import serve


def serve_functions(factory: str, port: int) -> None:
    """Runs the whole, with reload, in the foreground."""
    listening = socket.create_server(("127.0.0.1", 0))
    threading.Thread(target=_serve, args=[listening], daemon=True).start()
    os.environ.update(
        AWS_ENDPOINT_URL=f"http://127.0.0.1:{listening.getsockname()[1]}",
        AWS_ACCESS_KEY_ID="local",
        AWS_SECRET_ACCESS_KEY="local",  # noqa: S106 - moto takes any
        AWS_DEFAULT_REGION="eu-central-1",
    )
    serve(factory, port)


def _serve(listening: socket.socket) -> None:
    # while others start
    from moto.moto_server.werkzeug_app import (
        DomainDispatcherApplication,
        create_backend_app,
    )
    from werkzeug.serving import make_server

    from .moto_transactions import keep_rows_alone

    keep_rows_alone()
    app = DomainDispatcherApplication(create_backend_app)
    lock = threading.Lock()

    # a transaction would undo what others write meanwhile
    def one_at_a_time(environ: Any, start_response: Any) -> Any:
        with lock:
            return app(environ, start_response)

    logging.getLogger("werkzeug").setLevel(logging.WARNING)
    make_server(
        "127.0.0.1", 0, one_at_a_time, threaded=True, fd=listening.fileno()
    ).serve_forever()
