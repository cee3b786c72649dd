"""A model of a project's owner: edits files at random as owners do, and knows by
content which lines are theirs.
"""

from __future__ import annotations

import os
import random
import re
import subprocess
from collections import Counter, deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from itertools import product
from pathlib import Path

import yaml
from ruff import find_ruff_bin

MARKS = re.compile(r"^(<{7} yours|={7}|>{7} archgen|\|{7}).*\n", re.MULTILINE)
TEXT = {
    ".py",
    ".md",
    ".toml",
    ".yaml",
    ".yml",
    ".conf",
    ".template",
    ".sql",
    ".example",
    "",
}
WORD = re.compile(r"owner_(?:item_)?\d+_\d+")
FAR = 4  # lines between two edits that do not meet, as a merge sees it
RECORD = "archgen.yaml"
IDENTITY = (
    "user.name=Owner",
    "user.email=owner@localhost",
    "commit.gpgSign=false",
    "gc.auto=0",
)


def git(folder: Path, *command: str) -> str:
    settings = [word for setting in IDENTITY for word in ("-c", setting)]
    done = subprocess.run(
        ["git", *settings, *command], cwd=folder, capture_output=True, check=False
    )
    assert done.returncode == 0, done.stderr.decode(errors="replace")
    return os.fsdecode(done.stdout)


