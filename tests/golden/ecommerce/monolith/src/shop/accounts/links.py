"""The secrets of mailed links: each made of its event, so that a mail that is tried
again carries the same link.
"""

from __future__ import annotations

import hmac
from base64 import urlsafe_b64encode
from collections.abc import Callable, Sequence
from uuid import UUID

from .pems import Pem


class LinkSecrets:
    """`load`: finds the signing keys.

    Without one nobody can make a secret, whatever they read in the database.
    """

    def __init__(self, load: Callable[[], Sequence[Pem]]) -> None:
        self._load = load

    def of(self, event_id: UUID) -> str:
        """The same as long as the key is there that was the newest when the event
        happened.
        """
        happened = (event_id.int >> 80) / 1000  # a UUIDv7 begins with its time
        keys = self._load()
        older = [key for key in keys if key.since <= happened]
        key = older[-1] if older else keys[0]
        return urlsafe_b64encode(
            hmac.digest(key.der, b"link" + event_id.bytes, "sha256")
        ).decode()
