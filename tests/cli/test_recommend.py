"""`archgen recommend` prints the decision alone, in the form that was asked for."""

from __future__ import annotations

import json
from pathlib import Path

from tests.cli.conftest import Archgen

SERVICES = "scope: platform\nteam_size: 200\nteams: 25\nops_maturity: high\nindependent_scaling_need: high\ntraffic: 5k rps\n"


def test_json_is_one_document_with_what_the_contract_names(archgen: Archgen) -> None:
    told = archgen("recommend", "--preset", "ecommerce", "--json", "--no-input")
    assert told.err == ""
    assert {
        "architecture",
        "template",
        "decisions",
        "confidence",
        "scores",
        "reasons",
        "assumed",
        "stack",
    } <= set(told.document)
    assert (
        archgen("recommend", "--preset", "ecommerce", "--format", "json").out
        == told.out
    )


def test_text_answers_at_a_glance_and_explains_on_request(archgen: Archgen) -> None:
    short, long = archgen("recommend"), archgen("recommend", "--explain")
    assert "confidence" in short.out.splitlines()[0] and "Why" in short.out
    assert len(long.out) > 2 * len(short.out)


def test_markdown_is_a_decision_record(archgen: Archgen) -> None:
    assert archgen("recommend", "--format", "markdown").out.startswith(
        "---\nstatus: accepted\n---\n# Monolith for "
    )


def test_html_is_one_page_for_a_browser(archgen: Archgen, folder: Path) -> None:
    told = archgen(
        "recommend", "--preset", "ecommerce", "--format", "html", "-o", "report.html"
    )
    assert (told.code, told.out) == (0, "")
    assert (
        (folder / "report.html")
        .read_text(encoding="utf-8")
        .startswith("<!doctype html>")
    )
    assert (
        archgen(
            "recommend", "--format", "html", "--compare", "monolith,serverless"
        ).code
        == 2
    )


def test_a_file_takes_the_place_of_stdout(archgen: Archgen, folder: Path) -> None:
    told = archgen("recommend", "--json", "-o", "advice.json")
    assert told.code == 0 and told.out == ""
    assert json.loads((folder / "advice.json").read_text())["architecture"]
    assert archgen("recommend", "-o", "none/advice.txt").code == 4


def test_answers_decide(archgen: Archgen, folder: Path) -> None:
    (folder / "a.yaml").write_text(SERVICES)
    assert (
        archgen("recommend", "-a", "a.yaml", "--json").document["architecture"]
        == "microservices"
    )
    assert archgen("recommend", "--json").document["template"] == "monolith"


def test_check_holds_a_project_to_what_its_answers_say_now(
    archgen: Archgen, folder: Path
) -> None:
    assert archgen("new", "shop", "--preset", "crud", "--no-input").code == 0
    record = "shop/archgen.yaml"
    assert archgen("recommend", "--check", record).code == 0
    (folder / "a.yaml").write_text(SERVICES)
    told = archgen("recommend", "-a", "a.yaml", "--check", record, "--json")
    assert told.code == 5 and "is now" in told.err
    assert told.document["architecture"] == "microservices"
    sets = [f"--set={line.replace(': ', '=')}" for line in SERVICES.splitlines()]
    assert archgen("recommend", "--check", record, *sets).code == 5


def test_two_architectures_stand_side_by_side(archgen: Archgen) -> None:
    told = archgen("recommend", "--compare", "monolith,serverless")
    assert told.code == 0 and "for" in told.out and "against" in told.out
    document = archgen(
        "recommend", "--compare", "monolith, serverless", "--json"
    ).document
    assert [side["architecture"] for side in document["sides"]] == [
        "monolith",
        "serverless",
    ]
    assert archgen("recommend", "--compare", "monolith,blob").code == 2
    assert archgen("recommend", "--compare", "monolith").code == 2


def test_prices_are_the_users_own_or_refused(archgen: Archgen, folder: Path) -> None:
    (folder / "p.toml").write_text("[price.nonsense]\nusd = 1\n")
    told = archgen("recommend", "--prices", "p.toml")
    assert told.code == 2 and "nonsense" in told.err
    assert archgen("recommend", "--prices", "none.toml").code in (1, 2)
