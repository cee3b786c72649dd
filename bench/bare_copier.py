"""A project's templates as one template of bare copier, which writes the same tree: a
yardstick for speed, and a second opinion of every byte.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from archgen.generator.manifest import Manifest

SETTINGS = """\
_subdirectory: tree
_templates_suffix: .jinja
_envops: {undefined: jinja2.StrictUndefined, trim_blocks: true, lstrip_blocks: true, keep_trailing_newline: true, autoescape: false}
"""


def assemble(templates: Path, record: Mapping[str, Any], folder: Path) -> Path:
    """Make `folder` that template: each file where it will be, and including what it is
    rendered from; its data file.
    """
    manifest = Manifest(templates, record)
    for source in templates.glob("*/"):
        shutil.copytree(source, folder / source.name)
    (folder / "copier.yml").write_text(SETTINGS)
    bound: list[dict[str, Any]] = []
    for file in manifest.files():
        target = folder / "tree" / f"{file.target}{'.jinja' if file.rendered else ''}"
        target.parent.mkdir(parents=True, exist_ok=True)
        if file.rendered:
            names = "".join(
                f"{{% set {name} = bound[{len(bound)}].{name} %}}"
                for name in file.names
            )
            target.write_text(f'{names}{{% include "{file.source}" %}}')
            bound.append(dict(file.names))
        else:
            shutil.copy(templates / file.source, target)
    data = folder / "data.yaml"
    data.write_text(json.dumps({**manifest.context, "bound": bound}))
    return data
