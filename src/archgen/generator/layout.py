"""Layout: what was rendered is laid out by ruff, with the settings that were rendered
with it.

Templates say what they mean: how long a line becomes, which imports are used and in
which order they stand depends on names that no template knows. The bytes of a project
therefore depend on three things: its record, the templates, and the minor version of
ruff, which both the templates and archgen pin.
"""

from __future__ import annotations

import json
import os
import subprocess
import tomllib
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path

from archgen.errors import ArchgenError

_KINDS = (".py", ".md")  # of files that ruff lays out

# every file counts, whatever a .gitignore above the target says, and whatever a module
# is called
_EVERYTHING = (
    "--no-cache",
    "--no-respect-gitignore",
    "--config",
    "pyproject.toml",
    "--config",
    "exclude = []",
)


class Known:
    """What was laid out before, by what was rendered: two trees of one project share
    most of their files.
    """

    def __init__(self) -> None:
        self._laid: dict[bytes, bytes] = {}

    def lay_out(self, tree: Path) -> None:
        """As `lay_out`, by ruff alone what is not known."""
        if not (tree / "pyproject.toml").is_file():
            return
        names = _list_laid(tree)
        settings, importable = _read_settings(tree), _list_importable(tree)
        keys = {}
        for name in names:
            content = (tree / name).read_bytes()
            keys[name] = _digest(
                settings,
                name.encode(),
                *(one for one in importable if one in content),
                content,
            )
            if keys[name] in self._laid:
                (tree / name).write_bytes(self._laid[keys[name]])
        if left := [name for name in names if keys[name] not in self._laid]:
            lay_out(tree, left if len(left) < len(names) else (".",))
            self._laid |= {keys[name]: (tree / name).read_bytes() for name in left}


def _list_laid(tree: Path) -> list[str]:
    """What ruff lays out: Python, and that within Markdown."""
    return sorted(
        path.relative_to(tree).as_posix()
        for kind in _KINDS
        for path in tree.rglob(f"*{kind}")
    )


def _read_settings(tree: Path) -> bytes:
    """What a tree asks of ruff."""
    asked = tomllib.loads((tree / "pyproject.toml").read_text(encoding="utf-8"))
    return json.dumps(
        [
            asked.get("tool", {}).get("ruff"),
            asked.get("project", {}).get("requires-python"),
        ]
    ).encode()


def _list_importable(tree: Path) -> list[bytes]:
    """What there is that an import may name, which decides where it is sorted to."""
    return sorted(
        {
            path.stem.encode()
            for folder in (tree, tree / "src", tree / "tests")
            for path in folder.glob("*")
        }
    )


def _digest(*parts: bytes) -> bytes:
    return sha256(b"\0".join(parts)).digest()


def lay_out(tree: Path, paths: Sequence[str] = (".",)) -> None:
    """Drop unused imports, then sort the others, and format all Python of `tree`, as
    its own `pyproject.toml` asks.

    A tree without one is left as it was rendered. `paths`: only these.
    """
    if not (tree / "pyproject.toml").is_file():
        return
    if code := [path for path in paths if not path.endswith(".md")]:
        # an import that is sorted before its names are dropped stays on as many lines
        for rule in ("F401", "I"):
            _ruff(
                tree,
                "check",
                "--exit-zero",
                "--select",
                rule,
                "--fix",
                *_EVERYTHING,
                "--",
                *code,
            )
    _ruff(tree, "format", *_EVERYTHING, "--", *paths)


def format_again(tree: Path) -> None:
    """Format all Python of `tree`, which was laid out by another ruff, as its own
    `pyproject.toml` asks; what is none stays.
    """
    if (tree / "pyproject.toml").is_file():
        _run(
            tree,
            "format",
            "--no-cache",
            "--no-respect-gitignore",
            "--config",
            "pyproject.toml",
            ".",
        )


def _ruff(tree: Path, command: str, *options: str) -> None:
    done = _run(tree, command, *options)
    if done.returncode != 0:
        said = (done.stderr.strip() or done.stdout.strip()).replace(
            f"{tree}{os.sep}", ""
        )
        raise ArchgenError(
            f"what was rendered cannot be laid out: {said}",
            "this is a defect of archgen; please report it",
        )


def _run(tree: Path, command: str, *options: str) -> subprocess.CompletedProcess[str]:
    from ruff import find_ruff_bin

    own = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("RUFF_")
    }
    return subprocess.run(
        [find_ruff_bin(), command, *options],
        cwd=tree,
        env=own,
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        check=False,
    )
