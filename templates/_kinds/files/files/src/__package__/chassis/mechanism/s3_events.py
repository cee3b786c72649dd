"""Event notifications of S3, which come through the queue of the part that keeps files:
what arrived in the bucket becomes an event like any other.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import unquote_plus
from uuid import NAMESPACE_URL, UUID, uuid5

from .background_function import Reading
from .envelope import Envelope

TYPE = "files.file.arrived"
HANDLER = "files.inspect"


def with_arrivals(otherwise: Reading) -> Reading:
    """Reads what S3 tells, too: the handler, and the event in its envelope, for each
    thing of a message (ValueError, LookupError, TypeError: it cannot be read).
    """

    def read(message: Any) -> list[tuple[str, bytes]]:
        match message:
            case {"Event": "s3:TestEvent"}:  # that S3 may write here
                return []
            case {"Records": list(records)}:
                return list(_arrivals(records))
        return list(otherwise(message))

    return read


def _arrivals(records: list[Any]) -> Iterator[tuple[str, bytes]]:
    for record in records:
        stored = record["s3"]["object"]
        key = unquote_plus(stored["key"])
        file_id = UUID(key.rpartition("/")[2])
        event_id = uuid5(NAMESPACE_URL, f"{key} {stored.get('sequencer')}")
        envelope = Envelope(
            id=event_id,
            source="/s3",
            type=TYPE,
            subject=str(file_id),
            dataschema=f"urn:event:{TYPE}:1",
            partitionkey=str(file_id),
            data={"id": str(event_id), "file_id": str(file_id)},
        )
        yield HANDLER, envelope.to_json()
