"""Requirements, domain and advice -> Blueprint: what is built, of what can be built.

What can be generated, the folders of the options say (`archgen.options`). The advice may name more; what is taken instead is
said by `substitutions`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, get_args

from archgen.blueprint.cascades import bounded
from archgen.blueprint.expansions import with_expansions
from archgen.blueprint.modules import ModulePlan, plan_modules
from archgen.blueprint.schema import Blueprint, Entity, Module, Part, Template
from archgen.domain import naming
from archgen.domain.presets import LOG_KINDS, PRESETS, WITH_ACCOUNTS
from archgen.domain.schema import Domain, EntitySpec
from archgen.errors import IncompatibleError
from archgen.options import Option, extras, needs_name, offered, options, provided
from archgen.requirements import Assumption, Requirements, StackChoice
from archgen.text import nearest, shown

# What an entity may say of its lists that not every database serves, by the capability of that name: what it is called.
LISTED = {
    "totals": "pages by number with a total",
    "filters": "filters that combine",
    "sorts": "order that a request chooses",
    "search": "full-text search",
    "table": "a table of one's own name",
}
ACCOUNT_EVENTS = ("accounts.account.created", "accounts.account.deleted")
TEMPLATES: tuple[Template, ...] = get_args(Template)


class Choice(Protocol):
    @property
    def choice(self) -> str: ...


class Advice(Protocol):
    """What a blueprint needs of a recommendation."""

    @property
    def architecture(self) -> str: ...

    @property
    def stack(self) -> Mapping[str, Any]: ...


def build_blueprint(requirements: Requirements, domain: Domain, recommendation: Advice) -> Blueprint:
    """The blueprint; IncompatibleError when what was asked for does not go together or cannot be generated."""
    architecture = _architecture(requirements, recommendation)
    template = _carrying(requirements, domain, _template(requirements, architecture))
    grouping = _grouping(requirements, domain, template)
    part_of = {module: part for part, modules in grouping.items() for module in modules}
    modules = with_expansions(plan_modules(ModulePlan(domain, part_of)), domain)
    stack, wrong = _stack(requirements.stack, recommendation.stack, template, modules)
    taken_extras, useless = _extras(requirements, template, stack, modules)
    if refused := [*wrong, *useless]:
        raise IncompatibleError("; ".join(what for what, _ in refused), "; ".join(hint for _, hint in refused))
    if "accounts" not in provided(stack):
        modules = tuple(_without_accounts(module) for module in modules)
    if template == "serverless":
        _check_quotas(modules)
    _check_transactions(modules)
    key_value = "key_value" in provided(stack)
    if key_value:
        _check_links(modules)
    modules = tuple(bounded(module, modules, key_value=key_value) for module in modules)
    uses = {module.name: module.uses for module in modules}
    parts = tuple(
        Part(name=name, modules=inside, calls=_calls(name, inside, uses, part_of)) for name, inside in grouping.items()
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


def substitutions(requirements: Requirements, recommendation: Advice, blueprint: Blueprint) -> tuple[Assumption, ...]:
    """Where the advice names what cannot be generated yet: what was taken in its place, and why; and what the stack takes along unasked."""
    taken = []
    for key in StackChoice.model_fields:
        advised = recommendation.stack.get(key)
        value = getattr(blueprint.stack, key)
        if getattr(requirements.stack, key) == "auto" and advised is not None and _word(advised.choice) != value:
            because = f"{advised.choice} is advised, and not generated for {blueprint.template} yet"
            if what := needs_name(key, _word(advised.choice), blueprint.template):
                because = f"{advised.choice} is advised, and takes {what}: with it, say --set stack.{key}={_word(advised.choice)}"
            elif _word(advised.choice) in offered(blueprint.template)[key]:  # what was left out for the domain's sake
                what, _ = _unfit(key, _word(advised.choice), _demands(blueprint.modules, blueprint.stack.model_dump()))
                because = f"{advised.choice} is advised: {what}"
            if _alias(key, _word(advised.choice)) == value:
                because = f"{advised.choice} is advised, and the same code runs on it"
            taken.append(Assumption(field=f"stack.{key}", value=value, because=because))
    advised_template = _TEMPLATE.get(recommendation.architecture)
    if requirements.architecture == "auto" and advised_template != blueprint.template:
        because = (
            f"{recommendation.architecture} is advised, and parts says otherwise: {len(blueprint.parts)} of servers"
        )
        preset = PRESETS.get(blueprint.preset or "")
        if preset is not None and advised_template and not preset.runs_on(advised_template):
            because = f"{recommendation.architecture} is advised, and the preset {preset.name} is not there for it"
        elif advised_template and (
            what := _unserved(offered(advised_template)["database"][0], _listed(blueprint.modules))
        ):
            because = f"{recommendation.architecture} is advised, and {what}"
        taken.append(Assumption(field="architecture", value=blueprint.template, because=because))
    for name in blueprint.extras:
        if not requirements.extras.get(name) and (key := _bound_to(extras()[name], blueprint.stack.model_dump())):
            because = _inseparable(extras()[name], getattr(blueprint.stack, key))
            taken.append(Assumption(field=f"extras.{name}", value=True, because=because))
    return tuple(taken)


_TEMPLATE: Mapping[str, Template] = {
    "monolith": "monolith",
    "modular_monolith": "monolith",
    "microservices": "microservices",
    "serverless": "serverless",
}


def _architecture(requirements: Requirements, recommendation: Advice) -> str:
    """What was asked for, else what is advised; a monolith keeps the finer name that the advice has for it."""
    asked, advised = requirements.architecture, recommendation.architecture
    if asked == "auto" or _TEMPLATE.get(advised) == asked:
        return advised
    return asked


def _template(requirements: Requirements, architecture: str) -> Template:
    """The template; `parts` decide between the two of servers, unless that contradicts what was asked for."""
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


def _carrying(requirements: Requirements, domain: Domain, template: Template) -> Template:
    """The template, or one of servers where the preset or what lists are to do needs them and nobody asked for functions."""
    preset = PRESETS.get(domain.preset or "")
    if preset is None or preset.runs_on(template):
        return _listing(requirements, domain, template)
    able = [other for other in TEMPLATES if preset.runs_on(other)]
    if requirements.architecture == template:
        raise IncompatibleError(
            f"the preset {preset.name} cannot be generated with {template}: it needs {', '.join(preset.needs)}",
            f"say --architecture {' or '.join(able)}, or another preset",
        )
    return "microservices" if len(requirements.parts) > 1 else able[0]


def _listing(requirements: Requirements, domain: Domain, template: Template) -> Template:
    """The template, or one of servers where its own database cannot list as the domain asks and nobody named the one or the other."""
    asked = _listed_by((f"{module.name}.{name}", spec) for module, name, spec in domain.entities())
    named = requirements.architecture == template or requirements.stack.database != "auto"
    if named or not _unserved(offered(template)["database"][0], asked):
        return template
    return "microservices" if len(requirements.parts) > 1 else TEMPLATES[0]


def _listed(modules: Iterable[Module]) -> dict[str, tuple[str, ...]]:
    return _listed_by((f"{module.name}.{entity.name}", entity) for module in modules for entity in module.entities)


def _listed_by(entities: Iterable[tuple[str, Entity | EntitySpec]]) -> dict[str, tuple[str, ...]]:
    """For each of `LISTED` the entities (`module.entity`) that say it."""
    known = list(entities)
    return {word: tuple(name for name, entity in known if getattr(entity, word)) for word in LISTED}


def _unserved(database: str, asked: Mapping[str, tuple[str, ...]]) -> str:
    """What a database has not of what lists are asked for; nothing where it has all."""
    capabilities = provided({"database": database})
    missing = [
        f"{LISTED[word]} ({word} of {', '.join(names)})"
        for word, names in asked.items()
        if names and word not in capabilities
    ]
    return f"{database} has no {', and no '.join(missing)}" if missing else ""


def _grouping(requirements: Requirements, domain: Domain, template: Template) -> dict[str, tuple[str, ...]]:
    """Part -> its modules, in the order of the domain."""
    if requirements.parts:
        return {
            part: tuple(name for name in domain.names if name in modules)
            for part, modules in requirements.parts.items()
        }
    if template == "monolith":
        return {"app": domain.names}
    return {_part_name(name): (name,) for name in domain.names}


def _part_name(module: str) -> str:
    """The name of a module's own part: the module's, where nothing in `apps/` has it."""
    return f"{module}_part" if naming.check_part(module) else module


def _calls(
    part: str, modules: tuple[str, ...], uses: Mapping[str, tuple[str, ...]], part_of: Mapping[str, str]
) -> tuple[str, ...]:
    called = {part_of[used] for module in modules for used in uses[module]} - {part}
    return tuple(name for name in dict.fromkeys(part_of.values()) if name in called)


ROUTES_MOST = 300  # of an HTTP API, docs.aws.amazon.com/apigateway, quotas for HTTP APIs, read 2026-11
RESOURCES_MOST = 500  # of a stack, docs.aws.amazon.com/AWSCloudFormation, quotas, read 2026-11
ROUTES_OF_EVERY_PROJECT = 12  # accounts, keys, health
MOST_LINES = 40  # of an order
WRITES_BESIDE_LINES = 4  # the reservation, its event to two handlers, and the mark of the event that asked for it
MOST_WRITES = 100  # of a transaction of DynamoDB, kept by every database (chassis/mechanism/persistence.py)


def _check_quotas(modules: tuple[Module, ...]) -> None:
    """Refuse functions that one gateway and one stack cannot hold: two routes for each entity, with a permission each."""
    entities = sum(len(module.entities) for module in modules)
    sides = sum(len(entity.sides) for module in modules for entity in module.entities)
    routes = ROUTES_OF_EVERY_PROJECT + 2 * entities + 2 * sides
    reacting = {module.part for module in modules if module.subscribes}
    pipes = {(kind.split(".")[0], module.part) for module in modules for kind in module.subscribes}
    # a function, its role and its table; for who reacts another function, a role, two queues, their policy and a mapping
    resources = routes + 3 * len(modules) + 6 * len(reacting) + len(pipes) + 10
    for what, count, most in (("routes", routes, ROUTES_MOST), ("resources", resources, RESOURCES_MOST)):
        if count > most:
            raise IncompatibleError(
                f"functions of {entities} entities in {len(modules)} modules need {count} {what}, and AWS takes {most}",
                "say --architecture monolith or microservices, or make several projects of it",
            )


def _check_transactions(modules: tuple[Module, ...]) -> None:
    """Refuse what makes an order of 40 lines more writes than a unit of work may have: its products, and each one's event to who reacts."""
    reacting = [module.name for module in modules if "inventory.product.updated" in module.subscribes]
    writes = MOST_LINES * (1 + len(reacting)) + WRITES_BESIDE_LINES
    if any(module.kind == "orders" for module in modules) and writes > MOST_WRITES:
        raise IncompatibleError(
            f"{' and '.join(reacting)} react to inventory.product.updated: to set the stock of an order of {MOST_LINES} lines "
            f"aside is {writes} writes then, and a transaction takes {MOST_WRITES}",
            f"let one module react to it, and to an event of {reacting[0]} whatever else has to",
        )


