"""The wheel, built from this tree and installed where nothing else is, writes the same
project as the tree does.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from zipfile import ZipFile

import pytest

from archgen.catalog import templates_dir

pytestmark = [pytest.mark.real, pytest.mark.timeout(600)]

ROOT = Path(__file__).parents[2]
UV = Path(sys.prefix, "bin/uv")
ANSWERS = ("--preset", "ecommerce", "--no-input", "--no-git")


def run(*command: str | Path, cwd: Path) -> None:
    environment = {
        name: value
        for name, value in os.environ.items()
        if name not in ("PYTHONPATH", "VIRTUAL_ENV")
    }
    done = subprocess.run(
        command, cwd=cwd, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def test_a_wheel_of_this_tree_writes_a_project(tmp_path: Path) -> None:
    run(UV, "build", "--wheel", "--out-dir", tmp_path, ROOT, cwd=tmp_path)
    (wheel,) = tmp_path.glob("*.whl")
    packed = {
        name
        for name in ZipFile(wheel).namelist()
        if name.startswith("archgen/templates/")
    }
    listed = subprocess.run(
        ["git", "ls-files", "templates"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert packed == {f"archgen/{path}" for path in listed.stdout.split()}, (
        templates_dir()
    )
    run(UV, "venv", "--python", sys.executable, "venv", cwd=tmp_path)
    run(
        UV,
        "pip",
        "install",
        "--python",
        tmp_path / "venv/bin/python",
        wheel,
        cwd=tmp_path,
    )
    run(
        tmp_path / "venv/bin/archgen",
        "new",
        "shop",
        *ANSWERS,
        "--output",
        tmp_path / "installed",
        cwd=tmp_path,
    )
    here = {**os.environ, "PYTHONPATH": str(ROOT / "src")}
    command = [
        sys.executable,
        "-m",
        "archgen.cli.main",
        "new",
        "shop",
        *ANSWERS,
        "--output",
        str(tmp_path / "tree"),
    ]
    subprocess.run(command, cwd=tmp_path, env=here, capture_output=True, check=True)
    assert files(tmp_path / "installed/shop") == files(tmp_path / "tree/shop")


def files(folder: Path) -> dict[str, bytes]:
    """But `.env`, whose secrets are made anew, and the keys."""
    found = [
        path
        for path in folder.rglob("*")
        if path.is_file() and path.name != ".env" and ".keys" not in path.parts
    ]
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in found}
