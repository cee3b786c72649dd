"""Made-up situations, and what the advice must be in them: a guard against rules that
fit the record and nothing else.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from archgen.advisor.facts import derive_facts
from archgen.advisor.scoring import Model, Verdict
from archgen.answers.resolve import resolve
from archgen.answers.sources import from_flags
from archgen.evidence.loader import load_evidence

VIGNETTES: dict[str, dict[str, Any]] = yaml.safe_load(
    Path(__file__).with_name("vignettes.yaml").read_text(encoding="utf-8")
)
EVIDENCE = load_evidence()
MODEL = Model(EVIDENCE)


def judged(answers: dict[str, Any]) -> Verdict:
    """The verdict on these answers, with what is missing inferred as for a user."""
    return MODEL.judge(
        derive_facts(
            resolve([from_flags({"name": "case", **answers})]).requirements, EVIDENCE
        )
    )


def names(verdict: Verdict) -> set[str]:
    """What a verdict may be called: a monolith with modules or without is one."""
    family, stream = verdict.family
    return (
        {family, f"{family}+event_streaming", "event_streaming"} if stream else {family}
    )


@pytest.mark.parametrize("name", VIGNETTES)
def test_the_advice_is_one_that_a_principal_engineer_would_sign(name: str) -> None:
    case = VIGNETTES[name]
    verdict = judged(case["answers"])
    assert names(verdict) & set(case["accept"])
    assert verdict.architecture not in case.get("never", ())
    assert not verdict.event_streaming or any(
        "event_streaming" in accepted for accepted in case["accept"]
    )


def without(answers: dict[str, Any], *fields: str) -> dict[str, Any]:
    return {key: value for key, value in answers.items() if key not in fields}


@pytest.mark.parametrize(
    "name",
    [
        n
        for n, case in VIGNETTES.items()
        if "never" in case and len(without(case["answers"], "teams", "scope")) > 5
    ],
)
def test_without_teams_and_scope_the_advice_is_still_not_what_the_record_rejects(
    name: str,
) -> None:
    case = VIGNETTES[name]
    assert (
        judged(without(case["answers"], "teams", "scope")).architecture
        not in case["never"]
    )
