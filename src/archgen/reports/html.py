"""The recommendation as one page: no network, light and dark, printable; its charts are
drawn by D3 in the page itself.
"""

from __future__ import annotations

import json
from importlib.metadata import PackageNotFoundError, files
from pathlib import Path
from typing import TYPE_CHECKING, Any

from archgen.errors import ArchgenError
from archgen.reports.charts import page_data
from archgen.reports.diagram import c4
from archgen.reports.labels import (
    ARCHITECTURES,
    CANDIDATES,
    also,
    change,
    costs,
    figures,
    number,
    otherwise,
    plain,
    reached,
    rounded,
    services,
    shape,
    sure,
    value,
    verdict,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from markupsafe import Markup

    from archgen.advisor import Recommendation
    from archgen.evidence.schema import Evidence
    from archgen.requirements import Requirements

PAGE = Path(__file__).parent / "page"
CHARTS = "XStatic-D3"  # ships d3.js as it is, and nothing else


def html(
    requirements: Requirements,
    evidence: Evidence,
    recommendation: Recommendation,
    modules: Sequence[str] = (),
    entities: str = "",
) -> str:
    """The whole page as text; `modules` names the services, where there are to be some,
    and `entities` is a drawing of the domain (SVG).
    """
    from jinja2 import Environment, FileSystemLoader, StrictUndefined
    from markupsafe import Markup

    environment = Environment(
        loader=FileSystemLoader(PAGE),
        undefined=StrictUndefined,
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(
        plain=plain,
        number=number,
        rounded=rounded,
        figures=figures,
        otherwise=otherwise,
    )
    environment.filters.update(change=change, reached=reached, value=value, link=link)
    data = page_data(requirements, evidence, recommendation)
    candidate = recommendation.cost.per_month[recommendation.cost.candidate]
    return environment.get_template("report.html.jinja").render(
        name=requirements.name,
        requirements=requirements,
        r=recommendation,
        data=Markup(in_json(data)),
        diagram=Markup(
            c4(recommendation, requirements.name, services(requirements, modules))
        ),
        entities=Markup(entities),
        style=Markup((PAGE / "report.css").read_text(encoding="utf-8")),
        script=Markup((PAGE / "report.js").read_text(encoding="utf-8")),
        charts=Markup(in_script(_library())),
        names=ARCHITECTURES,
        candidates=CANDIDATES,
        verdict=verdict,
        shape=shape(recommendation),
        also=also(recommendation),
        sure=sure(recommendation),
        cost=costs(candidate.total, candidate.low, candidate.high),
    )


def link(source: str) -> Markup:
    """A source as a link to its page, where it has one."""
    from markupsafe import Markup

    title, _, url = source.rpartition(", ")
    if not url.startswith(("http://", "https://")):
        return Markup("{}").format(title or source)
    return Markup('<a href="{}" rel="noreferrer">{}</a>').format(url, title)


def in_json(data: Any) -> str:
    """A JSON document that can stand in a script element: no character of it begins a
    tag or a comment.
    """
    return json.dumps(data, separators=(",", ":")).replace("<", "\\u003c")


def in_script(text: str) -> str:
    """A script that cannot end the element it stands in."""
    return text.replace("</", "<\\/")


def _library() -> str:
    try:
        found = [file for file in files(CHARTS) or () if file.name == "d3.js"]
    except PackageNotFoundError:
        found = []
    if not found:
        raise ArchgenError(
            f"{CHARTS}, which draws the charts, is not installed",
            f"python -m pip install {CHARTS}",
        )
    return Path(str(found[0].locate())).read_text(encoding="utf-8")
