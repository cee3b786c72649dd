"""How many rows may go, or change, with one that is deleted: what a transaction takes,
whatever these rows are.
"""

from __future__ import annotations

from collections.abc import Iterator

from archgen.blueprint.schema import Entity, Module
from archgen.errors import IncompatibleError

MOST_WRITES = 100  # of a transaction of DynamoDB, kept by every database (chassis/mechanism/persistence.py)
MOST_ROWS = 50  # are looked up one by one, within one request
SHARDS = 4  # of the count of references to a row on DynamoDB (chassis/mechanism/dynamodb_unit_of_work.py)


def bounded(module: Module, modules: tuple[Module, ...], *, key_value: bool) -> Module:
    """The module, with each entity's `along` where rows go or change with its own
    (IncompatibleError: not one would fit).
    """

    def heard(entity: Entity) -> int:
        """The most deliveries that a change of a row is."""
        kinds = [f"{module.name}.{entity.name}.{action}" for action in entity.publishes]
        # which the module that keeps them is told of
        files = any(field.accept for field in entity.fields)
        return files + max(
            (sum(kind in other.subscribes for other in modules) for kind in kinds),
            default=0,
        )

    def writes(entity: Entity, *, goes: bool = True) -> int:
        """The most that a row's end is, or, where it stays, a reference that is
        cleared: beside the row what DynamoDB keeps of it.
        """
        if not key_value:
            return 1 + heard(entity)
        rules = len(entity.unique) + sum(field.unique for field in entity.fields)
        if not goes:
            return 2 + 2 * rules + heard(entity)
        single = sum(field.to is not None and field.to.local for field in entity.fields)
        links = sum(
            field.many.max * (1 + field.many.to.local)
            for field in entity.fields
            if field.many is not None
        )
        counts = SHARDS if entity.referrers or entity.linkers else 0
        return 1 + 2 * rules + single + links + counts + heard(entity)

    def bound(entity: Entity) -> Entity:
        taken = list(_taken(module, entity))
        if not taken:
            return entity
        each = max(writes(other, goes=goes) for other, goes in taken)
        most = min(MOST_ROWS, (MOST_WRITES - writes(entity)) // each)
        if most < 1:
            raise IncompatibleError(
                f"modules.{module.name}.entities.{entity.name}: what goes with a row of it (on_delete) is more than "
                f"{MOST_WRITES} writes, which is what a transaction of DynamoDB takes",
                "say a smaller max for references, or --set stack.database=postgresql",
            )
        return entity.model_copy(update={"along": most})

    return module.model_copy(update={"entities": tuple(map(bound, module.entities))})


def _taken(module: Module, entity: Entity) -> Iterator[tuple[Entity, bool]]:
    """The entities whose rows go (true) or change with one; the domain's rules know no
    circle of those that go.
    """
    for referrer in entity.referrers:
        if referrer.on_delete is None:
            continue
        other = next(
            other for other in module.entities if other.name == referrer.entity
        )
        yield other, referrer.on_delete == "cascade"
        if referrer.on_delete == "cascade":
            yield from _taken(module, other)
