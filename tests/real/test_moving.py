"""`orders` moves from a monolith to a database of its own, and back, while orders are
placed: nothing is lost, nothing twice.
"""

from __future__ import annotations

import re
import secrets
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest
from tests.support.figures import found
from tests.support.ledger import ledger
from tests.support.mishaps import Mishap
from tests.support.moves import (
    ECOMMERCE,
    FOREVER,
    check_reads,
    check_refusals,
    nothing_is_left,
    reads,
)
from tests.support.projects import Project, new
from tests.support.stack import Stack, lock_if_possible, up
from tests.support.steady import steady

pytestmark = [pytest.mark.real, pytest.mark.long, pytest.mark.timeout(1500)]
PARTS = ("--set", "parts={app: [accounts, inventory, payments], orders: [orders]}")
KEPT = {".env", "build"}  # of the owner's machine, and not of a version


def versions(folder: Path, name: str) -> tuple[Project, Callable[[str], None]]:
    """A monolith with a project of services beside it, and what puts the files of one
    of them in its place.
    """
    running = new(folder / "running", name, *ECOMMERCE, "monolith")
    others = {
        "monolith": shutil.copytree(running.folder, folder / "monolith"),
        "services": new(
            folder / "services", name, *ECOMMERCE, "microservices", *PARTS
        ).folder,
    }

    def become(version: str) -> None:
        for old in running.folder.iterdir():
            if old.name not in KEPT:
                shutil.rmtree(old) if old.is_dir() else old.unlink()
        for file in others[version].iterdir():
            if file.name not in KEPT:
                copy = shutil.copytree if file.is_dir() else shutil.copy
                copy(file, running.folder / file.name)
        lock_if_possible(running)
        running.make(".env")  # with what this version has in it

    return running, become


@pytest.fixture(scope="module")
def moved(
    tmp_path_factory: pytest.TempPathFactory, containers: None
) -> Iterator[tuple[Stack, Callable[[str], None]]]:
    project, become = versions(
        tmp_path_factory.mktemp("moving"), f"moving-{secrets.token_hex(4)}"
    )
    with up(project) as stack:
        yield stack, become


WAYS = {"services": "out", "monolith": "back"}
# the command is killed at one step after the other of one move, and run again
KILLED = {
    "services": [
        Mishap("with half of what replicates", "copying.subscribe", "before"),
        Mishap("while rows are copied", "copying.waiting", "before"),
        Mishap("with copies beside", "containers.start_beside", "after"),
        Mishap("in the pause", "gate.pause", "after"),
        Mishap("compared", "gate.close", "before"),
        Mishap("shut, and not turned", "gate.close", "after"),
        Mishap("open", "gate.open_", "after"),
        Mishap("with copies of two versions", "containers.start", "after"),
        Mishap("with a gate that is left", "gate.remove", "before"),
    ],
    "monolith": [
        Mishap("before copies start beside", "containers.start_beside", "before"),
        Mishap("while NGINX is told", "nginx.Nginx.read", "before"),
        Mishap("with the outbox carried", "copying.carry", "after"),
        Mishap("turned, and not open", "nginx.Turn.__call__", "after"),
        Mishap("without old copies", "containers.start", "before"),
        Mishap("with a slot that nobody reads", "copying.unsubscribe", "after"),
    ],
}
# PostgreSQL falls, and is back at once or when the command has ended
FALLEN = [
    Mishap("being prepared", "copying.publish", "after", "postgres"),
    Mishap(
        "while rows are copied",
        "copying.waiting",
        "before",
        "postgres",
        stays_away=True,
    ),
    Mishap("with copies beside", "containers.start_beside", "after", "postgres"),
    Mishap("in the pause", "gate.pause", "after", "postgres"),
    Mishap(
        "in the pause, and stays away",
        "copying.carry",
        "after",
        "postgres",
        stays_away=True,
    ),
    Mishap("shut, and not turned", "gate.close", "after", "postgres"),
    Mishap("turned, and not open", "nginx.Turn.__call__", "after", "postgres"),
]


