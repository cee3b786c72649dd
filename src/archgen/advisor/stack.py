"""The choices inside: database, cache, API and the rest, by the first rule of the
evidence that holds.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from archgen.advisor.facts import Facts
from archgen.advisor.recommendation import StackChoice
from archgen.advisor.scoring import holds

if TYPE_CHECKING:
    from archgen.advisor.recommendation import Capacity
    from archgen.evidence.schema import Evidence
    from archgen.requirements import Requirements


def choose_cache(facts: Facts, evidence: Evidence, runtime: str) -> str:
    """The cache that would be advised on another runtime."""
    return _advised("cache", facts, evidence, runtime)


def keeps_rows(cache: str) -> bool:
    """Whether a cache is a server that keeps rows, and not what keeps answers in front."""
    return cache not in ("none", "cloudfront")


def choose_database(facts: Facts, evidence: Evidence, runtime: str) -> str:
    """The database that would be advised on another runtime."""
    return _advised("database", facts, evidence, runtime)


def _advised(topic: str, facts: Facts, evidence: Evidence, runtime: str) -> str:
    there = Facts(facts)
    there["runtime"] = runtime
    return next(
        o.choice for o in evidence.options if o.topic == topic and holds(o.when, there)
    )


def with_figures(
    stack: dict[str, StackChoice], capacity: Capacity, evidence: Evidence
) -> dict[str, StackChoice]:
    """The choices with the numbers that belong to them: how large and how long a cache,
    how many shards and when.
    """
    found: dict[str, dict[str, float]] = {}
    if capacity.cache_gb is not None and capacity.cache_nodes is not None:
        ttl = evidence.parameter("cache_ttl_seconds")
        found["cache"] = {
            "gb": capacity.cache_gb,
            "nodes": capacity.cache_nodes,
            "ttl_seconds": ttl,
        }
    if capacity.shards is not None:
        month = {} if capacity.shard_month is None else {"month": capacity.shard_month}
        found["sharding"] = {"shards": capacity.shards, **month}
    return {
        topic: option.model_copy(update={"figures": found[topic]})
        if topic in found
        else option
        for topic, option in stack.items()
    }


def choose_stack(
    facts: Facts, requirements: Requirements, evidence: Evidence
) -> dict[str, StackChoice]:
    """A choice for each topic; what the user named stands, beside what was advised."""
    named = requirements.stack.model_dump()
    chosen: dict[str, StackChoice] = {}
    for option in evidence.options:
        if option.topic in chosen or not holds(option.when, facts):
            continue
        asked = named.get(option.topic, "auto")
        if asked in ("auto", option.choice):
            chosen[option.topic] = StackChoice(
                choice=option.choice,
                because=option.because,
                alternative=option.alternative,
                changes_if=option.changes_if,
            )
        else:
            because = f"You chose it; the advice was {option.choice}: {option.because[0].lower()}{option.because[1:]}"
            chosen[option.topic] = StackChoice(
                choice=asked, because=because, advised=option.choice
            )
    return chosen
