"""How `archgen new` and the tests of what it writes grow with the domain.

usage: python bench/growth.py [--sizes 1,10,50,116,150] [--repeat 3] [--architecture
monolith] [--no-tests]

For each size a domain of so many entities, ten to a module, each with seven fields, two
indexes and a reference to the one before it, is written by `archgen new`: the least of
the repeats by the clock, and the processor time of that one. Then its tests are
collected and run with `-n auto`, once, by the environment that runs this. Exits 1 where
a goal is missed: 150 entities written within 3 s, the tests of 50 done within 30 s.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

SIZES = (1, 10, 50, 116, 150)
IN_MODULE = 10  # entities of a module
WRITTEN, TESTED = (150, 3.0), (50, 30.0)  # entities, and seconds at most
# plugins of pytest that archgen's own environment has, and that of a project has not
OURS = ("schemathesis", "hypothesispytest", "timeout")
ARCHGEN = (sys.executable, "-c", "from archgen.cli.main import main; main()")


class Took(NamedTuple):
    """Seconds by the clock, and of all processors together."""

    wall: float
    processor: float


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument(
        "--sizes",
        default=",".join(map(str, SIZES)),
        help="numbers of entities, with commas between",
    )
    parser.add_argument(
        "--repeat", type=int, default=3, help="how often each is written"
    )
    parser.add_argument(
        "--architecture",
        default="monolith",
        choices=("monolith", "microservices", "serverless"),
    )
    parser.add_argument(
        "--no-tests", action="store_true", help="write, and run no tests"
    )
    given = parser.parse_args()
    print(
        f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}; {given.architecture}",
        flush=True,
    )
    print(
        "entities  new (s)  processor (s)  files  tests  -n auto (s)  ms a test",
        flush=True,
    )
    missed: list[str] = []
    with tempfile.TemporaryDirectory(prefix="archgen-growth-") as folder:
        for size in map(int, given.sizes.split(",")):
            project, new = write(
                Path(folder) / str(size), size, given.architecture, given.repeat
            )
            files = sum(1 for path in project.rglob("*") if path.is_file())
            line = f"{size:8}  {new.wall:7.2f}  {new.processor:13.2f}  {files:5}"
            if size == WRITTEN[0] and new.wall > WRITTEN[1]:
                missed.append(
                    f"{size} entities take {new.wall:.2f} s to write, and {WRITTEN[1]:.0f} s are the goal"
                )
            if given.no_tests:
                print(line, flush=True)
                continue
            tests, took = run_tests(project)
            print(
                f"{line}  {tests:5}  {took.wall:11.1f}  {took.wall / tests * 1000:9.1f}",
                flush=True,
            )
            if size == TESTED[0] and took.wall > TESTED[1]:
                missed.append(
                    f"the tests of {size} entities take {took.wall:.1f} s, and {TESTED[1]:.0f} s are the goal"
                )
    print(
        f"load {os.getloadavg()[0]:.1f}",
        *missed or ["no goal missed"],
        sep="\n",
        flush=True,
    )
    return 1 if missed else 0


def domain(size: int) -> dict[str, Any]:
    """Modules of entities as a business has them."""
    modules: dict[str, Any] = {}
    for n in range(size):
        module = modules.setdefault(f"area_{n // IN_MODULE + 1}", {"entities": {}})
        fields: dict[str, Any] = {
            "code": {
                "type": "string",
                "max_length": 40,
                "unique": True,
                "required": True,
            },
            "name": {
                "type": "string",
                "max_length": 120,
                "required": True,
                "indexed": True,
            },
            "status": {
                "type": "enum",
                "values": ["new", "open", "done"],
                "default": "new",
                "indexed": True,
            },
            "amount": {"type": "decimal", "min": 0},
            "due": {"type": "date"},
            "notes": {"type": "text"},
        }
        if n % IN_MODULE:
            before = f"area_{n // IN_MODULE + 1}.record_{n}"
            fields["before"] = {
                "type": "reference",
                "to": before,
                "required": n % 3 == 0,
            }
        module["entities"][f"record_{n + 1}"] = {"fields": fields}
    return modules


def write(folder: Path, size: int, architecture: str, repeat: int) -> tuple[Path, Took]:
    """The project, and what the quickest of the runs took."""
    folder.mkdir()
    answers = folder / "answers.json"
    answers.write_text(
        json.dumps(
            {"architecture": architecture, "scope": "product", "modules": domain(size)}
        )
    )
    best: Took | None = None
    for turn in range(repeat):
        into = folder / str(turn)
        command = [
            *ARCHGEN,
            "new",
            "firm",
            "-a",
            str(answers),
            "--no-input",
            "--no-git",
            "--output",
            str(into),
        ]
        _, took = run(command, folder)
        best = took if best is None else min(best, took)
    assert best is not None
    return into / "firm", best


def run_tests(project: Path) -> tuple[int, Took]:
    """How many there are, and what they took."""
    without = [word for plugin in OURS for word in ("-p", f"no:{plugin}")]
    command = [sys.executable, "-m", "pytest", "-q", "-n", "auto", *without]
    said, took = run(command, project)
    found = re.findall(r"^(\d+) passed", said, re.MULTILINE)
    if not found:
        sys.exit(f"The tests of {project} said no number: {said[-2000:]}")
    return int(found[-1]), took


def run(command: Sequence[str], folder: Path) -> tuple[str, Took]:
    """What a command said, which must succeed, and what it took."""
    before, begun = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    done = subprocess.run(
        command, cwd=folder, capture_output=True, text=True, check=False
    )
    wall, after = (
        time.perf_counter() - begun,
        resource.getrusage(resource.RUSAGE_CHILDREN),
    )
    if done.returncode != 0:
        sys.exit(
            f"{' '.join(command[:6])} failed: {done.stdout[-2000:]}{done.stderr[-2000:]}"
        )
    return done.stdout, Took(
        wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    )


if __name__ == "__main__":
    raise SystemExit(main())
