"""A new version of one part, while the others run, without a gap: `make deploy PART=...`.

The image is built and the tables are brought up to date while the old copies of the part
go on; as many new copies start beside them, and only when all of these are healthy do
the old ones leave. Whatever fails before that leaves the old ones in place, and the
name of their image theirs. So a migration must suit the old version, too, and what parts say
to each other both.
"""

from __future__ import annotations

import subprocess
import sys
import time

COMPOSE = ("docker", "compose", "--env-file", ".env", "--file", "deploy/compose.yaml")
HEALTHY = 120  # seconds that new copies have
# seconds until NGINX, which asks for its copies every two, has certainly found the new
# ones
FOUND = 5


def run(*command: str) -> str:
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout


def copies(server: str) -> list[str]:
    """The containers of the part, running or not."""
    return run(*COMPOSE, "ps", "--all", "--quiet", server).split()


def remove(containers: list[str]) -> None:
    """Lets them finish, and takes them away."""
    if containers:
        run("docker", "stop", "--time", "20", *containers)
        run("docker", "rm", "--force", *containers)


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
    old = copies(server)
    if not old:
        sys.exit("There is nothing to follow: make up")
    image, name = run(
        "docker", "inspect", "--format", "{{.Image}} {{.Config.Image}}", old[0]
    ).split()
    try:
        start(server, old)
    except (subprocess.CalledProcessError, KeyboardInterrupt):
        new = [container for container in copies(server) if container not in old]
        for container in new:
            print(run("docker", "logs", "--tail", "20", container), file=sys.stderr)
        remove(new)
        run("docker", "tag", image, name)
        sys.exit("The new version did not get ready and is gone; the old one goes on")
    time.sleep(FOUND)
    remove(old)
    others = [
        service
        for service in run(*COMPOSE, "config", "--services").split()
        if service == f"{server}-worker"
    ]
    if others:
        run(*COMPOSE, "up", "--detach", "--no-build", "--no-deps", *others)


if __name__ == "__main__":
    main(sys.argv[1].replace("_", "-"))
