"""What the accounts module is about, in plain Python."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Literal, Self
from uuid import UUID

from shop.chassis.policy.access import EVERY_SCOPE
from shop.chassis.policy.entity import Entity, now

TOKEN_LIFETIME = 15 * 60  # seconds, of an access token
SESSION_LIFETIME = timedelta(days=30)
EMAIL_TOKEN_LIFETIME = timedelta(minutes=30)
# for which a refresh token that was used is good still: two tabs, an answer that was
# lost
REUSE_GRACE = timedelta(seconds=10)
MAX_TOKENS = 32  # of one session

Purpose = Literal["verify-email", "password-reset"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Account(Entity):
    email: str
    password_hash: str
    roles: tuple[str, ...] = ()
    # whoever owns the account has shown that the address is theirs
    verified: bool = False
    sessions_generation: int = 1  # sessions that began with another one have ended
    links_generation: int = 1  # links that were mailed with another one open nothing

    def with_password(self, password_hash: str) -> Self:
        """A new password ends every session, and uses up every link."""
        return self.evolve(
            password_hash=password_hash,
            sessions_generation=self.sessions_generation + 1,
            links_generation=self.links_generation + 1,
        )

    def with_mailed_password(self, password_hash: str) -> Self:
        """Whoever chose it had the mail, so the address is theirs."""
        return replace(self.with_password(password_hash), verified=True)

    def with_roles(self, roles: tuple[str, ...]) -> Self:
        """Other roles end every session: nobody goes on with those that they had."""
        return self.evolve(
            roles=roles, sessions_generation=self.sessions_generation + 1
        )

    def with_address(self) -> Self:
        """A link has shown that the address is theirs.

        Those that were mailed before are used up with it.
        """
        return self.evolve(verified=True, links_generation=self.links_generation + 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class RefreshToken:
    secret_hash: str
    used_at: datetime | None = None  # for the first time


@dataclass(frozen=True, slots=True, kw_only=True)
class Session(Entity):
    """Someone's login on one device, and its family of refresh tokens.

    It has the generation of the account as it was before the password was looked at. So
    a login, or a refresh, that is under way while the password or the roles change
    begins nothing that outlives the change.
    """

    account_id: UUID
    generation: int
    tokens: tuple[RefreshToken, ...]  # that are good, the oldest first
    scopes: tuple[str, ...] = EVERY_SCOPE
    expires_at: datetime = field(default_factory=lambda: now() + SESSION_LIFETIME)

    @classmethod
    def begin(cls, account: Account, scopes: tuple[str, ...]) -> tuple[Self, str]:
        """A session, and the first refresh token of it."""
        secret = secrets.token_urlsafe(32)
        first = RefreshToken(secret_hash=_hash(secret))
        session = cls(
            account_id=account.id,
            generation=account.sessions_generation,
            tokens=(first,),
            scopes=scopes,
        )
        return session, f"{session.id}.{secret}"

    def renewed(self, secret: str, at: datetime) -> tuple[Self, str] | None:
        """The session with one more refresh token; None: the one that is shown is good
        no more.
        """
        good = [
            token
            for token in self.tokens
            if token.used_at is None or at <= token.used_at + REUSE_GRACE
        ]
        shown = next(
            (
                token
                for token in good
                if secrets.compare_digest(token.secret_hash, _hash(secret))
            ),
            None,
        )
        if shown is None:
            return None
        others = [token for token in good if token is not shown]
        used = replace(shown, used_at=shown.used_at or at)
        following = secrets.token_urlsafe(32)
        tokens = (*others, used, RefreshToken(secret_hash=_hash(following)))
        renewed = self.evolve(
            tokens=tokens[-MAX_TOKENS:], expires_at=at + SESSION_LIFETIME
        )
        return renewed, f"{self.id}.{following}"

    def holds(self, account: Account) -> bool:
        """Whether nothing has ended it."""
        return self.generation == account.sessions_generation


@dataclass(frozen=True, slots=True, kw_only=True)
class EmailToken(Entity):
    """What was mailed to an account's address: good once, for a while, for one purpose."""

    account_id: UUID
    generation: int
    purpose: Purpose
    secret_hash: str
    expires_at: datetime = field(default_factory=lambda: now() + EMAIL_TOKEN_LIFETIME)

    @classmethod
    def make(
        cls, account: Account, purpose: Purpose, link_id: UUID, secret: str
    ) -> tuple[Self, str]:
        """A link, and the token that it carries."""
        link = cls(
            id=link_id,
            account_id=account.id,
            generation=account.links_generation,
            purpose=purpose,
            secret_hash=_hash(secret),
        )
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
