"""Write `.env`: what `.env.example` names and `.env` lacks, secrets made fresh and
ports free; the rest is kept.

`python deploy/env.py [PLACE]`, with Python alone. Ports, and the name that containers
and volumes have, follow from the project's place: two clones share nothing, and a lost
`.env` finds its database again. PLACE is for a project that is yet to be moved there.
What the shell, compose and Python would each read in another way is refused.
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
from urllib.parse import urlsplit

ROOT = Path(__file__).resolve().parent.parent
LINE = re.compile(r"^([A-Z][A-Z0-9_]*)=(.*)$", re.MULTILINE)
FIRST, COUNT = 8000, 1000
PLAIN = string.ascii_letters + string.digits
READ_APART = re.compile(r"""[\s$#'"`\\]""")  # by the shell, by compose and by Python
IN_A_URL = re.compile(r"[A-Za-z0-9._~-]*")  # what stands in one as it is
PUT_INTO_A_URL = re.compile(r":\$\{(\w+)[^}]*\}@")  # a password, by compose.yaml


def place_digest(place: str) -> bytes:
    return hashlib.sha256(os.fsencode(place)).digest()


def ports(place: str) -> Iterator[int]:
    """Ports of this machine on which nothing listens, in an order of the place's own."""
    start = int.from_bytes(place_digest(place)[:4])
    for step in range(COUNT):
        port = FIRST + (start + step) % COUNT
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
        yield port
    sys.exit(
        f"No port from {FIRST} to {FIRST + COUNT - 1} is free on 127.0.0.1: write the ports into .env by hand"
    )


def complete(example: str, before: str, place: str) -> str:
    """The text of `.env`: what was there before, or else the example's, with each
    placeholder filled.
    """
    present = dict(LINE.findall(before))
    free = (port for port in ports(place) if str(port) not in present.values())

    def fill(line: re.Match[str]) -> str:
        name, value = line.groups()
        if value == "<secret>":
            value = "".join(secrets.choice(PLAIN) for _ in range(32))
        elif value == "<port>":
            value = str(next(free))
        return f"{name}={value.replace('<place>', place_digest(place).hex()[:6])}"

    if not before:
        return LINE.sub(fill, example)
    missing = [line for line in LINE.finditer(example) if line[1] not in present]
    return "\n".join([before.rstrip("\n"), *map(fill, missing), ""])


def put_into_urls() -> set[str]:
    """The settings that `compose.yaml` makes a part of a URL."""
    compose = ROOT / "deploy" / "compose.yaml"
    return (
        set(PUT_INTO_A_URL.findall(compose.read_text(encoding="utf-8")))
        if compose.exists()
        else set()
    )


def faults(text: str) -> list[str]:
    """What is wrong with the lines of `.env`, and what to write instead."""
    wrong = []
    in_urls = put_into_urls()
    for number, line in enumerate(text.split("\n"), 1):
        name, equals, value = line.partition("=")
        if not line.strip() or line.startswith("#"):
            continue
        if not equals or not LINE.fullmatch(line):
            wrong.append(
                f"line {number} is not NAME=VALUE, with nothing around it: {name}"
            )
        elif found := READ_APART.search(value):
            wrong.append(f"{name} has {found[0]!r} in it: {advice(found[0])}")
        elif name in in_urls and not IN_A_URL.fullmatch(value):
            wrong.append(
                f"{name} becomes part of a URL: letters, digits and . _ ~ - alone"
            )
        elif name.endswith("_URL") and not readable(value):
            wrong.append(
                f"{name} is no URL: in its user and password write @ as %40, / as %2F, : as %3A, % as %25"
            )
    return wrong


def advice(sign: str) -> str:
    if sign.isspace():
        return "values have no spaces, and lines end as on Unix"
    if sign in "'\"":
        return "values stand without quotes"
    return f"shell, compose and Python read it in different ways; in a URL write %{ord(sign):02X}, else choose another value"


def readable(url: str) -> bool:
    try:
        parts = urlsplit(url)
        parts.port  # noqa: B018 - which reads it
    except ValueError:
        return False
    if parts.netloc.count("@") > 1 or re.search("%(?![0-9A-Fa-f]{2})", parts.netloc):
        return False
    return parts.scheme in ("http", "https", "file") or "@" not in parts.path


def main() -> None:
    place = sys.argv[1] if len(sys.argv) > 1 else str(ROOT)
    target = ROOT / ".env"
    before = target.read_bytes().decode() if target.exists() else ""
    if wrong := faults(before):
        sys.exit("\n".join([f"{target.name} cannot be used:", *wrong]))
    text = complete((ROOT / ".env.example").read_text(encoding="utf-8"), before, place)
    if text == before:
        return
    with open(
        os.open(target, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600),
        "w",
        encoding="utf-8",
    ) as file:
        file.write(text)


if __name__ == "__main__":
    main()
