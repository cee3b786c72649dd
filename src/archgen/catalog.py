"""The templates folder as data: where it lies, and what its folders say of themselves.

Options, kinds of module and presets each are a folder with a document in it. What that
means is said elsewhere (`options`, `domain/presets`, and the templates); here is only
how it is found and read.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from archgen.errors import ArchgenError

_PACKAGE = Path(__file__).resolve().parent

Documents = Mapping[str, dict[str, Any]]


def templates_dir() -> Path:
    """The templates folder of this archgen: beside the source tree, or packed into the
    installed wheel.
    """
    for folder in (_PACKAGE.parent.parent / "templates", _PACKAGE / "templates"):
        if (folder / "files.yaml").is_file():
            return folder
    raise ArchgenError(
        f"The templates are missing from {_PACKAGE}", "install archgen again"
    )


def read_options(templates: Path) -> dict[tuple[str, str], dict[str, Any]]:
    """The `option.yaml` of each folder `_options/KEY/VALUE`, with its `key`, `value`
    and `folder`.
    """
    found = {}
    for path in sorted(templates.glob("_options/*/*/option.yaml")):
        key, value = path.parts[-3:-1]
        found[key, value] = {**_read(path, templates), "key": key, "value": value}
    return found


def read_kinds(templates: Path) -> Documents:
    """Kind of module -> the `kind.yaml` of its folder, with its `folder`."""
    return {
        path.parent.name: _read(path, templates)
        for path in sorted(templates.glob("_kinds/*/kind.yaml"))
    }


def read_presets(templates: Path) -> Documents:
    """Preset -> the `preset.yaml` of its folder, with its `folder`."""
    return {
        path.parent.name: _read(path, templates)
        for path in sorted(templates.glob("_presets/*/preset.yaml"))
    }


def read_yaml(path: Path) -> dict[str, Any]:
    document = parse_yaml(path.read_bytes())
    assert isinstance(document, dict), path
    return document


def parse_yaml(content: bytes) -> Any:
    """The document (yaml.YAMLError: it is none), by libyaml where that is there, which
    is ten times as fast.
    """
    import yaml

    return yaml.load(content, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))


def _read(path: Path, templates: Path) -> dict[str, Any]:
    return {**read_yaml(path), "folder": path.parent.relative_to(templates).as_posix()}