def _check_links(modules: tuple[Module, ...]) -> None:
    """Refuse references of which a change of all would not fit a transaction of DynamoDB: each that goes and each that comes is an
    item, and within a module a count beside it; beside these are the row, its unique values, its references, events and the request."""
    for module in modules:
        for entity in module.entities:
            links = [field for field in entity.fields if field.many is not None]
            if not links:
                continue
            rules = len(entity.unique) + sum(field.unique for field in entity.fields)
            single = sum(field.to is not None and field.to.local for field in entity.fields)
            heard = sum(f"{module.name}.{entity.name}.updated" in other.subscribes for other in modules)
            beside = 2 + 2 * rules + 2 * single + heard + (heard > 0)
            each = {field.name: 4 if field.many and field.many.to.local else 2 for field in links}
            writes = beside + sum(each[field.name] * field.many.max for field in links if field.many)
            if writes > MOST_WRITES:
                fits = (MOST_WRITES - beside) // sum(each.values())
                names = " and ".join(each)
                raise IncompatibleError(
                    f"modules.{module.name}.entities.{entity.name}: to change all of {names} is {writes} writes on DynamoDB, "
                    f"and a transaction takes {MOST_WRITES}",
                    f"say max: {fits} or less for {names}, or --set stack.database=postgresql",
                )


