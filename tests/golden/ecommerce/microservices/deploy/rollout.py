"""A new version of one part, while the others run, without a gap: `make deploy PART=...`.

The image is built and the tables are brought up to date while the old copies of the part
go on; as many new copies start beside them, and only when all of these are healthy do
the old ones leave. Whatever fails before that, Ctrl-C too, leaves the old ones in place,
and the name of their image theirs; from then on nothing stops it any more, and what is
killed all the same the next one finishes. So a migration must suit the old version, too, and what parts say
to each other both.
"""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path

COMPOSE = ("docker", "compose", "--env-file", ".env", "--file", "deploy/compose.yaml")
HEALTHY = 120  # seconds that new copies have
# seconds until NGINX, which asks for its copies every two, has certainly found the new
# ones
FOUND = 5
NOTES = Path("build/replaced")  # whom a rollout that is under way replaces


def run(*command: str) -> str:
    """What it says. In a session of its own, so that Ctrl-C is heard here alone."""
    done = subprocess.run(
        command, check=True, stdout=subprocess.PIPE, text=True, start_new_session=True
    )
    return done.stdout


def hear(heard: bool) -> None:
    """Whether a signal interrupts."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.default_int_handler if heard else signal.SIG_IGN)


def copies(server: str, which: str = "--all") -> list[str]:
    """The containers of the part, running or not; not what `compose run` began in its name."""
    listed = run(*COMPOSE, "ps", which, "--format", "{{.ID}} {{.Labels}}", server)
    return [
        line.split()[0]
        for line in listed.splitlines()
        if "com.docker.compose.oneoff=False" in line
    ]


def remove(containers: list[str]) -> None:
    """Lets them finish, and takes them away."""
    if containers:
        run("docker", "stop", "--time", "20", *containers)
        run("docker", "rm", "--force", *containers)


def finish(server: str) -> None:
    """What a rollout that was killed has left: while all of the old copies run the new
    ones go, and else the old ones.
    """
    note = NOTES / server
    if not note.exists():
        return
    old = note.read_text().split()
    leaving = not set(old).issubset(copies(server, "--status=running"))
    remove([container for container in copies(server) if (container in old) == leaving])
    note.unlink()


def start(server: str, old: list[str]) -> None:
    """As many new copies as there are old ones, healthy when it returns."""
    run(*COMPOSE, "build", "accounts")
    run(*COMPOSE, "run", "--rm", "--no-deps", "roles")
    run(*COMPOSE, "run", "--rm", "--no-deps", f"{server}-migrate")
    scale = (
        "--scale",
        f"{server}={2 * len(old)}",
        "--wait",
        "--wait-timeout",
        str(HEALTHY),
    )
    run(
        *COMPOSE,
        "up",
        "--detach",
        "--no-build",
        "--no-deps",
        "--no-recreate",
        *scale,
        server,
    )


def main(server: str) -> None:
    hear(True)
    finish(server)
    old = copies(server)
    if not old:
        sys.exit("There is nothing to follow: make up")
    NOTES.mkdir(parents=True, exist_ok=True)
    note = NOTES / server
    note.write_text("\n".join(old))
    image, name = run(
        "docker", "inspect", "--format", "{{.Image}} {{.Config.Image}}", old[0]
    ).split()
    try:
        start(server, old)
        hear(False)
    except (subprocess.CalledProcessError, KeyboardInterrupt):
        hear(False)
        new = [container for container in copies(server) if container not in old]
        for container in new:
            print(run("docker", "logs", "--tail", "20", container), file=sys.stderr)
        remove(new)
        run("docker", "tag", image, name)
        note.unlink()
        sys.exit("The new version did not get ready and is gone; the old one goes on")
    time.sleep(FOUND)
    remove(old)
    note.unlink()
    others = [
        service
        for service in run(*COMPOSE, "config", "--services").split()
        if service == f"{server}-worker"
    ]
    if others:
        run(*COMPOSE, "up", "--detach", "--no-build", "--no-deps", *others)


if __name__ == "__main__":
    main(sys.argv[1].replace("_", "-"))
