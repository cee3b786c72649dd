"""What a read may bring along of the rows that others refer to: `expand` and `display`
of an entity, as written and as followed.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from archgen.domain import naming
from archgen.domain.declared import Declared
from archgen.domain.schema import Domain, DomainModule, EntitySpec, FieldSpec
from archgen.errors import Mistake
from archgen.text import shown, suggest

STEPS_MOST = 3  # references that one path follows
# classes that a contract imports
CONTRACT_WORDS = ("Caller", "ClassVar", "Decimal", "Event", "Protocol", "Sequence")
PARAMETER = "expand"  # of reads, so that no list is filtered by a field of that name
PLACE = "expanded"  # where it stands in an answer
# What tells people which row it is: a value that is one word or line.
DISPLAYABLE = (
    "string", "text", "slug", "email", "url", "integer", "decimal", "number", "boolean", "date", "datetime", "zoned_datetime",
    "duration", "uuid", "enum",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Step:
    """A reference that is followed: a field of `module.entity`, to `to`, and the steps
    that may follow from there.
    """

    module: str
    entity: str
    field: str
    to: tuple[str, str]
    many: bool
    then: tuple[Step, ...]


def list_steps(
    domain: Domain, module: str, entity: str, paths: Sequence[str] | None = None
) -> tuple[Step, ...]:
    """The references that reads of an entity may follow, as a tree; of a domain that
    keeps to the rules.
    """
    spec = domain[module].spec.entities[entity]
    said = spec.expand if paths is None else paths
    found = []
    for field in dict.fromkeys(path.partition(".")[0] for path in said):
        content = spec.fields[field]
        owner, _, target = str(content.to).partition(".")
        rest = [
            last
            for first, _, last in (path.partition(".") for path in said)
            if first == field and last
        ]
        then = list_steps(domain, owner, target, rest)
        found.append(
            Step(
                module,
                entity,
                field,
                (owner, target),
                content.type == "references",
                then,
            )
        )
    return tuple(found)


def every_step(domain: Domain) -> Iterator[Step]:
    """All steps that some read may take, whatever it begins with."""
    waiting = [
        step
        for module, name, _ in domain.entities()
        for step in list_steps(domain, module.name, name)
    ]
    while waiting:
        step = waiting.pop(0)
        yield step
        waiting += step.then


def with_contracts(domain: Domain) -> Domain:
    """The domain, whose modules use those of which their reads show rows; as it is
    where none does.
    """
    crossed = [
        (module.name, owner)
        for module, name, spec in domain.entities()
        for owner in _owners(domain, module, spec)
    ]
    if not crossed:
        return domain
    modules = []
    for module in domain.modules:
        asked = [owner for name, owner in crossed if name == module.name]
        modules.append(
            replace(module, uses=tuple(dict.fromkeys([*module.uses, *asked])))
        )
    return replace(domain, modules=tuple(modules))


def _owners(domain: Domain, module: DomainModule, spec: EntitySpec) -> Iterator[str]:
    """The other modules to which what an entity says of `expand` leads, whatever else
    is wrong with it.
    """
    for path in spec.expand:
        here: EntitySpec | None = spec
        for name in path.split("."):
            content = here.fields.get(name) if here is not None else None
            owner, _, target = str(
                content.to if content is not None else None
            ).partition(".")
            if owner not in domain.names:
                break
            if owner != module.name:
                yield owner
                break
            here = module.spec.entities.get(target)


def check_expansions(
    domain: Domain, declared: Declared, module: str, entity: str, spec: EntitySpec
) -> Iterator[Mistake]:
    """What is wrong with what an entity says of `expand` and `display`."""
    where = f"modules.{module}.entities.{entity}"
    yield from _check_display(where, declared, module, entity, spec)
    for index, path in enumerate(spec.expand):
        place = f"{where}.expand.{index}"
        if path in spec.expand[:index]:
            yield Mistake(
                place, f"{shown(path)} is there already", "leave one of them out"
            )
        else:
            yield from _check_path(place, domain, declared, module, entity, path)
    if spec.expand and PARAMETER in _filtered(spec):
        hint = "choose another name for the field"
        yield Mistake(
            f"{where}.expand",
            f"lists are filtered by a field of the name {PARAMETER}",
            hint,
        )


def _check_display(
    where: str, declared: Declared, module: str, entity: str, spec: EntitySpec
) -> Iterator[Mistake]:
    for index, name in enumerate(spec.display):
        place, content = f"{where}.display.{index}", spec.fields.get(name)
        if name in spec.display[:index]:
            yield Mistake(
                place, f"{shown(name)} is there already", "leave one of them out"
            )
        elif content is None:
            if not declared.has_field(module, entity, name):
                yield Mistake(
                    place,
                    f"{shown(name)} is not a field of {entity}",
                    _meant(name, spec),
                )
        elif content.type not in DISPLAYABLE:
            yield Mistake(
                place,
                f"{name} is {content.type}, which shows no row by itself",
                f"it is for {', '.join(DISPLAYABLE)}",
            )


def _check_path(
    place: str, domain: Domain, declared: Declared, module: str, entity: str, path: str
) -> Iterator[Mistake]:
    steps = path.split(".")
    if len(steps) > STEPS_MOST:
        yield Mistake(
            place,
            f"{shown(path)} follows {len(steps)} references, and {STEPS_MOST} are the most",
        )
        return
    for index, name in enumerate(steps):
        spec = domain[module].spec.entities[entity]
        content = spec.fields.get(name)
        if content is None:
            if not declared.has_field(module, entity, name):
                yield _unknown(place, domain, module, entity, name)
            return
        if content.type not in ("reference", "references"):
            hint = "it is for reference and references"
            yield Mistake(
                place,
                f"{name} of {entity} is {content.type}, which refers to no row",
                hint,
            )
            return
        if PLACE in spec.fields:
            hint = "choose another name for the field"
            yield Mistake(
                place,
                f"{entity} has a field {PLACE}, where what comes along would stand",
                hint,
            )
            return
        owner, _, target = str(content.to).partition(".")
        if owner not in domain.names or target not in domain[owner].spec.entities:
            return  # told of the reference itself
        if wrong := _unreachable(
            domain, module, owner, target, last=index == len(steps) - 1
        ):
            yield Mistake(place, *wrong)
            return
        module, entity = owner, target


def _unreachable(
    domain: Domain, module: str, owner: str, target: str, *, last: bool
) -> tuple[str, str] | None:
    """Why no read of a module shows rows of `owner.target`, and what to do instead."""
    if owner == "accounts":
        return (
            "accounts show nobody who else has one: no read brings them along",
            "leave it out, and keep the id",
        )
    if owner == module:
        return None
    if domain[owner].kind != "entities":
        return (
            f"{owner} is the preset's own, and shows its rows to no other module",
            "leave it out, and keep the id",
        )
    if not domain[owner].spec.entities[target].display:
        return (
            f"{owner}.{target} is of another module, which shows of it what its display says, and it says none",
            f"say modules.{owner}.entities.{target}.display: [its fields that others may see]",
        )
    if not last:
        return (
            f"{owner}.{target} is of another module, and no path leads on from there",
            "end the path there",
        )
    if _leads_to(domain, owner, module):
        return (
            f"{module} would ask {owner} for its rows, which asks {module} for others: modules that ask each other in a circle",
            "leave out the one or the other, or make one module of them",
        )
    if naming.to_class_name(owner) in CONTRACT_WORDS:
        return (
            f"the contract of {owner} would have the name of what it imports",
            "choose another name for that module",
        )
    return None


def _leads_to(domain: Domain, start: str, goal: str) -> bool:
    """Whether a module asks another, by way of others too."""
    waiting, seen = [start], {start}
    while waiting:
        here = waiting.pop()
        if here == goal:
            return True
        new = [
            name
            for name in domain[here].uses
            if name in domain.names and name not in seen
        ]
        seen |= {*new}
        waiting += new
    return False


def _unknown(
    place: str, domain: Domain, module: str, entity: str, name: str
) -> Mistake:
    """A step that is no field's; the other side of a reference is a list of its own."""
    for other, content in domain[module].spec.entities.items():
        for field, reference in content.fields.items():
            if reference.listed_as == name and reference.to == f"{module}.{entity}":
                path = f"/api/{domain[module].spec.entities[entity].pluralize(entity)}/ID/{name}"
                return Mistake(
                    place,
                    f"{name} are the rows of {other} whose {field} it is, and not a field of {entity}",
                    f"leave it out: they are the list {path}",
                )
    spec = domain[module].spec.entities[entity]
    return Mistake(
        place,
        f"{shown(name)} is not a field of {entity}",
        _meant(name, spec, references=True),
    )


def _meant(name: str, spec: EntitySpec, *, references: bool = False) -> str:
    able = [
        key
        for key, content in spec.fields.items()
        if not references or _refers(content)
    ]
    what = "there are" if not references else "what refers to rows is"
    return suggest(name, able, f"{what} {', '.join(able) or 'none'}")


def _refers(content: FieldSpec) -> bool:
    return content.type in ("reference", "references")


def _filtered(spec: EntitySpec) -> set[str]:
    """The fields that its lists are filtered by."""
    names = {name for listing in spec.lists for name in listing[:-1]} | {*spec.filters}
    names |= {
        name
        for name, content in spec.fields.items()
        if content.indexed or content.type == "references"
    }
    return names
