"""Slugs: names of rows as they stand in addresses, made from the words of another field
where none is sent.

A slug is lower-case letters of ASCII and digits, with single hyphens between them. Other
scripts are written in Latin letters as AnyAscii has it. One that another row has gets an
end: `how-to-2`. Once made it stays, whatever becomes of the words.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import Annotated, Any, TypeVar
from uuid import uuid4

from anyascii import anyascii
from pydantic import Field, Strict

from .entity import Entity
from .errors import Conflict, StaleVersion
from .persistence import Repository

E = TypeVar("E", bound=Entity)
NUMBERED = 5  # ends that are numbers; where all are taken, eight letters by chance
SLUG = r"^[a-z0-9]+(?:-[a-z0-9]+)*$"

Slug = Annotated[str, Strict(), Field(pattern=SLUG)]


def slug_of(words: str, most: int, end: str = "") -> str:
    """The slug that these words make, of at most so many characters, with this end; an
    empty one where there is no letter and no digit in them.
    """
    # whole words of some thousand characters would be looked at for nothing
    plain = anyascii(unicodedata.normalize("NFKC", words[: 10 * most])).lower()
    parts = re.findall(r"[a-z0-9]+", re.sub("['`]", "", plain))
    slug = "-".join(parts)[: most - len(end)].strip("-")
    return slug + end if slug else ""


async def with_slug(
    rows: Repository[E], row: E, field: str, source: str, most: int, otherwise: str
) -> E:
    """The row with a slug that no other has, unless it has one already.

    `source`: the field with the words; `otherwise`: what says it where that has none.
    """
    if getattr(row, field):
        return row
    words = getattr(row, source) or ""
    if not slug_of(words, most):
        words = otherwise
    for number in range(1, NUMBERED + 1):
        slug = slug_of(words, most, f"-{number}" if number > 1 else "")
        if await rows.find(field, slug) is None:
            break
    else:
        slug = slug_of(words, most, f"-{uuid4().hex[:8]}")
    made: dict[str, Any] = {field: slug}
    return replace(row, **made)


@contextmanager
def remade(sent: Mapping[str, Any], *fields: str) -> Iterator[None]:
    """Around a commit: a slug that another writer took first was not sent, so it is made
    again (StaleVersion).
    """
    try:
        yield
    except Conflict as error:
        if any(field in error.errors and not sent.get(field) for field in fields):
            raise StaleVersion from error
        raise
