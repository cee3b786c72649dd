"""Jobs of the clock on DynamoDB: the scheduler may ask twice for a run, and one function does it, once."""

from __future__ import annotations

import logging
import time

from .background import Job
from .dynamodb import Table, Write, number, text
from .errors import StaleVersion

log = logging.getLogger(__name__)


async def once(table: Table, job: Job, at: str, seconds: float) -> None:
    """Runs the job for this moment, unless it was done or is being done. `seconds`: after which this run is gone."""
    pk = f"job#{job.name}"
    known = await table.get(pk)
    if known and known["done"]["S"] == at:
        return
    done = known["done"]["S"] if known else ""
    item = {"pk": text(pk), "done": text(done), "held": number(int(time.time() + seconds) + 1)}
    free = {
        "ConditionExpression": "attribute_not_exists(pk) OR held < :now",
        "ExpressionAttributeValues": {":now": number(int(time.time()))},
    }
    try:
        await table.write([Write("Put", {"Item": item, **free})])
    except StaleVersion:
        log.info("%s is being done", job.name)
        return
    try:
        await job.work()
        done = at
    finally:
        await table.write([Write("Put", {"Item": {**item, "done": text(done), "held": number(0)}})])
