"""Discovery of what the modules have for the background: classes with marked methods,
in any of their files.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Iterator
from datetime import timedelta
from importlib import import_module
from pathlib import Path
from typing import Any

from ..chassis.mechanism.background import marked

PACKAGE = Path(__file__).parents[1]


def handlers(modules: Iterable[str]) -> dict[str, list[str]]:
    """The handlers (`module.method`) of each kind of event."""
    found: dict[str, list[str]] = {}
    for name, mark in _marks(modules):
        kind = mark.get("handles")
        if kind is not None:
            found.setdefault(kind.type, []).append(name)
    return found


def jobs(modules: Iterable[str]) -> dict[str, str | timedelta]:
    """When each job (`module.method`) is due."""
    return {
        name: mark["scheduled"][0]
        for name, mark in _marks(modules)
        if "scheduled" in mark
    }


def _marks(modules: Iterable[str]) -> Iterator[tuple[str, dict[str, Any]]]:
    for module in modules:
        for path in sorted((PACKAGE / module).glob("*.py")):
            file = import_module(
                f"{PACKAGE.name}.{module}.{path.stem}".removesuffix(".__init__")
            )
            for kind in vars(file).values():
                if inspect.isclass(kind) and kind.__module__ == file.__name__:
                    for method, mark in marked(kind):
                        yield f"{module}.{method}", vars(mark)
