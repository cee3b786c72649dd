"""Structured logs: a line of JSON an event, with the ids of the request and the trace
that it belongs to; never a header or a body.
"""

from __future__ import annotations

import logging

from pythonjsonlogger.json import JsonFormatter

from ..mechanism.tracing import current_span, request_id


def configure_logs() -> None:
    """For a process of its own: everything that is logged goes to stderr in this form,
    uvicorn's own lines too.
    """
    handler = logging.StreamHandler()
    handler.setFormatter(
        JsonFormatter("%(levelname)s %(name)s %(message)s", timestamp="time")
    )
    handler.addFilter(_with_ids)
    logging.basicConfig(level=logging.INFO, handlers=[handler], force=True)
    for name in ("uvicorn", "uvicorn.error", "uvicorn.access"):
        logging.getLogger(name).handlers.clear()
        # whoever stands in front has counted it
        logging.getLogger(name).propagate = name != "uvicorn.access"


def _with_ids(record: logging.LogRecord) -> bool:
    record.request_id = request_id.get()
    if trace_id := current_span.trace_id():
        record.trace_id = trace_id
    return True
