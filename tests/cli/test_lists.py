"""`doctor`, `presets` and `schema` say what there is."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from tests.cli.conftest import Archgen

from archgen.doctor import Finding, examine_machine
from archgen.domain.presets import PRESETS


def test_presets_are_listed_with_their_modules(archgen: Archgen) -> None:
    told = archgen("presets")
    assert all(name in told.out.splitlines() for name in PRESETS)
    listed = {
        preset["name"]: preset["modules"]
        for preset in archgen("presets", "--json").document
    }
    assert listed["ecommerce"]["inventory"] == ["products"] and listed["crud"] == {
        "accounts": ["accounts"],
        "items": ["items"],
    }


def test_the_schema_describes_every_key(archgen: Archgen) -> None:
    schema = archgen("schema").document
    assert schema["additionalProperties"] is False
    assert {"name", "traffic", "parts", "stack", "modules", "slo"} <= set(
        schema["properties"]
    )
    assert "ecommerce" in schema["properties"]["preset"]["enum"]
    assert "reference" in str(schema["$defs"]["FieldSpec"]["properties"]["type"])


def test_the_schema_of_the_recommendation_fits_what_is_printed(
    archgen: Archgen,
) -> None:
    schema = archgen("schema", "recommendation").document
    assert set(archgen("recommend", "--json").document) <= set(schema["properties"])


def findings(*there: str) -> dict[str, Finding]:
    def ask(command: Sequence[str]) -> str | None:
        return f"{command[0]} 1.2" if command[0] in there else None

    return {finding.name: finding for finding in examine_machine(ask)}


def test_a_missing_tool_is_told_with_its_use_and_how_to_get_it() -> None:
    found = findings("make")
    assert found["make"].found and found["make"].detail == "make 1.2"
    assert (
        not found["git"].found
        and found["git"].required
        and "apt-get" in found["git"].get
    )
    assert not found["docker engine"].found and not found["docker engine"].required
    assert "make up" in found["docker"].needed_for


@pytest.mark.parametrize(("there", "code"), [(("make", "git"), 0), (("docker",), 1)])
def test_doctor_fails_where_a_required_tool_is_missing(
    archgen: Archgen, monkeypatch: pytest.MonkeyPatch, there: tuple[str, ...], code: int
) -> None:
    machine = list(findings(*there).values())
    monkeypatch.setattr("archgen.doctor.examine_machine", lambda: machine)
    told, document = archgen("doctor"), archgen("doctor", "--json")
    assert told.code == document.code == code
    assert document.document["ready"] is (code == 0)
    assert {finding["name"] for finding in document.document["findings"]} >= {
        "python",
        "make",
        "git",
        "free ports",
    }
    assert ("missing make" in told.out) == (code == 1)


def test_this_machine_is_examined(archgen: Archgen) -> None:
    python = archgen("doctor", "--json").document["findings"][0]
    assert python["name"] == "python" and python["found"]
