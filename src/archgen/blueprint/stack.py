"""The stack: each choice as asked, else as advised, else the first that will do, with
what modules demand of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from archgen.blueprint.schema import TEMPLATES, Entity, Module, Template
from archgen.domain.presets import LOG_KINDS
from archgen.domain.schema import EntitySpec
from archgen.options import needs_name, offered, options, provided
from archgen.requirements import StackChoice
from archgen.text import nearest, shown

# What an entity may say of its lists that not every database serves, by the capability
# of that name: what it is called.
LISTED = {
    "totals": "pages by number with a total",
    "filters": "filters that combine",
    "sorts": "order that a request chooses",
    "search": "full-text search",
    "table": "a table of one's own name",
}
ACCOUNT_EVENTS = ("accounts.account.created", "accounts.account.deleted")


@dataclass(frozen=True, slots=True)
class Demands:
    """What the modules ask of the stack.

    `events`: whether any react to something, or keep a log of events. `awaiting`: the
    modules that react to an account, which an identity provider makes and deletes
    without our knowing. `apart`: those that share a log of events, where they are in
    several parts. `listed`: what lists are to do that not every database serves, and
    the entities that say it.
    """

    events: bool
    awaiting: tuple[str, ...]
    apart: tuple[str, ...]
    listed: Mapping[str, tuple[str, ...]]


def choose_stack(
    asked: StackChoice,
    advised: Mapping[str, Any],
    template: Template,
    modules: tuple[Module, ...],
) -> tuple[dict[str, str], list[tuple[str, str]]]:
    """Each choice as asked, else as advised where that can be generated, else the
    table's default; what cannot be had, with a hint.
    """
    chosen: dict[str, str] = {}
    wrong = []
    table = offered(template)
    # auth first: whether accounts are kept here decides about events
    for key in sorted(table, key=lambda key: key != "auth"):
        name, choices = getattr(asked, key), table[key]
        demands = find_demands(modules, chosen)
        fitting = tuple(
            choice for choice in choices if not any(find_unfit(key, choice, demands))
        )
        advice = read_word(advised[key].choice) if key in advised else ""
        advice = find_alias(key, advice) or advice
        if needs_name(key, advice, template):
            advice = ""
        chosen[key] = next(
            choice for choice in (name, advice, fitting[0]) if choice in fitting
        )
        if name == "auto" and (takes := needs_name(key, chosen[key], template)):
            what, hint = find_unfit(key, choices[0], demands)
            others = " or ".join(
                other for other in TEMPLATES if not needs_name(key, chosen[key], other)
            )
            hint = f"{hint}, or say --architecture {others}, or --set stack.{key}={chosen[key]} (it takes {takes})"
            wrong.append((f"stack.{key}: {what}", hint))
        if name in ("auto", chosen[key]):
            continue
        if name in choices:
            what, hint = find_unfit(key, name, demands)
            hint = f"{hint}, or say --set stack.{key}={' or '.join(fitting)}"
        else:
            what = f"{shown(name)} cannot be generated with {template}"
            meant = find_alias(key, name) or nearest(name, choices)
            hint = (
                f"stack.{key} offers auto, {', '.join(choices)}{_elsewhere(key, name)}"
            )
            if meant in choices:
                hint = f"did you mean {meant}? {hint}"
        wrong.append((f"stack.{key}: {what}", hint))
    return chosen, wrong


def find_demands(modules: tuple[Module, ...], stack: Mapping[str, str]) -> Demands:
    """`stack`: as far as it is chosen; of accounts that are kept elsewhere there are no
    events.
    """
    reacting = [
        module
        for module in modules
        if module.kind != "accounts" or "accounts" in provided(stack)
    ]
    logging = [module for module in modules if module.kind in LOG_KINDS]
    return Demands(
        events=bool(logging) or any(module.subscribes for module in reacting),
        awaiting=tuple(
            module.name
            for module in modules
            if any(reaction.event in ACCOUNT_EVENTS for reaction in module.reactions)
        ),
        apart=tuple(module.name for module in logging)
        if len({module.part for module in logging}) > 1
        else (),
        listed=list_asked(modules),
    )


def find_unfit(key: str, choice: str, demands: Demands) -> tuple[str, str]:
    """What is wrong with a choice for these modules, and what to do about it; both
    empty where it will do.
    """
    capabilities = provided({key: choice})
    if key == "auth" and demands.awaiting and "accounts" not in capabilities:
        return (
            f"with {choice} no account is created or deleted here, and {', '.join(demands.awaiting)} waits for it",
            f"take {' and '.join(ACCOUNT_EVENTS)} out of reacts_to",
        )
    if key == "database" and (what := find_unserved(choice, demands.listed)):
        return what, "leave that out (lists says single combinations)"
    if key == "broker" and "broker" in capabilities and not demands.events:
        return (
            f"{choice} would have nothing to carry, since no module reacts to another's events",
            "say what reacts to what first (reacts_to of a module)",
        )
    if key == "broker" and "log" not in capabilities and demands.apart:
        return (
            f"with {choice} the log of events is tables of one part, and {' and '.join(demands.apart)} share it",
            f"put them into one part (parts.stream=[{','.join(demands.apart)}], and the others into theirs)",
        )
    return "", ""


def find_unserved(database: str, asked: Mapping[str, tuple[str, ...]]) -> str:
    """What a database has not of what lists are asked for; nothing where it has all."""
    capabilities = provided({"database": database})
    missing = [
        f"{LISTED[word]} ({word} of {', '.join(names)})"
        for word, names in asked.items()
        if names and word not in capabilities
    ]
    return f"{database} has no {', and no '.join(missing)}" if missing else ""


def list_asked(modules: Iterable[Module]) -> dict[str, tuple[str, ...]]:
    return list_asked_by(
        (f"{module.name}.{entity.name}", entity)
        for module in modules
        for entity in module.entities
    )


def list_asked_by(
    entities: Iterable[tuple[str, Entity | EntitySpec]],
) -> dict[str, tuple[str, ...]]:
    """For each of `LISTED` the entities (`module.entity`) that say it."""
    known = list(entities)
    return {
        word: tuple(name for name, entity in known if getattr(entity, word))
        for word in LISTED
    }


def find_alias(key: str, name: str) -> str | None:
    """The choice that stands in for another product."""
    return next(
        (
            option.value
            for option in options()
            if option.key == key and name in option.stands_for
        ),
        None,
    )


def _elsewhere(key: str, name: str) -> str:
    others = [template for template in TEMPLATES if name in offered(template)[key]]
    return (
        f" ({name} comes with --architecture {' or '.join(others)})" if others else ""
    )


def read_word(choice: str) -> str:
    """A product's name as the table writes it."""
    return choice.strip().lower()
