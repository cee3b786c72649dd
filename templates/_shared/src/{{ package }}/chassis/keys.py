"""Signing keys: PEM files in a folder. `python -m PACKAGE.chassis.keys FOLDER` makes one if there is none."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec


def load_keys(folder: Path) -> list[ec.EllipticCurvePrivateKey]:
    """The folder's keys (P-256), by name; the last one is to sign (SystemExit: there is none)."""
    found = [serialization.load_pem_private_key(path.read_bytes(), None) for path in sorted(folder.glob("*.pem"))]
    keys = [key for key in found if isinstance(key, ec.EllipticCurvePrivateKey)]
    if not keys:
        raise SystemExit(f"There is no signing key in {folder}: python -m {__name__} {folder}")
    return keys


def make_key(folder: Path) -> None:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    pem = ec.generate_private_key(ec.SECP256R1()).private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    with open(os.open(folder / "1.pem", os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(pem)


if __name__ == "__main__":
    target = Path(sys.argv[1])
    if not any(target.glob("*.pem")):
        make_key(target)
