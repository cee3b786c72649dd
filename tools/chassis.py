"""The code that templates copy, as one package to be read by mypy: `python tools/chassis.py FOLDER`.

It lies in the folders of those who bring it; here each file is linked to where it would be, all options at once: where one has
a file in the place of the shared one, that is read.
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

TEMPLATES = Path(__file__).resolve().parent.parent / "templates"
PACKAGE = "src/__package__"
PLACES = (*TEMPLATES.glob(f"*/{PACKAGE}"), *TEMPLATES.glob(f"_options/*/*/files/{PACKAGE}"))


def main() -> None:
    target = Path(sys.argv[1])
    if target.is_symlink():
        target.unlink()
    shutil.rmtree(target, ignore_errors=True)
    for place in PLACES:
        for file in place.rglob("*.py"):
            link = target / file.relative_to(place)
            link.parent.mkdir(parents=True, exist_ok=True)
            link.unlink(missing_ok=True)
            link.symlink_to(file)


if __name__ == "__main__":
    main()
