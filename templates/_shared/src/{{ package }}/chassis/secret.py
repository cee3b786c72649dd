"""Secrets as AWS keeps them, asked for again as they change."""

from __future__ import annotations

from aws_lambda_powertools.utilities import parameters

AGAIN = 60  # seconds


def secret(name: str) -> bytes:
    """What AWS keeps under this name, or kept there a minute ago."""
    found: str = parameters.get_secret(name, max_age=AGAIN)
    return found.encode()
