"""What a record knows of the past, with entities called as they are from now on: its
migrations are the same to the byte.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from archgen.blueprint.history import History
from archgen.blueprint.schema import Entity, Field, Module, Reaction, Target

Moved = Mapping[str, str]  # module.entity -> what the entity is called from now on


def rename_in(module: Module, moved: Moved) -> Module:
    """A module as it was, with entities called as they are from now on."""
    if not moved:
        return module
    kept = {
        "entities": _entities(module.entities, module.name, moved),
        "retired": _entities(module.retired, module.name, moved),
    }
    return module.model_copy(
        update={**kept, "reactions": _reactions(module.reactions, module.name, moved)}
    )


def rename_history(past: History, module: str, moved: Moved) -> History:
    """The same of all that is known of its past."""
    if not moved:
        return past

    def name(entity: str) -> str:
        return moved.get(f"{module}.{entity}", entity)

    def places(said: Mapping[str, Any]) -> dict[str, Any]:
        return {
            f"{name(place.partition('.')[0])}.{place.partition('.')[2]}": value
            for place, value in said.items()
        }

    def changed(document: Any) -> dict[str, Any]:
        return {
            "entities": _entities(document.entities, module, moved),
            "reactions": _reactions(document.reactions, module, moved),
        }

    revisions = tuple(
        one.model_copy(
            update={
                **changed(one),
                "fills": places(one.fills),
                "back": places(one.back),
                "gone": tuple(map(name, one.gone)),
                "renamed": {
                    name(entity): fields for entity, fields in one.renamed.items()
                },
            }
        )
        for one in past.revisions
    )
    return History(
        first=past.first.model_copy(update=changed(past.first)), revisions=revisions
    )


def _entities(
    entities: tuple[Entity, ...], module: str, moved: Moved
) -> tuple[Entity, ...]:
    return tuple(
        one.model_copy(
            update={
                "name": moved.get(f"{module}.{one.name}", one.name),
                "fields": tuple(_field(field, moved) for field in one.fields),
                "retired": tuple(_field(field, moved) for field in one.retired),
            }
        )
        for one in entities
    )


def _field(field: Field, moved: Moved) -> Field:
    many = field.many and field.many.model_copy(
        update={"to": _target(field.many.to, moved)}
    )
    return field.model_copy(
        update={"to": field.to and _target(field.to, moved), "many": many}
    )


def _target(to: Target, moved: Moved) -> Target:
    return to.model_copy(
        update={"entity": moved.get(f"{to.module}.{to.entity}", to.entity)}
    )


def _reactions(
    reactions: tuple[Reaction, ...], module: str, moved: Moved
) -> tuple[Reaction, ...]:
    return tuple(
        one.model_copy(
            update={
                "effects": tuple(
                    effect.model_copy(
                        update={
                            "entity": moved.get(
                                f"{module}.{effect.entity}", effect.entity
                            )
                        }
                    )
                    for effect in one.effects
                )
            }
        )
        for one in reactions
    )
