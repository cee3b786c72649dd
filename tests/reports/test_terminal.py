from __future__ import annotations

import io

import pytest
from rich.console import Console
from tests.advisor.samples import MVP, PLATFORM, REALTIME, SOCIAL, requirements

from archgen.advisor import recommend
from archgen.evidence.loader import load_evidence
from archgen.reports.terminal import best_flips, print_recommendation
from archgen.requirements import Assumption

EVIDENCE = load_evidence()
ALL = [PLATFORM, SOCIAL, MVP, REALTIME, {**MVP, "architecture": "microservices"}]


def printed(
    answers: dict[str, object],
    *,
    explain: bool = False,
    width: int = 80,
    colour: bool = False,
) -> str:
    out = io.StringIO()
    console = Console(
        file=out,
        width=width,
        force_terminal=colour,
        color_system="standard" if colour else None,
    )
    print_recommendation(
        console, recommend(requirements(**answers), EVIDENCE), explain=explain
    )
    return out.getvalue()


@pytest.mark.parametrize("answers", ALL)
def test_the_answer_fits_one_screen(answers: dict[str, object]) -> None:
    lines = printed(answers).splitlines()
    assert len(lines) <= 24
    assert max(map(len, lines)) <= 80


def test_the_first_lines_say_the_verdict_the_confidence_and_what_else_is_defensible() -> (
    None
):
    first, *others = printed(PLATFORM, width=140).splitlines()
    assert first.startswith("Microservices  confidence 7")
    assert others[0].startswith(
        "Parts that are deployed apart, on servers; no event stream; also defensible: modular"
    )
    assert "nothing else is as defensible" in printed(MVP)


def test_a_verdict_rests_visibly_on_what_was_assumed() -> None:
    assumed = tuple(
        Assumption(field=field, value="high", because="usual")
        for field in ("independent_scaling_need", "ops_maturity", "relational_needs")
    )
    text = printed({**PLATFORM, "assumed": assumed})
    assert "if what was assumed is right" in " ".join(text.split())
    assert ", assumed)" in " ".join(text.split())
    assert "Assumed independent scaling need high, ops maturity high" in text
    assert "Ask     " in text


def test_a_tie_and_the_users_own_choice_are_said_in_plain_words() -> None:
    text = printed({**MVP, "architecture": "microservices"}, width=140)
    assert text.splitlines()[0] == "Microservices  as chosen"
    assert "Chosen  The advice was monolith, confidence" in text
    for word in (
        "cut into one part",
        "events by",
        "Taken",
        "Yours",
        "Built",
        "runner-up",
    ):
        assert word not in text


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
    assert "The advice was monolith" in printed(
        {**MVP, "architecture": "microservices"}
    )


@pytest.mark.parametrize("width", [40, 80, 140])
def test_explaining_gives_every_reason_flip_and_risk_in_any_width(width: int) -> None:
    text = printed(REALTIME, explain=True, width=width)
    assert max(map(len, text.splitlines())) <= width
    words = (
        "Points",
        "Risks",
        "Stack",
        "Next",
        "Considered",
        "Look again",
        "Recovery",
        "The way on",
        "Not asked",
    )
    for word in words:
        assert word in text


def test_the_flips_shown_change_what_is_built_first() -> None:
    advice = recommend(requirements(**PLATFORM), EVIDENCE)
    shown = best_flips(advice)
    assert len({f.field for f in shown}) == len(shown)
    assert all(f.architecture != "microservices" for f in shown)


def test_a_need_that_would_change_it_is_told_apart_from_what_is_known_of_it() -> None:
    shown = " ".join(printed(PLATFORM).split())
    assert (
        "Customers or members install and run it (not known -> yes): modular monolith"
        in shown
    )
