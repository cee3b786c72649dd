"""What a team may know of its system beyond size, traffic and data, and what it has run
before: in words for people.

Each need is a fact about the product, its users or the organisation, never a property
of an architecture: a team can say yes or no to it without knowing what follows. What is
not named is not known to hold; it is not denied.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple


class Meaning(NamedTuple):
    """`says` is what a person ticks; `holds` is when it holds; `asks` is the same as a
    question.
    """

    says: str
    holds: str
    asks: str


NEEDS: Mapping[str, Meaning] = {
    "replay": Meaning(
        "Events are kept and read again later",
        "to rebuild, audit, train, fill a new reader",
        "Must events be kept and read again later?",
    ),
    "fan_out": Meaning(
        "Three or more readers get the same events",
        "teams, systems, partners, each at its pace",
        "Must three or more readers get the same events?",
    ),
    "absorb_bursts": Meaning(
        "What comes in is taken at once, worked off later",
        "a burst may exceed what the workers can do",
        "Must all that comes in be taken at once?",
    ),
    "separate_release": Meaning(
        "Parts are sold, installed or released apart",
        "or by different owners on different days",
        "Are parts sold, installed or released apart?",
    ),
    "outside_builders": Meaning(
        "Others build parts themselves",
        "partners, plug-in authors, country teams",
        "Do others build parts themselves?",
    ),
    "hot_part": Meaning(
        "One part is ten times as heavy as the rest",
        "in machines; or needs a GPU, memory, runtime",
        "Is one part ten times as heavy as the rest?",
    ),
    "isolation": Meaning(
        "Trouble must stay within one part",
        "failure, breach, regulation: payments, care",
        "Must trouble stay within one part?",
    ),
    "global_reach": Meaning(
        "Users on several continents, answers in 100 ms",
        "or less, wherever they are",
        "Do users far away need answers in 100 ms?",
    ),
    "live_connections": Meaning(
        "Users or devices hold open connections",
        "chat, games, editing together, push",
        "Do users or devices hold open connections?",
    ),
    "long_work": Meaning(
        "Single pieces of work run over 15 minutes",
        "without a pause, or need 10 GB of memory",
        "Does single work run for over 15 minutes?",
    ),
    "often_idle": Meaning(
        "For hours or days there is hardly any use",
        "or most of many environments are idle",
        "Is there hardly any use for hours or days?",
    ),
    "sudden_peaks": Meaning(
        "Use rises tenfold within minutes, unforeseen",
        "at moments that are not known long before",
        "Does use rise tenfold within minutes?",
    ),
    "self_hosted": Meaning(
        "Customers or members install and run it",
        "on machines of their own",
        "Do customers install and run it themselves?",
    ),
    "nobody_operates": Meaning(
        "Nobody has time for servers",
        "no one on call, no system administrator",
        "Is there nobody with time for servers?",
    ),
    "own_hardware": Meaning(
        "It must run on given machines",
        "yours, or one provider's: by law or contract",
        "Must it run on given machines?",
    ),
    "legacy_beside": Meaning(
        "It replaces a system that goes on meanwhile",
        "step by step, or grows beside it",
        "Does it replace a system that still runs?",
    ),
}
EXPERIENCE: Mapping[str, Meaning] = {
    "servers": Meaning(
        "Servers",
        "virtual machines or one's own",
        "Has this team run servers in production?",
    ),
    "containers": Meaning(
        "Containers",
        "on one machine or a managed service",
        "Has this team run containers in production?",
    ),
    "kubernetes": Meaning(
        "Kubernetes",
        "or another orchestrator",
        "Has this team run Kubernetes in production?",
    ),
    "functions": Meaning(
        "Functions",
        "AWS Lambda and the like",
        "Has this team run functions in production?",
    ),
    "streams": Meaning(
        "Streams",
        "a log such as Kafka or Kinesis",
        "Has this team run a log such as Kafka?",
    ),
}


def ran(experience: str) -> str:
    """The fact that says whether the team has run it."""
    return f"ran_{experience}"
