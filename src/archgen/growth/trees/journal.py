"""Writing a change of many files so that it is there or not: all of it is noted before
the first file is touched.

    preparing   being noted, and laid beside the files that are to become others; none
    of them is touched yet, and whoever finds
                it throws all of that away
    journal     noted in full: from here on the change is made, by this command or by
    the next last        made; what was there before is in it, for `--abort` undoing
    being taken back, by this command or by the next

Each is a file of the project's `state`, and one becomes the other by being renamed.
What needs room, or the right to write, is done while preparing; where a later step
fails, all is taken back at once.
"""

from __future__ import annotations

import errno
import fcntl
import hashlib
import json
import os
import secrets
from base64 import b64decode, b64encode
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from archgen.errors import ArchgenError, TargetError
from archgen.growth.trees.store import LINK


@dataclass(frozen=True, slots=True)
class File:
    """A file as it lies in a folder: its bytes, or where a link goes, and its mode as
    git writes it.
    """

    content: bytes
    mode: str


@dataclass(frozen=True, slots=True)
class Change:
    """A file that becomes another, comes (`before` is None), or goes (`after` is None)."""

    path: Path
    before: File | None
    after: File | None


@dataclass(frozen=True, slots=True)
class Note:
    """A change of a project by the command `what`, at the commit `head`; `index`: of
    the repository's own file of that name.
    """

    what: str
    head: str | None
    files: Sequence[Change]
    conflicts: Sequence[str] = field(default=())
    index: Change | None = None

    @property
    def all(self) -> list[Change]:
        return [*self.files, *([self.index] if self.index else [])]


def read_file(path: Path) -> File | None:
    """What lies there; None where nothing does. TargetError: it is a folder."""
    try:
        if path.is_symlink():
            return File(os.fsencode(os.readlink(path)), LINK)
        content = path.read_bytes()
        return File(content, "100755" if path.stat().st_mode & 0o100 else "100644")
    except (FileNotFoundError, NotADirectoryError):
        return None
    except IsADirectoryError:
        raise TargetError(
            f"{path} is a folder, and is to be a file", "move it"
        ) from None


