"""Where modules run, and with them the handlers of their events: `make routes` derives those anew."""

from __future__ import annotations

from collections.abc import Mapping

PARTS = {
    "accounts": ("accounts",),
    "items": ("items",),
}
ROUTES: Mapping[str, Mapping[str, str]] = {
    "accounts.link.requested": {
        "accounts.send_link": "accounts",
    },
}
