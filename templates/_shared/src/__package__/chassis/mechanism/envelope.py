"""CloudEvents 1.0 in structured JSON: the envelope of an event, whatever carries it.

`source` and `id` name an event once and for all; `partitionkey` is the entity that it
is about. https://github.com/cloudevents/spec
"""

from __future__ import annotations

from typing import Any, Literal
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from .entity import now
from .errors import Refused

CONTENT_TYPE = "application/cloudevents+json"


class Envelope(BaseModel):
    """`dataschema`: the type, and the version of its schema.

    `traceparent`, `tracestate`: of the trace that the event belongs to.
    """

    model_config = ConfigDict(frozen=True)

    specversion: Literal["1.0"] = "1.0"
    id: UUID
    source: str
    type: str
    subject: str
    time: AwareDatetime = Field(default_factory=now)
    datacontenttype: Literal["application/json"] = "application/json"
    dataschema: str = Field(pattern=r"^urn:event:.+:[0-9]{1,9}$")
    partitionkey: str
    traceparent: str | None = None
    tracestate: str | None = None
    data: dict[str, Any]

    @property
    def version(self) -> int:
        return int(self.dataschema.rpartition(":")[2])

    @property
    def trace(self) -> dict[str, str]:
        """As headers of a request."""
        found = {}
        if self.traceparent:
            found["traceparent"] = self.traceparent
        if self.tracestate:
            found["tracestate"] = self.tracestate
        return found

    def to_json(self) -> bytes:
        return self.model_dump_json(exclude_none=True).encode()


def opened(body: bytes) -> Envelope:
    """(Refused: it is no envelope, and never will be.)"""
    try:
        return Envelope.model_validate_json(body)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"]))
        raise Refused(
            f"not an event in its envelope: {place} {first['msg']}"
        ) from error
