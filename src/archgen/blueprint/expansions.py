"""What reads bring along, resolved: for each entity the references that its reads
follow, and what shows the rows at their ends.
"""

from __future__ import annotations

from collections.abc import Iterable

from archgen.blueprint.schema import Entity, Expansion, Field, Module, Target
from archgen.domain.expansions import Step, every_step, list_steps
from archgen.domain.schema import Domain

Key = tuple[str, str]  # module and entity


def with_expansions(modules: tuple[Module, ...], domain: Domain) -> tuple[Module, ...]:
    """The modules, whose entities say what is followed from them, and to them; as they
    are where nothing is.
    """
    steps = list(every_step(domain))
    if not steps:
        return modules
    known = {
        (module.name, entity.name): entity
        for module in modules
        for entity in module.entities
    }
    begun = {(step.module, step.entity) for step in steps}

    def resolved(step: Step) -> Expansion:
        field = next(
            one
            for one in known[step.module, step.entity].fields
            if one.name == step.field
        )
        return Expansion(
            field=step.field,
            to=_target(field),
            many=step.many,
            display=domain[step.to[0]].spec.entities[step.to[1]].display,
            then=tuple(map(resolved, step.then)),
            deeper=step.to in begun,
            view=view(step.to) if step.to[0] != step.module else (),
        )

    def view(key: Key) -> tuple[Field, ...]:
        """What other modules see of a row; an enum's type is its module's own, so they
        see a string.
        """
        display = domain[key[0]].spec.entities[key[1]].display
        plain = {
            "type": "string",
            "values": (),
            "labels": (),
            "alias": None,
            "max_length": 64,
        }
        return tuple(
            field.model_copy(update=plain) if field.type == "enum" else field
            for field in known[key].fields
            if field.name in display
        )

    def expanded(key: Key, entity: Entity) -> Entity:
        here = _once(step for step in steps if (step.module, step.entity) == key)
        led = {step.module for step in steps if step.to == key}
        return entity.model_copy(
            update={
                "expand": tuple(map(resolved, list_steps(domain, *key))),
                "steps": tuple(
                    resolved(step).model_copy(update={"then": ()}) for step in here
                ),
                "display": domain[key[0]].spec.entities[key[1]].display
                if key[0] in led
                else (),
                "shown": bool(led),
                "view": view(key) if led - {key[0]} else (),
            }
        )

    touched = begun | {step.to for step in steps}
    return tuple(
        module.model_copy(
            update={
                "entities": tuple(
                    expanded((module.name, entity.name), entity)
                    if (module.name, entity.name) in touched
                    else entity
                    for entity in module.entities
                )
            }
        )
        for module in modules
    )


def _target(field: Field) -> Target:
    target = field.to if field.many is None else field.many.to
    if target is None:
        raise ValueError(f"{field.name} refers to nothing")
    return target


def _once(steps: Iterable[Step]) -> list[Step]:
    """One of each field."""
    return list({step.field: step for step in steps}.values())
