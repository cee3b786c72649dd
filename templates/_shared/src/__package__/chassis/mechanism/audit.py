"""Audit log: what happened to whose account, and from where; a line each, on the logger
`audit`, and never a secret.

Each line says it in words (`login_failed email=... address=...`), and in fields of
their own where lines are JSON.
"""

from __future__ import annotations

import logging
from contextvars import ContextVar

log = logging.getLogger("audit")
# the address of the client whose request this is
origin: ContextVar[str] = ContextVar("origin", default="")


def record(event: str, **details: object) -> None:
    """`details`: who (`account`, `email`), and what else is worth knowing."""
    details["address"] = origin.get()
    fields = {name: str(value) for name, value in details.items() if value}
    words = [event]
    for name, value in fields.items():
        words.append(f"{name}={value}")
    log.info(" ".join(words), extra={"event": event, **fields})
