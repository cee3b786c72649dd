"""NGINX while the addresses of the copies change, asked for at a name server that is
written here.
"""

from __future__ import annotations

import socket
import struct
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from secrets import token_hex

import pytest
from tests.support.projects import new, until
from tests.support.stack import docker

pytestmark = [pytest.mark.real, pytest.mark.timeout(120)]
LIVE = "127.0.0.2"
SETTINGS = {
    "RATE": "500",
    "CONNECTIONS": "500",
    "LOGIN_RATE": "5",
    "CORS_ORIGINS": "",
    "REAL_IP": "",
    "PROXIES": "",
}
IMAGE = "nginxinc/nginx-unprivileged:1.30"


class Copy(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


class NameServer:
    """Says with each answer a copy that lives and another that has just gone: who
    connects to that one hears nothing.

    From the first request on it lets `asked` know before it answers, and answers while
    NGINX waits for the one that has gone.
    """

    def __init__(self, port: int, stack: ExitStack) -> None:
        self._port = port
        self._stack = stack
        self._socket = stack.enter_context(
            socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        )
        self._socket.bind(("127.0.0.1", 0))
        self.port = self._socket.getsockname()[1]
        self.answers = 0
        self.asked: list[threading.Thread] = []

    def run(self, ask: threading.Event, request: object) -> None:
        while True:
            try:
                question, peer = self._socket.recvfrom(512)
            except OSError:  # closed
                return
            if ask.is_set():
                for _ in range(4):
                    self.asked.append(threading.Thread(target=request))  # type: ignore[arg-type]
                    self.asked[-1].start()
                time.sleep(0.05)  # half of what NGINX waits for a connection
            self._socket.sendto(self._answer(question), peer)
            self.answers += 1

    def _answer(self, question: bytes) -> bytes:
        end = question.index(b"\0", 12) + 5
        found = b""
        for address in (LIVE, self._gone()):
            found += (
                b"\xc0\x0c"
                + struct.pack(">HHIH", 1, 1, 1, 4)
                + socket.inet_aton(address)
            )
        return (
            question[:2]
            + b"\x81\x80"
            + struct.pack(">HHHH", 1, 2, 0, 0)
            + question[12:end]
            + found
        )

    def _gone(self) -> str:
        """An address of which nobody hears, since as many wait there as may."""
        address = (f"127.0.1.{self.answers + 1}", self._port)
        listener = self._stack.enter_context(socket.socket())
        listener.bind(address)
        listener.listen(0)
        for _ in range(3):
            waiting = self._stack.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex(address)
        return address[0]


@contextmanager
def nginx(templates: Path) -> Iterator[None]:
    name = f"archgen-nginx-{token_hex(4)}"
    settings = [f"--env={key}={value}" for key, value in SETTINGS.items()]
    mounted = f"--volume={templates}:/etc/nginx/templates:ro"
    docker(
        "run",
        "--detach",
        "--rm",
        "--network",
        "host",
        "--name",
        name,
        mounted,
        *settings,
        IMAGE,
    )
    try:
        yield
    finally:
        docker("rm", "--force", name)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def test_what_nobody_has_heard_of_is_asked_again_when_the_addresses_change_meanwhile(
    tmp_path: Path, containers: None
) -> None:
    project = new(
        tmp_path, "shop", "--preset", "ecommerce", "--architecture", "monolith"
    )
    template = project.folder / "deploy/nginx/templates/default.conf.template"
    copy, front = free_port(), free_port()
    statuses: list[int] = []

    def order() -> None:
        connection = HTTPConnection("127.0.0.1", front, timeout=10)
        try:
            connection.request("POST", "/api/orders", b"{}")
            statuses.append(connection.getresponse().status)
        finally:
            connection.close()

    def answered() -> bool:
        try:
            order()
        except OSError:  # it does not listen yet
            return False
        return statuses[-1] == 200

    with ExitStack() as stack:
        server = stack.enter_context(ThreadingHTTPServer((LIVE, copy), Copy))
        threading.Thread(target=server.serve_forever, daemon=True).start()
        stack.callback(server.shutdown)
        names = NameServer(copy, stack)
        change = threading.Event()
        threading.Thread(target=names.run, args=(change, order), daemon=True).start()
        text = template.read_text()
        for before, after in {
            "resolver 127.0.0.11 ": f"resolver 127.0.0.1:{names.port} ",
            "server app:8000 ": f"server app.test:{copy} ",
            "listen 8080;": f"listen 127.0.0.1:{front};",
        }.items():
            assert text.count(before) == 1
            text = text.replace(before, after)
        template.write_text(text)
        template.chmod(0o644)
        template.parent.chmod(0o755)
        stack.enter_context(nginx(template.parent))
        until(answered, 20)
        statuses.clear()
        begun = names.answers
        change.set()
        until(lambda: names.answers >= begun + 3, 20)
        change.clear()
        for thread in names.asked:
            thread.join()
    assert len(statuses) >= 12 and set(statuses) == {200}, statuses
