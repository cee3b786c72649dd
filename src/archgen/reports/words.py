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
