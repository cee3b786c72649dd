"""The code that templates copy, as one package to be read by mypy: `python
tools/chassis.py FOLDER`.

It lies in the folders of those who bring it; here each file is linked to where it would
be, all options at once. A template that asks for nothing but what a project has
(`facts`) is rendered for one that has everything.
"""

from __future__ import annotations

import shutil
import sys
from collections import defaultdict
from pathlib import Path

from jinja2 import Environment, meta

TEMPLATES = Path(__file__).resolve().parent.parent / "templates"
PACKAGE = "src/__package__"
PLACES = [
    place
    for pattern in ("*", "_kinds/*/files", "_options/*/*/files")
    for place in TEMPLATES.glob(f"{pattern}/{PACKAGE}")
]


def main() -> None:
    target = Path(sys.argv[1])
    jinja = Environment(autoescape=False, trim_blocks=True, lstrip_blocks=True)
    if target.is_symlink():
        target.unlink()
    shutil.rmtree(target, ignore_errors=True)
    for place in PLACES:
        for file in place.rglob("*.py"):
            link = target / file.relative_to(place)
            link.parent.mkdir(parents=True, exist_ok=True)
            link.symlink_to(file)
        for file in place.rglob("*.py.jinja"):
            source = file.read_text()
            if meta.find_undeclared_variables(jinja.parse(source)) == {"facts"}:
                rendered = target / file.relative_to(place).with_suffix("")
                rendered.parent.mkdir(parents=True, exist_ok=True)
                rendered.write_text(
                    jinja.from_string(source).render(facts=defaultdict(lambda: True))
                )


if __name__ == "__main__":
    main()
