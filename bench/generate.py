"""What archgen costs beside bare tools, in one run: `archgen --help` and `archgen new
--preset ecommerce --no-input` beside a typer program's `--help`, and the latter beside
bare copier writing the same tree.

Wall time of fresh processes in alternating pairs, the first pair thrown away; medians,
and the median of the pairs' ratios.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from bench.bare_copier import assemble

from archgen.generator import ARGUMENT, RECORD, load_record

PAIRS = 9
# times the bare tool: typer's --help, and copier writing the same files
MOST = {"--help": 1.6, "new": 6, "copier": 1}
ARCHGEN = str(Path(sys.executable).parent / "archgen")
COPIER = str(Path(sys.executable).parent / "copier")
TEMPLATES = Path(__file__).resolve().parent.parent / "templates"
BARE_TYPER = """\
import typer
app = typer.Typer()
@app.command()
def new(name: str = "x"): "Write a project."
@app.command()
def recommend(): "Recommend."
app()
"""


def main() -> int:
    with tempfile.TemporaryDirectory(prefix="archgen-bench-") as folder:
        work = Path(folder)
        (work / "bare.py").write_text(BARE_TYPER)
        helped = compare(
            "--help",
            lambda _: run([ARCHGEN, "--help"], work),
            lambda _: run([sys.executable, str(work / "bare.py"), "--help"], work),
        )
        first = run(new(work / "first"), work, XDG_CACHE_HOME=str(work / "cache"))
        print(f"new, the very first time: {first * 1000:.0f} ms", flush=True)
        written = compare(
            "new",
            lambda turn: run(
                new(work / f"new-{turn}"), work, XDG_CACHE_HOME=str(work / "cache")
            ),
            lambda _: run([sys.executable, str(work / "bare.py"), "--help"], work),
        )
        data = assemble(
            TEMPLATES, load_record(work / "first/shop/archgen.yaml"), work / "assembled"
        )
        bare = [
            COPIER,
            "copy",
            "--defaults",
            "--quiet",
            "--data-file",
            str(data),
            str(work / "assembled"),
        ]
        copied = compare(
            "copier",
            lambda turn: run(
                new(work / f"beside-{turn}"), work, XDG_CACHE_HOME=str(work / "cache")
            ),
            lambda turn: run([*bare, str(work / f"bare-{turn}")], work),
        )
        check_same(work / "new-0/shop", work / "bare-0")
    return 0 if helped and written and copied else 1


def new(folder: Path) -> list[str]:
    return [
        ARCHGEN,
        "new",
        "shop",
        "--preset",
        "ecommerce",
        "--no-input",
        "--output",
        str(folder),
    ]


def check_same(ours: Path, bare: Path) -> None:
    """Bare copier wrote what archgen wrote, but for the record, `.env` and the
    repository.
    """

    def files(root: Path) -> set[str]:
        found = {
            path.relative_to(root).as_posix()
            for path in root.rglob("*")
            if path.is_file()
        }
        return {
            name
            for name in found
            if not name.startswith(".git/") and name not in {RECORD, ARGUMENT, ".env"}
        }

    if difference := files(ours) ^ files(bare):
        sys.exit(f"The two trees differ: {sorted(difference)}")


def compare(
    what: str, ours: Callable[[int], float], bare: Callable[[int], float]
) -> bool:
    pairs = [(ours(turn), bare(turn)) for turn in range(PAIRS + 1)][1:]
    ratio = statistics.median(a / b for a, b in pairs)
    mine, theirs = (statistics.median(side) * 1000 for side in zip(*pairs, strict=True))
    print(
        f"{what:6} {mine:5.0f} ms, bare {theirs:5.0f} ms: {ratio:.2f} times (at most {MOST[what]})",
        flush=True,
    )
    return ratio <= MOST[what]


def run(command: Sequence[str], folder: Path, **environment: str) -> float:
    """Seconds that the command took."""
    start = time.perf_counter()
    done = subprocess.run(
        command,
        cwd=folder,
        capture_output=True,
        text=True,
        env={**os.environ, "NO_COLOR": "1", **environment},
    )
    if done.returncode != 0:
        sys.exit(f"{command} failed: {done.stderr[-2000:]}")
    return time.perf_counter() - start


if __name__ == "__main__":
    raise SystemExit(main())
