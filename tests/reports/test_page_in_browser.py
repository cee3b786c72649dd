"""The page in a real Chromium: it draws, moves, stays off the network, and is
accessible.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.advisor.samples import SOCIAL

from archgen.advisor import recommend
from archgen.answers.resolve import resolve
from archgen.answers.sources import from_flags
from archgen.evidence.loader import load_evidence
from archgen.exchange.svg import draw_svg
from archgen.reports.html import html

pytestmark = pytest.mark.real
CHARTS = ("map", "scores", "cost", "latency-chart", "growth")


@pytest.fixture
def browser(tool: Callable[[str], str]) -> Iterator[Any]:
    """A headless Chromium that logs its console and its requests."""
    from selenium import webdriver
    from selenium.webdriver.chrome.options import Options
    from selenium.webdriver.chrome.service import Service

    options = Options()
    options.binary_location = tool("chromium")
    for argument in (
        "--headless=new",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-dev-shm-usage",
    ):
        options.add_argument(argument)
    options.add_argument("--window-size=1100,900")
    options.set_capability(
        "goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"}
    )
    driver = webdriver.Chrome(options=options, service=Service(tool("chromedriver")))
    yield driver
    driver.quit()


def written(folder: Path, **answers: Any) -> str:
    """The address of the page for these answers."""
    evidence = load_evidence()
    taken = resolve([from_flags(answers)])
    file = folder / "report.html"
    drawing = draw_svg(taken.requirements.name, taken.domain)
    page = html(
        taken.requirements,
        evidence,
        recommend(taken.requirements, evidence),
        taken.domain.names,
        drawing,
    )
    file.write_text(page, encoding="utf-8")
    return file.as_uri()


@pytest.fixture
def ecommerce(tmp_path: Path) -> str:
    return written(tmp_path, preset="ecommerce")


def requests(driver: Any) -> list[str]:
    """Every address that the page asked for."""
    messages = (
        json.loads(entry["message"])["message"]
        for entry in driver.get_log("performance")
    )
    return [
        m["params"]["request"]["url"]
        for m in messages
        if m["method"] == "Network.requestWillBeSent"
    ]


def slide(driver: Any, field: str, share: float) -> str:
    """Move a slider to a share of its way, as a hand does, and read the verdict."""
    driver.execute_script(
        "const s = document.getElementById(arguments[0]); s.value = Math.round(s.max * arguments[1]);"
        "s.dispatchEvent(new Event('input', {bubbles: true}));",
        field,
        share,
    )
    return str(
        driver.execute_script("return document.getElementById('verdict').textContent")
    )


def test_the_sliders_move_the_verdict_and_the_map(browser: Any, ecommerce: str) -> None:
    browser.get(ecommerce)
    start = browser.execute_script(
        "return document.getElementById('verdict').textContent"
    )
    drawn = browser.execute_script("return document.getElementById('map').innerHTML")
    assert start == "monolith"
    assert slide(browser, "team", 1.0) != start
    assert (
        browser.execute_script("return document.getElementById('map').innerHTML")
        != drawn
    )
    browser.execute_script("document.getElementById('back').click()")
    assert (
        browser.execute_script("return document.getElementById('verdict').textContent")
        == start
    )


def test_a_tighter_latency_target_moves_functions_to_servers(
    browser: Any, tmp_path: Path
) -> None:
    answers = {k: v for k, v in SOCIAL.items() if k != "ops_maturity"}
    browser.get(written(tmp_path, name="feed", **answers))
    assert (
        browser.execute_script("return document.getElementById('verdict').textContent")
        == "serverless functions"
    )
    assert "monolith" in slide(browser, "latency", 0.0)


def test_every_chart_is_drawn_without_an_error_or_a_request(
    browser: Any, ecommerce: str
) -> None:
    browser.get(ecommerce)
    for chart in CHARTS:
        drawn = browser.execute_script(
            "return document.querySelectorAll('#' + arguments[0] + ' svg path, #' + arguments[0] + ' svg rect').length",
            chart,
        )
        assert drawn >= 3, chart
    for field in ("traffic", "team", "latency"):
        for share in (0.0, 0.5, 1.0):
            slide(browser, field, share)
    assert browser.get_log("browser") == []
    assert [
        url for url in requests(browser) if not url.startswith(("file:", "data:"))
    ] == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_serious(browser: Any, ecommerce: str, scheme: str) -> None:
    from importlib.metadata import files

    rules = next(
        file.locate()
        for file in files("axe-core-python") or ()
        if file.name == "axe.min.js"
    )
    browser.execute_cdp_cmd(
        "Emulation.setEmulatedMedia",
        {"features": [{"name": "prefers-color-scheme", "value": scheme}]},
    )
    browser.get(ecommerce)
    browser.execute_script(
        "document.querySelectorAll('details').forEach(d => d.open = true)"
    )
    paper = browser.execute_script(
        "return getComputedStyle(document.body).backgroundColor"
    )
    assert paper == {"light": "rgb(255, 255, 255)", "dark": "rgb(20, 24, 29)"}[scheme]
    browser.execute_script(Path(str(rules)).read_text(encoding="utf-8"))
    found = browser.execute_async_script("axe.run().then(arguments[0])")["violations"]
    assert [
        (v["id"], v["nodes"][0]["html"])
        for v in found
        if v["impact"] in ("serious", "critical")
    ] == []


@pytest.mark.parametrize("width", [360, 800])
def test_nothing_is_wider_than_a_small_window(
    browser: Any, ecommerce: str, width: int
) -> None:
    browser.execute_cdp_cmd(
        "Emulation.setDeviceMetricsOverride",
        {"width": width, "height": 800, "deviceScaleFactor": 1, "mobile": False},
    )
    browser.get(ecommerce)
    assert (
        browser.execute_script("return document.documentElement.scrollWidth") <= width
    )


def test_in_print_the_sliders_are_gone_and_the_paper_is_white(
    browser: Any, ecommerce: str
) -> None:
    browser.execute_cdp_cmd(
        "Emulation.setEmulatedMedia",
        {
            "media": "print",
            "features": [{"name": "prefers-color-scheme", "value": "dark"}],
        },
    )
    browser.get(ecommerce)
    shown = browser.execute_script(
        "return getComputedStyle(document.querySelector('.sliders')).display"
    )
    assert shown == "none"
    assert (
        browser.execute_script("return getComputedStyle(document.body).backgroundColor")
        == "rgb(255, 255, 255)"
    )
    assert (
        browser.execute_script("return document.querySelectorAll('#map svg').length")
        == 1
    )


def test_a_slider_that_changes_nothing_says_so(browser: Any, ecommerce: str) -> None:
    browser.get(ecommerce)
    notes = {
        field: browser.execute_script(
            f"return document.getElementById('{field}-idle').textContent"
        )
        for field in ("traffic", "team", "latency")
    }
    data = json.loads(
        browser.execute_script("return document.getElementById('data').textContent")
    )
    over, here, grid = data["axes"], data["here"], data["grid"]

    def code(**there: int) -> str:
        at = {**here, **there}
        return str(grid[at["latency"] * len(over["team"]) + at["team"]][at["traffic"]])

    for field, note in notes.items():
        changes = len({code(**{field: step}) for step in range(len(over[field]))}) > 1
        assert (note == "") == changes, field
    assert any(notes.values())
    assert browser.execute_script(
        "return document.getElementById('verdict-chance').textContent"
    ).endswith(" %)")
