"""Random valid domains, each in a random architecture and grouping: held to their own
checks, and used over HTTP.

Twenty of them, or with `LONG=no` one. They were drawn once and lie in
`domains.json`, so that they are the same on every machine (what hypothesis draws
depends on the modules that are loaded); `python -m tests.samples.test_domains` draws
twenty others.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from tests.generator.test_odd_domains import FIELDS_OWN_WORDS
from tests.parity.systems import SQL_DOMAIN
from tests.strategies import domains, groupings
from tests.support.projects import ask, new
from tests.support.samples import samples
from tests.support.walking import Walk

COUNT = len(samples(range(20), range(1)))
DRAWN = Path(__file__).with_name("domains.json")
ARCHITECTURES = ("monolith", "microservices", "serverless")

pytestmark = [pytest.mark.samples, pytest.mark.timeout(1800)]


@st.composite
def cases(draw: st.DrawFn) -> tuple[dict[str, Any], str]:
    """Answers, and the architecture; parts that a monolith cannot have go to one of the
    others.
    """
    modules = draw(domains(max_entities=2))
    parts = draw(groupings(list(modules)))
    fitting = (
        ARCHITECTURES
        if not parts
        else ARCHITECTURES[1:]
        if len(parts) > 1
        else ("monolith", "serverless")
    )
    return {"scope": "mvp", "modules": modules, "parts": parts}, draw(
        st.sampled_from(fitting)
    )


def draw_anew(count: int) -> list[tuple[dict[str, Any], str]]:
    """No two with the same entities; the first that are drawn are trivial, and left
    out.
    """
    found: dict[str, tuple[dict[str, Any], str]] = {}

    @settings(max_examples=300, database=None, phases=[Phase.generate], deadline=None,
              suppress_health_check=list(HealthCheck))  # fmt: skip
    @given(cases())
    def collect(case: tuple[dict[str, Any], str]) -> None:
        modules = case[0]["modules"]
        found.setdefault(
            str({name: sorted(module["entities"]) for name, module in modules.items()}),
            case,
        )

    collect()
    kept = list(found.values())[-count:]
    first = [
        next(case for case in kept if case[1] == architecture and case[0]["parts"])
        for architecture in ARCHITECTURES
    ]
    return [*first, *(case for case in kept if case not in first)]


@pytest.mark.long
@pytest.mark.parametrize("architecture", ["monolith", "serverless"])
def test_fields_may_be_called_as_types_and_as_what_the_code_beside_them_says(
    architecture: str, tmp_path: Path
) -> None:
    written = tmp_path / "answers.json"
    written.write_text(json.dumps({"modules": FIELDS_OWN_WORDS}))
    project = new(
        tmp_path, "sample", "--answers", str(written), "--architecture", architecture
    )
    project.make("check")
    assert " passed" in project.make("test")


@pytest.mark.few(1)
@pytest.mark.parametrize("architecture", ["monolith", "microservices", "serverless"])
def test_what_only_lists_in_sql_do_holds_in_every_architecture(
    architecture: str, tmp_path: Path
) -> None:
    written = tmp_path / "answers.json"
    written.write_text(json.dumps({**SQL_DOMAIN, "stack": {"database": "postgresql"}}))
    project = new(
        tmp_path, "sample", "--answers", str(written), "--architecture", architecture
    )
    project.make("check")
    assert " passed" in project.make("test")


def test_what_the_test_of_a_deleted_account_makes_is_gone_when_the_next_begins(
    tmp_path: Path,
) -> None:
    plain = {"x": {"type": "string"}}
    ticket = {"type": "reference", "to": "support.ticket", "required": True}
    modules = {
        "keys": {
            "entities": {
                "grant": {
                    "access": {"read": "user", "write": "owner"},
                    "fields": {"ticket": ticket},
                }
            },
            "reacts_to": ["accounts.account.deleted"],
        },
        "support": {
            "entities": {
                "ticket": {
                    "access": {"read": "owner", "write": "owner"},
                    "fields": plain,
                }
            }
        },
    }
    written = tmp_path / "answers.json"
    written.write_text(json.dumps({"scope": "mvp", "modules": modules}))
    project = new(
        tmp_path, "sample", "--answers", str(written), "--architecture", "monolith"
    )
    project.make("setup")
    done = project.pytest("tests/keys/test_event_handlers.py", "tests/support")
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("number", range(COUNT))
def test_a_random_domain_is_a_project_that_holds(number: int, tmp_path: Path) -> None:
    answers, architecture = json.loads(DRAWN.read_text())[number]
    written = tmp_path / "answers.json"
    written.write_text(json.dumps(answers))
    project = new(
        tmp_path / "own",
        "sample",
        "--answers",
        str(written),
        "--architecture",
        architecture,
    )
    project.make("check")
    assert " passed" in project.make("test")
    with project.running() as url:
        assert not Walk(url, project).go()
        documents = [ask(f"{url}/openapi.json")[1]]
    written.write_text(json.dumps({**answers, "parts": {}}))
    for other in ARCHITECTURES:
        twin = new(
            tmp_path / other,
            "sample",
            "--answers",
            str(written),
            "--architecture",
            other,
        )
        with twin.running() as url:
            documents.append(ask(f"{url}/openapi.json")[1])
    texts = [json.dumps(document, sort_keys=True, indent=1) for document in documents]
    assert texts[1:] == texts[:-1]


if __name__ == "__main__":
    DRAWN.write_text(json.dumps(draw_anew(20), indent=1) + "\n")
