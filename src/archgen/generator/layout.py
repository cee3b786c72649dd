"""Layout: what was rendered is laid out by ruff, with the settings that were rendered with it.

Templates say what they mean: how long a line becomes, which imports are used and in which order they stand depends on
names that no template knows. The bytes of a project therefore depend on three things: its record, the templates, and
the minor version of ruff, which both the templates and archgen pin.
"""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from archgen.errors import ArchgenError

# every file counts, whatever a .gitignore above the target says, and whatever a module is called
_EVERYTHING = ("--no-cache", "--no-respect-gitignore", "--config", "pyproject.toml", "--config", "exclude = []")


def lay_out(tree: Path) -> None:
    """Drop unused imports, then sort the others, and format all Python of `tree`, as its own `pyproject.toml` asks.

    A tree without one is left as it was rendered.
    """
    if not (tree / "pyproject.toml").is_file():
        return
    for rule in ("F401", "I"):  # an import that is sorted before its names are dropped stays on as many lines
        _ruff(tree, "check", "--exit-zero", "--select", rule, "--fix", *_EVERYTHING)
    _ruff(tree, "format", *_EVERYTHING)


def _ruff(tree: Path, command: str, *options: str) -> None:
    from ruff import find_ruff_bin

    own = {name: value for name, value in os.environ.items() if not name.startswith("RUFF_")}
    done = subprocess.run(
        [find_ruff_bin(), command, *options, "."],
        cwd=tree,
        env=own,
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        check=False,
    )
    if done.returncode != 0:
        said = (done.stderr.strip() or done.stdout.strip()).replace(f"{tree}{os.sep}", "")
        raise ArchgenError(
            f"what was rendered cannot be laid out: {said}", "this is a defect of archgen; please report it"
        )
