"""Scheduler, in the place of EventBridge: calls functions when the template's schedules
say so.
"""

from __future__ import annotations

import asyncio
import json
import logging
import re
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from cronsim import CronSim

from ..chassis.mechanism.functions import Event
from .template import Template

log = logging.getLogger(__name__)
ATTEMPTS = 3  # as often as Lambda tries what is called without waiting for the answer
AT = "<aws.scheduler.scheduled-time>"
DAYS = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN")


class Schedules:
    def __init__(
        self,
        template: Template,
        invoke: Callable[[str, Event], Awaitable[Event]],
        bury: Callable[[str, str], Any],
    ) -> None:
        """`bury`: puts a document into the queue of this ARN."""
        self._invoke = invoke
        self._bury = bury
        self._functions = template.of_type("AWS::Serverless::Function")
        self._found = template.events("ScheduleV2")

    async def run(self) -> None:
        async with asyncio.TaskGroup() as group:
            for name, schedule in self._found:
                group.create_task(self._follow(name, self._functions[name], schedule))

    async def _follow(
        self, name: str, function: dict[str, Any], schedule: dict[str, Any]
    ) -> None:
        while True:
            now = datetime.now(UTC)
            due = after(schedule["ScheduleExpression"], now)
            await asyncio.sleep((due - now).total_seconds())
            await self.call(name, function, schedule, due)

    async def call(
        self,
        name: str,
        function: dict[str, Any],
        schedule: dict[str, Any],
        due: datetime,
    ) -> None:
        """Calls a function, again if it fails; in the end its input is a dead letter."""
        text = schedule["Input"].replace(AT, due.strftime("%Y-%m-%dT%H:%M:%SZ"))
        for attempt in range(1, ATTEMPTS + 1):
            try:
                await self._invoke(name, json.loads(text))
                return
            except Exception:  # as Lambda: whatever it is, it is called again
                log.exception("%s failed at attempt %d", name, attempt)
        failing = function["EventInvokeConfig"]["DestinationConfig"]["OnFailure"]
        await asyncio.to_thread(self._bury, failing["Destination"], text)


def expression(when: str | timedelta) -> str:
    """A schedule as EventBridge writes it (ValueError: it cannot)."""
    if isinstance(when, timedelta):
        minutes, rest = divmod(when, timedelta(minutes=1))
        if rest or not minutes:
            raise ValueError(f"EventBridge counts in whole minutes, not {when}")
        if minutes == 1:
            return "rate(1 minute)"
        return f"rate({minutes} minutes)"
    minute, hour, day, month, weekday = when.split()
    if "*" not in (day, weekday):
        raise ValueError(
            f"EventBridge takes a day of the month or of the week, not both: {when}"
        )
    if weekday == "*":
        weekday = "?"
    else:
        day = "?"
        weekday = re.sub(r"(?<!/)\b[0-7]\b", lambda found: DAYS[int(found[0])], weekday)
    return f"cron({minute} {hour} {day} {month} {weekday} *)"


def after(text: str, moment: datetime) -> datetime:
    """When a schedule of EventBridge is due next."""
    kind, _, words = text.rstrip(")").partition("(")
    if kind == "rate":
        number, unit = words.split()
        plural = f"{unit.rstrip('s')}s"
        return moment + timedelta(**{plural: int(number)})
    fields = words.replace("?", "*").split()
    return next(CronSim(" ".join(fields[:5]), moment))