@dataclass(frozen=True, slots=True)
class Demands:
    """What the modules ask of the stack.

    `events`: whether any react to something, or keep a log of events. `awaiting`: the modules that react to an account, which an
    identity provider makes and deletes without our knowing. `apart`: those that share a log of events, where they are in several parts.
    `listed`: what lists are to do that not every database serves, and the entities that say it.
    """

    events: bool
    awaiting: tuple[str, ...]
    apart: tuple[str, ...]
    listed: Mapping[str, tuple[str, ...]]


def _demands(modules: tuple[Module, ...], stack: Mapping[str, str]) -> Demands:
    """`stack`: as far as it is chosen; of accounts that are kept elsewhere there are no events."""
    reacting = [module for module in modules if module.kind != "accounts" or "accounts" in provided(stack)]
    logging = [module for module in modules if module.kind in LOG_KINDS]
    return Demands(
        events=bool(logging) or any(module.subscribes for module in reacting),
        awaiting=tuple(
            module.name for module in modules if any(reaction.event in ACCOUNT_EVENTS for reaction in module.reactions)
        ),
        apart=tuple(module.name for module in logging) if len({module.part for module in logging}) > 1 else (),
        listed=_listed(modules),
    )


def _without_accounts(module: Module) -> Module:
    """As it is where an identity provider has the accounts: that module sends no mail, tells nobody of anything, and is not asked."""
    if module.kind == "accounts":
        entities = tuple(entity.model_copy(update={"publishes": ()}) for entity in module.entities)
        quiet = {"publishes": False, "subscribes": (), "contract": False, "entities": entities}
        return module.model_copy(update=quiet)
    beside = WITH_ACCOUNTS[module.kind]
    kept = {
        "subscribes": tuple(event for event in module.subscribes if event not in beside.handlers),
        "uses": tuple(name for name in module.uses if name not in beside.uses),
    }
    return module.model_copy(update=kept)


