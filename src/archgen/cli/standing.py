"""`archgen recommend` in a project: what is advised now, against what was recorded."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from archgen.advisor.recommendation import TEMPLATE_OF, Since

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from archgen.advisor import Recommendation
    from archgen.answers.sources import Source
    from archgen.pipeline import Resolved


def find_record() -> dict[str, Any] | None:
    """The record of the project in the current folder, or in one above it."""
    from archgen.generator.record import RECORD, load_record

    here = Path.cwd()
    found = next(
        (
            folder / RECORD
            for folder in (here, *here.parents)
            if (folder / RECORD).is_file()
        ),
        None,
    )
    return load_record(found) if found else None


def list_sources(record: Mapping[str, Any], others: Sequence[Source]) -> list[Source]:
    """The answers of a project below the others, without what was chosen in place of
    the advice.
    """
    from archgen.answers.sources import from_record
    from archgen.growth.record.records import own_answers

    answers = {
        key: value
        for key, value in own_answers(record).items()
        if key not in ("architecture", "parts")
    }
    return [from_record(answers), *others]


def compare(
    record: Mapping[str, Any], taken: Resolved, recommendation: Recommendation
) -> Recommendation:
    """The recommendation, with what has become of that which the record has."""
    from archgen.growth.evolve.crossings import list_crossed

    then = record["recommendation"]
    override = then.get("override")
    crossed = list_crossed(
        then.get("flips", ()), taken.requirements.model_dump(mode="json")
    )
    since = Since.model_validate(
        {
            "built": record["architecture"],
            "advised": override["advised"] if override else then["architecture"],
            "crossed": list(crossed),
        }
    )
    return recommendation.model_copy(update={"since": since})


def list_lines(recommendation: Recommendation) -> list[str]:
    """That in words."""
    from archgen.reports.labels import ARCHITECTURES, change

    since = recommendation.since
    assert since is not None
    now, then, built = (
        ARCHITECTURES[name]
        for name in (recommendation.architecture, since.advised, since.built)
    )
    lines = [
        f"Built is the {built}; {then} was advised when that was decided, and {now} is now"
    ]
    for flip in since.crossed:
        what, was, to = change(flip)
        lines.append(
            f"Come about since: {what}, {was} then, and from {to} on {ARCHITECTURES[flip.architecture]}"
        )
    if not since.crossed:
        lines.append(
            "Nothing has come about of what would have changed the verdict then"
        )
    target = TEMPLATE_OF[recommendation.architecture]
    if target != TEMPLATE_OF[since.built]:
        lines.append(
            f"archgen evolve --to {target} --dry-run    # shows what that would change"
        )
    return lines
