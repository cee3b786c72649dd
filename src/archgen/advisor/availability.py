"""How much of the time a design answers: the parts that every request needs, in series."""

from __future__ import annotations

from typing import TYPE_CHECKING

from archgen.advisor import queueing
from archgen.advisor.recommendation import Availability

if TYPE_CHECKING:
    from archgen.evidence.schema import Evidence


def estimate_availability(
    candidate: str, relational: bool, target: float, evidence: Evidence
) -> Availability:
    """The parts that every request needs, in series; for one machine also what a second
    one beside it would give.
    """
    number = evidence.parameter
    database = number(
        "availability_rds_multi" if relational else "availability_dynamodb"
    )
    doubled = None
    if candidate == "one_machine":
        expected = number("availability_machine")
        doubled = queueing.in_parallel(expected, 2)
    elif candidate in ("serverless", "managed_instances"):
        expected = queueing.in_series(
            number("availability_api_gateway"), number("availability_lambda"), database
        )
    elif candidate == "microservices":
        services = [number("availability_service")] * int(number("sync_depth"))
        expected = queueing.in_series(number("availability_alb"), *services)
    else:
        expected = queueing.in_series(
            number("availability_alb"), number("availability_fargate"), database
        )
    return Availability(
        expected=round(expected, 6),
        target=target,
        minutes_down=round(queueing.minutes_down(expected), 1),
        meets=expected >= target,
        doubled=None if doubled is None else round(doubled, 6),
    )
