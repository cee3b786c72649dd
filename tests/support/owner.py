"""A model of a project's owner: edits files at random, and knows by content which lines are theirs."""

from __future__ import annotations

import os
import random
import re
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from pathlib import Path

MARKS = re.compile(r"^(<{7} yours|={7}|>{7} archgen|\|{7}).*\n", re.MULTILINE)
TEXT = {".py", ".md", ".toml", ".yaml", ".yml", ".conf", ".template", ".sql"}
FAR = 4  # lines between two edits that do not meet, as a merge sees it


def git(folder: Path, *command: str) -> str:
    owner = (
        "-c",
        "user.name=Owner",
        "-c",
        "user.email=owner@localhost",
        "-c",
        "commit.gpgSign=false",
        "-c",
        "gc.auto=0",
    )
    done = subprocess.run(["git", *owner, *command], cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


@dataclass
class Owner:
    """`mine`: a word of each line that is the owner's and is to be found again; `gone`: paths that they deleted."""

    folder: Path
    chance: random.Random
    mine: set[str] = field(default_factory=set)
    gone: set[str] = field(default_factory=set)
    said: list[str] = field(default_factory=list)
    _count: int = 0

    def work(self, edits: int) -> None:
        """So many edits, and a commit."""
        ways: list[Callable[[], None]] = [
            *[self._insert] * 4,
            *[self._change] * 3,
            *[self._delete_lines] * 2,
            *(self._add_file, self._delete_file, self._rename_file, self._shift_block),
            *(self._edit_root, self._add_dependency, self._add_service, self._comment_migration),
        ]
        for _ in range(edits):
            self.chance.choice(ways)()
        git(self.folder, "add", "--all")
        git(self.folder, "commit", "--quiet", "--allow-empty", "--message", "Mine")

    def settle(self) -> None:
        """Keep both sides of each conflict, and commit."""
        for path in self.files():
            text = path.read_bytes().decode(errors="surrogateescape")
            if MARKS.search(text):
                path.write_bytes(MARKS.sub("", text).encode(errors="surrogateescape"))
        git(self.folder, "add", "--all")
        git(self.folder, "commit", "--quiet", "--allow-empty", "--message", "Settled")

    def list_lost(self) -> list[str]:
        """The owner's lines that are nowhere in the project."""
        there = b"\n".join(path.read_bytes() for path in self.files()).decode(errors="replace")
        return sorted(word for word in self.mine if word not in there)

    def list_risen(self) -> list[str]:
        """The files that the owner deleted and that are there again."""
        return sorted(path for path in self.gone if (self.folder / path).exists())

    def files(self) -> list[Path]:
        listed = git(self.folder, "ls-files", "-z", "--cached", "--others", "--exclude-standard").split("\0")
        return [self.folder / path for path in sorted(set(filter(None, listed))) if (self.folder / path).is_file()]

    def insert_far(self, before: dict[str, str], after: dict[str, str], edits: int) -> None:
        """Lines of the owner's in files of `before`, far from all that becomes otherwise in `after`; and a commit."""
        places = list(_far_places(before, after))
        for path, number in self.chance.sample(places, min(edits, len(places))):
            lines = (self.folder / path).read_text().splitlines(keepends=True)
            at = next(
                i for i in range(number, len(lines)) if lines[i] == before[path].splitlines(keepends=True)[number]
            )
            lines.insert(at, f"# {self._word()}\n")
            (self.folder / path).write_text("".join(lines))
        git(self.folder, "add", "--all")
        git(self.folder, "commit", "--quiet", "--message", "Mine")

    def _word(self) -> str:
        self._count += 1
        word = f"owner_{self._count}_{self.chance.randrange(10**9)}"
        self.mine.add(word)
        return word

    def _pick(self, *parts: str) -> Path | None:
        """A text file, whose path has all these parts; not a migration unless asked for."""
        found = [
            path
            for path in self.files()
            if path.suffix in TEXT
            and path.name != "archgen.yaml"
            and "docs/adr/" not in path.as_posix()
            and all(part in path.as_posix() for part in parts)
            and ("migrations" in parts or "/migrations/" not in path.as_posix())
        ]
        return self.chance.choice(found) if found else None

    def _lines(self, path: Path) -> list[str]:
        return path.read_text().splitlines(keepends=True)

    def _write(self, path: Path, lines: list[str], said: str) -> None:
        """Let it be these lines; what of the owner's is in none any more is theirs to lose."""
        before = set(re.findall(r"owner_\d+_\d+", path.read_text())) if path.exists() else set()
        path.write_text("".join(lines))
        self.said.append(f"{said} {path.relative_to(self.folder)}")
        self.mine -= before - set(re.findall(r"owner_\d+_\d+", "".join(lines)))

    def _insert(self) -> None:
        if path := self._pick():
            lines = self._lines(path)
            lines.insert(self.chance.randint(0, len(lines)), f"# {self._word()}\n")
            self._write(path, lines, "insert into")

    def _change(self) -> None:
        if (path := self._pick()) and (lines := self._lines(path)):
            at = self.chance.randrange(len(lines))
            lines[at] = f"{lines[at].rstrip()}  # {self._word()}\n"
            self._write(path, lines, "change a line of")

    def _delete_lines(self) -> None:
        if (path := self._pick()) and len(lines := self._lines(path)) > 3:
            at = self.chance.randrange(len(lines) - 2)
            del lines[at : at + self.chance.randint(1, 2)]
            self._write(path, lines, "delete lines of")

    def _shift_block(self) -> None:
        if (path := self._pick("src/")) and len(lines := self._lines(path)) > 5:
            at = self.chance.randrange(len(lines) - 4)
            lines[at : at + 3] = [f"    {line}" for line in lines[at : at + 3]]
            self._write(path, lines, "lay out anew")

    def _add_file(self) -> None:
        beside = self._pick("src/")
        if beside is not None:
            path = beside.with_name(f"own_{self._count}.py")
            self._write(path, [f"# {self._word()}\n", f"NAME = '{self._word()}'\n"], "add")

    def _delete_file(self) -> None:
        if path := self._pick():
            self.mine -= set(re.findall(r"owner_\d+_\d+", path.read_text()))
            path.unlink()
            self.gone.add(path.relative_to(self.folder).as_posix())
            self.said.append(f"delete {path.relative_to(self.folder)}")

    def _rename_file(self) -> None:
        if path := self._pick():
            self._count += 1
            place = path.with_name(f"renamed_{self._count}_{path.name}")
            os.rename(path, place)
            self.said.append(f"rename {path.relative_to(self.folder)} to {place.name}")

    def _edit_root(self) -> None:
        if path := self._pick("src/", "/apps/"):
            lines = self._lines(path)
            imports = [number for number, line in enumerate(lines) if line.startswith(("import ", "from "))]
            if imports:
                lines.insert(self.chance.choice(imports), f"import {self._word()}\n")
                lines.append(f"{self._word()} = 1\n")
                self._write(path, lines, "wire something into")

    def _add_dependency(self) -> None:
        path = self.folder / "pyproject.toml"
        if path.is_file():
            lines = self._lines(path)
            at = next((number for number, line in enumerate(lines) if line.startswith("dependencies = [")), None)
            if at is not None:
                lines.insert(at + 1, f'    "{self._word()}>=1",\n')
                self._write(path, lines, "add a dependency to")

    def _add_service(self) -> None:
        path = self.folder / "deploy/compose.yaml"
        if path.is_file():
            lines = self._lines(path)
            at = next((number for number, line in enumerate(lines) if line.startswith("services:")), None)
            if at is not None:
                lines[at + 1 : at + 1] = [f"  {self._word()}:\n", "    image: mine\n", "\n"]
                self._write(path, lines, "add a service to")

    def _comment_migration(self) -> None:
        if path := self._pick("migrations"):
            self._write(path, [*self._lines(path), f"# {self._word()}\n"], "edit the migration")


def _far_places(before: dict[str, str], after: dict[str, str]) -> Iterator[tuple[str, int]]:
    """Lines of the files before, as (path, number), that lie far from all that is otherwise after."""
    for path, text in before.items():
        if Path(path).suffix not in TEXT or path == "archgen.yaml" or path not in after:
            continue
        lines, others = text.splitlines(), after[path].splitlines()
        for block in SequenceMatcher(None, lines, others, autojunk=False).get_matching_blocks():
            for number in range(block.a + FAR, block.a + block.size - FAR):
                if lines.count(lines[number]) == 1:
                    yield path, number
