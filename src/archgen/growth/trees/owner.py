"""The project as its owner has it: where it lies, the repository around it, and what in
it is not committed.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.parse import quote

from archgen.errors import ArchgenError, TargetError
from archgen.generator.git import enclosing
from archgen.generator.record import RECORD, load_record
from archgen.growth.trees.store import (
    LINK,
    NOBODY,
    Conflict,
    Entry,
    Store,
    Tree,
    clean_environment,
    find_git,
    quoted,
)

# No hook of the owner's runs, and nothing watches or signs: what is done here is no
# commit of theirs.
_SETTINGS = [
    "core.quotePath=false",
    "core.hooksPath=/dev/null",
    "core.fsmonitor=false",
    "commit.gpgSign=false",
]
_SETTINGS += ["advice.addEmbeddedRepo=false", "core.safecrlf=false", "gc.auto=0"]
# Where an owner's settings lie, and those that a container or a CI sets one by one; what
# says which repository it is, is not theirs to say here.
_CONFIGURED = (
    "GIT_CONFIG_GLOBAL",
    "GIT_CONFIG_SYSTEM",
    "GIT_CONFIG_NOSYSTEM",
    "GIT_CONFIG_COUNT",
    "GIT_CONFIG_KEY_",
    "GIT_CONFIG_VALUE_",
)
KEPT = "refs/archgen/kept"  # what was not committed when --force went over it


def find_project(start: Path) -> Path:
    """The project that `start` lies in."""
    for folder in (start, *start.parents):
        if (folder / RECORD).is_file():
            return folder
    raise ArchgenError(
        f"no {RECORD} here or above", "run this in a project that archgen wrote"
    )


@dataclass(frozen=True, slots=True)
class Loose:
    """What is not committed: as a commit that nothing refers to yet and that `git stash
    apply` takes; the project's tree in it.
    """

    commit: str
    tree: str


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
        """The path of the project in its repository, with a slash after it; empty where
        it is all of it.
        """
        return os.fsdecode(self._git("rev-parse", "--show-prefix")).rstrip("\n")

    @cached_property
    def state(self) -> Path:
        """The folder where archgen keeps what it is about to do here, and what it did
        last.
        """
        if self.home is None:
            return self.root / ".archgen"
        return self._place("archgen/" + (quote(self.prefix.strip("/"), safe="") or "%"))

    @property
    def objects(self) -> list[Path]:
        if self.home is None:
            return []
        return [self._place("objects")]

    @property
    def head(self) -> str | None:
        """The commit that is checked out; None where there is none."""
        if self.home is None:
            return None
        done = self._try("rev-parse", "--verify", "--quiet", "HEAD^{commit}")
        return done.stdout.decode().strip() if done.returncode == 0 else None

    @cached_property
    def index(self) -> Path:
        return self._place("index")

    def _place(self, name: str) -> Path:
        """Where the repository keeps what it calls so."""
        path = os.fsdecode(self._git("rev-parse", "--git-path", name)).rstrip("\n")
        return Path(os.path.abspath(self.root / path))

    def check_free(self) -> None:
        """TargetError while git itself is at work here."""
        if self.home is None:
            return
        lock = self.index.with_name(f"{self.index.name}.lock")
        if lock.exists():
            raise TargetError(
                f"{lock} is there: git is at work, or was killed",
                "wait for it, or remove that file",
            )

    def check_clean(self) -> None:
        """TargetError where something is changed and not committed, so that a merge
        could not be told from it.
        """
        if self.home is None:
            return
        if self.head is None:
            raise TargetError(
                "nothing is committed here yet",
                'git add --all && git commit -m "Start"',
            )
        asked = (
            "status",
            "--porcelain",
            "--untracked-files=no",
            "--ignore-submodules=all",
            "--no-renames",
            "-z",
        )
        found = os.fsdecode(self._git(*asked, "--", "."))
        changed = sorted(line[3:] for line in found.split("\0") if len(line) > 3)
        if changed:
            more = f" and {len(changed) - 3} more" if len(changed) > 3 else ""
            raise TargetError(
                f"what is changed is not committed: {', '.join(changed[:3])}{more}",
                "commit it, or git stash --include-untracked; --force keeps it in a ref, and merges with it",
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
        done = self._try(
            "rev-parse", "--verify", "--quiet", f"HEAD:{self.prefix.rstrip('/')}"
        )
        if done.returncode != 0:
            raise TargetError(
                "this project is not committed in its repository",
                "git add it, and commit",
            )
        tree = done.stdout.decode().strip()
        if self._try("cat-file", "-e", f"{tree}:{RECORD}").returncode != 0:
            raise TargetError(
                f"{RECORD} is not committed", f"git add --force {RECORD}, and commit"
            )
        return tree

    def keep_all(self, store: Store) -> str:
        """The tree of what lies here, committed or not, without what is ignored."""
        if self.home is None:
            return store.keep(self.root, ignored=False)
        return self._subtree(
            self._add_all(store.objects.parent / "yours", store.objects), store.objects
        )

    def keep_uncommitted(self, place: Path) -> Loose | None:
        """What lies here uncommitted; None: all is committed, or there is no
        repository. `place`: a file to be made.

        Neither index nor branch is touched; the former's own state is the commit's
        second parent.
        """
        if self.home is None:
            return None
        if self._git("diff", "--name-only", "--diff-filter=U"):
            raise TargetError(
                "a merge is not finished here", "finish it, or git merge --abort"
            )
        staged = self._git("write-tree", index=self._copy_index(place)).decode().strip()
        index = self._add_all(place, None)
        tree = self._git("write-tree", index=index).decode().strip()
        head = self.head
        if (
            head is not None
            and self._git("rev-parse", f"{head}^{{tree}}").decode().strip()
            == tree
            == staged
        ):
            return None
        parents = ["-p", head] if head else []
        if head is not None:
            parents += ["-p", self._commit(staged, f"index on {head[:9]}", parents)]
        says = f"what was not committed on {head[:9] if head else 'no branch'}"
        return Loose(self._commit(tree, says, parents), self._subtree(index, None))

    def refer(self, commit: str) -> str:
        """A name for a commit, by which git keeps it."""
        name = f"{KEPT}-{commit[:9]}"
        self._git("update-ref", name, commit)
        return name

    def _copy_index(self, place: Path) -> Path:
        place.unlink(missing_ok=True)
        if self.index.exists():
            shutil.copyfile(self.index, place)
        return place

    def _add_all(self, place: Path, objects: Path | None) -> Path:
        """An index, a copy of the repository's, that has all that lies in the project
        but is ignored; contents go to `objects`.
        """
        self._git(
            "add",
            "--all",
            "--sparse",
            "--",
            ".",
            index=self._copy_index(place),
            into=objects,
        )
        return place

    def _subtree(self, index: Path, objects: Path | None) -> str:
        prefix = [f"--prefix={self.prefix}"] if self.prefix else []
        return (
            self._git("write-tree", *prefix, index=index, into=objects).decode().strip()
        )

    def _commit(self, tree: str, says: str, parents: Sequence[str]) -> str:
        return (
            self._git(
                "commit-tree", "--no-gpg-sign", tree, *parents, "-m", f"archgen: {says}"
            )
            .decode()
            .strip()
        )

    def list_edited(self, paths: Sequence[str], tree: Tree) -> list[str]:
        """Those of these files of the tree that lie here with another content, whatever
        git thinks of them.
        """
        there = [
            path for path in paths if path in tree and (self.root / path).is_file()
        ]
        there = [path for path in there if not (self.root / path).is_symlink()]
        if self.home is None or not there:
            return []
        given = b"".join(quoted(f"{self.prefix}{path}") + b"\n" for path in there)
        found = self._git("hash-object", "--stdin-paths", given=given).decode().split()
        return [
            path
            for path, blob in zip(there, found, strict=True)
            if tree[path].blob != blob
        ]

    def check_out(self, path: str, entry: Entry, store: Store) -> bytes:
        """A file's content as it lies in a folder here: with the line ends that this
        repository wants.
        """
        if self.home is None or entry.mode == LINK:
            return store.read(entry.blob)
        asked = ("cat-file", "--filters", f"--path={self.prefix}{path}", entry.blob)
        return self._git(*asked, objects=store.objects)

    def mark(self, conflicts: Sequence[Conflict], store: Store, index: Path) -> None:
        """Write into `index`, a copy of this repository's, that these paths conflict,
        as git does.
        """
        lines = []
        for conflict in conflicts:
            path = f"{self.prefix}{conflict.path}"
            lines.append(
                f"0 {'0' * len(next(iter(conflict.stages.values())).blob)}\t{path}\0"
            )
            for stage, entry in sorted(conflict.stages.items()):
                self._git(
                    "hash-object",
                    "-w",
                    "--stdin",
                    "--no-filters",
                    given=store.read(entry.blob),
                )
                lines.append(f"{entry.mode} {entry.blob} {stage}\t{path}\0")
        self._git(
            "update-index",
            "-z",
            "--index-info",
            given=os.fsencode("".join(lines)),
            index=index,
        )

    def list_unmerged(self) -> list[str]:
        """The paths that conflict and that nobody has settled."""
        if self.home is None:
            return []
        found = os.fsdecode(
            self._git(
                "diff", "--name-only", "--diff-filter=U", "--relative", "-z", "--", "."
            )
        )
        return sorted(set(filter(None, found.split("\0"))))

    def list_ignored(self, paths: Sequence[str]) -> list[str]:
        """Those of these new files that git passes over, by rules of the owner's."""
        if self.home is None or not paths:
            return []
        # it fails where it finds none
        done = self._try(
            "check-ignore", "--stdin", "-z", given=os.fsencode("\0".join(paths))
        )
        return sorted(filter(None, os.fsdecode(done.stdout).split("\0")))

    def unstage(self, paths: Sequence[str], before: bytes, place: Path) -> None:
        """Let the index have of these paths what it had when its content was `before`.
        `place`: a file to be made.
        """
        place.write_bytes(before)
        entries: dict[str, list[str]] = {path: [] for path in paths}
        for line in os.fsdecode(
            self._git("ls-files", "--stage", "-z", index=place)
        ).split("\0"):
            about, _, path = line.partition("\t")
            if path in entries:
                entries[path].append(f"{about}\t{self.prefix}{path}\0")
        none = "0" * (64 if len(self.head or "") == 64 else 40)
        lines = [
            f"0 {none}\t{self.prefix}{path}\0{''.join(found)}"
            for path, found in entries.items()
        ]
        self._git(
            "update-index", "-z", "--index-info", given=os.fsencode("".join(lines))
        )

    def _git(
        self,
        *command: str,
        given: bytes = b"",
        index: Path | None = None,
        objects: Path | None = None,
        into: Path | None = None,
    ) -> bytes:
        done = self._try(*command, given=given, index=index, objects=objects, into=into)
        if done.returncode != 0:
            raise ArchgenError(
                f"git {command[0]} failed: {done.stderr.decode(errors='replace').strip()}"
            )
        return done.stdout

    def _try(
        self,
        *command: str,
        given: bytes = b"",
        index: Path | None = None,
        objects: Path | None = None,
        into: Path | None = None,
    ) -> subprocess.CompletedProcess[bytes]:
        """Run git here: with another index, reading objects of another folder too, or
        writing them there.
        """
        owner = {
            key: value
            for key, value in os.environ.items()
            if key.startswith(_CONFIGURED)
        }
        extra = {"GIT_OPTIONAL_LOCKS": "0", "LC_ALL": "C", **owner, **NOBODY}
        if index is not None:
            extra["GIT_INDEX_FILE"] = str(index)
        if into is not None:
            extra["GIT_OBJECT_DIRECTORY"] = str(into)
            objects = self.objects[0]
        if objects is not None:
            extra["GIT_ALTERNATE_OBJECT_DIRECTORIES"] = os.fsdecode(
                quoted(str(objects))
            )
        settings = [word for setting in _SETTINGS for word in ("-c", setting)]
        return subprocess.run(
            [find_git(), *settings, *command],
            cwd=self.root,
            env={**clean_environment(), **extra},
            input=given,
            capture_output=True,
            check=False,
        )
