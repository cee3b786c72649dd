"""Trees of files, kept and merged by git in a repository of their own that goes with
the command.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from archgen.errors import ArchgenError

# what the sides of a conflict are called in its markers
YOURS, NEW = ("yours", "archgen")
_OLDEST = (2, 38)  # git merge-tree --write-tree
LINK = "120000"
_MOST_CONFLICTS = 127  # what git merge-file exits with; more is an error
# Who commits what is nobody's commit; no identity is asked for.
NOBODY = {
    f"GIT_{who}_{what}": "archgen"
    for who in ("AUTHOR", "COMMITTER")
    for what in ("NAME", "EMAIL")
}
_SETTINGS = (
    "core.autocrlf=false",
    "core.safecrlf=false",
    "core.quotePath=false",
    "core.symlinks=true",
    "gc.auto=0",
)


@dataclass(frozen=True, slots=True)
class Entry:
    """A file of a tree: its mode (as git writes it) and the name of its content."""

    mode: str
    blob: str


Tree = Mapping[str, Entry]  # by path in the project


@dataclass(frozen=True, slots=True)
class Conflict:
    """A path at which both sides want something else; `stages`: what was generated (1),
    is yours (2), is new (3). `says`: what to do, where that is known.
    """

    path: str
    stages: Mapping[int, Entry]
    says: str = ""


@dataclass(frozen=True, slots=True)
class Merged:
    """A merge by git: the tree, conflicts marked in it, and the paths where something
    conflicts.
    """

    tree: str
    conflicts: tuple[Conflict, ...] = field(default=())


def clean_environment() -> dict[str, str]:
    """This process' environment without what git would take for the repository to work
    on.
    """
    return {
        key: value for key, value in os.environ.items() if not key.startswith("GIT_")
    }


def quoted(path: str) -> bytes:
    """A path for git on a line of its own, whatever is in it."""
    said = "".join(
        chr(one) if 32 <= one < 127 and one not in b'"\\' else f"\\{one:03o}"
        for one in os.fsencode(path)
    )
    return f'"{said}"'.encode()


@cache
def find_git() -> str:
    """Where git is; ArchgenError where it is not, or is older than what merges trees."""
    git = shutil.which("git")
    hint = "install git 2.38 or newer (archgen doctor)"
    if git is None:
        raise ArchgenError("git was not found, and what is yours is merged by it", hint)
    said = subprocess.run(
        [git, "version"],
        capture_output=True,
        text=True,
        check=False,
        env=clean_environment(),
    ).stdout
    numbers = (
        tuple(int(word) for word in said.split()[2].split(".")[:2])
        if len(said.split()) > 2
        else (0, 0)
    )
    if numbers < _OLDEST:
        raise ArchgenError(f"{said.strip()} cannot merge trees", hint)
    return git


class Store:
    """The repository, in `folder`; it reads what the folders of objects `others` hold
    besides. `form`: of their names.
    """

    def __init__(
        self, folder: Path, others: Iterable[Path] = (), form: str = "sha1"
    ) -> None:
        self._git = find_git()
        self._folder = folder
        self.objects = folder / "objects"
        dates = {
            f"GIT_{who}_DATE": "2000-01-01T00:00:00Z" for who in ("AUTHOR", "COMMITTER")
        }
        nowhere = {
            "GIT_CONFIG_GLOBAL": os.devnull,
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_ATTR_NOSYSTEM": "1",
        }
        self._environment = {
            **clean_environment(),
            **NOBODY,
            **dates,
            **nowhere,
            "LC_ALL": "C",
        }
        self._run(
            "init",
            "--quiet",
            "--bare",
            "--template=",
            f"--object-format={form}",
            str(folder),
        )
        (self.objects / "info").mkdir(exist_ok=True)
        (self.objects / "info" / "alternates").write_bytes(
            b"".join(quoted(str(path)) + b"\n" for path in others)
        )

    def keep(self, folder: Path, *, ignored: bool = True) -> str:
        """The tree of all files in a folder; without those that its own .gitignore
        names unless `ignored`.
        """
        index = self._folder / "index"
        index.unlink(missing_ok=True)
        work = f"--work-tree={folder}"
        self._run(
            work,
            "add",
            "--all",
            *(["--force"] if ignored else []),
            "--",
            ".",
            cwd=folder,
        )
        return self._run(work, "write-tree", cwd=folder).decode().strip()

    def build(self, tree: Tree) -> str:
        """The tree with these files."""
        (self._folder / "index").unlink(missing_ok=True)
        lines = "".join(
            f"{entry.mode} {entry.blob}\t{path}\0" for path, entry in tree.items()
        )
        self._run("update-index", "-z", "--index-info", given=os.fsencode(lines))
        return self._run("write-tree", "--missing-ok").decode().strip()

    def put(self, content: bytes) -> str:
        """The name of a content that is kept from now on."""
        return self._run("hash-object", "-w", "--stdin", given=content).decode().strip()

    def list_files(self, tree: str) -> dict[str, Entry]:
        found = {}
        for line in os.fsdecode(
            self._run("ls-tree", "-r", "-z", "--full-tree", tree)
        ).split("\0"):
            if line:
                about, _, path = line.partition("\t")
                mode, _, blob = about.split(" ")
                found[path] = Entry(mode, blob)
        return found

    def read(self, blob: str) -> bytes:
        return self._run("cat-file", "blob", blob)

    def check_out(self, tree: Tree, folder: Path) -> None:
        """Write these files, byte for byte as they are kept, to a folder that is made."""
        contents = self._run(
            "cat-file",
            "--batch",
            given="".join(f"{entry.blob}\n" for entry in tree.values()).encode(),
        )
        place = 0
        for path, entry in tree.items():
            begin = contents.index(b"\n", place) + 1
            place = begin + int(contents[place:begin].split()[2]) + 1
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_bytes(contents[begin : place - 1])
            if entry.mode == "100755":
                (folder / path).chmod(0o755)

    def bundle(self, refs: Mapping[str, str], file: Path) -> None:
        """Write a bundle of these refs, each of a commit, as small as git makes it."""
        for ref, commit in refs.items():
            self._run("update-ref", ref, commit)
        small = (
            "-c",
            "pack.window=250",
            "-c",
            "pack.depth=50",
            "-c",
            "pack.compression=9",
        )
        self._run(*small, "bundle", "create", "--quiet", str(file), *refs)

    def unbundle(self, file: Path) -> dict[str, str]:
        """Take in what a bundle holds: its refs, each with its commit."""
        lines = self._run("bundle", "unbundle", str(file)).decode().splitlines()
        return {
            ref: commit for commit, _, ref in (line.partition(" ") for line in lines)
        }

    def commit(self, tree: str, *parents: str) -> str:
        options = [word for parent in parents for word in ("-p", parent)]
        return (
            self._run("commit-tree", tree, *options, "-m", "archgen").decode().strip()
        )

    def merge(self, base: str, yours: str, new: str) -> Merged:
        """The merge of two trees that come from a third."""
        # trees have no history, which older versions of git merge by
        root = self.commit(base)
        for name, tree in ((YOURS, yours), (NEW, new)):
            self._run("update-ref", f"refs/heads/{name}", self.commit(tree, root))
        done = self._try(
            "merge-tree", "--write-tree", "--no-messages", "-z", YOURS, NEW
        )
        if done.returncode not in (0, 1):
            raise ArchgenError(
                f"git could not merge: {done.stderr.decode(errors='replace').strip()}"
            )
        tree, *lines = os.fsdecode(done.stdout).split("\0")
        stages: dict[str, dict[int, Entry]] = {}
        for line in filter(None, lines):
            about, _, path = line.partition("\t")
            mode, blob, stage = about.split(" ")
            stages.setdefault(path, {})[int(stage)] = Entry(mode, blob)
        return Merged(
            tree, tuple(Conflict(path, found) for path, found in stages.items())
        )

    def merge_file(self, yours: bytes, base: bytes, new: bytes) -> bytes | None:
        """The three contents merged line by line; None where that is not possible
        without a conflict.
        """
        done = self._try("merge-file", "--stdout", *self._lay(yours, base, new))
        return done.stdout if done.returncode == 0 else None

    def merge_marked(self, yours: bytes, base: bytes, new: bytes) -> bytes | None:
        """The three contents merged line by line, conflicts marked, each with what both
        sides come from; None: not text.
        """
        labels = [word for label in (YOURS, "generated", NEW) for word in ("-L", label)]
        done = self._try(
            "merge-file", "--stdout", "--diff3", *labels, *self._lay(yours, base, new)
        )
        return done.stdout if 0 <= done.returncode <= _MOST_CONFLICTS else None

    def _lay(self, yours: bytes, base: bytes, new: bytes) -> list[str]:
        paths = []
        for name, content in (("yours", yours), ("base", base), ("new", new)):
            path = self._folder / f"merge-{name}"
            path.write_bytes(content)
            paths.append(str(path))
        return paths

    def diff(self, before: str, after: str, *paths: str) -> str:
        """What changed, as `git diff` shows it."""
        asked = (
            "diff",
            "--no-color",
            "--no-ext-diff",
            "--find-renames",
            before,
            after,
            "--",
            *paths,
        )
        return self._run(*asked).decode(errors="replace")

    def _run(self, *command: str, given: bytes = b"", cwd: Path | None = None) -> bytes:
        done = self._try(*command, given=given, cwd=cwd)
        if done.returncode != 0:
            raise ArchgenError(
                f"git {command[0]} failed: {done.stderr.decode(errors='replace').strip()}"
            )
        return done.stdout

    def _try(
        self, *command: str, given: bytes = b"", cwd: Path | None = None
    ) -> subprocess.CompletedProcess[bytes]:
        settings = [word for setting in _SETTINGS for word in ("-c", setting)]
        return subprocess.run(
            [self._git, f"--git-dir={self._folder}", *settings, *command],
            cwd=cwd or self._folder.parent,
            env=self._environment,
            input=given,
            capture_output=True,
            check=False,
        )
