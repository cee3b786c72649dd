"""Whether anything of an owner's is lost where archgen changes a project that they work on.

usage: python bench/grow.py [--sequences 2000] [--seed 0] [--commands 3]

A project of each architecture is made; in copies of it a model of an owner (`tests/support/owner.py`) edits at random, then `archgen add` adds
something, and so on. Each of the owner's lines has to be in the result or in a marked conflict. Prints the rate of conflicts; fails where
anything is lost.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
from collections import Counter
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

sys.path.insert(0, str(Path(__file__).parents[1]))
from tests.growth.conftest import ANSWERS
from tests.support.growing import run_sequence

ARCHGEN = (sys.executable, "-c", "from archgen.cli.main import main; main()")
ARCHITECTURES = ("monolith", "microservices", "serverless")


def run(folder: Path, *command: str) -> int:
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    return subprocess.run(
        [*ARCHGEN, *command], cwd=folder, env=environment, capture_output=True, check=False
    ).returncode


def _run_here(folder: Path, command: list[str]) -> int:
    return run(folder, *command)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--sequences", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--commands", type=int, default=3)
    asked = parser.parse_args()
    count: Counter[str] = Counter()
    with TemporaryDirectory(prefix="archgen-") as place:
        for architecture in ARCHITECTURES:
            made = Path(place, architecture)
            made.mkdir()
            (made / "answers.json").write_text(json.dumps({**ANSWERS, "architecture": architecture}))
            if run(made, "new", "-a", "answers.json", "--output", ".", "--no-input") != 0:
                sys.exit(f"no project of {architecture} could be made")
        for seed in range(asked.seed, asked.seed + asked.sequences):
            architecture = ARCHITECTURES[seed % len(ARCHITECTURES)]
            folder = Path(place, "copy")
            shutil.copytree(Path(place, architecture, "lib"), folder, symlinks=True)
            sql = architecture != "serverless"
            done = run_sequence(folder, seed, partial(_run_here, folder), sql=sql, commands=asked.commands)
            shutil.rmtree(folder)
            count.update(clean=done.clean, conflicting=done.conflicting, lost=len(done.lost))
            if done.lost:
                print(f"seed {seed}, {architecture}: lost {', '.join(done.lost)}", *done.said, sep="\n  ")
    commands = count["clean"] + count["conflicting"]
    rate = 100 * count["conflicting"] / max(1, commands)
    print(
        f"{asked.sequences} sequences, {commands} commands: {count['lost']} lines or files lost, conflicts in {rate:.1f} % of commands"
    )
    sys.exit(1 if count["lost"] else 0)


if __name__ == "__main__":
    main()
