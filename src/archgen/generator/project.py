"""Writing a project: built whole beside its target, then renamed; on any failure nothing is left."""

from __future__ import annotations

import errno
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from archgen.errors import ArchgenError, TargetError
from archgen.generator.folder import templates_dir
from archgen.generator.rendering import render
from archgen.generator.repository import commit_all, enclosing


@dataclass(frozen=True, slots=True)
class Written:
    """A project that lies at `path`: how many files git would keep, its `.env`, and what is worth saying of it."""

    path: Path
    files: int
    env: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


def check_target(target: Path) -> None:
    """Raise TargetError if a project cannot be written to `target`; an empty folder there is fine."""
    if target.is_symlink():
        raise TargetError(f"{target} is a symbolic link", "choose another name, or --output another folder")
    if target.exists():
        if not target.is_dir():
            raise TargetError(f"{target} is a file", "choose another name, or --output another folder")
        try:
            occupied = any(target.iterdir())
        except PermissionError:
            raise TargetError(f"{target} cannot be read", "choose another name, or --output another folder") from None
        if occupied:
            raise TargetError(f"{target} is not empty", "choose another name, or --output another folder")
    parent = _nearest(target)
    if not parent.is_dir():
        raise TargetError(f"{parent} is a file, not a folder", "choose another folder with --output")
    if not os.access(parent, os.W_OK | os.X_OK):
        raise TargetError(f"{parent} is not writable", "choose another folder with --output")


def write_project(
    record: Mapping[str, Any],
    target: Path,
    *,
    git: bool = True,
    templates: Path | None = None,
    progress: Callable[[str], None] = lambda step: None,
) -> Written:
    """Write the project of `record` to `target`, all of it or nothing.

    `git`: make it a repository with a first commit. `progress` is told each step as it begins.
    """
    target = Path(os.path.abspath(target))
    check_target(target)
    made = _make_parents(target.parent)
    try:
        with _beside(target) as folder:
            tree = folder / target.name
            progress("Writing the files")
            render(record, templates or templates_dir(), tree)
            files = sum(len(names) for _, _, names in os.walk(tree))
            env = write_env(tree, target)
            notes = []
            if git and (home := enclosing(target.parent)):
                notes.append(f"No repository of its own: it lies in the one at {home}")
            elif git:
                progress("Making the first commit")
                if not commit_all(tree, f"Start {record['name']} with archgen {record['archgen_version']}"):
                    notes.append("No repository: git was not found")
            os.rename(tree, target)
    except BaseException as error:
        for parent in made:
            _remove_empty(parent)
        if isinstance(error, OSError):
            raise _explained(error, target) from error
        raise
    return Written(target, files, env, tuple(notes))


def preview(record: Mapping[str, Any], templates: Path | None = None) -> list[tuple[str, bytes]]:
    """The files that would be written, as (path, content) by path, without `.env` and `.git`."""
    with tempfile.TemporaryDirectory(prefix="archgen-") as folder:
        tree = Path(folder, "tree")
        render(record, templates or templates_dir(), tree)
        files = sorted(path for path in tree.rglob("*") if path.is_file())
        return [(path.relative_to(tree).as_posix(), path.read_bytes()) for path in files]


def write_env(tree: Path, place: Path) -> dict[str, str]:
    """Let the project in `tree`, which is to lie at `place`, write its own `.env`, and read it."""
    script = tree / "deploy" / "env.py"
    done = subprocess.run(
        [sys.executable, "-I", "-S", str(script), str(place)],
        cwd=tree,
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        check=False,
    )
    if done.returncode != 0:
        raise ArchgenError(f"The project could not write its .env: {done.stderr.strip() or done.stdout.strip()}")
    lines = (tree / ".env").read_text(encoding="utf-8").splitlines()
    return dict(line.split("=", 1) for line in lines if "=" in line and not line.startswith("#"))


@contextmanager
def _beside(target: Path) -> Iterator[Path]:
    """A scratch folder on the target's file system, gone at the end whatever happens."""
    folder = Path(tempfile.mkdtemp(prefix=f".{target.name[:40]}-", dir=target.parent))
    try:
        yield folder
    finally:
        with _undisturbed():
            shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _undisturbed() -> Iterator[None]:
    """Hold back Ctrl-C while cleaning up; signals reach the main thread only."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _nearest(target: Path) -> Path:
    """The nearest of the target's parents that exists."""
    parent = target.parent
    while not parent.exists() and parent != parent.parent:
        parent = parent.parent
    return parent


def _make_parents(folder: Path) -> list[Path]:
    """Make `folder`; what was made, innermost first."""
    missing = [path for path in (folder, *folder.parents) if not path.exists()]
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        for path in missing:
            _remove_empty(path)
        raise _explained(error, folder) from error
    return missing


def _remove_empty(folder: Path) -> None:
    try:
        folder.rmdir()
    except OSError:
        pass  # not made yet, or somebody else's files are in it by now


def _explained(error: OSError, target: Path) -> ArchgenError:
    reason = error.strerror or str(error)
    if error.errno in {errno.EEXIST, errno.ENOTEMPTY, errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOTDIR}:
        return TargetError(f"{target} cannot be written: {reason}", "choose another folder with --output")
    if error.errno in {errno.ENOSPC, errno.EDQUOT}:
        return ArchgenError(f"{target} cannot be written: {reason}", "free some space; nothing was left behind")
    return ArchgenError(f"{target} cannot be written: {reason}")
