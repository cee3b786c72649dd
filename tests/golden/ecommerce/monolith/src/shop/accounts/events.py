"""What the accounts module does in the background: an event that it tells itself, kept
until it is done.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from shop.chassis.mechanism.events import Event

from .domain import Purpose


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkRequested(Event):
    """Somebody asks for a link to this address; whether it has an account is looked up
    later, so nobody learns it.
    """

    type: ClassVar[str] = "accounts.link.requested"
    email: str
    purpose: Purpose
    registering: bool = False  # asked for by somebody who wanted to register with it
