"""Whatever an owner does between two commands, each of their lines is in what comes
out; edits that do not meet never conflict.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.growth.conftest import Home
from tests.support.growing import (
    COMMANDS,
    DOMAINS,
    Draw,
    Start,
    draw_command,
    list_starts,
    run_sequence,
)
from tests.support.older import VERSION, Older, released_before
from tests.support.owner import Owner, list_conflicts
from tests.support.renderings import Renderings, remember_renderings

from archgen import __version__
from archgen.generator import load_record

Copy = Callable[..., Home]


@pytest.fixture(scope="module")
def renderings(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Renderings]:
    """What is rendered here is rendered once."""
    with remember_renderings(tmp_path_factory.mktemp("renderings") / "store") as kept:
        yield kept


@pytest.fixture(scope="module")
def older(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Older]:
    with released_before(tmp_path_factory.mktemp("release")) as release:
        yield release


@pytest.mark.usefixtures("renderings")
@pytest.mark.parametrize(
    "start",
    list(list_starts(60)),
    ids=lambda s: f"{s.seed}-{s.architecture}-{s.domain}",
)
def test_every_line_of_the_owner_is_in_the_result_or_in_a_marked_conflict(
    home: Copy, older: Older, start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = home(start.architecture, **DOMAINS[start.domain])
    if start.older:
        older.write(project.folder, project.folder.with_name("older"))
        project = Home(project.folder.with_name("older"), project.archgen)
        monkeypatch.chdir(project.folder)
    done = run_sequence(
        project.folder, start.seed, lambda command: project.archgen(*command).code
    )
    assert done.lost == [], "\n".join(done.said)
    assert done.needless == [], "\n".join(done.said)
    assert not start.older or "update" in done.merged, "\n".join(done.said)


def test_what_was_rendered_once_is_the_same_bytes_as_rendered_anew(
    home: Copy, tmp_path: Path
) -> None:
    project = home("microservices")
    command = ("add", "entity", "catalog.shelf", "--set", "fields.name.type=string")
    assert project.archgen(*command).code == 0
    plain = project.files()
    with remember_renderings(tmp_path / "store") as kept:
        for _ in range(2):
            assert project.archgen("add", "--abort").code == 0
            assert project.archgen(*command).code == 0
            assert project.files() == plain
        assert (kept.made, kept.found) == (2, 2)


@pytest.mark.parametrize(
    "start",
    list(list_starts(6, domains=2)),
    ids=lambda s: f"{s.architecture}-{s.domain}",
)
def test_edits_that_do_not_meet_what_is_new_never_conflict(
    home: Copy, start: Start
) -> None:
    project = home(start.architecture, **DOMAINS[start.domain])
    chance = random.Random(start.seed)
    command = [
        "add",
        "module",
        "apart",
        "--set",
        "entities.thing.fields.name.type=string",
    ]

    def texts() -> dict[str, str]:
        return {
            path: content.decode(errors="replace")
            for path, (content, _) in project.files().items()
        }

    before = texts()
    assert project.archgen(*command).code == 0
    after = texts()
    assert project.archgen("add", "--abort").code == 0
    owner = Owner(project.folder, chance)
    owner.insert_far(before, after, 30)
    done = project.archgen(*command)
    assert done.code == 0, done.err
    assert owner.list_lost() == [] and owner.mine.total() == 30


def test_the_model_notices_what_is_lost(home: Copy) -> None:
    project = home()
    owner = Owner(project.folder, random.Random(1))
    owner.work(10)
    path = next(
        path
        for path in owner.files()
        if any(word in path.read_text(errors="replace") for word in owner.mine)
    )
    path.write_text("")
    assert owner.list_lost()


def test_the_model_notices_a_conflict_that_a_person_would_not_have_made(
    home: Copy,
) -> None:
    project = home()
    lines = [f"line {number}\n" for number in range(9)]
    path = project.folder / "notes.txt"
    for text in (lines, ["mine\n", *lines], [*lines, "new\n"]):
        path.write_text("".join(text))
        project.git("add", "notes.txt")
    blobs = []
    for text in (lines, ["mine\n", *lines], [*lines, "new\n"], ["new\n", *lines]):
        path.write_text("".join(text))
        blobs.append(project.git("hash-object", "-w", "notes.txt").strip())
    for third, needless in ((blobs[2], True), (blobs[3], False)):
        project.git(
            "rm", "--quiet", "--force", "--cached", "--ignore-unmatch", "notes.txt"
        )
        for stage, blob in enumerate((blobs[0], blobs[1], third), 1):
            (project.folder / "stages").write_text(
                f"100644 {blob} {stage}\tnotes.txt\n"
            )
            with (project.folder / "stages").open() as given:
                project.git("update-index", "--index-info", given=given.read())
        assert list_conflicts(project.folder) == {"notes.txt": needless}


@pytest.mark.long
def test_commands_are_drawn_from_what_the_project_has(home: Copy, older: Older) -> None:
    project = home(**DOMAINS["clinic"])
    chance = random.Random(3)
    drawn = {
        " ".join(draw_command(Draw(project.folder, chance, n))[:2]) for n in range(400)
    }
    assert {
        " ".join(make(Draw(project.folder, chance, 0))[:2]) for _, make in COMMANDS
    } <= drawn
    assert {
        "add module",
        "rename entity",
        "remove field",
        "change field",
        "evolve --to",
        "evolve --merge",
    } <= drawn
    assert project.archgen("remove", "field", "people.patient.born").code == 0
    assert "contract --yes" in {
        " ".join(draw_command(Draw(project.folder, chance, n))) for n in range(30)
    }
    assert project.archgen("remove", "--abort").code == 0
    older.write(project.folder, project.folder.with_name("older"))
    project = Home(project.folder.with_name("older"), project.archgen)
    assert (
        load_record(project.folder / "archgen.yaml")["archgen_version"]
        == VERSION
        != __version__
    )
    assert draw_command(Draw(project.folder, chance, 0)) == ["update"]
