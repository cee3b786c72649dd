"""One move at a time."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable
from pathlib import Path

LOCK = Path("build/moving.lock")


def alone(tell: Callable[[str], None]) -> int:
    """Returns, with the lock, when nobody else moves here.

    What is begun has the lock, too: what a killed move began may still be at it, and is
    waited for.
    """
    LOCK.parent.mkdir(exist_ok=True)
    lock = os.open(LOCK, os.O_RDWR | os.O_CREAT, 0o600)
    os.set_inheritable(lock, True)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        tell(
            "another move is under way, or what one began that was killed: waiting until that ends"
        )
        fcntl.flock(lock, fcntl.LOCK_EX)
    return lock