@pytest.mark.parametrize("version", KILLED)
def test_killed_at_any_step_the_same_command_goes_on_and_nothing_is_lost(
    moved: tuple[Stack, Callable[[str], None]], version: str
) -> None:
    """Reads never fail. Where it is killed between two databases, neither takes writes
    until it is run again.
    """
    stack, become = moved
    with (
        ledger(stack, clients=4, pause=0.2) as book,
        steady(stack.url, reads(stack, book), clients=2, pause=0.1) as load,
    ):
        become(version)
        between: list[tuple[float, float]] = []
        for mishap in KILLED[version]:
            code, said = mishap.move(stack, "orders")
            assert code == -signal.SIGKILL, said
            if between and between[-1][1] == FOREVER:
                between[-1] = between[-1][0], time.monotonic()
            if ", and not " in mishap.step:
                between.append((time.monotonic() - 1, FOREVER))
        stack.project.make("move", "MODULE=orders")
    book.settled()
    steps, way = len(KILLED[version]), WAYS[version]
    seen = f"{book.check()}; {check_refusals(book, between)}"
    found(
        f"`make move` is killed at {steps} steps of the way {way}, and run again", seen
    )
    found(
        f"reads of every module meanwhile, killed at {steps} steps", check_reads(load)
    )
    nothing_is_left(stack, "orders" if version == "services" else "app")


def fall_at_each(stack: Stack, mishaps: Sequence[Mishap], *modules: str) -> None:
    for mishap in mishaps:
        code, said = mishap.move(stack, *modules)
        print(
            f"\n{mishap}: {code}",
            *re.findall(
                r"^(?:Nothing has|Not moved|The rows have|psql|\w+: moved).*",
                said,
                re.M,
            ),
            sep="\n",
            flush=True,
        )
        assert "Traceback" not in said, said
    if code:  # after the last of them it may have come to its end
        stack.project.make("move", f"MODULE={' '.join(modules)}")


def test_a_database_that_falls_at_any_step_is_waited_for_and_nothing_is_lost(
    moved: tuple[Stack, Callable[[str], None]],
) -> None:
    stack, become = moved
    with ledger(stack, clients=4, pause=0.2) as book:
        become("services")
        fall_at_each(stack, FALLEN, "orders")
    book.settled()
    found(f"PostgreSQL falls at {len(FALLEN)} steps of the way out", book.check())
    assert set(book.refused) <= {0, 502, 503}, book.refused
    nothing_is_left(stack, "orders")


def test_an_nginx_that_is_restarted_meanwhile_goes_on_asking_the_version_that_serves(
    moved: tuple[Stack, Callable[[str], None]],
) -> None:
    stack, become = moved
    with ledger(stack, clients=4, pause=0.2) as book:
        become("monolith")
        code, said = Mishap(
            "while rows are copied", "copying.waiting", "before", "nginx"
        ).move(stack, "orders")
        assert code == 0, said
    book.settled()
    print("\nNGINX restarted:", book.check())
    assert set(book.refused) <= {0, 502, 503}, book.refused
    nothing_is_left(stack, "app")


def test_where_a_row_differs_it_goes_back_and_the_old_version_goes_on(
    moved: tuple[Stack, Callable[[str], None]],
) -> None:
    stack, become = moved
    before = sorted(stack.copies("app"))
    become("services")
    deploy = stack.project.folder / "deploy/moving/copying.py"
    text = deploy.read_text()
    wrong = "new.ask(f\"BEGIN; SET LOCAL session_replication_role = replica; DELETE FROM {name(module, 'processed')}; COMMIT\")"
    with (
        ledger(stack, clients=4, pause=0.2) as book,
        steady(stack.url, reads(stack, book), clients=2, pause=0.1) as load,
    ):
        deploy.write_text(
            text.replace(
                "    there = gate.tables(old, module)\n",
                f"    there = gate.tables(old, module)\n    {wrong}\n",
            )
        )
        with pytest.raises(
            AssertionError, match=r"Nothing has moved: orders\.processed has"
        ):
            stack.project.make("move", "MODULE=orders")
        deploy.write_text(text)
        time.sleep(3)
    book.settled()
    print(
        "\ngone back:", book.check(), check_refusals(book), check_reads(load), sep="\n"
    )
    running = ["docker", "ps", "--quiet", "--no-trunc", "--filter", "name=-app-[0-9]"]
    assert set(before) <= set(
        subprocess.run(
            running, capture_output=True, text=True, check=True
        ).stdout.split()
    )
