"""A generated project as its user has it: written by the command, driven by `make`,
asked over HTTP.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parents[2]
ARCHGEN = (sys.executable, "-c", "from archgen.cli.main import main; main()")
OPEN = urllib.request.build_opener(
    urllib.request.ProxyHandler({})
).open  # what is here is asked by no proxy
PATIENCE = 120.0  # seconds, for whatever is to start


@dataclass(frozen=True)
class Project:
    """`folder` and the URLs that its `.env` gives it; `make` uses the environment that
    runs these tests.
    """

    folder: Path
    urls: dict[str, str]

    def make(self, *arguments: str) -> str:
        """The output of a target that must succeed."""
        done = subprocess.run(
            ["make", *arguments],
            cwd=self.folder,
            env=environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        assert done.returncode == 0, (
            f"make {' '.join(arguments)}: {done.stdout[-6000:]}"
        )
        return done.stdout

    def pytest(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """The project's own tests, or some of them, whatever comes of it; `new` or
        `make` has prepared it.
        """
        command = [
            environment()["VENV"] + "/bin/python",
            "-m",
            "pytest",
            "-q",
            *arguments,
        ]
        return subprocess.run(
            command, cwd=self.folder, capture_output=True, text=True, check=False
        )

    def python(self, code: str, *arguments: str) -> str:
        """What the project's code prints, which must succeed."""
        done = subprocess.run(
            [sys.executable, "-c", code, *arguments],
            cwd=self.folder,
            env={**environment(), "PYTHONPATH": "src"},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    @contextmanager
    def running(self, *, killed: bool = False) -> Iterator[str]:
        """`make dev`, ready; its URL. Stopped at the end as Ctrl-C does it, or killed."""
        url, log = self.urls["dev"], self.folder / "dev.log"
        with log.open("w") as output:
            dev = subprocess.Popen(
                ["make", "dev"],
                cwd=self.folder,
                env=environment(),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
            try:
                wait_for(f"{url}/health/ready", dev, log)
                yield url
            finally:
                if killed:
                    os.killpg(dev.pid, signal.SIGKILL)
                    dev.wait()
                else:
                    stop(dev)


def new(folder: Path, name: str, *options: str) -> Project:
    """`archgen new NAME ...` into `folder`."""
    done = subprocess.run(
        [
            *ARCHGEN,
            "new",
            name,
            *options,
            "--no-input",
            "--no-git",
            "--json",
            "--output",
            str(folder),
        ],
        env={
            **os.environ,
            "PYTHONPATH": os.pathsep.join(path for path in sys.path if path),
        },
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    written = json.loads(done.stdout)
    return Project(Path(written["path"]), written["urls"])


def environment() -> dict[str, str]:
    """These tests' environment, shared with the project, and nothing that make or
    archgen left in it.

    Types of the libraries, the same for each project, are read once for each process of
    the tests.
    """
    kept = {
        key: value
        for key, value in os.environ.items()
        if key not in {"MAKEFLAGS", "MAKELEVEL", "PYTHONPATH"}
    }
    types = HERE / ".mypy_cache/projects" / os.environ.get("PYTEST_XDIST_WORKER", "one")
    return {**kept, "VENV": sys.prefix, "MYPY_CACHE_DIR": str(types)}


def wait_for(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + PATIENCE
    while process.poll() is None and time.monotonic() < deadline:
        try:
            with OPEN(url, timeout=5):
                return
        except OSError:
            time.sleep(0.1)
    raise AssertionError(f"{url} did not get ready: {log.read_text()[-6000:]}")


def until(holds: Callable[[], bool], seconds: float = 60) -> float:
    """Waits for that; gives how many seconds it took."""
    begun = time.monotonic()
    while not holds():
        assert time.monotonic() - begun < seconds, "it did not come about"
        time.sleep(0.1)
    return time.monotonic() - begun


def stop(process: subprocess.Popen[bytes]) -> None:
    """Ctrl-C, and whatever is needed after that, for the process and all that it
    started.
    """
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGKILL):
        try:
            os.killpg(process.pid, number)
            process.wait(10)
        except ProcessLookupError:
            return
        except subprocess.TimeoutExpired:
            continue


def ask(
    url: str, method: str = "GET", body: object = None, token: str | None = None
) -> tuple[int, Any]:
    """Status and JSON document of a request."""
    headers = {"Content-Type": "application/json"}
    if token:
        headers["Authorization"] = f"Bearer {token}"
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data, headers, method=method)
    try:
        with OPEN(request, timeout=30) as answer:
            return answer.status, json.loads(answer.read() or b"null")
    except urllib.error.HTTPError as error:
        return error.code, json.loads(error.read() or b"null")
