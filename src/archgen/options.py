"""What a project may run on: each choice is a folder of the templates, and its `option.yaml` says what it brings.

This is the one table of what can be generated. What an option's files are, and when, is the templates' own business.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from pydantic import BaseModel, ConfigDict

from archgen.blueprint.schema import Template
from archgen.generator.manifest import read_options
from archgen.generator.templates import templates_dir
from archgen.requirements import StackChoice

Offered = Mapping[str, tuple[str, ...]]


class Option(BaseModel):
    """A choice of the stack, or an architecture.

    `default_of`: the architectures that take it if nothing else is asked for or advised; `serves`: the others that can have it.
    `provides`: the capabilities that the design and shared templates ask for. What else stands there, the templates read.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    key: str
    value: str
    default_of: tuple[Template, ...] = ()
    serves: tuple[Template, ...] = ()
    provides: tuple[str, ...] = ()


@cache
def options() -> tuple[Option, ...]:
    return tuple(Option.model_validate(document) for document in read_options(templates_dir()).values())


@cache
def offered(template: Template) -> Offered:
    """For each key of the stack what can be generated with an architecture, the default first."""
    table = {}
    for key in StackChoice.model_fields:
        of_key = [option for option in options() if option.key == key]
        default = [option.value for option in of_key if template in option.default_of]
        table[key] = (*default, *(option.value for option in of_key if template in option.serves))
    return table


def provided(stack: Mapping[str, str]) -> frozenset[str]:
    """The capabilities of the options of a stack."""
    chosen = [option for option in options() if stack.get(option.key) == option.value]
    return frozenset(capability for option in chosen for capability in option.provides)