@dataclass
class Owner:
    """`mine`: the lines that are the owner's, and how often; `gone`: paths that they
    deleted. A line that has a word of `WORD` is told again by it; one whose word says
    `item` is of a list that archgen adds to as well, where a person sees no conflict.
    """

    folder: Path
    chance: random.Random
    mine: Counter[str] = field(default_factory=Counter)
    gone: set[str] = field(default_factory=set)
    said: list[str] = field(default_factory=list)
    lines: int = 0  # that they wrote
    _count: int = 0
    _files: list[Path] | None = None

    @property
    def ways(self) -> list[Callable[[], None]]:
        """Each kind of edit, as often as it is to be drawn."""
        return [
            *[self._insert] * 4,
            *[self._change] * 3,
            *[self._delete_lines] * 2,
            *[self._edit_root] * 3,
            *[self._add_dependency] * 2,
            *[self._add_service] * 2,
            *(
                self._add_file,
                self._add_odd_file,
                self._delete_file,
                self._rename_file,
                self._shift_block,
                self._reformat,
            ),
            *(
                self._edit_migration,
                self._edit_gateway,
                self._add_variable,
                self._add_target,
                self._edit_docs,
            ),
            *(
                self._add_rule,
                self._comment_record,
                self._let_run,
                self._end_lines_otherwise,
                self._put_link,
            ),
        ]

    def work(self, edits: int) -> None:
        """So many edits, and a commit."""
        self.scribble(edits)
        self.commit("Mine")

    def scribble(self, edits: int) -> None:
        """So many edits, not committed."""
        ways = self.ways
        self._files = None
        for _ in range(edits):
            self.chance.choice(ways)()

    def commit(self, message: str) -> None:
        git(self.folder, "add", "--all")
        git(self.folder, "commit", "--quiet", "--allow-empty", "--message", message)

    def settle(self) -> None:
        """Keep both sides of each conflict, and commit."""
        for path in self.files():
            text = path.read_bytes().decode(errors="surrogateescape")
            if MARKS.search(text):
                path.write_bytes(MARKS.sub("", text).encode(errors="surrogateescape"))
        self.commit("Settled")

    def list_lost(self) -> list[str]:
        """The owner's lines that are nowhere in the project."""
        there = b"\n".join(path.read_bytes() for path in self.files()).decode(
            errors="replace"
        )
        words = set(WORD.findall(there))
        lines = Counter(line.rstrip("\r") for line in there.split("\n"))
        return sorted(
            line
            for line, often in self.mine.items()
            if (
                not set(WORD.findall(line)) <= words
                if WORD.search(line)
                else lines[line] < often
            )
        )

    def list_risen(self) -> list[str]:
        """The files that the owner deleted and that are there again."""
        return sorted(path for path in self.gone if (self.folder / path).exists())

    def files(self) -> list[Path]:
        listed = git(
            self.folder, "ls-files", "-z", "--cached", "--others", "--exclude-standard"
        ).split("\0")
        return [
            self.folder / path
            for path in sorted(set(filter(None, listed)))
            if (self.folder / path).is_file()
        ]

    def _known(self) -> list[Path]:
        """The files, as they are while nobody but the owner makes any."""
        if self._files is None:
            self._files = self.files()
        return self._files

    def insert_far(
        self, before: dict[str, str], after: dict[str, str], edits: int
    ) -> None:
        """Lines of the owner's in files of `before`, far from all that becomes
        otherwise in `after`; and a commit.
        """
        places = list(_far_places(before, after))
        for path, number in self.chance.sample(places, min(edits, len(places))):
            lines = self._lines(self.folder / path)
            at = next(
                i
                for i in range(number, len(lines))
                if lines[i] == before[path].splitlines(keepends=True)[number]
            )
            lines.insert(at, f"# {self._word()}\n")
            self._write(self.folder / path, lines, "insert far into")
        self.commit("Mine")

    def _word(self, kind: str = "") -> str:
        self._count += 1
        return f"owner_{kind}{self._count}_{self.chance.randrange(10**9)}"

    def _item(self) -> str:
        return self._word("item_")

    def _pick(self, *parts: str) -> Path | None:
        """A text file, whose path has all these parts; not a migration unless asked
        for.
        """
        found = [
            path
            for path in self._known()
            if (path.suffix in TEXT or path.name.startswith("."))
            and path.name != RECORD
            and "docs/adr/" not in path.as_posix()
            and all(part in path.as_posix() for part in parts)
            and ("migrations" in parts or "/migrations/" not in path.as_posix())
        ]
        while found:
            path = self.chance.choice(found)
            if _is_text(path):
                return path
            found.remove(path)
        return None

    def _lines(self, path: Path) -> list[str]:
        return path.read_bytes().decode().splitlines(keepends=True)

    def _write(
        self, path: Path, lines: list[str], said: str, *, layout: bool = False
    ) -> None:
        """Let it be these lines; what of the owner's is in none any more is theirs to
        lose.
        """
        before = path.read_bytes().decode() if path.exists() else ""
        if not path.exists():
            self._files = None
        after = "".join(lines)
        path.write_bytes(after.encode())
        self.said.append(f"{said} {path.relative_to(self.folder)}")
        self._count_lines(before, after, layout=layout)

    def _count_lines(self, before: str, after: str, *, layout: bool = False) -> None:
        """`layout`: nothing is said otherwise; a line that has no word of the owner's
        is no more theirs than it was.
        """
        was, is_now = (
            Counter(line.rstrip("\r") for line in text.split("\n") if line.strip())
            for text in (before, after)
        )
        if layout:
            is_now = Counter(
                {line: often for line, often in is_now.items() if WORD.search(line)}
            )
        self.mine += is_now - was
        self.lines += (is_now - was).total()
        self.mine -= was - is_now

    def _insert(self) -> None:
        if path := self._pick():
            lines = self._lines(path)
            lines.insert(self.chance.randint(0, len(lines)), f"# {self._word()}\n")
            self._write(path, lines, "insert into")

    def _change(self) -> None:
        if (path := self._pick()) and (lines := self._lines(path)):
            at = self.chance.randrange(len(lines))
            end = "\r\n" if lines[at].endswith("\r\n") else "\n"
            lines[at] = f"{lines[at].rstrip()}  # {self._word()}{end}"
            self._write(path, lines, "change a line of")

    def _delete_lines(self) -> None:
        if (path := self._pick()) and len(lines := self._lines(path)) > 3:
            at = self.chance.randrange(len(lines) - 2)
            del lines[at : at + self.chance.randint(1, 2)]
            self._write(path, lines, "delete lines of")

    def _shift_block(self) -> None:
        if (path := self._pick("src/", ".py")) and len(lines := self._lines(path)) > 5:
            at = self.chance.randrange(len(lines) - 4)
            lines[at : at + 3] = [f"    {line}" for line in lines[at : at + 3]]
            self._write(path, lines, "lay out anew", layout=True)

    def _reformat(self) -> None:
        """A file as another formatter has it."""
        if path := self._pick("src/", ".py"):
            before = path.read_bytes().decode()
            narrow = str(self.chance.choice([60, 79, 120]))
            command = [
                find_ruff_bin(),
                "format",
                "--isolated",
                "--no-cache",
                "--line-length",
                narrow,
                str(path),
            ]
            subprocess.run(command, capture_output=True, check=False)
            self._count_lines(before, path.read_bytes().decode(), layout=True)
            self.said.append(
                f"format with {narrow} letters a line {path.relative_to(self.folder)}"
            )

    def _end_lines_otherwise(self) -> None:
        if self.chance.random() < 0.3 and (path := self._pick("src/", ".py")):
            path.write_bytes(
                path.read_bytes().replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
            )
            self.said.append(
                f"end lines as Windows does in {path.relative_to(self.folder)}"
            )

    def _add_file(self) -> None:
        beside = self._pick(self.chance.choice(["src/", "tests/", "docs/", "deploy/"]))
        if beside is not None:
            path = beside.with_name(
                f"own_{self._count}{self.chance.choice(['.py', '.md', '.sql', '.sh'])}"
            )
            self._write(
                path, [f"# {self._word()}\n", f"NAME = '{self._word()}'\n"], "add"
            )

    def _add_odd_file(self) -> None:
        """Bytes, names that have to be quoted, and links."""
        self._count += 1
        name = self.chance.choice(
            [
                "logo {}.png",
                'say "{}".txt',
                "zwei\nZeilen {}.txt",
                "Übersicht {}.txt",
                "link {}",
            ]
        )
        path = (
            self.folder
            / self.chance.choice(["docs", "src", "."])
            / name.format(self._count)
        )
        path.parent.mkdir(exist_ok=True)
        self._files = None
        if name.startswith("link"):
            path.symlink_to("../..")
        else:
            path.write_bytes(b"\0\xff" + f"\n{self._word()}\n".encode())
            self.mine[path.read_bytes().decode(errors="replace").split("\n")[1]] += 1
        self.said.append(f"add {path.relative_to(self.folder)}")

    def _delete_file(self) -> None:
        if path := self._pick():
            self._count_lines(path.read_bytes().decode(), "")
            path.unlink()
            self._files = None
            self.gone.add(path.relative_to(self.folder).as_posix())
            self.said.append(f"delete {path.relative_to(self.folder)}")

    def _rename_file(self) -> None:
        if path := self._pick():
            self._count += 1
            folder = (
                path.parent / "moved" if self.chance.random() < 0.3 else path.parent
            )
            folder.mkdir(exist_ok=True)
            place = folder / f"renamed_{self._count}_{path.name}"
            os.rename(path, place)
            self._files = None
            self.said.append(
                f"rename {path.relative_to(self.folder)} to {place.relative_to(self.folder)}"
            )

    def _put_link(self) -> None:
        """A link in the place of a file, to where it lies from now on."""
        if self.chance.random() < 0.5 and (path := self._pick()):
            self._count += 1
            place = self.folder / "docs" / f"shared_{self._count}_{path.name}"
            place.parent.mkdir(exist_ok=True)
            os.rename(path, place)
            path.symlink_to(os.path.relpath(place, path.parent))
            self._files = None
            self.said.append(f"link {path.relative_to(self.folder)} to {place.name}")

    def _let_run(self) -> None:
        if path := self._pick():
            path.chmod(path.stat().st_mode | 0o111)
            self.said.append(f"let run {path.relative_to(self.folder)}")

    def _edit_root(self) -> None:
        """An import, a line, and one more of a list in a composition root."""
        if path := self._pick("src/", "/apps/", ".py"):
            lines = self._lines(path)
            imports = [
                number
                for number, line in enumerate(lines)
                if line.startswith(("import ", "from "))
            ]
            if imports:
                name = self._item()
                at = self.chance.choice(imports)
                line = self.chance.choice(
                    [f"import {name}\n", f"from {name} import {self._item()}\n"]
                )
                lines.insert(
                    at if not lines[at].rstrip().endswith("(") else imports[0], line
                )
                lines.append(f"{self._word()} = 1\n")
                self._extend_list(lines)
                self._write(path, lines, "wire something into")

    def _extend_list(self, lines: list[str]) -> None:
        """One more router, or service, at an end of its list."""
        found = [
            n
            for n, line in enumerate(lines)
            if re.search(r"_(router|service)(,|\])", line) and "import" not in line
        ]
        if not found:
            return
        at = self.chance.choice(found)
        name = self._item()
        if re.fullmatch(r"\s+\w+,\n", lines[at]):
            lines.insert(
                at + self.chance.randint(0, 1),
                f"{lines[at][: -len(lines[at].lstrip())]}{name},\n",
            )
        elif "]" in lines[at]:
            lines[at] = lines[at].replace("]", f", {name}]", 1)

    def _add_dependency(self) -> None:
        path = self.folder / "pyproject.toml"
        if path.is_file():
            lines = self._lines(path)
            first = next(
                (
                    number
                    for number, line in enumerate(lines)
                    if line.startswith("dependencies = [")
                ),
                None,
            )
            if first is not None and not lines[first].rstrip().endswith("]"):
                last = next(
                    number
                    for number in range(first, len(lines))
                    if lines[number].startswith("]")
                )
                lines.insert(
                    self.chance.randint(first + 1, last), f'    "{self._item()}>=1",\n'
                )
                self._write(path, lines, "add a dependency to")

    def _add_service(self) -> None:
        path = self.folder / "deploy/compose.yaml"
        if path.is_file():
            lines = self._lines(path)
            at = next(
                (
                    number
                    for number, line in enumerate(lines)
                    if line.startswith("services:")
                ),
                None,
            )
            if at is not None:
                ends = [
                    n
                    for n in range(at + 1, len(lines))
                    if re.match(r"  [a-z]|[a-z]", lines[n])
                ]
                place = self.chance.choice(ends) if ends else len(lines)
                if place < len(lines) and not lines[place].startswith(" "):
                    place -= not lines[place - 1].strip()
                name = self._item()
                lines[place:place] = [f"  {name}:\n", f"    image: {name}\n", "\n"]
                self._write(path, lines, "add a service to")

    def _edit_migration(self) -> None:
        """Something more that an upgrade needs."""
        if path := self._pick("migrations", ".py"):
            lines = self._lines(path)
            starts = [
                number
                for number, line in enumerate(lines)
                if line.startswith("def upgrade")
            ]
            if starts:
                lines.insert(
                    starts[0] + 1, f'    op.execute("select 1 -- {self._word()}")\n'
                )
            self._write(path, [*lines, f"# {self._word()}\n"], "edit the migration")

    def _edit_gateway(self) -> None:
        """Another limit of NGINX, or one directive more."""
        if path := self._pick("deploy/nginx", ".template") or self._pick(
            "deploy/nginx", ".conf"
        ):
            lines = self._lines(path)
            limits = [
                number
                for number, line in enumerate(lines)
                if re.search(r" \d+[ms]?;", line)
            ]
            if limits:
                at = self.chance.choice(limits)
                lines[at] = re.sub(
                    r" \d+([ms]?);",
                    rf" {self.chance.randint(3, 99)}\1; # {self._word()}",
                    lines[at],
                    count=1,
                )
            self._write(path, [*lines, f"# {self._word()}\n"], "change NGINX's")

    def _add_variable(self) -> None:
        path = self.folder / ".env.example"
        if path.is_file():
            lines = self._lines(path)
            place = self.chance.choice([len(lines), self.chance.randint(0, len(lines))])
            lines.insert(
                place, f"{self._item().upper().replace('OWNER_ITEM', 'owner_item')}=1\n"
            )
            self._write(path, lines, "add a variable to")

    def _add_target(self) -> None:
        path = self.folder / "Makefile"
        if path.is_file():
            name = self._item()
            self._write(
                path,
                [
                    *self._lines(path),
                    "\n",
                    f".PHONY: {name}\n",
                    f"{name}: ## {name}\n",
                    f"\techo {name}\n",
                ],
                "add to",
            )

    def _edit_docs(self) -> None:
        """A paragraph, or one more row of a table or a list."""
        if path := self._pick(".md"):
            lines = self._lines(path)
            rows = [
                number
                for number, line in enumerate(lines)
                if line.startswith(("| ", "- "))
            ]
            if rows and self.chance.random() < 0.6:
                at = self.chance.choice(rows) + 1
                row = (
                    f"| {self._item()} | ours |"
                    if lines[at - 1].startswith("|")
                    else f"- {self._item()}"
                )
                if at < len(lines) and not lines[at].startswith((" ", "|--", "| --")):
                    lines.insert(at, f"{row}\n")
            else:
                at = self.chance.randint(0, len(lines))
                lines[at:at] = ["\n", f"We say {self._word()}.\n", "\n"]
            self._write(path, lines, "write in")

    def _add_rule(self) -> None:
        """A function of the owner's between those of a module."""
        if path := self._pick("src/", ".py"):
            lines = self._lines(path)
            starts = [
                n
                for n, line in enumerate(lines)
                if line.startswith(("def ", "class ", "async def "))
                and not lines[n - 1].startswith("@")
            ]
            name = self._item()
            at = self.chance.choice([*starts, len(lines)])
            lines[at:at] = [
                f"def {name}() -> int:\n",
                f"    return len('{name}')\n",
                "\n",
                "\n",
            ]
            self._write(path, lines, "add a rule to")

    def _comment_record(self) -> None:
        """A comment in archgen.yaml, which says the same then."""
        path = self.folder / RECORD
        lines = self._lines(path)
        at = self.chance.randrange(len(lines))
        if self.chance.random() < 0.5:
            lines[at] = f"{lines[at].rstrip()}  # {self._word()}\n"
        else:
            lines.insert(
                at,
                f"{' ' * (len(lines[at]) - len(lines[at].lstrip()))}# {self._word()}\n",
            )
        loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
        try:
            same = yaml.load("".join(lines), Loader=loader) == yaml.load(
                path.read_bytes(), Loader=loader
            )
        except yaml.YAMLError:
            return
        if same:
            self._write(path, lines, "comment")


