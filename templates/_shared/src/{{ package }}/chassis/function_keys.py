"""Signing keys of a function: in a secret, where no folder is."""

from __future__ import annotations

import boto3
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey

from .functions import FunctionSettings
from .keys import load_keys

END = b"-----END PRIVATE KEY-----"


def signing_keys(settings: FunctionSettings) -> list[EllipticCurvePrivateKey]:
    """The keys in the secret (PEM, one behind the other; the last one signs), or in the folder."""
    if not settings.jwt_secret:
        return load_keys(settings.jwt_keys)
    secret = boto3.client("secretsmanager").get_secret_value(SecretId=settings.jwt_secret)["SecretString"].encode()
    pems = [part + END for part in secret.split(END) if part.strip()]
    keys = [serialization.load_pem_private_key(pem, None) for pem in pems]
    return [key for key in keys if isinstance(key, EllipticCurvePrivateKey)]
