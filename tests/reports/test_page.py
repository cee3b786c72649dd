from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from typing import Any

import pytest
from tests.advisor.samples import MVP, PLATFORM, REALTIME, SOCIAL, requirements

from archgen.advisor import recommend
from archgen.advisor.facts import derive_facts
from archgen.advisor.scoring import Model
from archgen.answers.resolve import resolve
from archgen.answers.sources import from_record
from archgen.evidence.loader import load_evidence
from archgen.exchange.svg import draw_svg
from archgen.reports.charts import CODES, axes, facts_at, page_data
from archgen.reports.html import html, in_json, in_script

EVIDENCE = load_evidence()
MODEL = Model(EVIDENCE)


class Elements(HTMLParser):
    """Every element with its attributes, and the text of the elements with an id."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))


def page(**answers: Any) -> str:
    asked = requirements(**answers)
    return html(asked, EVIDENCE, recommend(asked, EVIDENCE))


@pytest.mark.parametrize("answers", [PLATFORM, SOCIAL, MVP, REALTIME])
def test_the_page_is_one_file_that_asks_the_network_for_nothing(
    answers: dict[str, Any],
) -> None:
    text = page(**answers)
    for tag, attributes in Elements(text).found:
        for name in (
            ("src",) if tag == "a" else ("src", "href", "action", "data", "srcset")
        ):
            assert not (attributes.get(name) or "").startswith(("http", "//", "/")), (
                tag,
                attributes,
            )
        assert tag not in ("iframe", "object", "embed", "base")
    assert "default-src 'none'" in text
    assert not re.search(r"@import|url\(\s*[\"']?http", text)
    assert len(text) < 600_000


def test_the_page_says_what_else_is_defensible_what_was_considered_and_what_it_takes_to_sign() -> (
    None
):
    text = page(**PLATFORM)
    for part in (
        "what else holds up",
        "modular monolith (",
        "What was considered",
        "twelve months",
        "Who must be able to do what",
        "When it fails",
        "The way on from here",
        "Look at it again in",
        "What to find out first",
    ):
        assert part in text
    assert "runner-up" not in text
    assert "month 0" not in text
    assert '<a href="https://martinfowler.com/bliki/' in text


def test_the_services_of_the_diagram_have_the_names_of_the_modules() -> None:
    asked = requirements(**PLATFORM)
    text = html(
        asked,
        EVIDENCE,
        recommend(asked, EVIDENCE),
        ("accounts", "inventory", "orders", "payments"),
    )
    drawing = text[text.index('<svg class="c4"') : text.index("</svg>")]
    for name in ("accounts", "inventory", "2 more services"):
        assert name in drawing
    assert "another service" not in drawing


def test_the_page_shows_the_entities_and_its_style_is_theirs_alone() -> None:
    customer = {"type": "reference", "to": "shop.customer"}
    entities = {
        "customer": {"fields": {"name": {"type": "string"}}},
        "order": {"fields": {"customer": customer}},
    }
    modules = {"shop": {"entities": entities}}
    taken = resolve([from_record({"name": "firm", "modules": modules})])
    advice = recommend(taken.requirements, EVIDENCE)
    text = html(
        taken.requirements,
        EVIDENCE,
        advice,
        taken.domain.names,
        draw_svg("firm", taken.domain),
    )
    drawing = text[text.index('<svg class="domain"') :]
    drawing = drawing[: drawing.index("</svg>")]
    assert "shop.order has customer, a shop.customer" in drawing
    rules = drawing[drawing.index("<style>") + 7 : drawing.index("</style>")].split("}")
    assert rules[:-1] and all(".domain" in rule for rule in rules[:-1])
    assert 'id="entities"' not in page()


def test_a_limit_that_is_reached_now_is_said_to_be_reached() -> None:
    busy = {
        **SOCIAL,
        "traffic_rps_avg": 50_000.0,
        "traffic_rps_peak": 500_000.0,
        "architecture": "serverless",
    }
    assert "reached now: " in page(**busy)


def test_what_users_write_stays_text() -> None:
    text = page(stack={"database": "<b>bold</b>", "cache": "</script><script>alert(1)"})
    assert "<b>bold" not in text
    assert "<script>alert" not in text
    assert "&lt;b&gt;bold" in text


def test_no_text_ends_the_script_that_holds_it() -> None:
    assert json.loads(in_json({"a": "</script><!-- x"})) == {"a": "</script><!-- x"}
    assert "<" not in in_json(["</script>", "<!--"])
    assert "</" not in in_script("</script>")


@pytest.mark.parametrize("answers", [{}, PLATFORM, SOCIAL, MVP, REALTIME])
def test_the_grid_says_at_every_point_what_the_advisor_says(
    answers: dict[str, Any],
) -> None:
    asked = requirements(**answers)
    advice = recommend(asked, EVIDENCE)
    data = page_data(asked, EVIDENCE, advice)
    over, here = data["axes"], data["here"]
    assert len(data["grid"]) == len(over["team"]) * len(over["latency"])
    assert {len(row) for row in data["grid"]} == {len(over["traffic"])}
    code = data["grid"][here["latency"] * len(over["team"]) + here["team"]][
        here["traffic"]
    ]
    assert data["codes"][code.lower()] == advice.architecture
    assert code.isupper() == advice.event_streaming
    facts = derive_facts(asked, EVIDENCE)
    for at in range(0, len(data["grid"]), 7):
        team, latency = (
            over["team"][at % len(over["team"])],
            over["latency"][at // len(over["team"])],
        )
        found = MODEL.judge(facts_at(facts, MODEL, over["traffic"][3], team, latency))
        expected = CODES[found.architecture]
        assert data["grid"][at][3] == (
            expected.upper() if found.event_streaming else expected
        )


@pytest.mark.parametrize("answers", [{}, PLATFORM, SOCIAL, MVP, REALTIME])
def test_todays_answers_lie_on_the_grid_exactly_and_the_axes_rise(
    answers: dict[str, Any],
) -> None:
    asked = requirements(**answers)
    over = axes(derive_facts(asked, EVIDENCE))
    assert asked.traffic_rps_avg in over["traffic"]
    assert asked.team_size in over["team"]
    assert asked.latency_ms_target in over["latency"]
    for values in over.values():
        assert values == sorted(set(values))


def test_the_cost_drawn_for_today_is_the_cost_told() -> None:
    asked = requirements()
    advice = recommend(asked, EVIDENCE)
    data = page_data(asked, EVIDENCE, advice)
    for name, curve in data["cost"]["curves"].items():
        if name in advice.cost.per_month:
            assert curve[data["here"]["traffic"]] == pytest.approx(
                advice.cost.per_month[name].total, abs=0.01
            )


def test_the_diagram_names_what_was_chosen() -> None:
    text = page(**REALTIME)
    drawing = text[text.index('<svg class="c4"') : text.index("</svg>")]
    for word in ("clients", "nginx", "postgresql", "kafka", "reads, writes"):
        assert word in drawing
