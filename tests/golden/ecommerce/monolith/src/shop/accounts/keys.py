"""Signing keys: PEM files in a folder, named for when they were made.

`python -m shop.accounts.keys FOLDER` makes one if there is none; with `rotate`, another one, and throws away those
that no token needs any more. Running processes find it: it is published first, and signs two minutes later.
"""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from shop.chassis.mechanism.accounts_settings import AccountsSettings

from .pems import Pem, folder_pems, key_files, made_at, signing_pems

# seconds that a key verifies after the next one has come; a token lives for less
KEY_OVERLAP = 3600


@dataclass(frozen=True, slots=True)
class SigningKey:
    private: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey
    since: float = 0.0  # when it was made, in seconds since 1970

    @property
    def algorithm(self) -> str:
        """RSA is for gateways that know nothing else; it takes longer to sign."""
        if isinstance(self.private, rsa.RSAPrivateKey):
            return "RS256"
        return "ES256"


def load_keys(folder: Path) -> list[SigningKey]:
    """The folder's keys (P-256 or RSA), the oldest first (SystemExit: there is none)."""
    return read_keys(folder_pems(folder))


def signing_keys(settings: AccountsSettings) -> list[SigningKey]:
    """The keys from where the settings say, read anew each time."""
    return read_keys(signing_pems(settings))


def read_keys(pems: Iterable[Pem]) -> list[SigningKey]:
    """The keys of PEM documents, as `make_key` or OpenSSL wrote them: to prove once more that the
    primes of an RSA key are primes would be a tenth of a function's start.
    """
    found = [
        (
            serialization.load_pem_private_key(
                pem.text, None, unsafe_skip_rsa_key_validation=True
            ),
            pem,
        )
        for pem in pems
    ]
    return [
        SigningKey(key, pem.since)
        for key, pem in found
        if isinstance(key, ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey)
    ]


def make_key(folder: Path, *, as_rsa: bool = False) -> None:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey
    if as_rsa:
        key = rsa.generate_private_key(65537, 2048)
    else:
        key = ec.generate_private_key(ec.SECP256R1())
    pem = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    name = folder / f"{time.time_ns() // 1_000_000}.pem"
    made = name.with_suffix(".new")  # a reader never sees half a key
    with open(os.open(made, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(pem)
    made.rename(name)


def forget(folder: Path) -> None:
    """Throws away keys that have signed nothing that is still valid."""
    files = key_files(folder)
    for path, after in pairwise(files):
        if time.time() - made_at(after) > KEY_OVERLAP:
            path.unlink()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        description="Makes a key that signs access tokens, if there is none"
    )
    parser.add_argument("folder", type=Path)
    parser.add_argument(
        "rotate",
        nargs="?",
        choices=["rotate"],
        help="another one, in place of the newest",
    )
    parser.add_argument(
        "--rsa",
        action="store_true",
        help="an RSA key, for gateways that know nothing else",
    )
    given = parser.parse_args()
    target: Path = given.folder
    if given.rotate or not any(target.glob("*.pem")):
        make_key(target, as_rsa=given.rsa)
        forget(target)
