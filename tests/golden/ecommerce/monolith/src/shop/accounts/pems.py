"""Where signing keys are kept: PEM files in a folder, named for when they were made, or what the settings have in their place.

Nothing here reads a key, so that mails need no cryptography.
"""

from __future__ import annotations

from base64 import b64decode
from dataclasses import dataclass
from pathlib import Path

from shop.chassis.mechanism.accounts_settings import AccountsSettings

BEGIN, END = b"-----BEGIN PRIVATE KEY-----", b"-----END PRIVATE KEY-----"


@dataclass(frozen=True, slots=True)
class Pem:
    """A private key (PKCS #8) as it is kept."""

    text: bytes
    since: float = 0.0  # when it was made, in seconds since 1970

    @property
    def der(self) -> bytes:
        """What it is in bytes (ValueError: it is no such document)."""
        body = self.text.partition(BEGIN)[2].removesuffix(END)
        if not body:
            raise ValueError(f"A signing key begins with {BEGIN.decode()}")
        return b64decode(b"".join(body.split()), validate=True)


def read_pems(text: bytes, since: float = 0.0) -> list[Pem]:
    """Documents that stand one behind the other."""
    return [Pem(part + END, since) for part in text.split(END) if part.strip()]


def folder_pems(folder: Path) -> list[Pem]:
    """The folder's, the oldest first (SystemExit: there is none)."""
    pems = [
        pem
        for path in key_files(folder)
        for pem in read_pems(path.read_bytes(), made_at(path))
    ]
    if not pems:
        raise SystemExit(
            f"There is no signing key in {folder}: python -m {__package__}.keys {folder}"
        )
    return pems


def signing_pems(settings: AccountsSettings) -> list[Pem]:
    """From where the settings say, read anew each time."""
    given = settings.signing_pems()
    return read_pems(given) if given else folder_pems(settings.jwt_keys)


def key_files(folder: Path) -> list[Path]:
    return sorted(folder.glob("*.pem"), key=made_at)


def made_at(path: Path) -> float:
    return int(path.stem) / 1000 if path.stem.isdigit() else 0.0
