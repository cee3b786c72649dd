"""What a machine has for running generated projects, found by asking each tool."""

from __future__ import annotations

import importlib.util
import platform
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

SECONDS = 5  # for a tool to answer
FIRST_PORT, PORTS = 8000, 1000  # where generated projects look for theirs
LEAST_PYTHON = (3, 11)

Ask = Callable[[Sequence[str]], str | None]


@dataclass(frozen=True, slots=True)
class Finding:
    """A tool: whether it is there, its version or what is wrong, what it is for, and
    how to get it.
    """

    name: str
    found: bool
    detail: str
    needed_for: str
    get: str
    required: bool = False

    def document(self) -> dict[str, Any]:
        return asdict(self)


def ask(command: Sequence[str]) -> str | None:
    """The first line that a command prints; None if it is not there or fails."""
    if shutil.which(command[0]) is None:
        return None
    try:
        done = subprocess.run(
            command,
            capture_output=True,
            text=True,
            stdin=subprocess.DEVNULL,
            timeout=SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    lines = (done.stdout or done.stderr).strip().splitlines()
    return lines[0][:100] if done.returncode == 0 and lines else None


def examine_machine(ask: Ask = ask) -> list[Finding]:
    """Every tool that a generated project may use, the required ones first."""
    python = sys.version_info[:2] >= LEAST_PYTHON
    venv = all(
        importlib.util.find_spec(module) is not None for module in ("venv", "ensurepip")
    )
    return [
        Finding(
            "python",
            python,
            f"{platform.python_version()} at {sys.executable}",
            "everything",
            "apt-get install python3, or python.org",
            True,
        ),
        Finding(
            "python venv",
            venv,
            "venv and ensurepip" if venv else "not complete",
            "the project's .venv",
            "apt-get install python3-venv",
            True,
        ),
        _tool(
            ask,
            "make",
            ["make", "--version"],
            "make dev and the other targets",
            "apt-get install make",
            required=True,
        ),
        _tool(
            ask,
            "git",
            ["git", "--version"],
            "the first commit, and updates later",
            "apt-get install git",
            required=True,
        ),
        _tool(
            ask,
            "uv",
            ["uv", "--version"],
            "faster installs (pip puts it into .venv without)",
            "docs.astral.sh/uv",
        ),
        _tool(
            ask,
            "docker",
            ["docker", "--version"],
            "make up",
            "docs.docker.com/engine/install",
        ),
        _tool(
            ask,
            "docker compose",
            ["docker", "compose", "version"],
            "make up",
            "apt-get install docker-compose-plugin",
        ),
        _tool(
            ask,
            "docker engine",
            ["docker", "info", "--format", "server {{.ServerVersion}}"],
            "make up",
            "start the engine, and let your user reach its socket",
        ),
        _ports(),
    ]


def _tool(
    ask: Ask,
    name: str,
    command: Sequence[str],
    needed_for: str,
    get: str,
    *,
    required: bool = False,
) -> Finding:
    said = ask(command)
    return Finding(
        name, said is not None, said or "not found", needed_for, get, required
    )


def _ports() -> Finding:
    """Whether a project finds ports on which nothing listens."""
    free = 0
    for port in range(FIRST_PORT, FIRST_PORT + PORTS):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
        free += 1
    last = FIRST_PORT + PORTS - 1
    return Finding(
        "free ports",
        free >= 10,
        f"{free} of {PORTS} from {FIRST_PORT} to {last} on 127.0.0.1",
        "make dev and make up",
        "stop what listens there, or write ports into the project's .env",
        True,
    )
