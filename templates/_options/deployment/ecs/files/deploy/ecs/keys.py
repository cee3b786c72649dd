"""Keys in Secrets Manager: how those of a secret follow each other.

Whoever verifies has to know a key before anybody signs by it: a new one is announced,
and then signs. The one before stays until the next is announced, or is forgotten.
"""

from __future__ import annotations

import secrets
from typing import Protocol

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

PEM_END = "-----END PRIVATE KEY-----\n"


class Keys(Protocol):
    def announce(self, text: str) -> str:
        """With another key, by which nobody signs yet."""
        ...

    def turn(self, text: str) -> str:
        """The announced key signs."""
        ...

    def forget(self, text: str) -> str:
        """The key that signs alone."""
        ...


class SigningKeys:
    """PEM documents, one behind the other: the last signs, all verify."""

    def announce(self, text: str) -> str:
        return make_pem() + self._split(text)[-1]

    def turn(self, text: str) -> str:
        announced, signing = self._split(text)
        return signing + announced

    def forget(self, text: str) -> str:
        return self._split(text)[-1]

    def _split(self, text: str) -> list[str]:
        """Each with a line's end behind it."""
        parts = (text.strip() + "\n").split(PEM_END)
        return [part.lstrip() + PEM_END for part in parts if part.strip()]


class PairKeys:
    """With commas between: the first signs, all verify."""

    def announce(self, text: str) -> str:
        return f"{self.forget(text)},{secrets.token_hex(24)}"

    def turn(self, text: str) -> str:
        signing, announced = text.split(",")
        return f"{announced},{signing}"

    def forget(self, text: str) -> str:
        return text.split(",")[0]


def make_pem() -> str:
    key = ec.generate_private_key(ec.SECP256R1())
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    ).decode()
