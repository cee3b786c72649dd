"""The project's own `deploy/up.py`: what containers may read, and what they may not."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

from archgen.generator import templates_dir

READ = "import sys; sys.path.insert(0, 'deploy'); from up import let_read; from pathlib import Path; let_read(Path('deploy'))"


def test_keys_of_tls_stay_their_owners_wherever_they_lie(tmp_path: Path) -> None:
    tls = tmp_path / "deploy/nginx/tls"
    (tls / "live").mkdir(parents=True)
    (tmp_path / "deploy/up.py").write_bytes(
        (templates_dir() / "_shared/deploy/up.py").read_bytes()
    )
    keys = [tls / "key.pem", tls / "live/key.pem", tls / "live/shop.key"]
    mounted = [
        tls / "tls.conf",
        tls / "live/tls.conf.example",
        tmp_path / "deploy/compose.yaml",
    ]
    for path in (*keys, *mounted):
        path.touch(0o600)
    subprocess.run([sys.executable, "-c", READ], cwd=tmp_path, check=True)
    assert [path.stat().st_mode & 0o777 for path in keys] == [0o600] * 3
    assert [path.stat().st_mode & 0o777 for path in mounted] == [0o644] * 3


class Ready(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


def test_containers_of_parts_that_are_no_more_are_taken_away(tmp_path: Path) -> None:
    """They would go on doing background work, on databases and in consumer groups that
    are others' now.
    """
    (tmp_path / "deploy").mkdir()
    (tmp_path / "deploy/up.py").write_bytes(
        (templates_dir() / "_shared/deploy/up.py").read_bytes()
    )
    (tmp_path / "deploy/compose.yaml").touch()
    docker = tmp_path / "docker"
    docker.write_text(f'#!/bin/sh\necho "$*" >> {tmp_path}/told\n')
    docker.chmod(0o755)
    server = HTTPServer(("127.0.0.1", 0), Ready)
    (tmp_path / ".env").write_text(f"HTTP_PORT={server.server_port}\n")
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        environment = os.environ | {"PATH": f"{tmp_path}:{os.environ['PATH']}"}
        subprocess.run(
            [sys.executable, "deploy/up.py"], cwd=tmp_path, check=True, env=environment
        )
    finally:
        server.shutdown()
        server.server_close()
    told = (tmp_path / "told").read_text().splitlines()
    assert told[-1].endswith(" up --detach --wait --remove-orphans")
