"""The words in which reports speak of architectures and fields."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from archgen.advisor.recommendation import StackChoice

ARCHITECTURES: Mapping[str, str] = {
    "monolith": "monolith",
    "modular_monolith": "modular monolith",
    "microservices": "microservices",
    "serverless": "serverless functions",
    "event_streaming": "event streaming",
    "calls": "calls",
}


def verdict(architecture: str, event_streaming: bool) -> str:
    """An architecture and its stream, in lower case."""
    return ARCHITECTURES[architecture] + (" with event streaming" if event_streaming else "")


def plain(name: str) -> str:
    """A key of a document as words."""
    return name.replace("_", " ")


def number(value: float | str) -> str:
    """A value as people write it: no needless zeros, thousands separated."""
    if isinstance(value, str):
        return value
    if value == int(value) or abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.3g}"


CANDIDATES: Mapping[str, str] = {
    **ARCHITECTURES,
    "one_machine": "one machine",
    "containers": "containers, one deployable",
    "managed_instances": "managed instances",
}


def rounded(usd: float) -> str:
    """Money to two significant digits, from ten dollars on; cents below one dollar say nothing."""
    if usd < 10:
        return f"${usd:.0f}"
    digits = 2 - len(str(int(usd)))
    return f"${round(usd, digits):,.0f}"


def costs(total: float, low: float, high: float) -> str:
    """What something costs a month, and between what."""
    said = f"{rounded(total)} a month"
    return said if rounded(low) == rounded(high) else f"{said} ({rounded(low)} to {rounded(high)})"


def figures(option: StackChoice) -> str:
    """The numbers of a choice inside, in brackets after its name; nothing where there are none."""
    of = option.figures or {}
    said = []
    if "gb" in of:
        nodes = f" on {number(of['nodes'])} nodes" if of["nodes"] > 1 else ""
        said = [f"{number(of['gb'])} GB{nodes}", f"kept {number(of['ttl_seconds'])} s"]
    elif "month" in of:
        said = [f"until month {of['month']:.0f}"]
    elif "shards" in of:
        said = [f"{number(of['shards'])} shards"]
    return f" ({', '.join(said)})" if said else ""


def otherwise(option: StackChoice) -> str:
    """What would be taken in its place, and when."""
    if option.alternative is None or option.changes_if is None:
        return ""
    return f"{plain(option.alternative)}: {option.changes_if[0].lower()}{option.changes_if[1:]}"
