"""The largest domain that is taken is a project that starts and describes itself."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from tests.support.projects import environment

from archgen.answers.resolve import resolve
from archgen.answers.sources import from_record
from archgen.domain.schema import ENTITIES_MOST, MODULE_MOST
from archgen.generator import render, templates_dir
from archgen.pipeline import make_plan

DESCRIBE = """
from pathlib import Path
from large.accounts.keys import make_key
from large.apps.app import create_app
from large.apps.settings import Settings

make_key(Path(".keys"))
document = create_app(Settings()).openapi()
rows = [path for path in document["paths"] if path.startswith("/api/thing") and path.endswith("}")]
operations = [operation for path in document["paths"].values() for operation in path.values()]
print(len(rows), len({operation["operationId"] for operation in operations}) == len(operations))
"""


@pytest.mark.long
def test_every_entity_of_the_largest_domain_stands_in_the_openapi_document(
    tmp_path: Path,
) -> None:
    modules = {
        f"module{m}": {
            "entities": {
                f"thing{m}_{n}": {
                    "fields": {
                        "kind": {"type": "enum", "values": ["a", "b"], "indexed": True}
                    }
                }
                for n in range(MODULE_MOST)
            }
        }
        for m in range(ENTITIES_MOST // MODULE_MOST)
    }
    answers = {"name": "large", "architecture": "monolith", "modules": modules}
    render(make_plan(resolve([from_record(answers)])).record, templates_dir(), tmp_path)
    done = subprocess.run(
        [sys.executable, "-c", DESCRIBE],
        cwd=tmp_path,
        env={**environment(), "PYTHONPATH": "src"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout == f"{ENTITIES_MOST} True\n", done.stderr[-2000:]