def list_conflicts(folder: Path) -> dict[str, bool]:
    """The paths of conflicts; whether a person would have made none: where the edits of
    both sides do not touch, or only add to a list.
    """
    stages: dict[str, dict[int, str]] = {}
    for line in git(folder, "ls-files", "--unmerged", "-z").split("\0"):
        if line:
            about, _, path = line.partition("\t")
            stages.setdefault(path, {})[int(about.split(" ")[2])] = about.split(" ")[1]
    return {
        path: set(found) == {1, 2, 3} and _is_needless(folder, path, found)
        for path, found in sorted(stages.items())
    }


def keep_sides(folder: Path, path: str, into: Path) -> None:
    """Write what a conflict is made of: what was generated, both sides, the result."""
    into.mkdir(parents=True)
    for number, side in enumerate(("base", "yours", "new"), 1):
        (into / side).write_text(git(folder, "cat-file", "blob", f":{number}:{path}"))
    (into / "result").write_bytes((folder / path).read_bytes())


def _is_needless(folder: Path, path: str, stages: dict[int, str]) -> bool:
    base, yours, new = (
        git(folder, "cat-file", "blob", stages[stage]).splitlines()
        for stage in (1, 2, 3)
    )
    mine, theirs = _edits(base, yours), _edits(base, new)
    if not any(_touch(one, other) for one, other in product(mine, theirs)):
        return True
    marked = re.findall(
        r"^<{7} yours\n(.*?)^={7}\n(.*?)^>{7} archgen$",
        (folder / path).read_text(errors="replace"),
        re.MULTILINE | re.DOTALL,
    )
    base_lines = {line.strip() for line in base}
    return any(
        all(
            "owner_item_" in line or line.strip() == ""
            for line in ours.splitlines()
            if line.strip() not in base_lines
        )
        and "owner_item_" in ours
        and all(
            line.strip() not in base_lines
            for line in (*ours.splitlines(), *its.splitlines())
            if line.strip()
        )
        for ours, its in marked
    )


