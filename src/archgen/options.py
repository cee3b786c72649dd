"""What a project may run on, and what it may have besides: each is a folder of the
templates, and its `option.yaml` says what it brings.

This is the one table of what can be generated. What an option's files are, and when, is
the templates' own business.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from pydantic import BaseModel, ConfigDict

from archgen.catalog import read_options, templates_dir
from archgen.requirements import Scope, StackChoice

Offered = Mapping[str, tuple[str, ...]]


class Reserved(BaseModel):
    """Words that a choice takes, whatever else is chosen: a project may choose another
    later.

    `packages`: what it imports; `stored`: words that its database takes for its own; of
    the others each with what takes it.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    packages: tuple[str, ...] = ()
    stored: tuple[str, ...] = ()
    modules: Mapping[str, str] = {}
    parts: Mapping[str, str] = {}
    plurals: Mapping[str, str] = {}


class Option(BaseModel):
    """A choice of the stack, an architecture, or an extra.

    `default_of`: the architectures that take it if nothing else is asked for or
    advised; `serves`: the others that can have it. `stands_for`: products in whose
    place it is taken, since it speaks as they do. `provides`: the capabilities that the
    design and shared templates ask for. What else stands there, the templates read.
    `by_name`: taken only where it is asked for, whatever is advised: it takes something
    that its owner has to have, and says what, by the architecture ("all": of each). Of
    an extra, `scopes`: those that have it by default; `needs`: capabilities without
    which it has nothing to do, and `field_types`: of which some entity has to have a
    field; `taken_with`: capabilities with which nothing does without it, if it has
    something to do; `brings` and `without`: what a project has with it, and how it does
    without.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    key: str
    value: str
    default_of: tuple[str, ...] = ()
    serves: tuple[str, ...] = ()
    stands_for: tuple[str, ...] = ()
    provides: tuple[str, ...] = ()
    by_name: Mapping[str, str] = {}
    reserves: Reserved = Reserved()
    scopes: tuple[Scope, ...] = ()
    needs: tuple[str, ...] = ()
    field_types: tuple[str, ...] = ()
    taken_with: tuple[str, ...] = ()
    brings: str = ""
    without: str = ""


@cache
def options() -> tuple[Option, ...]:
    return tuple(
        Option.model_validate(document)
        for document in read_options(templates_dir()).values()
    )


@cache
def offered(template: str) -> Offered:
    """For each key of the stack what can be generated with an architecture, the default
    first.
    """
    table = {}
    for key in StackChoice.model_fields:
        of_key = [option for option in options() if option.key == key]
        default = [option.value for option in of_key if template in option.default_of]
        table[key] = (
            *default,
            *(option.value for option in of_key if template in option.serves),
        )
    return table


def needs_name(key: str, value: str, template: str) -> str:
    """What this choice takes, if with this architecture it is taken only where it is
    asked for by name; else nothing.
    """
    takes = next(
        (
            option.by_name
            for option in options()
            if (option.key, option.value) == (key, value)
        ),
        {},
    )
    return takes.get("all", "") or takes.get(template, "")


def provided(stack: Mapping[str, str]) -> frozenset[str]:
    """The capabilities of the options of a stack."""
    chosen = [option for option in options() if stack.get(option.key) == option.value]
    return frozenset(capability for option in chosen for capability in option.provides)


@cache
def extras() -> Mapping[str, Option]:
    """What a larger scope brings, by name; each may be had, or left out, in any scope."""
    return {option.value: option for option in options() if option.key == "extras"}
