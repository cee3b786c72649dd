from __future__ import annotations

from itertools import pairwise

import pytest
from markdown_it import MarkdownIt
from tests.advisor.samples import MVP, PLATFORM, REALTIME, SOCIAL, requirements

from archgen.advisor import recommend
from archgen.evidence.loader import load_evidence
from archgen.reports.markdown import adr
from archgen.requirements import Assumption

EVIDENCE = load_evidence()


def record(**answers: object) -> str:
    asked = requirements(**answers)
    return adr(asked, recommend(asked, EVIDENCE))


@pytest.mark.parametrize("answers", [PLATFORM, SOCIAL, MVP, REALTIME])
def test_the_record_has_the_sections_of_madr_in_their_order(
    answers: dict[str, object],
) -> None:
    tokens = MarkdownIt().parse(record(**answers))
    heads = [
        t.content for before, t in pairwise(tokens) if before.type == "heading_open"
    ]
    wanted = [
        "Context and problem statement",
        "Decision drivers",
        "Considered options",
        "Decision outcome",
        "Consequences",
        "Confirmation",
        "Pros and cons of the options",
    ]
    assert [h for h in heads if h in wanted] == wanted


def test_the_outcome_names_the_architecture_and_how_sure_that_is() -> None:
    text = record(**PLATFORM)
    assert text.startswith("---\nstatus: accepted\n---\n# Microservices for shop\n")
    assert "**Microservices**, with a confidence of 7" in text
    assert "Also defensible: modular monolith." in text


def test_the_record_holds_what_its_owner_needs_to_sign_it() -> None:
    text = record(**PLATFORM, needs=("isolation",), experience=("kubernetes",))
    assert "| known to hold | isolation |" in text
    assert "| the team has run | kubernetes |" in text
    for part in (
        "| option | chance | for it | against it | twelve months | people, twelve months |",
        "Not asked, or not known to hold: replay",
        "Who must be able to do what:",
        "The way on from here:",
        "Look at it again in ",
        "What to find out first: ",
        "| needs | isolation | ",
    ):
        assert part in text
    assert "another service" not in text


def test_the_teams_own_choice_is_recorded_with_the_advice_and_its_risk() -> None:
    text = record(**MVP, architecture="microservices")
    assert "**Microservices**, chosen by the team. The advice was monolith." in text


def test_what_was_assumed_is_listed() -> None:
    text = record(
        assumed=(Assumption(field="data_gb", value=50, because="Usual for a shop"),)
    )
    assert "assumed: data_gb (usual for a shop)." in text


def test_a_diagram_shows_what_is_recommended() -> None:
    assert "```mermaid\nflowchart LR\n" in record(**SOCIAL)
    assert "[(dynamodb)]" in record(**SOCIAL)


@pytest.mark.parametrize("answers", [PLATFORM, SOCIAL, MVP, REALTIME])
def test_no_line_ends_in_blanks_and_no_two_blank_lines_follow_each_other(
    answers: dict[str, object],
) -> None:
    text = record(**answers)
    assert all(line == line.rstrip() for line in text.splitlines())
    assert "\n\n\n" not in text
    assert text.endswith("\n")
    assert not text.endswith("\n\n")
