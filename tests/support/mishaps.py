"""`make move` in which something falls at a step: the command itself, or a container of
what it works on.
"""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass

from tests.support.stack import Stack, docker

COMMAND = "the command"
SCRIPT = """
import importlib, os, runpy, signal, subprocess, sys

module, attribute, moment, victim, again, patience = sys.argv[1:7]
sys.argv = ["deploy/move.py", *sys.argv[7:]]
sys.path.insert(0, "deploy")
owner = importlib.import_module(f"moving.{module}")
*way, name = attribute.split(".")
for step in way:
    owner = getattr(owner, step)
works = getattr(owner, name)
fallen = []

def fall():
    if fallen:
        return
    fallen.append(True)
    print("it falls", flush=True)
    if not victim:
        os.kill(os.getpid(), signal.SIGKILL)
    found = subprocess.run(["docker", "ps", "--quiet", *victim.split()], check=True, stdout=subprocess.PIPE, text=True)
    (container,) = found.stdout.split()
    for what in ("kill", "start") if again else ("kill",):
        subprocess.run(["docker", what, container], check=True, stdout=subprocess.DEVNULL)

def fails(*given, **named):
    if moment == "before":
        fall()
    done = works(*given, **named)
    if moment == "after":
        fall()
    return done

setattr(owner, name, fails)
main = runpy.run_path("deploy/move.py")["main"]
if patience:
    main.__globals__["BACK"] = float(patience)
main(sys.argv[1:])
"""


@dataclass(frozen=True)
class Mishap:
    """`place`: a function of `deploy/moving/`, when it is asked for the first time;
    `victim`: a service, or the command.
    """

    step: str
    place: str
    moment: str  # before or after it
    victim: str = COMMAND
    stays_away: bool = False  # until the command has ended, which waits for a second

    def __str__(self) -> str:
        return f"{self.victim}, {self.step}"

    def move(self, stack: Stack, *words: str) -> tuple[int, str]:
        """Its exit code, and what it says."""
        module, _, attribute = self.place.partition(".")
        compose = "--filter label=com.docker.compose."
        there = f"{compose}project={stack.settings['COMPOSE_PROJECT_NAME']} {compose}service={self.victim}"
        victim = "" if self.victim == COMMAND else there
        again, patience = ("", "1") if self.stays_away else ("again", "")
        command = [
            sys.executable,
            "-c",
            SCRIPT,
            module,
            attribute,
            self.moment,
            victim,
            again,
            patience,
            *words,
        ]
        done = subprocess.run(
            command,
            cwd=stack.project.folder,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            text=True,
            check=False,
        )
        if self.stays_away:
            docker("start", *docker("ps", "--all", "--quiet", *there.split()).split())
        assert "it falls" in done.stdout, done.stdout
        return done.returncode, done.stdout
