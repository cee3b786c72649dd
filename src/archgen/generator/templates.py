"""Where the templates lie: beside the source tree, or packed into the installed wheel."""

from __future__ import annotations

from pathlib import Path

from archgen.errors import ArchgenError

_PACKAGE = Path(__file__).resolve().parent.parent


def templates_dir() -> Path:
    """The templates folder of this archgen."""
    for folder in (_PACKAGE.parent.parent / "templates", _PACKAGE / "templates"):
        if (folder / "files.yaml").is_file():
            return folder
    raise ArchgenError(f"The templates are missing from {_PACKAGE}", "install archgen again")
