"""Signed upload forms and download links (HMAC-SHA256), for storage that has none of
its own.

The key is made once and lies in a file that every copy reads.
"""

from __future__ import annotations

import hmac
import json
import os
import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

from .entity import now
from .errors import Forbidden
from .files import Upload


class FormSigner:
    def __init__(self, key: bytes) -> None:
        self._key = key

    @classmethod
    def at(cls, path: Path) -> FormSigner:
        """With the key in this file, which is made if it is not there."""
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        made = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
        if not path.exists():
            flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL
            with open(os.open(made, flags, 0o600), "wb") as file:
                file.write(secrets.token_bytes(32))
            with suppress(FileExistsError):  # another copy was first
                os.link(made, path)
            made.unlink()
        return cls(path.read_bytes())

    def fields(self, upload: Upload) -> dict[str, str]:
        """Of a form for this upload."""
        policy = {
            "id": str(upload.file_id),
            "type": upload.content_type,
            "size": upload.size,
            "expires": int(upload.expires.timestamp()),
        }
        encoded = urlsafe_b64encode(json.dumps(policy).encode()).decode()
        return {
            "Content-Type": upload.content_type,
            "policy": encoded,
            "signature": self._sign("form", encoded),
        }

    def upload(self, fields: dict[str, str]) -> Upload:
        """What a form's fields allow (Forbidden: nothing, since they are not ours, were
        changed, or have expired).
        """
        encoded = fields.get("policy", "")
        self._check("form", encoded, fields.get("signature", ""))
        policy = json.loads(urlsafe_b64decode(encoded))
        upload = Upload(
            UUID(policy["id"]),
            policy["type"],
            policy["size"],
            datetime.fromtimestamp(policy["expires"], UTC),
        )
        if upload.expires < now():
            raise Forbidden("The form has expired: ask for another")
        if fields.get("Content-Type") != upload.content_type:
            raise Forbidden(f"The form is for {upload.content_type} alone")
        return upload

    def sign_link(self, path: str, expires: datetime) -> str:
        """The path with what proves it."""
        moment = int(expires.timestamp())
        signature = self._sign("link", f"{path} {moment}")
        return f"{path}?expires={moment}&signature={signature}"

    def check_link(self, path: str, expires: str, signature: str) -> int:
        """The seconds that it is still good for (Forbidden: none, or it is not ours)."""
        self._check("link", f"{path} {expires}", signature)
        left = int(expires) - int(now().timestamp())
        if left <= 0:
            raise Forbidden("The link has expired: ask for the file again")
        return left

    def _sign(self, purpose: str, text: str) -> str:
        return hmac.digest(self._key, f"{purpose} {text}".encode(), "sha256").hex()

    def _check(self, purpose: str, text: str, signature: str) -> None:
        expected = self._sign(purpose, text).encode()
        if not hmac.compare_digest(expected, signature.encode()):
            raise Forbidden("The signature does not belong to this")