def _touch(one: list[tuple[int, int]], other: list[tuple[int, int]]) -> bool:
    """Whether two edits touch wherever each may have been; what both put in at one
    place does, though either may have been put behind an empty line.
    """
    (a, b), (c, d) = one[0], other[0]
    return a == b == c == d or all(
        a <= d and c <= b for (a, b), (c, d) in product(one, other)
    )


def _edits(before: list[str], after: list[str]) -> list[list[tuple[int, int]]]:
    """The lines before that become others, as (first, behind the last); of each edit
    all places where it may have been, since empty lines look alike.
    """
    codes = SequenceMatcher(None, before, after, autojunk=False).get_opcodes()
    found = []
    for what, start, stop, begin, end in codes:
        if what == "equal":
            continue
        places = [(start, stop)]
        moved = before[start:stop] if what == "delete" else after[begin:end]
        for by in (-1, 1) if what != "replace" else ():
            lines, (a, b) = deque(moved), (start, stop)
            while (a > 0 if by < 0 else b < len(before)) and not before[
                passed := a - 1 if by < 0 else b
            ].strip():
                if before[passed] != lines[-1 if by < 0 else 0]:
                    break
                lines.rotate(-by)
                a, b = a + by, b + by
                places.append((a, b))
        found.append(places)
    return found


def _is_text(path: Path) -> bool:
    content = path.read_bytes()
    if b"\0" in content or path.is_symlink():
        return False
    try:
        content.decode()
    except UnicodeDecodeError:
        return False
    return True


def _far_places(
    before: dict[str, str], after: dict[str, str]
) -> Iterator[tuple[str, int]]:
    """Lines of the files before, as (path, number), that lie far from all that is
    otherwise after.
    """
    for path, text in before.items():
        if (
            Path(path).suffix not in TEXT
            or path == RECORD
            or path.startswith("docs/adr/")
            or path not in after
        ):
            continue
        lines, others = text.splitlines(), after[path].splitlines()
        for block in SequenceMatcher(
            None, lines, others, autojunk=False
        ).get_matching_blocks():
            for number in range(block.a + FAR, block.a + block.size - FAR):
                if lines.count(lines[number]) == 1:
                    yield path, number