class Journal:
    """The changes of the project at `root`, one command at a time, noted in the folder
    `state`.
    """

    def __init__(self, root: Path, state: Path) -> None:
        self._root = root
        self._state = state

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Within it no other command changes this project."""
        self._state.mkdir(parents=True, exist_ok=True)
        # no repository: if there is one later, it is none of its business
        if self._state.parent == self._root:
            (self._state / ".gitignore").write_text("*\n", encoding="utf-8")
        with (self._state / "lock").open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise TargetError(
                    "another archgen is changing this project", "wait for it"
                ) from None
            yield

    def recover(self) -> str | None:
        """Finish what a command that was killed had begun; what to say of it."""
        self._throw_away()
        if (undoing := self._load("undoing")) is not None:
            aside = self._keep_aside(undoing)
            self._take_back(undoing)
            return "; ".join(["An --abort that was interrupted is done now", *aside])
        note = self._load("journal")
        if note is None:
            return None
        for change in note.files:
            if read_file(change.path) not in (change.before, change.after):
                raise TargetError(
                    f"{self._shown(change.path)} was changed after archgen {note.what} was interrupted",
                    "--abort takes back what it had written, and keeps that file aside",
                )
        self._make(note, laid=False)
        return f"archgen {note.what}, which was interrupted, is done now"

    def write(self, note: Note) -> None:
        """Make all of these changes, or, where this process ends before they are noted
        or one of them fails, none.

        ArchgenError: no room, or no right to write there; all is as it was.
        """
        try:
            with (self._state / "preparing").open("wb") as file:
                file.write(_encode(note, self._root))
                file.flush()
                os.fsync(file.fileno())
            for change in note.all:
                _lay(change.path, change.after)
        except BaseException as error:
            self._throw_away()
            if isinstance(error, OSError):
                raise _failed(error, self._root) from error
            raise
        os.rename(self._state / "preparing", self._state / "journal")
        try:
            self._make(note, laid=True)
        except OSError as error:
            os.rename(self._state / "journal", self._state / "undoing")
            try:
                self._take_back(note)
            except OSError as again:
                raise ArchgenError(
                    f"could be neither written nor taken back: {again.strerror}",
                    "make room, or see to it that you may write; the next archgen command here takes it back",
                ) from error
            raise _failed(error, self._root) from error

    def last(self) -> Note | None:
        """What was done last; None where nothing was, or it is settled."""
        return self._load("last")

    def latest(self) -> Note | None:
        """What `abort` takes back: what was interrupted, else what was done last."""
        return self._load("journal") or self._load("last")

    def abort(self, head: str | None) -> list[str]:
        """Take back what was done last, byte for byte; what was edited since is kept
        aside: what to say of it.

        The repository's index is set back only where nobody has changed it since.
        """
        name = "journal" if (self._state / "journal").exists() else "last"
        note = self._load(name)
        if note is None:
            raise TargetError(
                "there is nothing to take back",
                "only what the last command wrote can be",
            )
        if note.head != head:
            raise TargetError(
                f"there are commits since archgen {note.what}",
                "git revert takes back what is committed",
            )
        aside = self._keep_aside(note)
        os.rename(self._state / name, self._state / "undoing")
        self._take_back(note)
        return aside

    def _keep_aside(self, note: Note) -> list[str]:
        """Copies of the files that somebody edited since; what to say of them."""
        aside = []
        for change in note.files:
            now = read_file(change.path)
            if now is None or now in (change.before, change.after):
                continue
            place = self._state / f"kept-{secrets.token_hex(4)}-{change.path.name[:60]}"
            place.write_bytes(now.content)
            aside.append(
                f"{self._shown(change.path)} as you had edited it is kept in {place}"
            )
        return aside

    def _throw_away(self) -> None:
        """What was being prepared, and what is laid beside files for it."""
        try:
            note = self._load("preparing")
        except ValueError:
            note = None  # not noted in full, so nothing is laid yet
        for change in note.all if note else ():
            _clear(_beside(change.path), self._root)
        (self._state / "preparing").unlink(missing_ok=True)

    def _make(self, note: Note, *, laid: bool) -> None:
        for change in note.all:
            put_file(change.path, change.after, self._root, laid=laid)
        os.replace(self._state / "journal", self._state / "last")

    def _take_back(self, note: Note) -> None:
        for change in note.all:
            _clear(_beside(change.path), self._root)  # whose room may be needed
        for change in note.files:
            put_file(change.path, change.before, self._root)
        if note.index is not None and read_file(note.index.path) == note.index.after:
            put_file(note.index.path, note.index.before, self._root)
        (self._state / "undoing").unlink()

    def _load(self, name: str) -> Note | None:
        try:
            return _decode((self._state / name).read_bytes(), self._root)
        except FileNotFoundError:
            return None

    def _shown(self, path: Path) -> str:
        return path.relative_to(self._root).as_posix()


def _failed(error: OSError, root: Path) -> ArchgenError:
    place = f"{os.path.relpath(error.filename, root)}: " if error.filename else ""
    full = error.errno in (errno.ENOSPC, errno.EDQUOT)
    hint = "free some space" if full else "see to it that you may write there"
    return ArchgenError(
        f"{place}{error.strerror or error}", f"{hint}; nothing was changed"
    )


def _beside(path: Path) -> Path:
    """Where a file is written before it takes its place; the same each time, so that
    none stays behind a kill.
    """
    return path.with_name(
        f".{hashlib.sha256(os.fsencode(path.name)).hexdigest()[:16]}.archgen"
    )


def _lay(path: Path, file: File | None) -> None:
    """Write what `path` is to be beside it, with its mode; where nothing is to be
    there, see to it that it can go.
    """
    beside = _beside(path)
    if file is None:
        if not os.access(path.parent, os.W_OK | os.X_OK):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path))
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    beside.unlink(missing_ok=True)
    if read_file(path) == file:
        return
    if file.mode == LINK:
        os.symlink(os.fsdecode(file.content), beside)
        return
    beside.write_bytes(file.content)
    mode = (
        path if path.exists() and not path.is_symlink() else beside
    ).stat().st_mode & 0o777
    beside.chmod(mode | (mode & 0o444) >> 2 if file.mode == "100755" else mode & ~0o111)


def put_file(path: Path, file: File | None, root: Path, *, laid: bool = False) -> None:
    """Let `path` be this file, at once; without one, nothing, and no folder that is
    empty then. `laid`: it lies beside it.
    """
    if file is None:
        _clear(_beside(path), root)
        _clear(path, root)
        return
    if not laid:
        _lay(path, file)
    if read_file(path) != file:
        os.replace(_beside(path), path)


def _clear(path: Path, root: Path) -> None:
    """Let nothing be there, and no folder that is empty then."""
    try:
        path.unlink()
    except (FileNotFoundError, NotADirectoryError):
        pass
    for folder in path.parents:
        if folder == root or not folder.is_relative_to(root) or not _is_removed(folder):
            break


def _is_removed(folder: Path) -> bool:
    """Whether this folder is gone, which it only is when it was empty."""
    try:
        folder.rmdir()
    except OSError:
        return not folder.exists()
    return True


def _encode(note: Note, root: Path) -> bytes:
    document = {
        "what": note.what,
        "head": note.head,
        "conflicts": list(note.conflicts),
        "files": [_say_change(change, root) for change in note.files],
        "index": note.index and _say_change(note.index, root),
    }
    return json.dumps(document).encode()


def _say_change(change: Change, root: Path) -> dict[str, Any]:
    # so that it holds where the project is moved to
    path = os.path.relpath(change.path, root)
    return {
        "path": path,
        "before": _say_file(change.before),
        "after": _say_file(change.after),
    }


def _say_file(file: File | None) -> list[str] | None:
    return None if file is None else [file.mode, b64encode(file.content).decode()]


def _decode(content: bytes, root: Path) -> Note:
    document = json.loads(content)
    files = [_read_change(said, root) for said in document["files"]]
    index = document["index"] and _read_change(document["index"], root)
    return Note(document["what"], document["head"], files, document["conflicts"], index)


def _read_change(said: dict[str, Any], root: Path) -> Change:
    sides = (
        said[side] and File(b64decode(said[side][1]), said[side][0])
        for side in ("before", "after")
    )
    return Change(Path(os.path.normpath(root / said["path"])), *sides)
