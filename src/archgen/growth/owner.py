"""The project as its owner has it: where it lies, the repository around it, and what in it is not committed."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from archgen.errors import ArchgenError, TargetError
from archgen.generator.git import enclosing
from archgen.generator.record import RECORD, load_record
from archgen.growth.store import LINK, Conflict, Entry, Store, Tree, clean_environment, find_git


def find_project(start: Path) -> Path:
    """The project that `start` lies in."""
    for folder in (start, *start.parents):
        if (folder / RECORD).is_file():
            return folder
    raise ArchgenError(f"no {RECORD} here or above", "run this in a project that archgen wrote")


@dataclass(frozen=True)
class Project:
    """A project at `root`; the repository, if it lies in one, at `home`."""

    root: Path
    home: Path | None

    @classmethod
    def at(cls, start: Path) -> Project:
        root = find_project(start.resolve())
        return cls(root, enclosing(root))

    @cached_property
    def record(self) -> dict[str, Any]:
        return load_record(self.root / RECORD)

    @cached_property
    def prefix(self) -> str:
        """The path of the project in its repository, with a slash after it; empty where it is all of it."""
        return os.fsdecode(self._git("rev-parse", "--show-prefix")).rstrip("\n")

    @cached_property
    def state(self) -> Path:
        """The folder where archgen keeps what it is about to do here, and what it did last."""
        if self.home is None:
            return self.root / ".archgen"
        name = "archgen/" + (self.prefix.strip("/").replace("/", "+") or "project")
        path = os.fsdecode(self._git("rev-parse", "--git-path", name)).rstrip("\n")
        return Path(os.path.abspath(self.root / path))

    @property
    def objects(self) -> list[Path]:
        if self.home is None:
            return []
        path = os.fsdecode(self._git("rev-parse", "--git-path", "objects")).rstrip("\n")
        return [Path(os.path.abspath(self.root / path))]

    @property
    def head(self) -> str | None:
        """The commit that is checked out; None where there is none."""
        if self.home is None:
            return None
        done = self._try("rev-parse", "--verify", "--quiet", "HEAD^{commit}")
        return done.stdout.decode().strip() if done.returncode == 0 else None

    @cached_property
    def index(self) -> Path:
        path = os.fsdecode(self._git("rev-parse", "--git-path", "index")).rstrip("\n")
        return Path(os.path.abspath(self.root / path))

    def check_clean(self) -> None:
        """TargetError where something is changed and not committed, so that a merge could not be told from it."""
        if self.home is None:
            return
        if self.head is None:
            raise TargetError("nothing is committed here yet", 'git add --all && git commit -m "Start"')
        found = os.fsdecode(self._git("status", "--porcelain", "--untracked-files=no", "-z", "--", "."))
        changed = sorted(line[3:] for line in found.split("\0") if len(line) > 3)
        if changed:
            more = f" and {len(changed) - 3} more" if len(changed) > 3 else ""
            raise TargetError(
                f"what is changed is not committed: {', '.join(changed[:3])}{more}",
                "commit it, or git stash --include-untracked",
            )

    def open_store(self, folder: Path) -> Store:
        """A repository in `folder` that reads what this one holds."""
        if self.home is None:
            return Store(folder)
        form = self._git("rev-parse", "--show-object-format").decode().strip()
        return Store(folder, self.objects, form)

    def keep(self, store: Store) -> str:
        """The tree of what is committed; without a repository, of what lies here."""
        if self.home is None:
            return self.keep_all(store)
        done = self._try("rev-parse", "--verify", "--quiet", f"HEAD:{self.prefix.rstrip('/')}")
        if done.returncode != 0:
            raise TargetError("this project is not committed in its repository", "git add it, and commit")
        return done.stdout.decode().strip()

    def keep_all(self, store: Store) -> str:
        """The tree of what lies here, committed or not, without what the project's .gitignore names."""
        return store.keep(self.root, ignored=False)

    def list_edited(self, paths: Sequence[str], tree: Tree) -> list[str]:
        """Those of these files of the tree that lie here with another content, whatever git thinks of them."""
        there = [path for path in paths if path in tree and (self.root / path).is_file()]
        there = [path for path in there if not (self.root / path).is_symlink()]
        if self.home is None or not there:
            return []
        given = os.fsencode("".join(f"{self.prefix}{path}\n" for path in there))
        found = self._git("hash-object", "--stdin-paths", given=given).decode().split()
        return [path for path, blob in zip(there, found, strict=True) if tree[path].blob != blob]

    def check_out(self, path: str, entry: Entry, store: Store) -> bytes:
        """A file's content as it lies in a folder here: with the line ends that this repository wants."""
        if self.home is None or entry.mode == LINK:
            return store.read(entry.blob)
        asked = ("cat-file", "--filters", f"--path={self.prefix}{path}", entry.blob)
        return self._git(*asked, objects=store.objects)

    def mark(self, conflicts: Sequence[Conflict], store: Store, index: Path) -> None:
        """Write into `index`, a copy of this repository's, that these paths conflict, as git does."""
        lines = []
        for conflict in conflicts:
            path = f"{self.prefix}{conflict.path}"
            lines.append(f"0 {'0' * len(next(iter(conflict.stages.values())).blob)}\t{path}\0")
            for stage, entry in sorted(conflict.stages.items()):
                self._git("hash-object", "-w", "--stdin", "--no-filters", given=store.read(entry.blob))
                lines.append(f"{entry.mode} {entry.blob} {stage}\t{path}\0")
        self._git("update-index", "-z", "--index-info", given=os.fsencode("".join(lines)), index=index)

    def list_unmerged(self) -> list[str]:
        """The paths that conflict and that nobody has settled."""
        if self.home is None:
            return []
        found = os.fsdecode(self._git("diff", "--name-only", "--diff-filter=U", "--relative", "-z", "--", "."))
        return sorted(set(filter(None, found.split("\0"))))

    def _git(self, *command: str, given: bytes = b"", index: Path | None = None, objects: Path | None = None) -> bytes:
        done = self._try(*command, given=given, index=index, objects=objects)
        if done.returncode != 0:
            raise ArchgenError(f"git {command[0]} failed: {done.stderr.decode(errors='replace').strip()}")
        return done.stdout

    def _try(
        self, *command: str, given: bytes = b"", index: Path | None = None, objects: Path | None = None
    ) -> subprocess.CompletedProcess[bytes]:
        extra = {"GIT_OPTIONAL_LOCKS": "0", "LC_ALL": "C"}
        if index is not None:
            extra["GIT_INDEX_FILE"] = str(index)
        if objects is not None:
            extra["GIT_ALTERNATE_OBJECT_DIRECTORIES"] = str(objects)
        return subprocess.run(
            [find_git(), "-c", "core.quotePath=false", *command],
            cwd=self.root,
            env={**clean_environment(), **extra},
            input=given,
            capture_output=True,
            check=False,
        )
