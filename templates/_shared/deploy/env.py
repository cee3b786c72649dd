"""Write `.env`: what `.env.example` names and `.env` lacks, secrets made fresh and ports free; the rest is kept.

`python deploy/env.py [PLACE]`, with Python alone. Ports follow from the project's place, so that they stay the
same when `.env` is made again; PLACE is for a project that is yet to be moved there.
"""

from __future__ import annotations

import hashlib
import os
import re
import secrets
import socket
import string
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LINE = re.compile(r"^([A-Z][A-Z0-9_]*)=(.*)$", re.MULTILINE)
FIRST, COUNT = 8000, 1000
PLAIN = string.ascii_letters + string.digits


def ports(place: str) -> Iterator[int]:
    """Ports of this machine on which nothing listens, in an order of the place's own."""
    start = int.from_bytes(hashlib.sha256(os.fsencode(place)).digest()[:4])
    for step in range(COUNT):
        port = FIRST + (start + step) % COUNT
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
        yield port
    sys.exit(f"No port from {FIRST} to {FIRST + COUNT - 1} is free on 127.0.0.1: write the ports into .env by hand")


def complete(example: str, present: dict[str, str], free: Iterator[int]) -> str:
    """The text of `.env`: the example's, with what is present kept and each placeholder filled."""

    def fill(line: re.Match[str]) -> str:
        name, value = line.groups()
        if name in present:
            value = present.pop(name)
        elif value == "<secret>":
            value = "".join(secrets.choice(PLAIN) for _ in range(32))
        elif value == "<port>":
            value = str(next(free))
        return f"{name}={value}"

    text = LINE.sub(fill, example)
    return text + "".join(f"{name}={value}\n" for name, value in present.items())


def main() -> None:
    place = sys.argv[1] if len(sys.argv) > 1 else str(ROOT)
    target = ROOT / ".env"
    present = dict(LINE.findall(target.read_text(encoding="utf-8"))) if target.exists() else {}
    taken = set(present.values())
    free = (port for port in ports(place) if str(port) not in taken)
    text = complete((ROOT / ".env.example").read_text(encoding="utf-8"), present, free)
    with open(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
        file.write(text)


if __name__ == "__main__":
    main()