def _unfit(key: str, choice: str, demands: Demands) -> tuple[str, str]:
    """What is wrong with a choice for these modules, and what to do about it; both empty where it will do."""
    capabilities = provided({key: choice})
    if key == "auth" and demands.awaiting and "accounts" not in capabilities:
        return (
            f"with {choice} no account is created or deleted here, and {', '.join(demands.awaiting)} waits for it",
            f"take {' and '.join(ACCOUNT_EVENTS)} out of reacts_to",
        )
    if key == "database" and (what := _unserved(choice, demands.listed)):
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


def _stack(
    asked: StackChoice, advised: Mapping[str, Any], template: Template, modules: tuple[Module, ...]
) -> tuple[dict[str, str], list[tuple[str, str]]]:
    """Each choice as asked, else as advised where that can be generated, else the table's default; what cannot be had, with a hint."""
    chosen: dict[str, str] = {}
    wrong = []
    table = offered(template)
    # auth first: whether accounts are kept here decides about events
    for key in sorted(table, key=lambda key: key != "auth"):
        name, choices = getattr(asked, key), table[key]
        demands = _demands(modules, chosen)
        fitting = tuple(choice for choice in choices if not any(_unfit(key, choice, demands)))
        advice = _word(advised[key].choice) if key in advised else ""
        advice = _alias(key, advice) or advice
        if needs_name(key, advice, template):
            advice = ""
        chosen[key] = next(choice for choice in (name, advice, fitting[0]) if choice in fitting)
        if name == "auto" and (takes := needs_name(key, chosen[key], template)):
            what, hint = _unfit(key, choices[0], demands)
            others = " or ".join(other for other in TEMPLATES if not needs_name(key, chosen[key], other))
            hint = f"{hint}, or say --architecture {others}, or --set stack.{key}={chosen[key]} (it takes {takes})"
            wrong.append((f"stack.{key}: {what}", hint))
        if name in ("auto", chosen[key]):
            continue
        if name in choices:
            what, hint = _unfit(key, name, demands)
            hint = f"{hint}, or say --set stack.{key}={' or '.join(fitting)}"
        else:
            what = f"{shown(name)} cannot be generated with {template}"
            meant = _alias(key, name) or nearest(name, choices)
            hint = f"stack.{key} offers auto, {', '.join(choices)}{_elsewhere(key, name)}"
            if meant in choices:
                hint = f"did you mean {meant}? {hint}"
        wrong.append((f"stack.{key}: {what}", hint))
    return chosen, wrong


