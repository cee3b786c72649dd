"""Event notifications of S3, which come through the queue of the part that keeps files:
what arrived in the bucket becomes an event like any other.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import unquote_plus
from uuid import NAMESPACE_URL, UUID, uuid5

from .background_function import of_stream
from .envelope import Envelope

TYPE = "files.file.arrived"
HANDLER = "files.inspect"


def with_arrivals(message: Any) -> list[tuple[str, bytes]]:
    """The handler, and the event in its envelope, for each thing that a message of the
    queue tells (ValueError, LookupError, TypeError: it cannot be read).
    """
    if message.get("Event") == "s3:TestEvent":  # that S3 may write here
        return []
    if "Records" in message:
        return list(_arrivals(message["Records"]))
    return of_stream(message)


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
