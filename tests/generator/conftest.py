"""A templates folder small enough to see through: two layers, a loop over modules, a macro, a copied file."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

from archgen.generator import templates_dir

MODULE = "{% yield module from modules %}{{ module.name }}{% endyield %}"
FILES = {
    "_macros/words.jinja": "{% macro shout(word) %}{{ word | upper }}!{% endmacro %}",
    f"_shared/src/{{{{ package }}}}/{MODULE}/api.py.jinja": (
        '{% from "_macros/words.jinja" import shout %}\n{{ module.name }} {{ shout(module.name) }} {{ requirements.team }}\n'
    ),
    f"_shared/src/{{{{ package }}}}/{MODULE}/{{{{ 'events.py' if module.publishes }}}}.jinja": "{{ module.name }} publishes\n",
    "_shared/src/{{ package }}/chassis/db.py": "as it is: {{ nothing }}\n",
    "_shared/src/{{ package }}/chassis/valkey.py": "cache\n",
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
    shutil.copy(real / "copier.yml", folder)
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
            {"name": "accounts", "kind": "accounts", "publishes": False, "uses": [], "reactions": [], "subscribes": []},
            {"name": "orders", "kind": "entities", "publishes": True, "uses": [], "reactions": [], "subscribes": []},
        ],
        "parts": [{"name": "app", "modules": ["accounts", "orders"], "calls": []}],
        "stack": {"database": "postgresql", "cache": "valkey"},
        "requirements": {"team": "no"},
    }
