"""Addresses of the other parts of this system."""

from __future__ import annotations

import os


def part_url(part: str) -> str:
    """`<PART>_URL` of the environment, or the name that containers know it by."""
    known = f"http://{part.replace('_', '-')}:8000"
    return os.environ.get(f"{part.upper()}_URL", known)
