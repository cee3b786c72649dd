"""What runs of this project, and what is to run: its containers."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

COMPOSE = ("docker", "compose", "--env-file", ".env", "--file", "deploy/compose.yaml")
HEALTHY = 120  # seconds that new copies have
_DETACHED = (
    "--detach",
    "--no-build",
    "--no-deps",
    "--no-recreate",
    "--wait",
    "--wait-timeout",
    str(HEALTHY),
)
NEXT = "next-"  # begins the names of services that stand beside those of the version before
BESIDE = Path("build/beside.json")  # what these are; passwords are in it


def run(*command: str) -> str:
    """What it says. In a session of its own, so that Ctrl-C is heard here alone."""
    done = subprocess.run(
        command,
        check=True,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "COMPOSE_IGNORE_ORPHANS": "true"},  # they serve
        start_new_session=True,
        close_fds=False,  # the lock of whoever moves
    )
    return done.stdout


@dataclass(frozen=True)
class Container:
    id: str
    service: str
    settings: dict[str, str] = field(repr=False)
    address: str

    @property
    def is_app(self) -> bool:
        """Whether it is of the app, and not what that stands on."""
        return "PRODUCTION" in self.settings

    @property
    def is_next(self) -> bool:
        return self.service.startswith(NEXT)

    @property
    def is_database(self) -> bool:
        return self.service.rpartition("-")[2] == "postgres"


def running(project: str, *, ended: bool = False) -> list[Container]:
    """What runs of it, but for what `compose run` began; `ended`: and what ran.

    `project`: COMPOSE_PROJECT_NAME.
    """
    ours = (
        "--filter",
        f"label=com.docker.compose.project={project}",
        "--filter",
        "label=com.docker.compose.oneoff=False",
    )
    found = run(
        "docker", "ps", *(["--all"] if ended else []), "--quiet", "--no-trunc", *ours
    ).split()
    if not found:
        return []
    return [_container(said) for said in json.loads(run("docker", "inspect", *found))]


def _container(said: dict[str, Any]) -> Container:
    networks = said["NetworkSettings"]["Networks"].values()
    return Container(
        id=said["Id"],
        service=said["Config"]["Labels"]["com.docker.compose.service"],
        settings=dict(
            line.split("=", 1) for line in said["Config"]["Env"] if "=" in line
        ),
        address=next(network["IPAddress"] for network in networks),
    )


@dataclass(frozen=True)
class Wanted:
    """What `deploy/compose.yaml` says is to run."""

    everything: dict[str, Any]

    @classmethod
    def read(cls) -> Wanted:
        return cls(json.loads(run(*COMPOSE, "config", "--format", "json")))

    @property
    def services(self) -> dict[str, dict[str, Any]]:
        return self.everything["services"]  # type: ignore[no-any-return]

    def settings(self, service: str) -> dict[str, str]:
        return self.services[service].get("environment") or {}

    def lasting(self, *, app: bool) -> list[str]:
        """The services that stay, of the app or beneath it; NGINX is neither."""
        return [
            name
            for name, said in self.services.items()
            if "restart" in said
            and name != "nginx"
            and ("PRODUCTION" in self.settings(name)) == app
        ]


def start_beneath(wanted: Wanted) -> None:
    """What copies stand on, as far as it does not run yet; what runs stays as it is."""
    run(
        *COMPOSE,
        "up",
        "--detach",
        "--wait",
        "--no-deps",
        "--no-recreate",
        *wanted.lasting(app=False),
    )


def start(services: Sequence[str]) -> None:
    """What is of the app, as compose.yaml has it, ready when it returns."""
    run(*COMPOSE, "up", *_DETACHED, *services)


def start_beside(services: Sequence[str], wanted: Wanted, connections: int) -> None:
    """Copies of this version under names of their own, healthy when it returns: they ask
    each other, and those of the version before never meet them.

    `connections`: that all of them may have to the database.
    """
    own = {
        f"{service.upper().replace('-', '_')}_URL": f"http://{NEXT}{service}:8000"
        for service in services
    }
    changed = {"DATABASE_CONNECTIONS": str(connections), **own}
    beside = {
        f"{NEXT}{name}": {
            **wanted.services[name],
            "environment": {**wanted.settings(name), **changed},
        }
        for name in services
    }
    everything = {**wanted.everything, "services": {**wanted.services, **beside}}
    with open(
        os.open(BESIDE, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600),
        "w",
        encoding="utf-8",
    ) as file:
        json.dump(everything, file)
    run("docker", "compose", "--file", str(BESIDE), "up", *_DETACHED, *beside)


def remove(ids: Iterable[str]) -> None:
    """Lets them finish, and takes them away, also those that have ended."""
    there = set(run("docker", "ps", "--all", "--quiet", "--no-trunc").split())
    if found := [container for container in ids if container in there]:
        run("docker", "stop", "--time", "20", *found)
        run("docker", "rm", "--force", *found)
