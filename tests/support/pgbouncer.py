"""A real PgBouncer in front of a PostgreSQL, on this machine alone."""

from __future__ import annotations

import os
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

CONFIG = """\
[databases]
* = host={server.hostname} port={server.port}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {port}
unix_socket_dir =
auth_type = scram-sha-256
auth_file = {users}
pool_mode = {mode}
default_pool_size = {connections}
max_client_conn = 500
server_idle_timeout = 5
"""


@contextmanager
def pgbouncer(
    program: str, server: str, mode: str, connections: int = 4
) -> Iterator[str]:
    """Its URL, up to the name of a database. `connections`: that it opens to the
    server, for all its clients.
    """
    at = urlsplit(server)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        users, config, log = (
            folder / "users.txt",
            folder / "pgbouncer.ini",
            folder / "log",
        )
        users.write_text(f'"{at.username}" "{at.password}"\n')
        config.write_text(
            CONFIG.format(
                server=at, port=port, users=users, mode=mode, connections=connections
            )
        )
        somebody = ["-u", "nobody"] if os.getuid() == 0 else []  # it refuses to be root
        with log.open("w") as output:
            process = subprocess.Popen(
                [program, "-q", *somebody, str(config)], stdout=output, stderr=output
            )
        try:
            wait_for(port, process, log)
            yield f"postgresql://{at.username}:{at.password}@127.0.0.1:{port}"
        finally:
            process.terminate()
            process.wait(10)


def wait_for(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + 30
    while process.poll() is None and time.monotonic() < deadline:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise AssertionError(f"PgBouncer did not start: {log.read_text()}")
