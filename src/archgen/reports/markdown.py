"""The recommendation as an architecture decision record (MADR): the very file that a
generated project holds.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from archgen.catalog import templates_dir
from archgen.reports.labels import services

if TYPE_CHECKING:
    from collections.abc import Sequence

    from archgen.advisor import Recommendation
    from archgen.requirements import Requirements

ADR = "_shared/docs/adr/0001-architecture.md.jinja"


def adr(
    requirements: Requirements,
    recommendation: Recommendation,
    modules: Sequence[str] = (),
) -> str:
    """The decision record of this recommendation; `modules` names the services, where
    there are to be some.
    """
    return render_adr(
        {
            "name": requirements.name,
            "requirements": requirements.model_dump(mode="json", exclude_none=True),
            "recommendation": recommendation.document(),
            "parts": [{"name": name} for name in services(requirements, modules)],
        }
    )


def render_adr(record: dict[str, Any]) -> str:
    """The decision record from the content of `archgen.yaml`, rendered as the generator
    renders it.
    """
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(templates_dir()),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,
    )
    return environment.get_template(ADR).render(record)
