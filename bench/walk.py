"""A client's walk through projects of models from elsewhere: every entity made, read,
listed, related, changed and deleted over HTTP.

usage: python bench/walk.py PATH... [--architecture
monolith|microservices|serverless|turn|each] [--shift 1] [--check] [--test] [--random 20
--seed 0]

PATH is a JDL file, an answers file, or a folder that holds some (`jdl/` in it, or the
folder itself). `turn`, the default, gives each file the next architecture, `--shift`
begins with another. Each project is run by `make dev` and walked through by its OpenAPI
document (`tests/support/walking.py`), `--check` and `--test` run its own besides.
`--random` draws domains instead (`tests/strategies.py`). Prints a line a project, and
each fault; fails where there is one.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

sys.path.insert(0, str(Path(__file__).parents[1]))
from tests.strategies import draw_one
from tests.support.projects import Project, new
from tests.support.walking import Walk

ARCHITECTURES = ("monolith", "microservices", "serverless")
JDL = (".jdl", ".jh")


@dataclass(frozen=True)
class Case:
    """A model, by the file that has it, in an architecture."""

    path: Path
    architecture: str

    def write(self, folder: Path) -> Project:
        # who logs people in is no part of a model
        source = (
            ("--jdl", str(self.path), "--set", "stack.auth=builtin")
            if self.path.suffix in JDL
            else ("--answers", str(self.path))
        )
        return new(folder, "probe", *source, "--architecture", self.architecture)


def find(paths: list[Path]) -> Iterator[Path]:
    for path in paths:
        inside = path / "jdl" if (path / "jdl").is_dir() else path
        yield from (
            sorted(
                one
                for one in inside.iterdir()
                if one.suffix in (*JDL, ".yaml", ".json")
            )
            if path.is_dir()
            else [path]
        )


def draw(count: int, start: int, folder: Path) -> Iterator[Path]:
    """Random domains of some size, as answers files; every other for SQL alone."""
    for number in range(start, start + count):
        in_sql = number % 2 == 0
        stack = {"stack": {"database": "postgresql"}} if in_sql else {}
        path = folder / f"random-{number}.json"
        path.write_text(
            json.dumps(
                {
                    "scope": "mvp",
                    "modules": draw_one(
                        number, in_sql=in_sql, with_files=number % 3 == 0
                    ),
                    **stack,
                }
            )
        )
        yield path


def walk(case: Case, folder: Path, asked: argparse.Namespace) -> list[str]:
    """What went wrong with a project, a line each; prints how it went."""
    begun = time.monotonic()
    faults, requests, entities = [], 0, 0
    try:
        project = case.write(folder)
        with project.running() as url:
            way = Walk(url, project)
            faults = way.go()
            requests, entities = way.requests, len(way.entities)
            if "Traceback" in (log := (project.folder / "dev.log").read_text()):
                faults.append(
                    f"its log has a traceback: {log[log.index('Traceback') :][:3000]}"
                )
        for target in ("check",) * asked.check + ("test",) * asked.test:
            print(
                f"  make {target}: {project.make(target).strip().splitlines()[-1]}",
                flush=True,
            )
    except Exception as error:  # noqa: BLE001 - one project that fails does not keep the others from being tried
        faults = [*faults, f"{type(error).__name__}: {error}"]
    seconds = time.monotonic() - begun
    print(
        f"{case.path.name:<52}{case.architecture:<15}{entities:>4}{requests:>7}{seconds:>7.0f}{len(faults):>5}",
        flush=True,
    )
    for fault in dict.fromkeys(faults):
        print(f"  {fault}", flush=True)
    return faults


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("paths", nargs="*", type=Path)
    parser.add_argument(
        "--architecture", choices=(*ARCHITECTURES, "turn", "each"), default="turn"
    )
    parser.add_argument("--shift", type=int, default=0)
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--test", action="store_true")
    parser.add_argument("--random", type=int, default=0)
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args()
    wrong = total = 0
    with TemporaryDirectory(prefix="archgen-") as place:
        drawn = draw(asked.random, asked.seed, Path(place))
        for number, path in enumerate([*find(asked.paths), *drawn]):
            turn = ARCHITECTURES[(number + asked.shift) % len(ARCHITECTURES)]
            chosen = {"turn": (turn,), "each": ARCHITECTURES}.get(
                asked.architecture, (asked.architecture,)
            )
            for architecture in chosen:
                with TemporaryDirectory(prefix="archgen-walk-") as folder:
                    wrong += bool(walk(Case(path, architecture), Path(folder), asked))
                total += 1
    print(f"{total} projects, {wrong} with faults")
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
