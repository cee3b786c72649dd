from __future__ import annotations

import io

import pytest
from rich.console import Console
from tests.advisor.samples import MVP, PLATFORM, REALTIME, SOCIAL, requirements

from archgen.advisor import recommend
from archgen.evidence import load_evidence
from archgen.reports.terminal import best_flips, print_recommendation

EVIDENCE = load_evidence()
ALL = [PLATFORM, SOCIAL, MVP, REALTIME, {**MVP, "architecture": "microservices"}]


def printed(answers: dict[str, object], *, explain: bool = False, width: int = 80, colour: bool = False) -> str:
    out = io.StringIO()
    console = Console(file=out, width=width, force_terminal=colour, color_system="standard" if colour else None)
    print_recommendation(console, recommend(requirements(**answers), EVIDENCE), explain=explain)
    return out.getvalue()


@pytest.mark.parametrize("answers", ALL)
def test_the_answer_fits_one_screen(answers: dict[str, object]) -> None:
    lines = printed(answers).splitlines()
    assert len(lines) <= 24
    assert max(map(len, lines)) <= 80


def test_the_first_line_says_the_verdict_the_confidence_and_the_runner_up() -> None:
    assert printed(PLATFORM).splitlines()[0].startswith("Microservices  confidence 9")
    assert printed(PLATFORM).splitlines()[0].endswith(", runner-up modular monolith")


def test_three_reasons_with_their_points_are_given() -> None:
    why = printed(PLATFORM).split("Why\n")[1].split("\n\n")[0]
    assert why.count("- ") == 3
    assert "microservices +" in why


def test_colour_adds_nothing_but_colour() -> None:
    plain, coloured = printed(SOCIAL), printed(SOCIAL, colour=True)
    assert "\x1b[" not in plain
    assert "\x1b[" in coloured
    assert Console(file=io.StringIO()).render_str(plain).plain.split() == plain.split()
    for line in plain.splitlines():
        assert line == line.rstrip()


def test_the_users_own_choice_is_named_with_the_advice_and_the_risk() -> None:
    assert "The advice was monolith" in printed({**MVP, "architecture": "microservices"})


@pytest.mark.parametrize("width", [40, 80, 140])
def test_explaining_gives_every_reason_flip_and_risk_in_any_width(width: int) -> None:
    text = printed(REALTIME, explain=True, width=width)
    assert max(map(len, text.splitlines())) <= width
    for word in ("Points", "Risks", "Stack", "Next"):
        assert word in text


def test_the_flips_shown_change_what_is_built_first() -> None:
    advice = recommend(requirements(**PLATFORM), EVIDENCE)
    shown = best_flips(advice)
    assert len({f.field for f in shown}) == len(shown)
    assert all(f.architecture != "microservices" for f in shown)
