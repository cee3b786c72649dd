"""What a team may know of its system beyond size, traffic and data, and what it has run before: in words for people.

Each need is a fact about the product, its users or the organisation, never a property of an architecture: a team can say yes
or no to it without knowing what follows. What is not named is not known to hold; it is not denied.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, NamedTuple

Need = Literal[
    "replay",
    "fan_out",
    "absorb_bursts",
    "separate_release",
    "outside_builders",
    "hot_part",
    "isolation",
    "global_reach",
    "live_connections",
    "long_work",
    "often_idle",
    "sudden_peaks",
    "self_hosted",
    "nobody_operates",
    "own_hardware",
    "legacy_beside",
]
Experience = Literal["servers", "containers", "kubernetes", "functions", "streams"]


class Meaning(NamedTuple):
    """`says` is what a person ticks; `holds` is when it holds; `asks` is the same as a question."""

    says: str
    holds: str
    asks: str


NEEDS: Mapping[Need, Meaning] = {
    "replay": Meaning(
        "Events are kept and read again later",
        "to build a view anew, to audit, to train, to fill a new reader from the beginning",
        "Must events be kept and read again later?",
    ),
    "fan_out": Meaning(
        "Three or more readers get the same events",
        "teams, systems or partners, each independent and at its own pace",
        "Must three or more independent readers each get the same events?",
    ),
    "absorb_bursts": Meaning(
        "What comes in is taken at once, worked off later",
        "a burst may exceed what the workers can do",
        "Must what comes in be accepted at once, to be worked off later?",
    ),
    "separate_release": Meaning(
        "Parts are sold, installed or released apart",
        "or switched off apart, or released by different owners on different days",
        "Are parts sold, installed or released apart from each other?",
    ),
    "outside_builders": Meaning(
        "Others build parts themselves",
        "other organisations, plug-in authors, partners or country teams",
        "Do other organisations or partners build parts themselves?",
    ),
    "hot_part": Meaning(
        "One part is ten times as heavy as the rest",
        "in machines, or it needs other hardware (GPU, much memory) or another runtime",
        "Does one part need ten times the machines of the rest, or other hardware?",
    ),
    "isolation": Meaning(
        "Trouble must stay within one part",
        "a failure, a breach or a regulation: payments, health data, tenants of their own",
        "Must a failure, a breach or a regulation stay within one part?",
    ),
    "global_reach": Meaning(
        "Users on several continents, answers in 100 ms",
        "or less, wherever they are",
        "Do users on several continents need answers in about 100 ms or less?",
    ),
    "live_connections": Meaning(
        "Users or devices hold open connections",
        "chat, games, editing together, push",
        "Do users or devices hold open connections, as in a chat or a game?",
    ),
    "long_work": Meaning(
        "Single pieces of work run over 15 minutes",
        "without a pause, or hold more than 10 GB in memory",
        "Do single pieces of work run for more than 15 minutes, or hold more than 10 GB?",
    ),
    "often_idle": Meaning(
        "For hours or days there is hardly any use",
        "or there are many environments of which most are idle",
        "Are there hours or days with hardly any use?",
    ),
    "sudden_peaks": Meaning(
        "Use rises tenfold within minutes, unforeseen",
        "at moments that are not known long before",
        "Does use rise ten times or more within minutes, at moments not known before?",
    ),
    "self_hosted": Meaning(
        "Customers or members install and run it",
        "on machines of their own",
        "Do customers install and run it themselves?",
    ),
    "nobody_operates": Meaning(
        "Nobody has time for servers",
        "no one is on call, and there is no system administrator",
        "Is there nobody who may spend time on servers?",
    ),
    "own_hardware": Meaning(
        "It must run on given machines",
        "one's own, or those of one provider: by law, contract, cost or for independence",
        "Must it run on machines of your own, or of one given provider?",
    ),
    "legacy_beside": Meaning(
        "It replaces a system that goes on meanwhile",
        "step by step, or grows beside it",
        "Does it replace, step by step, a system that must go on running?",
    ),
}
EXPERIENCE: Mapping[Experience, Meaning] = {
    "servers": Meaning("Servers", "virtual machines or one's own", "Has this team run servers in production?"),
    "containers": Meaning(
        "Containers", "on one machine or a managed service", "Has this team run containers in production?"
    ),
    "kubernetes": Meaning("Kubernetes", "or another orchestrator", "Has this team run Kubernetes in production?"),
    "functions": Meaning("Functions", "AWS Lambda and the like", "Has this team run functions in production?"),
    "streams": Meaning("Streams", "a log such as Kafka or Kinesis", "Has this team run a log such as Kafka?"),
}


def ran(experience: str) -> str:
    """The fact that says whether the team has run it."""
    return f"ran_{experience}"
