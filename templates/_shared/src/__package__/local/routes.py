"""Which part each handler of an event runs in, derived from what the modules handle: `make routes`."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from importlib import import_module
from pathlib import Path

from ..chassis.events import Routes
from .discovery import handlers

Parts = Mapping[str, Sequence[str]]
ROUTES = re.compile(r"^(ROUTES\b.*? = )\{(?:\}|.*?^\})$", re.MULTILINE | re.DOTALL)


def routes(parts: Parts) -> Routes:
    """`parts`: with their modules."""
    home = {module: part for part, modules in parts.items() for module in modules}
    found = handlers(home)
    return {kind: {name: home[name.partition(".")[0]] for name in sorted(found[kind])} for kind in sorted(found)}


def write() -> None:
    """Writes the routes into `apps/event_routes.py` anew."""
    known = import_module("..apps.event_routes", __package__)
    path, parts = Path(str(known.__file__)), known.PARTS
    lines = ["{"]
    for kind, found in routes(parts).items():
        lines += [f'    "{kind}": {{', *(f'        "{name}": "{part}",' for name, part in found.items()), "    },"]
    text = "\n".join([*lines, "}"])
    path.write_text(ROUTES.sub(lambda match: match[1] + text, path.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    write()
