"""Writing a project: built whole beside its target, then renamed; on any failure nothing is left."""

from __future__ import annotations

import errno
import os
import secrets
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from archgen.errors import ArchgenError, TargetError
from archgen.generator.folder import templates_dir
from archgen.generator.rendering import render
from archgen.generator.repository import commit_all, enclosing

_IN_THE_WAY = {
    *(errno.EEXIST, errno.ENOTEMPTY, errno.EACCES, errno.EPERM, errno.EROFS),
    *(errno.ENOTDIR, errno.ENOENT, errno.ELOOP, errno.ENAMETOOLONG),
}
_NO_SPACE = {errno.ENOSPC, errno.EDQUOT}


@dataclass(frozen=True, slots=True)
class Written:
    """A project that lies at `path`: how many files git would keep, its `.env`, and what is worth saying of it."""

    path: Path
    files: int
    env: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


def check_target(target: Path) -> None:
    """Raise TargetError if a project cannot be written to `target`; an empty folder there is fine."""
    elsewhere = "choose another name, or --output another folder"
    try:
        if target.is_symlink():
            raise TargetError(f"{target} is a symbolic link", elsewhere)
        if target.exists():
            if not target.is_dir():
                raise TargetError(f"{target} is a file", elsewhere)
            if any(target.iterdir()):
                raise TargetError(f"{target} is not empty", elsewhere)
    except PermissionError:
        raise TargetError(f"{target} cannot be read", elsewhere) from None
    except OSError as error:
        raise _explained(error, target) from None
    parent = _nearest(target)
    if not parent.is_dir():
        raise TargetError(f"{parent} is not a folder", "choose another folder with --output")
    if not os.access(parent, os.W_OK | os.X_OK):
        raise TargetError(f"{parent} is not writable", "choose another folder with --output")


def write_project(
    record: Mapping[str, Any],
    target: Path,
    *,
    git: bool = True,
    templates: Path | None = None,
    progress: Callable[[str], None] = lambda step: None,
    at_last: Callable[[], None] = lambda: None,
) -> Written:
    """Write the project of `record` to `target`, all of it or nothing.

    `git`: make it a repository with a first commit. `progress` is told each step as it begins; `at_last` is called
    when all is done but the project's appearance.
    """
    target = Path(os.path.abspath(target))
    check_target(target)
    made = [folder for folder in target.parents if not folder.exists()]
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
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
            at_last()
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
        *_, said = (done.stderr.strip() or done.stdout.strip() or "it did not say why").splitlines()
        raise ArchgenError(f"the project could not write its .env: {said}")
    lines = (tree / ".env").read_text(encoding="utf-8").splitlines()
    return dict(line.split("=", 1) for line in lines if "=" in line and not line.startswith("#"))


@contextmanager
def _beside(target: Path) -> Iterator[Path]:
    """A scratch folder on the target's file system, gone at the end whatever happens."""
    # named before it is made, so that there is no moment in which it is there and not to be removed
    folder = target.parent / f".{target.name[:40]}-{secrets.token_hex(4)}"
    try:
        folder.mkdir(mode=0o700)
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _nearest(target: Path) -> Path:
    """The nearest of the target's parents that is there, be it a link to nowhere."""
    parent = target.parent
    while not os.path.lexists(parent) and parent != parent.parent:
        parent = parent.parent
    return parent


def _remove_empty(folder: Path) -> None:
    try:
        folder.rmdir()
    except OSError:
        pass  # not made yet, or somebody else's files are in it by now


def _explained(error: OSError, target: Path) -> ArchgenError:
    reason = error.strerror or str(error)
    if error.errno in _IN_THE_WAY:
        return TargetError(f"{target} cannot be written: {reason}", "choose another folder with --output")
    if error.errno in _NO_SPACE:
        return ArchgenError(f"{target} cannot be written: {reason}", "free some space; nothing was left behind")
    return ArchgenError(f"{target} cannot be written: {reason}")
