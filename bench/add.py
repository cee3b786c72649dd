"""How long `archgen add` takes in a small and in a large project, and of what it is
made.

usage: python bench/add.py [--sizes 5,100] [--repeat 3] [--architecture monolith]

A project of so many entities (`bench/growth.py`) is made and committed; `archgen add
field` adds fields to it, each committed. Printed are the least of the repeats by the
clock, its processor time with that of what it started, and what of the clock went to
the parts. Exits 1 where a goal is missed: 2 s with 5 entities, 6 s with 100.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))
from bench.growth import Took, run, write

GOALS = {5: 2.0, 100: 6.0}  # entities, and seconds at most
PARTS = ("answers", "rendering", "layout", "git")
# The command, with what is waited for in it: the record that follows, both renderings
# (layout by ruff is in them), and git.
MEASURED = """
import json, os, subprocess, sys, time
took = {"answers": 0.0, "rendering": 0.0, "layout": 0.0, "git": 0.0}
def measured(module, name, part):
    real = getattr(module, name)
    def call(*given, **options):
        begun = time.perf_counter()
        try:
            return real(*given, **options)
        finally:
            took[part] += time.perf_counter() - begun
    setattr(module, name, call)
from archgen.growth import growing
from archgen.growth.record import records
from archgen.generator import rendering
measured(records, "follow", "answers")
measured(rendering.Known, "lay_out", "layout")
measured(growing, "keep_rendering", "rendering")
real = subprocess.run
def run(command, *given, **options):
    begun = time.perf_counter()
    try:
        return real(command, *given, **options)
    finally:
        if os.path.basename(command[0]) == "git":
            took["git"] += time.perf_counter() - begun
subprocess.run = run
from archgen.cli import main
leave = os._exit
def end(code):
    print(json.dumps(took), file=open(os.environ["TOOK"], "w"), flush=True)
    leave(code)
os._exit = end
main.main(sys.argv[1:])
"""


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument(
        "--sizes",
        default=",".join(map(str, GOALS)),
        help="numbers of entities, with commas between",
    )
    parser.add_argument(
        "--repeat", type=int, default=3, help="how many fields are added"
    )
    parser.add_argument(
        "--architecture",
        default="monolith",
        choices=("monolith", "microservices", "serverless"),
    )
    given = parser.parse_args()
    print(
        f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}; {given.architecture}",
        flush=True,
    )
    print(
        f"entities  add (s)  processor (s)  {'  '.join(f'{part} (s)' for part in PARTS)}",
        flush=True,
    )
    missed = []
    with tempfile.TemporaryDirectory(prefix="archgen-add-") as folder:
        for size in map(int, given.sizes.split(",")):
            project, _ = write(Path(folder) / str(size), size, given.architecture, 1)
            commit(project)
            found = [add(project, number) for number in range(given.repeat)]
            took, parts = min(found, key=lambda one: one[0].wall)
            of = "  ".join(f"{parts[part]:{len(part) + 4}.2f}" for part in PARTS)
            print(
                f"{size:8}  {took.wall:7.2f}  {took.processor:13.2f}  {of}", flush=True
            )
            if took.wall > GOALS.get(size, took.wall):
                missed.append(
                    f"{size} entities: {took.wall:.2f} s, and {GOALS[size]:.0f} s are the goal"
                )
    print(
        f"load {os.getloadavg()[0]:.1f}",
        *missed or ["no goal missed"],
        sep="\n",
        flush=True,
    )
    return 1 if missed else 0


def add(project: Path, number: int) -> tuple[Took, dict[str, float]]:
    """What it took to add a field, and its parts."""
    os.environ["TOOK"] = str(project.parent / "took.json")
    command = [
        "add",
        "field",
        f"area_1.record_1.extra_{number}",
        "--type",
        "string",
        "--no-input",
    ]
    _, took = run([sys.executable, "-c", MEASURED, *command], project)
    commit(project)
    return took, json.loads((project.parent / "took.json").read_text())


def commit(project: Path) -> None:
    owner = (
        "-c",
        "user.name=Owner",
        "-c",
        "user.email=owner@localhost",
        "-c",
        "commit.gpgSign=false",
    )
    for command in (
        ("init", "--quiet"),
        ("add", "--all"),
        ("commit", "--quiet", "--message", "Mine"),
    ):
        subprocess.run(["git", *owner, *command], cwd=project, check=True)


if __name__ == "__main__":
    raise SystemExit(main())
