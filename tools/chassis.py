"""The code that templates copy, as one package to be read by mypy: `python tools/chassis.py FOLDER`.

It lies in the folders of those who bring it; here each file is linked to where it would be, all options at once.
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

TEMPLATES = Path(__file__).resolve().parent.parent / "templates"
PACKAGE = "src/__package__"
PLACES = [
    place
    for pattern in ("*", "_kinds/*/files", "_options/*/*/files")
    for place in TEMPLATES.glob(f"{pattern}/{PACKAGE}")
]


def main() -> None:
    target = Path(sys.argv[1])
    if target.is_symlink():
        target.unlink()
    shutil.rmtree(target, ignore_errors=True)
    for place in PLACES:
        for file in place.rglob("*.py"):
            link = target / file.relative_to(place)
            link.parent.mkdir(parents=True, exist_ok=True)
            link.symlink_to(file)


if __name__ == "__main__":
    main()
