"""The page for newcomers: each of its commands is run, and prints what the page shows."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

PAGE = Path(__file__).parents[2] / "docs" / "growing.md"
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
SOME = "..."  # what stands for lines that are left out, or within one for some of it
WALKED = (
    "new",
    "add entity",
    "add field",
    "rename field",
    "rename module",
    "remove field",
    "contract",
    "evolve --extract",
    "evolve --to monolith",
    "rename --abort",
    "update --check",
    "status",
    "diff",
)


class Shell:
    """A shell that stays where its commands go to; what it prints is told as a person
    sees it.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        tools = folder / "tools"
        tools.mkdir()
        archgen = tools / "archgen"
        archgen.write_text(
            f'#!/bin/sh\nexec "{sys.executable}" -m archgen.cli.main "$@"\n'
        )
        archgen.chmod(0o755)
        who = {
            f"GIT_{role}_{what}": "owner@localhost"
            for role in ("AUTHOR", "COMMITTER")
            for what in ("NAME", "EMAIL")
        }
        path = os.pathsep.join(
            [str(tools), str(Path(sys.executable).parent), os.environ["PATH"]]
        )
        self._environment = {
            **os.environ,
            **who,
            "PATH": path,
            "NO_COLOR": "1",
            "COLUMNS": "200",
        }

    def run(self, command: str) -> str:
        where = self._folder / "where"
        done = subprocess.run(
            ["bash", "-c", f'{command}\ncode=$?\npwd > "{where}"\nexit $code'],
            cwd=where.read_text().strip() if where.exists() else self._folder,
            env=self._environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        return done.stdout

    def write(self, block: str) -> None:
        """What a block says that a file is, whose name stands in its first line."""
        first, _, rest = block.partition("\n")
        where = self._folder / "where"
        place = Path(where.read_text().strip() if where.exists() else self._folder)
        (place / first.removeprefix("# ")).write_text(rest)


def read_steps(block: str) -> Iterator[tuple[str, list[str]]]:
    """The commands of a block, each with the lines that the page shows below it."""
    command, shown = "", list[str]()
    for line in block.splitlines():
        if line.startswith("$ "):
            if command:
                yield command, shown
            command, shown = line.removeprefix("$ "), []
        else:
            shown.append(line)
    yield command, shown


def fits(shown: list[str], printed: list[str]) -> bool:
    pattern = "".join(
        r"(?:.*\n)*?"
        if line.strip() == SOME
        else ".*".join(map(re.escape, line.split(SOME))) + "\n"
        for line in shown
    )
    return re.fullmatch(pattern, "".join(f"{line}\n" for line in printed)) is not None


@pytest.mark.timeout(900)
def test_every_command_of_the_page_prints_what_it_shows(tmp_path: Path) -> None:
    shell = Shell(tmp_path)
    for kind, block in BLOCK.findall(PAGE.read_text()):
        if kind != "console":
            shell.write(block)
            continue
        for command, shown in read_steps(block):
            printed = [line.rstrip() for line in shell.run(command).splitlines()]
            assert fits(shown, printed), f"$ {command}\n" + "\n".join(printed)


@pytest.mark.parametrize("command", WALKED)
def test_the_page_walks_through_what_a_project_lives_by(command: str) -> None:
    blocks = "".join(
        block for kind, block in BLOCK.findall(PAGE.read_text()) if kind == "console"
    )
    assert f"$ archgen {command}" in blocks


def test_a_command_that_prints_something_else_is_found() -> None:
    assert (
        fits(["a", SOME, "c"], ["a", "b", "b", "c"])
        and fits([SOME], [])
        and fits([], [])
    )
    assert fits(["a...c"], ["abc"]) and not fits(["a...c"], ["abcd"])
    assert (
        not fits(["a"], ["a", "b"])
        and not fits([SOME, "c"], ["c", "d"])
        and not fits([], ["a"])
    )
