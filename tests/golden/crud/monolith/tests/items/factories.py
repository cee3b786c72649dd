"""Bodies that the items module takes; `changes` puts other values, or more, in their place."""

from __future__ import annotations

from typing import Any


def new_item(**changes: Any) -> dict[str, Any]:
    return {
        "title": "a title",
        "done": False,
        **changes,
    }
