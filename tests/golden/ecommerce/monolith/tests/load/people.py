"""Who the rows belong to, and who loads them: customers, and last a member of staff."""

from __future__ import annotations

import hashlib
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

Ask = Callable[..., tuple[int, Any]]
PEOPLE = 5  # customers


def log_in(ask: Ask) -> list[str]:
    """Everybody's token; customers are registered the first time."""
    admin, secret = _setting("ADMIN_EMAIL"), _setting("ADMIN_PASSWORD")
    people = [
        (f"customer-{n + 1}@example.com", _derived(secret, n)) for n in range(PEOPLE)
    ]
    tokens = []
    for email, password in [*people, (admin, secret)]:
        body = {"email": email, "password": password}
        status, answer = ask("POST", "/api/auth/login", body)
        if status == 401 and email != admin:
            ask("POST", "/api/auth/register", body)
            status, answer = ask("POST", "/api/auth/login", body)
        if status != 200:
            sys.exit(f"{email} cannot log in: {answer}")
        tokens.append(answer["access_token"])
    return tokens


def hint() -> str:
    return f"log in as customer-1@example.com with {_derived(_setting('ADMIN_PASSWORD'), 0)}"


def _derived(secret: str, n: int) -> str:
    """A customer's password: nobody can tell who has not seen `.env`."""
    return hashlib.sha256(f"{secret} {n}".encode()).hexdigest()[:24]


def _setting(name: str) -> str:
    """From the environment, else from `.env`."""
    lines = Path(".env").read_text(encoding="utf-8").splitlines()
    return os.environ.get(name) or next(
        line.partition("=")[2] for line in lines if line.startswith(f"{name}=")
    )
