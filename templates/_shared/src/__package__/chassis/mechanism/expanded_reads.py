"""Expansion over HTTP: the parameter `expand` of reads, and the tag of what they answer."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from typing import Annotated, Any

from fastapi import Depends, Header, Request, Response
from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from . import rest
from .entity import Entity, Versions
from .persistence import Listing, Query

LENGTH_MOST = 2000  # characters of the parameter


def offer(*paths: str) -> tuple[Any, ...]:
    """What a parameter `expand` takes: some of these, with commas between."""
    offered = dict.fromkeys(paths)

    def check(asked: str | None) -> str | None:
        if asked is None:
            return None
        wanted = dict.fromkeys(asked.split(","))
        wrong = [path for path in wanted if path not in offered]
        if wrong:
            raise ValueError(f"takes {', '.join(offered)}, with commas between")
        return ",".join(wanted)

    one = "|".join(re.escape(path).replace("\\_", "_") for path in offered)
    described = Field(
        max_length=LENGTH_MOST,
        description=f"What is to come along, with commas between: {', '.join(offered)}",
        json_schema_extra={"pattern": f"^({one})(,({one}))*$"},
    )
    return described, AfterValidator(check)


class ExpandedQuery(BaseModel):
    """The parameters of a read of one row; a subclass says what `expand` takes."""

    model_config = ConfigDict(extra="forbid")

    expand: str | None = None


class ExpandedListQuery(rest.ListQuery):
    """The parameters of a list; a subclass says what `expand` takes."""

    expand: str | None = None

    def of(self, offered: Sequence[Listing]) -> Query:
        """As of any list, whatever comes along."""
        if self.expand is None:
            return super().of(offered)
        plain = self.model_copy(update={"expand": None})
        return super(ExpandedListQuery, plain).of(offered)


def tag(
    response: Response, row: Entity, document: BaseModel, asked: str | None
) -> None:
    """Says which version of the row this is, and, where more came along, of what."""
    rest.set_etag(response, row)
    if asked is not None:
        content = document.model_dump_json(exclude_unset=True).encode()
        digest = hashlib.sha256(content).hexdigest()[:32]
        response.headers["ETag"] = f'"{row.version}-{digest}"'


async def _if_match(
    request: Request, if_match: Annotated[str | None, Header()] = None
) -> Versions:
    """As of any row; of a tag of more than the row, its version counts."""
    seen = rest.tags(request, "if-match")
    if if_match is None or "*" in seen:
        return None
    ours = re.findall('"([0-9]{1,18})(?:-[0-9a-f]{32})?"', " ".join(seen))
    return frozenset(map(int, ours))


IfMatch = Annotated[Versions, Depends(_if_match)]