def _extras(
    requirements: Requirements, template: Template, stack: Mapping[str, str], modules: tuple[Module, ...]
) -> tuple[tuple[str, ...], list[tuple[str, str]]]:
    """Each as asked, else as scope or stack have it where there is something for it to do; what cannot be as asked, with a hint."""
    capabilities = provided({"architecture": template, **stack})
    types = {field.type for module in modules for entity in module.entities for field in entity.fields}
    chosen, wrong = [], []
    for name, extra in extras().items():
        asked = requirements.extras.get(name)
        missing = [capability for capability in extra.needs if capability not in capabilities]
        idle = bool(extra.field_types) and types.isdisjoint(extra.field_types)
        if asked and missing:
            with_what = ", ".join([template, *(f"{key} {stack[key]}" for key in stack if _decides(key, missing))])
            what = f"extras.{name}: there is nothing for it to do with {with_what}"
            wrong.append((what, f"leave extras.{name} out{_instead(extra.needs, template, stack)}"))
        elif asked and idle:
            what = f"extras.{name}: there is nothing for it to do, since no entity has a field of type {' or '.join(extra.field_types)}"
            wrong.append((what, f"leave extras.{name} out, or give an entity such a field"))
        elif asked is False and not (missing or idle) and (key := _bound_to(extra, stack)):
            others = [choice for choice in offered(template)[key] if not _bound_to(extra, {key: choice})]
            hint = f"leave extras.{name} out of what you say, or say --set stack.{key}={' or '.join(others)}"
            wrong.append((f"extras.{name}: {_inseparable(extra, stack[key])}", hint))
        elif asked or (
            asked is None and not (missing or idle) and (requirements.scope in extra.scopes or _bound_to(extra, stack))
        ):
            chosen.append(name)
    return tuple(chosen), wrong


def _bound_to(extra: Option, stack: Mapping[str, str]) -> str:
    """The key of the stack whose choice does not do without an extra; empty where none does."""
    return next((key for key, choice in stack.items() if not provided({key: choice}).isdisjoint(extra.taken_with)), "")


def _inseparable(extra: Option, choice: str) -> str:
    return f"with {choice} it cannot be left out (without it: {extra.without})"


def _instead(needs: Sequence[str], template: Template, stack: Mapping[str, str]) -> str:
    """The architectures that have something for an extra to do, or the choices of this one's stack that would."""
    having = [other for other in TEMPLATES if set(needs) <= _possible(other)]
    if template not in having:
        return f" (it comes with --architecture {' or '.join(having)})"
    choices = [
        f"--set stack.{key}={option.value}"
        for key in stack
        for option in options()
        if option.key == key and option.value in offered(template)[key] and set(option.provides) & set(needs)
    ]
    return f", or say {' '.join(choices)}"


def _possible(template: Template) -> set[str]:
    """The capabilities that some project of this architecture has."""
    found = set(provided({"architecture": template}))
    for key, choices in offered(template).items():
        found.update(*(provided({key: choice}) for choice in choices))
    return found


def _decides(key: str, capabilities: Sequence[str]) -> bool:
    """Whether another choice of this key would provide one of these."""
    return any(set(option.provides) & set(capabilities) for option in options() if option.key == key)


def _alias(key: str, name: str) -> str | None:
    """The choice that stands in for another product."""
    return next((option.value for option in options() if option.key == key and name in option.stands_for), None)


def _elsewhere(key: str, name: str) -> str:
    others = [template for template in TEMPLATES if name in offered(template)[key]]
    return f" ({name} comes with --architecture {' or '.join(others)})" if others else ""


def _word(choice: str) -> str:
    """A product's name as the table writes it."""
    return choice.strip().lower()
