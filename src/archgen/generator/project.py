"""Writing a project: built whole beside its target, or in it, then renamed; on any
failure nothing is left.
"""

from __future__ import annotations

import errno
import os
import re
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

from archgen.catalog import templates_dir
from archgen.errors import ArchgenError, TargetError
from archgen.generator.git import commit_all, enclosing
from archgen.generator.rendering import render

_IN_THE_WAY = {
    *(errno.EEXIST, errno.ENOTEMPTY, errno.EACCES, errno.EPERM, errno.EROFS),
    *(errno.ENOTDIR, errno.ENOENT, errno.ELOOP, errno.ENAMETOOLONG),
}
# what a host puts into a new repository
_STAYS = re.compile(r"\.git|(readme|licen[cs]e|copying)(\.[a-z]+)?", re.IGNORECASE)
_NO_SPACE = {errno.ENOSPC, errno.EDQUOT}


@dataclass(frozen=True, slots=True)
class Written:
    """A project that lies at `path`: how many files git would keep, its `.env`, and
    what is worth saying of it.
    """

    path: Path
    files: int
    env: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


def check_target(target: Path) -> None:
    """Raise TargetError if a project cannot be written to `target`.

    A folder there is fine if it holds nothing but `.git`, a README and a LICENSE.
    """
    elsewhere = "choose another name, or --output another folder"
    try:
        if target.is_symlink():
            raise TargetError(f"{target} is a symbolic link", elsewhere)
        if target.exists():
            if not target.is_dir():
                raise TargetError(f"{target} is a file", elsewhere)
            if others := sorted(
                path.name
                for path in target.iterdir()
                if not _STAYS.fullmatch(path.name)
            ):
                more = f" and {len(others) - 3} more" if len(others) > 3 else ""
                raise TargetError(
                    f"{target} is not empty: it holds {', '.join(others[:3])}{more}",
                    elsewhere,
                )
            if not os.access(target, os.W_OK | os.X_OK):
                raise TargetError(f"{target} is not writable", elsewhere)
            return
    except PermissionError:
        raise TargetError(f"{target} cannot be read", elsewhere) from None
    except OSError as error:
        raise _explained(error, target) from None
    parent = _nearest(target)
    if not parent.is_dir():
        raise TargetError(
            f"{parent} is not a folder", "choose another folder with --output"
        )
    if not os.access(parent, os.W_OK | os.X_OK):
        raise TargetError(
            f"{parent} is not writable", "choose another folder with --output"
        )


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

    `git`: make it a repository with a first commit, unless it is one or lies in one.
    `progress` is told each step as it begins; `at_last` is called when all is done but
    the project's appearance. A README and a LICENSE that are there stay.
    """
    target = Path(os.path.abspath(target))
    check_target(target)
    made = [folder for folder in target.parents if not folder.exists()]
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with _scratch(target) as folder:
            tree = folder / target.name
            progress("Writing the files")
            render(record, templates or templates_dir(), tree)
            files = sum(len(names) for _, _, names in os.walk(tree))
            env = write_env(tree, target)
            kept = (
                [path.name for path in target.iterdir() if path != folder]
                if target.is_dir()
                else []
            )
            notes = [_put_aside(tree, name) for name in kept if (tree / name).exists()]
            if git and ".git" in kept:
                notes.append(
                    f"The repository at {target} has no new commit: what was written is yours to add"
                )
            elif git and (home := enclosing(target.parent)):
                notes.append(f"No repository of its own: it lies in the one at {home}")
            elif git:
                progress("Making the first commit")
                if not commit_all(
                    tree,
                    f"Start {record['name']} with archgen {record['archgen_version']}",
                ):
                    notes.append("No repository: git was not found")
            at_last()
            if target.is_dir():  # somebody may stand in it
                _move_into(tree, target)
            else:
                os.rename(tree, target)
    except BaseException as error:
        for parent in made:
            _remove_empty(parent)
        if isinstance(error, OSError):
            raise _explained(error, target) from error
        raise
    return Written(target, files, env, tuple(notes))


def _put_aside(tree: Path, name: str) -> str:
    """Give a rendered file another name, since the target has one of this name that
    stays; what to say of it.
    """
    file = tree / name
    aside = file.with_name(f"{file.stem}.archgen{file.suffix}")
    file.rename(aside)
    return f"{name} is yours and stays; archgen's is {aside.name}"


def _move_into(tree: Path, target: Path) -> None:
    """Move all that lies in `tree` into the folder `target`; what was moved goes again
    if something cannot be.
    """
    moved: list[Path] = []
    try:
        for path in sorted(tree.iterdir()):
            place = target / path.name
            moved.append(place)
            os.rename(path, place)
    except BaseException:
        for place in moved:
            if place.is_dir() and not place.is_symlink():
                shutil.rmtree(place, ignore_errors=True)
            else:
                place.unlink(missing_ok=True)
        raise


def preview(
    record: Mapping[str, Any], templates: Path | None = None
) -> list[tuple[str, bytes]]:
    """The files that would be written, as (path, content) by path, without `.env` and
    `.git`.
    """
    with tempfile.TemporaryDirectory(prefix="archgen-") as folder:
        tree = Path(folder, "tree")
        render(record, templates or templates_dir(), tree)
        files = sorted(path for path in tree.rglob("*") if path.is_file())
        return [
            (path.relative_to(tree).as_posix(), path.read_bytes()) for path in files
        ]


def write_env(tree: Path, place: Path) -> dict[str, str]:
    """Let the project in `tree`, which is to lie at `place`, write its own `.env`, and
    read it.
    """
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
        *_, said = (
            done.stderr.strip() or done.stdout.strip() or "it did not say why"
        ).splitlines()
        raise ArchgenError(f"the project could not write its .env: {said}")
    lines = (tree / ".env").read_text(encoding="utf-8").splitlines()
    return dict(
        line.split("=", 1) for line in lines if "=" in line and not line.startswith("#")
    )


@contextmanager
def _scratch(target: Path) -> Iterator[Path]:
    """A scratch folder on the target's file system, beside it or, if it is there, in
    it; gone at the end in any case.
    """
    # named before it is made, so that there is no moment in which it is there and not
    # to be removed
    around = target if target.is_dir() else target.parent
    folder = around / f".{target.name[:40]}-{secrets.token_hex(4)}"
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
        return TargetError(
            f"{target} cannot be written: {reason}",
            "choose another folder with --output",
        )
    if error.errno in _NO_SPACE:
        return ArchgenError(
            f"{target} cannot be written: {reason}",
            "free some space; nothing was left behind",
        )
    return ArchgenError(f"{target} cannot be written: {reason}")
