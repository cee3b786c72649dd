"""A templates folder small enough to see through: two layers, a loop over modules, a
macro, a copied file.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from archgen.advisor import recommend
from archgen.blueprint.build import build_blueprint
from archgen.domain.presets import assemble_domain, preset_for
from archgen.evidence.loader import load_evidence
from archgen.generator import build_record, preview, templates_dir
from archgen.requirements import Requirements, ServiceLevels, StackChoice

PRESETS = ("crud", "ecommerce")
ARCHITECTURES = ("monolith", "microservices", "serverless")

RULES = """
chosen: dict(stack)
layers: |
  _shared
  {% for option in options %}
  {{ option.folder }}/files
  {% endfor %}
  {{ template }}
names:
  __package__: {is: package}
  __module__: {is: module.name, for: module, in: modules}
suffix: .jinja
jinja: {trim_blocks: true, keep_trailing_newline: true}
when:
  - if: module.publishes
    files: [_shared/src/__package__/__module__/events.py]
"""
FILES = {
    "_macros/words.jinja": "{% macro shout(word) %}{{ word | upper }}!{% endmacro %}",
    "files.yaml": RULES,
    "_shared/src/__package__/__module__/api.py.jinja": (
        '{% from "_macros/words.jinja" import shout %}\n{{ module.name }} {{ shout(module.name) }} {{ requirements.team }}\n'
    ),
    "_shared/src/__package__/__module__/events.py.jinja": "{{ module.name }} publishes\n",
    "_shared/src/__package__/chassis/db.py": "as it is: {{ nothing }}\n",
    "_shared/docs/stack.md.jinja": (
        "{% for option in options %}{% include option.folder ~ '/slots/docs.jinja' ignore missing %}{% endfor %}"
        "{{ has.shared_cache }}\n"
    ),
    "_options/cache/valkey/option.yaml": "provides: [shared_cache]\n",
    "_options/cache/valkey/slots/docs.jinja": "Valkey for {{ name }}.\n",
    "_options/cache/valkey/files/src/__package__/chassis/valkey.py": "cache\n",
    "_options/cache/none/option.yaml": (
        "when: [{if: has.shared_cache, files: [docs/caches.md]}, {if: has.sql, files: [docs/tables.md]}]\n"
    ),
    "_options/cache/none/files/docs/caches.md": "of several\n",
    "_options/cache/none/files/docs/tables.md": "of SQL\n",
    "_options/database/postgresql/option.yaml": "provides: [sql]\n",
    "_options/auth/builtin/option.yaml": "{}\n",
    "_shared/.env.example": "# ports\nDEV_PORT=<port>\nPASSWORD=<secret>\nLEVEL=info\n",
    "_shared/.gitignore": ".env\n",
    "monolith/deploy/compose.yaml.jinja": "name: {{ name }}\n",
    "microservices/deploy/services.yaml.jinja": "{% for part in parts %}\n- {{ part.name }}\n{% endfor %}\n",
}


@pytest.fixture
def templates(tmp_path: Path) -> Path:
    folder = tmp_path / "templates"
    real = templates_dir()
    for name, text in FILES.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    (folder / "_shared/deploy").mkdir()
    shutil.copy(real / "_shared/deploy/env.py", folder / "_shared/deploy")
    return folder


@pytest.fixture
def record() -> dict[str, Any]:
    return {
        "archgen_version": "1.2.3",
        "name": "book-shop",
        "package": "book_shop",
        "template": "monolith",
        "events": True,
        "modules": [
            {
                "name": "accounts",
                "kind": "accounts",
                "publishes": False,
                "entities": [],
                "uses": [],
                "reactions": [],
                "subscribes": [],
            },
            {
                "name": "orders",
                "kind": "entities",
                "publishes": True,
                "entities": [],
                "uses": [],
                "reactions": [],
                "subscribes": [],
            },
        ],
        "parts": [{"name": "app", "modules": ["accounts", "orders"], "calls": []}],
        "stack": {"database": "postgresql", "cache": "valkey", "auth": "builtin"},
        "requirements": {"team": "no"},
    }


@cache
def _preset_record(
    preset: str, architecture: str, auth: str = "builtin"
) -> dict[str, Any]:
    requirements = Requirements.model_validate(
        {
            "name": "shop",
            "scope": "product",
            "team_size": 6,
            "teams": 1,
            "traffic_rps_avg": 20,
            "traffic_rps_peak": 100,
            "traffic_pattern": "diurnal",
            "workload": preset,
            "latency_ms_target": 200,
            "data_gb": 10,
            "relational_needs": "medium",
            "ops_maturity": "medium",
            "independent_scaling_need": "low",
            "compliance": "none",
            "architecture": architecture,
            "stack": StackChoice(auth=auth),
            "parts": {},
            "slo": ServiceLevels(p95_ms=200, rps=100, error_rate=0.01),
            "assumed": (),
        }
    )
    recommendation = recommend(requirements, load_evidence())
    blueprint = build_blueprint(
        requirements, assemble_domain(preset_for(preset), {}), recommendation
    )
    answers = {"name": "shop", "preset": preset, "architecture": architecture}
    return build_record(answers, requirements, recommendation, blueprint)


@pytest.fixture
def preset_record() -> Callable[..., dict[str, Any]]:
    """The record of a preset in an architecture, all answers fixed; third,
    `stack.auth`.
    """
    return _preset_record


@cache
def _preset_tree(
    preset: str, architecture: str, auth: str = "builtin"
) -> dict[str, bytes]:
    return dict(preview(_preset_record(preset, architecture, auth)))


@pytest.fixture
def preset_tree() -> Callable[..., dict[str, bytes]]:
    """The files of a preset in an architecture, rendered once; third, `stack.auth`."""
    return _preset_tree


@pytest.fixture(params=[(p, a) for p in PRESETS for a in ARCHITECTURES], ids="-".join)
def choice(request: pytest.FixtureRequest) -> tuple[str, str]:
    """Each preset in each architecture."""
    chosen: tuple[str, str] = request.param
    return chosen
