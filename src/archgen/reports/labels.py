"""The words in which reports speak of architectures and fields."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from archgen.advisor.needs import NEEDS
from archgen.advisor.recommendation import TEMPLATE_OF

if TYPE_CHECKING:
    from archgen.advisor.recommendation import (
        Ceiling,
        Flip,
        Recommendation,
        StackChoice,
    )
    from archgen.requirements import Requirements

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
    return ARCHITECTURES[architecture] + (
        " with event streaming" if event_streaming else ""
    )


def shape(recommendation: Recommendation) -> str:
    """The three decisions in a sentence: how the code is cut, where it runs, how events
    flow.
    """
    decisions, broker = recommendation.decisions, recommendation.stack["broker"]
    functions = decisions.runtime.choice == "functions"
    if functions:
        cut = "Functions" + (
            " in parts that are deployed apart"
            if decisions.partition.choice == "many"
            else ""
        )
    else:
        cut = {
            "one": "One deployable on servers",
            "few": "One deployable of modules on servers",
            "many": "Parts that are deployed apart, on servers",
        }[decisions.partition.choice]
    flow = (
        "events through a stream"
        if decisions.dataflow.choice == "stream"
        else "no event stream"
    )
    if (
        decisions.dataflow.choice == "calls"
        and broker.advised is not None
        and broker.choice != "none"
    ):
        flow = f"events by {broker.choice}, as chosen"
    return f"{cut}; {flow}"


def also(recommendation: Recommendation) -> str:
    """What else holds up beside the verdict, with how likely it is."""
    chances = {c.architecture: c.probability for c in recommendation.considered}
    built = TEMPLATE_OF[recommendation.architecture]
    others = [name for name in recommendation.defensible if TEMPLATE_OF[name] != built]
    found = [f"{ARCHITECTURES[name]} ({chances[name]:.0%})" for name in others]
    return (
        f"also defensible: {' and '.join(found)}"
        if found
        else "nothing else is as defensible"
    )


def services(requirements: Requirements, modules: Sequence[str]) -> tuple[str, ...]:
    """What the services would be called: the parts that were named, else the modules."""
    return tuple(requirements.parts) or tuple(modules) or ("one service", "the next")


def sure(recommendation: Recommendation) -> str:
    """How sure the advice is; and how sure it would be if all that was assumed were
    right, where that is much surer.
    """
    advised = (
        recommendation.override.advised
        if recommendation.override
        else recommendation.architecture
    )
    if_right = next(
        c.probability
        for c in recommendation.considered
        if TEMPLATE_OF[c.architecture] == TEMPLATE_OF[advised]
    )
    said = f"{recommendation.confidence:.0%}"
    return (
        said
        if if_right - recommendation.confidence < 0.05
        else f"{said}, {if_right:.0%} if what was assumed is right"
    )


def change(flip: Flip) -> tuple[str, str, str]:
    """A flip in words: what is asked, what it is now, what it would have to be."""
    if flip.field != "needs":
        assert not isinstance(flip.origin, tuple) and not isinstance(flip.to, tuple)
        return plain(flip.field), number(flip.origin), number(flip.to)
    now, then = (
        set(flip.origin if isinstance(flip.origin, tuple) else ()),
        set(flip.to if isinstance(flip.to, tuple) else ()),
    )
    need = next(iter(now ^ then))
    return (
        NEEDS[need].says,
        "yes" if need in now else "not known",
        "yes" if need in then else "no",
    )


def reached(ceiling: Ceiling) -> str:
    """When a ceiling is reached."""
    if ceiling.month <= 0:
        return "reached now"
    return f"in {ceiling.month:.0f} months" if ceiling.month >= 1.5 else "in a month"


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


def value(taken: object) -> str:
    """What was taken in place of an answer."""
    return (
        ", ".join(map(plain, taken)) if isinstance(taken, list | tuple) else str(taken)
    )


CANDIDATES: Mapping[str, str] = {
    **ARCHITECTURES,
    "one_machine": "one machine",
    "containers": "containers, one deployable",
    "managed_instances": "managed instances",
}


def rounded(usd: float) -> str:
    """Money to two significant digits, from ten dollars on; cents below one dollar say
    nothing.
    """
    if usd < 10:
        return f"${usd:.0f}"
    digits = 2 - len(str(int(usd)))
    return f"${round(usd, digits):,.0f}"


def costs(total: float, low: float, high: float) -> str:
    """What something costs a month, and between what."""
    said = f"{rounded(total)} a month"
    return (
        said
        if rounded(low) == rounded(high)
        else f"{said} ({rounded(low)} to {rounded(high)})"
    )


def figures(option: StackChoice) -> str:
    """The numbers of a choice inside, in brackets after its name; nothing where there
    are none.
    """
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
