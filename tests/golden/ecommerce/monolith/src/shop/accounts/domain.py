"""What the accounts module is about, in plain Python."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal, Self
from uuid import UUID

from shop.chassis.access import EVERY_SCOPE
from shop.chassis.entity import Entity, now

SESSION = timedelta(days=30)
LINK = timedelta(minutes=30)

Purpose = Literal["verify-email", "password-reset"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Account(Entity):
    email: str
    password_hash: str
    roles: tuple[str, ...] = ()
    verified: bool = False  # whoever owns the account has shown that the address is theirs
    sessions_since: datetime = field(default_factory=now)  # sessions that are older are no longer good

    def with_password(self, password_hash: str) -> Self:
        """A new password ends every session. Whoever chose it had the mail, so the address is theirs."""
        return self.changed(password_hash=password_hash, verified=True, sessions_since=now())


@dataclass(frozen=True, slots=True, kw_only=True)
class Session(Entity):
    """Someone's login on one device. Each refresh changes its secret, so a token is good once."""

    account_id: UUID
    secret_hash: str
    scopes: tuple[str, ...] = EVERY_SCOPE
    expires_at: datetime = field(default_factory=lambda: now() + SESSION)

    @classmethod
    def begin(cls, account: Account, scopes: tuple[str, ...]) -> tuple[Self, str]:
        """A session, and the first refresh token of it."""
        secret = secrets.token_urlsafe(32)
        session = cls(account_id=account.id, secret_hash=_hash(secret), scopes=scopes)
        return session, f"{session.id}.{secret}"

    def renewed(self) -> tuple[Self, str]:
        """The session with its next refresh token."""
        secret = secrets.token_urlsafe(32)
        return self.changed(secret_hash=_hash(secret), expires_at=now() + SESSION), f"{self.id}.{secret}"

    def knows(self, secret: str) -> bool:
        return secrets.compare_digest(self.secret_hash, _hash(secret))


@dataclass(frozen=True, slots=True, kw_only=True)
class Link(Entity):
    """What was mailed to an account's address: good once, for a while, for one purpose."""

    account_id: UUID
    purpose: Purpose
    secret_hash: str
    expires_at: datetime = field(default_factory=lambda: now() + LINK)

    @classmethod
    def make(cls, account: Account, purpose: Purpose) -> tuple[Self, str]:
        """A link, and the token that it carries."""
        secret = secrets.token_urlsafe(32)
        link = cls(account_id=account.id, purpose=purpose, secret_hash=_hash(secret))
        return link, f"{link.id}.{secret}"

    def opens(self, purpose: Purpose, secret: str) -> bool:
        right = secrets.compare_digest(self.secret_hash, _hash(secret))
        return right and self.purpose == purpose and now() < self.expires_at


def parts_of(token: str) -> tuple[UUID | None, str]:
    """The id and the secret of a refresh token or a link's; no id: it is neither."""
    entity_id, _, secret = token.partition(".")
    try:
        return UUID(entity_id), secret
    except ValueError:
        return None, secret


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
