"""Whether anything of an owner's is lost where archgen changes a project that they work
on.

usage: python bench/grow.py [--sequences 2000] [--seed 0] [--commands 3] [--edits 8]
[--minutes N] [--workers 2] [--conflicts] [--keep FOLDER]

A project of each architecture and domain is made, by this archgen and by a release
before it; in copies of it a model of an owner (`tests/support/owner.py`) edits at
random, then a command of `tests/support/growing.py` changes it, and so on. Each of the
owner's lines has to be in the result or in a marked conflict. Prints the rate of
conflicts; fails where anything is lost, or where edits that do not overlap conflict
(`--keep` has the three sides of each, and what was made of them).
Commands run in processes of this one, in memory where the system has a place for files
there, and what is rendered is kept (`tests/support/renderings.py`).
"""

from __future__ import annotations

import argparse
import io
import json
import multiprocessing
import os
import shutil
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterable
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack, redirect_stderr, redirect_stdout
from dataclasses import replace
from functools import partial
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))
from tests.support.growing import (
    ARCHITECTURES,
    DOMAINS,
    Sequence,
    Start,
    list_starts,
    run_sequence,
)
from tests.support.older import released_before
from tests.support.renderings import remember_renderings

from archgen.cli.main import run

MEMORY = Path("/dev/shm")


def run_in(folder: Path, command: list[str]) -> int:
    """The exit code of a command of archgen in a folder."""
    os.chdir(folder)
    told = io.StringIO()
    with redirect_stdout(io.StringIO()), redirect_stderr(told):
        code = run(command)
    os.chdir("/")
    if code not in (0, 2, 3, 4):
        print(f"archgen {' '.join(command)}: {told.getvalue()}", flush=True)
    return code


def find_project(place: Path, start: Start) -> Path:
    release = "older" if start.older else "this"
    return (
        place
        / f"{start.domain}-{start.architecture}-{release}"
        / str(DOMAINS[start.domain]["name"])
    )


def make_projects(place: Path, starts: Iterable[Start]) -> None:
    """One of each architecture, domain and release that sequences start with, in
    `place`.
    """
    wanted = {replace(start, seed=0, older=False) for start in starts}
    with released_before(place / "release") as older:
        for start in sorted(wanted, key=str):
            made = find_project(place, start)
            made.parent.mkdir()
            (made.parent / "answers.json").write_text(
                json.dumps(
                    {**DOMAINS[start.domain], "architecture": start.architecture}
                )
            )
            command = ["new", "-a", "answers.json", "--output", ".", "--no-input"]
            if run_in(made.parent, command) != 0:
                sys.exit(f"no project could be made: {start}")
            if any(one == replace(start, seed=one.seed, older=True) for one in starts):
                older.write(made, find_project(place, replace(start, older=True)))


def begin(place: Path) -> None:
    """Make ready a process that runs sequences."""
    own = place / f"process-{os.getpid()}"
    kept = ExitStack()
    kept.enter_context(released_before(own / "release"))
    kept.enter_context(remember_renderings(own / "renderings"))
    OPEN.append(kept)


OPEN: list[ExitStack] = []  # as long as the process lives


def run_one(
    place: Path, commands: int, edits: int, keep: Path | None, start: Start
) -> Sequence:
    folder = place / f"process-{os.getpid()}" / "copy"
    shutil.copytree(find_project(place, start), folder, symlinks=True)
    try:
        return run_sequence(
            folder,
            start.seed,
            partial(run_in, folder),
            commands=commands,
            edits=edits,
            keep=keep / str(start.seed) if keep else None,
        )
    finally:
        shutil.rmtree(folder)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n\n")[0])
    parser.add_argument("--sequences", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--commands", type=int, default=3)
    parser.add_argument("--edits", type=int, default=8)
    parser.add_argument(
        "--minutes", type=float, default=0, help="end after so many, whatever is left"
    )
    parser.add_argument("--workers", type=int, default=2, help="processes at once")
    parser.add_argument("--conflicts", action="store_true", help="name each")
    parser.add_argument(
        "--keep", type=Path, help="a folder for conflicts that nobody would have made"
    )
    asked = parser.parse_args()
    if os.access(MEMORY, os.W_OK):
        tempfile.tempdir = str(MEMORY)
    count: Counter[str] = Counter()
    merged: Counter[str] = Counter()
    refused: Counter[str] = Counter()
    with tempfile.TemporaryDirectory(prefix="archgen-") as name:
        place = Path(name)
        starts = list(list_starts(asked.seed + asked.sequences))[asked.seed :]
        make_projects(place, starts)
        begun = time.monotonic()
        pool = ProcessPoolExecutor(
            asked.workers, multiprocessing.get_context("fork"), begin, (place,)
        )
        for start, done in zip(
            starts,
            pool.map(
                partial(
                    run_one,
                    place,
                    asked.commands,
                    asked.edits,
                    asked.keep and asked.keep.absolute(),
                ),
                starts,
            ),
            strict=True,
        ):
            merged.update(done.merged)
            refused.update(done.refused)
            count.update(
                sequences=1,
                lines=done.lines,
                conflicts=len(done.conflicts),
                needless=len(done.needless),
            )
            count.update(
                {
                    "lost": len(done.lost),
                    start.architecture: 1,
                    "older": int(start.older),
                }
            )
            if asked.conflicts:
                print(
                    *(f"{start.seed}: {one}" for one in done.conflicts),
                    sep="\n",
                    flush=True,
                )
            if done.lost or done.needless:
                print(
                    f"{start}: lost {done.lost}, needless {done.needless}", flush=True
                )
                print(*done.said, sep="\n  ", flush=True)
            if asked.minutes and time.monotonic() - begun > 60 * asked.minutes:
                break
        pool.shutdown(cancel_futures=True)
        minutes = (time.monotonic() - begun) / 60
    print(
        f"merged: {', '.join(f'{often} {kind}' for kind, often in merged.most_common())}"
    )
    print(
        f"refused: {', '.join(f'{often} {kind}' for kind, often in refused.most_common())}"
    )
    print(
        f"{count['sequences']} sequences ({', '.join(f'{count[one]} {one}' for one in ARCHITECTURES)}; {count['older']} of an older release) "
        f"in {minutes:.0f} minutes: {merged.total()} commands merged, {refused.total()} refused; {count['lines']} lines written, "
        f"{count['lost']} lines or files lost; {count['conflicts']} conflicts, {count['conflicts'] / max(1, merged.total()):.2f} a command, "
        f"{count['needless']} of them that a person would not have made"
    )
    sys.exit(1 if count["lost"] or count["needless"] else 0)


if __name__ == "__main__":
    main()
