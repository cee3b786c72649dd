"""What the accounts module is about, in plain Python."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Self
from uuid import UUID

from shop.chassis.entity import Entity, now

SESSION = timedelta(days=30)


@dataclass(frozen=True, slots=True, kw_only=True)
class Account(Entity):
    email: str
    password_hash: str
    roles: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Session(Entity):
    """Someone's login on one device. Each refresh changes its secret, so a token is good once."""

    account_id: UUID
    secret_hash: str
    expires_at: datetime = field(default_factory=lambda: now() + SESSION)

    @classmethod
    def begin(cls, account: Account) -> tuple[Self, str]:
        """A session, and the first refresh token of it."""
        secret = secrets.token_urlsafe(32)
        session = cls(account_id=account.id, secret_hash=_hash(secret))
        return session, f"{session.id}.{secret}"

    def renewed(self) -> tuple[Self, str]:
        """The session with its next refresh token."""
        secret = secrets.token_urlsafe(32)
        return self.changed(secret_hash=_hash(secret), expires_at=now() + SESSION), f"{self.id}.{secret}"

    def knows(self, secret: str) -> bool:
        return secrets.compare_digest(self.secret_hash, _hash(secret))


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
