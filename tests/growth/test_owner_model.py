"""Whatever an owner does between two commands, each of their lines is in what comes out; edits that do not meet never conflict."""

from __future__ import annotations

import random
from collections.abc import Callable

import pytest
from tests.growth.conftest import Home
from tests.support.growing import draw_command, list_seeds, run_sequence
from tests.support.owner import Owner

Copy = Callable[..., Home]


@pytest.mark.parametrize(("seed", "architecture"), list(list_seeds(20)))
def test_every_line_of_the_owner_is_in_the_result_or_in_a_marked_conflict(
    home: Copy, seed: int, architecture: str
) -> None:
    project = home(architecture)
    done = run_sequence(
        project.folder, seed, lambda command: project.archgen(*command).code, sql=architecture != "serverless"
    )
    assert done.lost == (), "\n".join(done.said)


@pytest.mark.parametrize(("seed", "architecture"), list(list_seeds(6)))
def test_edits_that_do_not_meet_what_is_new_never_conflict(home: Copy, seed: int, architecture: str) -> None:
    project = home(architecture)
    chance = random.Random(seed)
    command = draw_command(chance, 0, sql=architecture != "serverless")

    def texts() -> dict[str, str]:
        return {path: content.decode(errors="replace") for path, (content, _) in project.files().items()}

    before = texts()
    assert project.archgen(*command).code == 0
    after = texts()
    assert project.archgen("add", "--abort").code == 0
    owner = Owner(project.folder, chance)
    owner.insert_far(before, after, 30)
    done = project.archgen(*command)
    assert done.code == 0, done.err
    assert owner.list_lost() == [] and len(owner.mine) == 30


def test_the_model_notices_what_is_lost(home: Copy) -> None:
    project = home()
    owner = Owner(project.folder, random.Random(1))
    owner.work(10)
    path = next(path for path in owner.files() if any(word in path.read_text(errors="replace") for word in owner.mine))
    path.write_text("")
    assert owner.list_lost()
