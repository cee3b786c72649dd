"""The words in which reports speak of architectures and fields."""

from __future__ import annotations

from collections.abc import Mapping

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
