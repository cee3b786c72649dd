"""Circles of references: whether there would be one, and one that is there opened where
a row can do without.
"""

from __future__ import annotations

from collections.abc import Mapping

from archgen.exchange.draft import Draft


def reaches(links: Mapping[str, list[str]], start: str, goal: str) -> bool:
    waiting, seen = [start], {start}
    while waiting:
        here = waiting.pop()
        if here == goal:
            return True
        for target in links.get(here, ()):
            if target not in seen:
                seen.add(target)
                waiting.append(target)
    return False


def open_circles(draft: Draft) -> None:
    """Of required references in a circle within a module, the one that closes it may be
    lacking.
    """
    for module, content in draft.out.document["modules"].items():
        needs: dict[str, list[str]] = {name: [] for name in content["entities"]}
        for name, entity in content["entities"].items():
            for key, document in entity["fields"].items():
                of, _, target = document.get("to", "").partition(".")
                if not document.get("required") or of != module:
                    continue
                if not reaches(needs, target, name):
                    needs[name].append(target)
                    continue
                del document["required"]
                place = draft.out.places[
                    "modules", module, "entities", name, "fields", key
                ]
                because = "not required: it closes a circle in which no row could be the first"
                draft.note("changed", place, f"{name}.{key}", because)
