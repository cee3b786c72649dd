"""The real servers in containers, healthy when it returns: `make up`.

Before that it sees to what containers would not tell: files that their users may not
read (after `umask 077`), and a database whose password is not the one in `.env` any
more.
"""

from __future__ import annotations

import re
import socket
import subprocess
import sys
import time
from http.client import HTTPConnection, HTTPException
from pathlib import Path

FOUND = 30  # seconds that NGINX has to find what is behind it
COMPOSE = ("docker", "compose", "--env-file", ".env", "--file", "deploy/compose.yaml")
LOG_IN = """psql --quiet --host "$(hostname)" --username "$POSTGRES_USER" --dbname "$POSTGRES_DB" --command "" """
RENEW = """printf "ALTER ROLE %s PASSWORD '%s'\\n" "$POSTGRES_USER" "$POSTGRES_PASSWORD" |
    postgres --single -D "$PGDATA" "$POSTGRES_DB" >/dev/null"""


def compose(*arguments: str) -> bool:
    return subprocess.run([*COMPOSE, *arguments], check=False).returncode == 0


def let_read(folder: Path) -> None:
    """Whoever a container runs as may read what is mounted into it; not the keys of
    TLS, which are their owner's to give.
    """
    for path in (folder, *folder.rglob("*")):
        wanted = 0o055 if path.is_dir() else 0o044
        private = (
            path.is_file()
            and "tls" in path.parts
            and path.suffix not in (".conf", ".example")
        )
        if not private and path.stat().st_mode & wanted != wanted:
            path.chmod(path.stat().st_mode | wanted)


def databases() -> list[str]:
    """The one of all, or those of the parts."""
    services = subprocess.run(
        [*COMPOSE, "config", "--services"],
        check=False,
        stdout=subprocess.PIPE,
        text=True,
    ).stdout.split()
    return [name for name in services if name.rpartition("-")[2] == "postgres"]


def start_database(server: str) -> bool:
    """PostgreSQL, with the password that `.env` has: of a volume that outlived its
    `.env` it is another.
    """
    if not compose("up", "--detach", "--wait", server):
        return False
    if compose("exec", "-T", server, "sh", "-c", LOG_IN):
        return True
    print(
        "The database was made with another .env: it gets the password of this one; people keep theirs",
        file=sys.stderr,
    )
    renewed = compose("stop", server) and compose(
        "run",
        "--rm",
        "--no-deps",
        "-T",
        "--user",
        "postgres",
        server,
        "sh",
        "-c",
        RENEW,
    )
    return renewed and compose("up", "--detach", "--wait", server)


def ready(port: int) -> bool:
    """Whether NGINX has found all that is behind it, after a while at most."""
    end = time.monotonic() + FOUND
    while time.monotonic() < end:
        connection = HTTPConnection("127.0.0.1", port, timeout=5)
        try:
            connection.request("GET", "/health/ready")
            answer = connection.getresponse()
            if answer.status == 200:
                return True
            said = answer.read().decode()
        except (OSError, HTTPException) as error:
            said = repr(error)
        finally:
            connection.close()
        time.sleep(0.2)
    print(f"/health/ready says {said}", file=sys.stderr)
    return False


def taken(env: str, used: str) -> list[str]:
    """The settings whose ports somebody else listens on."""
    ours = subprocess.run(
        [*COMPOSE, "ps", "--format", "{{.Ports}}"],
        check=False,
        capture_output=True,
        text=True,
    )
    found = []
    for name, port in re.findall(r"^(\w+_PORT)=(\d+)$", env, re.MULTILINE):
        if f"${{{name}" not in used or f":{port}->" in ours.stdout:
            continue
        try:
            socket.create_server(("127.0.0.1", int(port))).close()
        except (OSError, OverflowError):
            found.append(
                f"127.0.0.1:{port} is in use: {name} in .env names it, and may name another"
            )
    return found


def main() -> None:
    env, used = (
        Path(".env").read_text(encoding="utf-8"),
        Path("deploy/compose.yaml").read_text(encoding="utf-8"),
    )
    let_read(Path("deploy"))
    port = re.findall(r"^HTTP_PORT=(\d+)$", env, re.MULTILINE)[0]
    if not (
        compose("build")
        and all(map(start_database, databases()))
        # what is none of the services any more, since modules were put into other parts, goes
        and compose("up", "--detach", "--wait", "--remove-orphans")
        and ready(int(port))
    ):
        sys.exit("\n".join(["It is not up", *taken(env, used)]))
    print(f"It is up: http://127.0.0.1:{port}")


if __name__ == "__main__":
    main()
