"""Requirements, domain and advice -> Blueprint: what is built, of what can be built.

What can be generated, the folders of the options say (`archgen.options`). The advice
may name more; what is taken instead is said by `substitutions`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from archgen.blueprint.cascades import bounded
from archgen.blueprint.expansions import with_expansions
from archgen.blueprint.extras import choose_extras, find_bound, say_inseparable
from archgen.blueprint.limits import check_links, check_quotas, check_transactions
from archgen.blueprint.modules import ModulePlan, plan_modules
from archgen.blueprint.schema import TEMPLATES, Blueprint, Module, Part, Template
from archgen.blueprint.stack import (
    choose_stack,
    find_alias,
    find_demands,
    find_unfit,
    find_unserved,
    list_asked,
    list_asked_by,
    read_word,
)
from archgen.domain import naming
from archgen.domain.presets import PRESETS, WITH_ACCOUNTS
from archgen.domain.schema import Domain
from archgen.errors import IncompatibleError
from archgen.options import extras, needs_name, offered, provided
from archgen.requirements import Assumption, Requirements, StackChoice


class Advice(Protocol):
    """What a blueprint needs of a recommendation."""

    @property
    def architecture(self) -> str: ...

    @property
    def stack(self) -> Mapping[str, Any]: ...


def build_blueprint(
    requirements: Requirements, domain: Domain, recommendation: Advice
) -> Blueprint:
    """The blueprint; IncompatibleError when what was asked for does not go together or
    cannot be generated.
    """
    architecture = _architecture(requirements, recommendation)
    template = _carrying(requirements, domain, _template(requirements, architecture))
    grouping = _grouping(requirements, domain, template)
    part_of = {module: part for part, modules in grouping.items() for module in modules}
    modules = with_expansions(plan_modules(ModulePlan(domain, part_of)), domain)
    stack, wrong = choose_stack(
        requirements.stack, recommendation.stack, template, modules
    )
    taken_extras, useless = choose_extras(requirements, template, stack, modules)
    if refused := [*wrong, *useless]:
        raise IncompatibleError(
            "; ".join(what for what, _ in refused),
            "; ".join(hint for _, hint in refused),
        )
    if "accounts" not in provided(stack):
        modules = tuple(_without_accounts(module) for module in modules)
    if template == "serverless":
        check_quotas(modules)
    check_transactions(modules)
    key_value = "key_value" in provided(stack)
    if key_value:
        check_links(modules)
    modules = tuple(bounded(module, modules, key_value=key_value) for module in modules)
    uses = {module.name: module.uses for module in modules}
    parts = tuple(
        Part(name=name, modules=inside, calls=_calls(name, inside, uses, part_of))
        for name, inside in grouping.items()
    )
    if template != _TEMPLATE[architecture]:
        architecture = template
    return Blueprint.model_validate(
        {
            "name": requirements.name,
            "package": naming.to_package_name(requirements.name),
            "preset": domain.preset,
            "architecture": architecture,
            "template": template,
            "events": any(module.subscribes for module in modules),
            "modules": modules,
            "parts": parts,
            "stack": stack,
            "extras": taken_extras,
            "slo": requirements.slo,
        }
    )


def substitutions(
    requirements: Requirements, recommendation: Advice, blueprint: Blueprint
) -> tuple[Assumption, ...]:
    """Where the advice names what cannot be generated yet: what was taken in its place,
    and why; and what the stack takes along unasked.
    """
    taken = []
    for key in StackChoice.model_fields:
        advised = recommendation.stack.get(key)
        value = getattr(blueprint.stack, key)
        if (
            getattr(requirements.stack, key) != "auto"
            or advised is None
            or (word := read_word(advised.choice)) == value
        ):
            continue
        because = f"{advised.choice} is advised, and not generated for {blueprint.template} yet"
        if what := needs_name(key, word, blueprint.template):
            because = f"{advised.choice} is advised, and takes {what}: with it, say --set stack.{key}={word}"
        # what was left out for the domain's sake
        elif word in offered(blueprint.template)[key]:
            what, _ = find_unfit(
                key, word, find_demands(blueprint.modules, blueprint.stack.model_dump())
            )
            because = f"{advised.choice} is advised: {what}"
        if find_alias(key, word) == value:
            because = f"{advised.choice} is advised, and the same code runs on it"
        taken.append(Assumption(field=f"stack.{key}", value=value, because=because))
    advised_template = _TEMPLATE.get(recommendation.architecture)
    if requirements.architecture == "auto" and advised_template != blueprint.template:
        because = f"{recommendation.architecture} is advised, and parts says otherwise: {len(blueprint.parts)} of servers"
        preset = PRESETS.get(blueprint.preset or "")
        if (
            preset is not None
            and advised_template
            and not preset.runs_on(advised_template)
        ):
            because = f"{recommendation.architecture} is advised, and the preset {preset.name} is not there for it"
        elif advised_template and (
            what := find_unserved(
                offered(advised_template)["database"][0], list_asked(blueprint.modules)
            )
        ):
            because = f"{recommendation.architecture} is advised, and {what}"
        taken.append(
            Assumption(field="architecture", value=blueprint.template, because=because)
        )
    for name in blueprint.extras:
        if not requirements.extras.get(name) and (
            key := find_bound(extras()[name], blueprint.stack.model_dump())
        ):
            because = say_inseparable(extras()[name], getattr(blueprint.stack, key))
            taken.append(
                Assumption(field=f"extras.{name}", value=True, because=because)
            )
    return tuple(taken)


_TEMPLATE: Mapping[str, Template] = {
    "monolith": "monolith",
    "modular_monolith": "monolith",
    "microservices": "microservices",
    "serverless": "serverless",
}


def _architecture(requirements: Requirements, recommendation: Advice) -> str:
    """What was asked for, else what is advised; a monolith keeps the finer name that
    the advice has for it.
    """
    asked, advised = requirements.architecture, recommendation.architecture
    if asked == "auto" or _TEMPLATE.get(advised) == asked:
        return advised
    return asked


def _template(requirements: Requirements, architecture: str) -> Template:
    """The template; `parts` decide between the two of servers, unless that contradicts
    what was asked for.
    """
    template = _TEMPLATE[architecture]
    count = len(requirements.parts)
    if not count or template == "serverless":
        return template
    by_parts: Template = "monolith" if count == 1 else "microservices"
    if requirements.architecture == "monolith" and count > 1:
        raise IncompatibleError(
            f"a monolith is one part, and parts has {count}: {', '.join(requirements.parts)}",
            "leave parts out, or say --architecture microservices",
        )
    if requirements.architecture == "microservices" and count == 1:
        raise IncompatibleError(
            f"microservices are two parts or more, and parts has one: {next(iter(requirements.parts))}",
            "leave parts out, or say --architecture monolith",
        )
    return by_parts


def _carrying(
    requirements: Requirements, domain: Domain, template: Template
) -> Template:
    """The template, or one of servers where the preset or what lists are to do needs
    them and nobody asked for functions.
    """
    preset = PRESETS.get(domain.preset or "")
    if preset is None or preset.runs_on(template):
        return _listing(requirements, domain, template)
    able = [other for other in TEMPLATES if preset.runs_on(other)]
    if requirements.architecture == template:
        raise IncompatibleError(
            f"the preset {preset.name} cannot be generated with {template}: it needs {preset.needing}",
            f"say --architecture {' or '.join(able)}, or another preset",
        )
    return "microservices" if len(requirements.parts) > 1 else able[0]


def _listing(
    requirements: Requirements, domain: Domain, template: Template
) -> Template:
    """The template, or one of servers where its own database cannot list as the domain
    asks and nobody named the one or the other.
    """
    asked = list_asked_by(
        (f"{module.name}.{name}", spec) for module, name, spec in domain.entities()
    )
    named = (
        requirements.architecture == template or requirements.stack.database != "auto"
    )
    if named or not find_unserved(offered(template)["database"][0], asked):
        return template
    return "microservices" if len(requirements.parts) > 1 else TEMPLATES[0]


def _grouping(
    requirements: Requirements, domain: Domain, template: Template
) -> dict[str, tuple[str, ...]]:
    """Part -> its modules, in the order of the domain."""
    if requirements.parts:
        return {
            part: tuple(name for name in domain.names if name in modules)
            for part, modules in requirements.parts.items()
        }
    return default_parts(template, domain.names)


def default_parts(
    template: Template, modules: Sequence[str]
) -> dict[str, tuple[str, ...]]:
    """Part -> its modules, where nobody says which."""
    if template == "monolith":
        return {"app": tuple(modules)}
    return {part_name(name): (name,) for name in modules}


def part_name(module: str) -> str:
    """The name of a module's own part: the module's, where nothing in `apps/` has it."""
    return f"{module}_part" if naming.check_part(module) else module


def _calls(
    part: str,
    modules: tuple[str, ...],
    uses: Mapping[str, tuple[str, ...]],
    part_of: Mapping[str, str],
) -> tuple[str, ...]:
    called = {part_of[used] for module in modules for used in uses[module]} - {part}
    return tuple(name for name in dict.fromkeys(part_of.values()) if name in called)


def _without_accounts(module: Module) -> Module:
    """As it is where an identity provider has the accounts: that module sends no mail,
    tells nobody of anything, and is not asked.
    """
    if module.kind == "accounts":
        entities = tuple(
            entity.model_copy(update={"publishes": ()}) for entity in module.entities
        )
        quiet = {
            "publishes": False,
            "subscribes": (),
            "contract": False,
            "entities": entities,
        }
        return module.model_copy(update=quiet)
    beside = WITH_ACCOUNTS[module.kind]
    kept = {
        "subscribes": tuple(
            event for event in module.subscribes if event not in beside.handlers
        ),
        "uses": tuple(name for name in module.uses if name not in beside.uses),
    }
    return module.model_copy(update=kept)
