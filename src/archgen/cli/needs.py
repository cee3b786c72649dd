"""The wizard's screen of needs, and the one question whose answer would tell most."""

from __future__ import annotations

from typing import TYPE_CHECKING

from archgen.advisor.needs import EXPERIENCE, NEEDS
from archgen.cli.prompts import Option

if TYPE_CHECKING:
    from archgen.answers.sources import Source
    from archgen.cli.prompts import Asker
    from archgen.pipeline import Resolved

SCREEN = "What else holds?"
TEAM = "  In production, this team has run"
UNKNOWN, NO, YES = "not known", "no", "yes"


def ask_needs(by: Asker, taken: Resolved) -> dict[str, list[str]]:
    """The needs and the experience that were ticked, by key."""
    needs = [
        Option(name, meaning.says, meaning.holds) for name, meaning in NEEDS.items()
    ]
    experience = [
        Option(name, meaning.says, meaning.holds)
        for name, meaning in EXPERIENCE.items()
    ]
    ticked = by.tick(SCREEN, [*needs, TEAM, *experience])
    found = {
        "needs": [option.value for option in needs if option.value in ticked],
        "experience": [option.value for option in experience if option.value in ticked],
    }
    return {key: names for key, names in found.items() if names}


def ask_open(by: Asker, sources: list[Source], taken: Resolved) -> Resolved:
    """Ask the one question that the advisor would put next; what is not known stays
    open.
    """
    from archgen.cli.wizard import add_answer, ask_field
    from archgen.pipeline import advise

    question = advise(taken).question
    if question is None:
        return taken
    by.tell("one more question, whose answer would tell most")
    if question.value is None:
        return add_answer(
            sources,
            question.field,
            ask_field(by, question.field, question.asks, sources, taken),
        )
    options = [
        Option(UNKNOWN, "leave it open"),
        Option(NO, "it does not hold"),
        Option(YES, "it holds"),
    ]
    if by.select(question.asks, options, UNKNOWN) != YES:
        return taken
    return add_answer(
        sources,
        question.field,
        [*(taken.raw.get(question.field) or ()), question.value],
    )
