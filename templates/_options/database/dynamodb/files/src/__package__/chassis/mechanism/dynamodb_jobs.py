"""Scheduled jobs on DynamoDB, with a lease: the scheduler may ask twice for a run, and
one function does it, once.
"""

from __future__ import annotations

import logging
import time

from .background import Job
from .dynamodb import Table, Write, number, put, text, when
from .errors import StaleVersion

log = logging.getLogger(__name__)


async def once(table: Table, job: Job, at: str, seconds: float) -> None:
    """Runs the job for this moment, unless it was done or is being done.

    `seconds`: after which this run is gone.
    """
    pk = f"job#{job.name}"
    known = await table.get(pk) or {"done": text("")}
    if known["done"]["S"] == at:
        return
    lease = {
        "pk": text(pk),
        "done": known["done"],
        "held": number(int(time.time() + seconds) + 1),
    }
    free = when("attribute_not_exists(pk) OR held < :now", now=int(time.time()))
    try:
        await table.write([Write("Put", {"Item": lease, **free})])
    except StaleVersion:
        log.info("%s is being done", job.name)
        return
    released = {**lease, "held": number(0)}
    try:
        await job.work()
        released["done"] = text(at)
    finally:
        await table.write([put(released)])
