"""Which part each handler of an event runs in, derived from what the modules handle:
`make routes`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from importlib import import_module
from pathlib import Path

from ..chassis.mechanism.events import Routes
from .discovery import handlers

Parts = Mapping[str, Sequence[str]]
ROUTES = re.compile(r"^(ROUTES\b.*? = )\{(?:\}|.*?^\})$", re.MULTILINE | re.DOTALL)


def routes(parts: Parts) -> Routes:
    """`parts`: with their modules."""
    part_of = {}
    for part, modules in parts.items():
        for module in modules:
            part_of[module] = part
    found: dict[str, dict[str, str]] = {}
    for kind, names in sorted(handlers(part_of).items()):
        found[kind] = {}
        for name in sorted(names):
            module = name.partition(".")[0]
            found[kind][name] = part_of[module]
    return found


def write() -> None:
    """Writes the routes into `apps/event_routes.py` anew."""
    known = import_module("..apps.event_routes", __package__)
    path = Path(str(known.__file__))
    lines = ["{"]
    for kind, found in routes(known.PARTS).items():
        lines.append(f'    "{kind}": {{')
        for name, part in found.items():
            lines.append(f'        "{name}": "{part}",')
        lines.append("    },")
    lines.append("}")
    table = "\n".join(lines)
    before = path.read_text(encoding="utf-8")
    after = ROUTES.sub(lambda match: match[1] + table, before)
    path.write_text(after, encoding="utf-8")


if __name__ == "__main__":
    write()
