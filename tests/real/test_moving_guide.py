"""The guide of a project takes `orders` out of a monolith, and back, with 100,000 rows
there before and 20 orders a second.
"""

from __future__ import annotations

import os
import re
import secrets
import shlex
import subprocess
import sys
from collections.abc import Iterator, Sequence

import pytest
from tests.support.figures import found
from tests.support.ledger import ledger
from tests.support.moves import (
    ECOMMERCE,
    check_reads,
    check_refusals,
    fill,
    nothing_is_left,
    reads,
)
from tests.support.projects import ARCHGEN, new, until
from tests.support.stack import Stack, lock_if_possible, up
from tests.support.steady import steady

pytestmark = [pytest.mark.real, pytest.mark.long, pytest.mark.timeout(1500)]
RATE, BEFORE = 20, 100_000  # orders a second, and rows that are there
OWN = {
    **os.environ,
    "PYTHONPATH": os.pathsep.join(path for path in sys.path if path),
    **{
        f"GIT_{who}_{what}": "owner@example.com"
        for who in ("AUTHOR", "COMMITTER")
        for what in ("NAME", "EMAIL")
    },
}
STEPS = re.compile(r"^ *\$ (.+)$", re.MULTILINE)
MODULE = re.compile(r"MODULE=(\w+)")


@pytest.fixture(scope="module")
def grown(
    tmp_path_factory: pytest.TempPathFactory, containers: None
) -> Iterator[tuple[Stack, list[list[str]]]]:
    """A monolith that serves, in a repository of its owner's, and what its guide says:
    the way of `orders` out, and back.
    """
    project = new(
        tmp_path_factory.mktemp("grown"),
        f"moving-{secrets.token_hex(4)}",
        *ECOMMERCE,
        "monolith",
    )
    guide = (project.folder / "docs/moving.md").read_text().split("\n## ")[1]
    guide = re.sub(rf"\b{MODULE.findall(guide)[0]}\b", "orders", guide)
    out, back = (STEPS.findall(part) for part in guide.split("\nBack again"))
    with up(project) as stack:
        follow(
            stack,
            ["git init --quiet", "git add --all", "git commit --quiet --message mine"],
        )
        yield stack, [out, back]


def follow(stack: Stack, steps: Sequence[str]) -> str:
    """What the last of these commands says, in a shell of the owner's."""
    said = ""
    for step in steps:
        program, *words = shlex.split(step)
        if program == "make":
            said = stack.project.make(*words)
            continue
        command = [*ARCHGEN, *words] if program == "archgen" else [program, *words]
        done = subprocess.run(
            command,
            cwd=stack.project.folder,
            env=OWN,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, (step, done.stdout, done.stderr)
        if program == "archgen":
            lock_if_possible(stack.project)
    return said


@pytest.mark.parametrize("way", ["out of the monolith", "back into it"])
def test_orders_follow_the_guide_with_100_000_rows_there_before_under_load(
    grown: tuple[Stack, list[list[str]]], way: str
) -> None:
    """Nothing is lost, nothing twice; writes are refused for five seconds at most,
    reads never.
    """
    stack, (out, back) = grown
    before, after, steps = (
        ("app", "orders", out)
        if way == "out of the monolith"
        else ("orders", "app", back)
    )
    with ledger(stack, clients=16, pause=0, rate=RATE) as book:
        until(lambda: bool(book.acknowledged), 60)
        if way == "out of the monolith":  # and on the way back they are there
            fill(stack, before, book.acknowledged[0], BEFORE)
        with steady(stack.url, reads(stack, book), clients=4, pause=0.1) as load:
            said = follow(stack, steps)
            handed = len(book.acknowledged)
            until(lambda: len(book.acknowledged) > handed + 5 * RATE, 60)
    book.settled()
    (compared,) = re.findall(r"(\d+) rows are the same", said)
    (there,) = stack.rows(after, "SELECT count(*) FROM orders.orders")
    assert int(compared) >= BEFORE and int(there) >= BEFORE + handed
    found(
        f"`orders` moves {way}: {RATE} orders a second, {BEFORE:,} rows there before",
        book.check(),
    )
    found(
        f"its writes meanwhile, {way}",
        f"{check_refusals(book)}; {compared} rows compared",
    )
    found(f"reads of every module meanwhile, {way}", check_reads(load))
    assert " passed" in stack.project.make("journey", f"URL={stack.url}")
    nothing_is_left(stack, after)
