"""Anything that a user typed, in messages: quoted and short, with what was probably
meant.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from difflib import get_close_matches


def nearest(word: str, among: Iterable[str]) -> str | None:
    """The one of `among` that `word` was probably meant to be."""
    found = get_close_matches(word[:200], list(among), n=1, cutoff=0.6)
    return found[0] if found else None


def suggest(word: str, among: Iterable[str], otherwise: str) -> str:
    """A hint: what was probably meant, or what there is to say where nothing is near."""
    meant = nearest(word, among)
    return f"did you mean {meant}?" if meant else otherwise


def shown(text: object, most: int = 60) -> str:
    """Anything a user typed, quoted, on one line and of bounded length; null, true and
    false as in the file.
    """
    if not isinstance(text, str):
        text = (
            json.dumps(text) if text is None or isinstance(text, bool) else repr(text)
        )
        return text if len(text) <= most else text[:most] + "..."
    short = text if len(text) <= most else text[:most] + "..."
    return ascii(short)


def join_key(parent: str, name: str) -> str:
    """A dotted key whose last step may be anything a user typed."""
    return (
        f"{parent}.{name}"
        if name.isascii() and name.isprintable() and len(name) <= 60
        else parent
    )
