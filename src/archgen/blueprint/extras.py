"""The extras: each as asked, else as scope and stack have it where there is something
for it to do.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from archgen.blueprint.schema import TEMPLATES, Module, Template
from archgen.options import Option, extras, offered, options, provided
from archgen.requirements import Requirements


def choose_extras(
    requirements: Requirements,
    template: Template,
    stack: Mapping[str, str],
    modules: tuple[Module, ...],
) -> tuple[tuple[str, ...], list[tuple[str, str]]]:
    """Each as asked, else as scope or stack have it where there is something for it to
    do; what cannot be as asked, with a hint.
    """
    capabilities = provided({"architecture": template, **stack})
    types = {
        field.type
        for module in modules
        for entity in module.entities
        for field in entity.fields
    }
    chosen, wrong = [], []
    for name, extra in extras().items():
        asked = requirements.extras.get(name)
        missing = [
            capability for capability in extra.needs if capability not in capabilities
        ]
        idle = bool(extra.field_types) and types.isdisjoint(extra.field_types)
        if asked and missing:
            with_what = ", ".join(
                [
                    template,
                    *(f"{key} {stack[key]}" for key in stack if _decides(key, missing)),
                ]
            )
            what = f"extras.{name}: there is nothing for it to do with {with_what}"
            wrong.append(
                (
                    what,
                    f"leave extras.{name} out{_instead(extra.needs, template, stack)}",
                )
            )
        elif asked and idle:
            what = f"extras.{name}: there is nothing for it to do, since no entity has a field of type {' or '.join(extra.field_types)}"
            wrong.append(
                (what, f"leave extras.{name} out, or give an entity such a field")
            )
        elif (
            asked is False
            and not (missing or idle)
            and (key := find_bound(extra, stack))
        ):
            others = [
                choice
                for choice in offered(template)[key]
                if not find_bound(extra, {key: choice})
            ]
            hint = f"leave extras.{name} out of what you say, or say --set stack.{key}={' or '.join(others)}"
            wrong.append((f"extras.{name}: {say_inseparable(extra, stack[key])}", hint))
        elif asked or (
            asked is None
            and not (missing or idle)
            and (requirements.scope in extra.scopes or find_bound(extra, stack))
        ):
            chosen.append(name)
    return tuple(chosen), wrong


def find_bound(extra: Option, stack: Mapping[str, str]) -> str:
    """The key of the stack whose choice does not do without an extra; empty where none
    does.
    """
    return next(
        (
            key
            for key, choice in stack.items()
            if not provided({key: choice}).isdisjoint(extra.taken_with)
        ),
        "",
    )


def say_inseparable(extra: Option, choice: str) -> str:
    return f"with {choice} it cannot be left out (without it: {extra.without})"


def _instead(needs: Sequence[str], template: Template, stack: Mapping[str, str]) -> str:
    """The architectures that have something for an extra to do, or the choices of this
    one's stack that would.
    """
    having = [other for other in TEMPLATES if set(needs) <= list_possible(other)]
    if template not in having:
        return f" (it comes with --architecture {' or '.join(having)})"
    choices = [
        f"--set stack.{key}={option.value}"
        for key in stack
        for option in options()
        if option.key == key
        and option.value in offered(template)[key]
        and set(option.provides) & set(needs)
    ]
    return f", or say {' '.join(choices)}"


def list_possible(template: Template) -> set[str]:
    """The capabilities that some project of this architecture has."""
    found = set(provided({"architecture": template}))
    for key, choices in offered(template).items():
        found.update(*(provided({key: choice}) for choice in choices))
    return found


def _decides(key: str, capabilities: Sequence[str]) -> bool:
    """Whether another choice of this key would provide one of these."""
    return any(
        set(option.provides) & set(capabilities)
        for option in options()
        if option.key == key
    )
