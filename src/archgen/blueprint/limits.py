"""What functions and transactions have no room for, refused before anything is written."""

from __future__ import annotations

from archgen.blueprint.cascades import MOST_WRITES
from archgen.blueprint.schema import Module
from archgen.errors import IncompatibleError

ROUTES_MOST = 300  # of an HTTP API, docs.aws.amazon.com/apigateway, quotas for HTTP APIs, read 2026-11
RESOURCES_MOST = (
    500  # of a stack, docs.aws.amazon.com/AWSCloudFormation, quotas, read 2026-11
)
ROUTES_OF_EVERY_PROJECT = 12  # accounts, keys, health
MOST_LINES = 40  # of an order
WRITES_BESIDE_LINES = 4  # the reservation, its event to two handlers, and the mark of the event that asked for it


def check_quotas(modules: tuple[Module, ...]) -> None:
    """Refuse functions that one gateway and one stack cannot hold: two routes for each
    entity, with a permission each.
    """
    entities = sum(len(module.entities) for module in modules)
    sides = sum(len(entity.sides) for module in modules for entity in module.entities)
    routes = ROUTES_OF_EVERY_PROJECT + 2 * entities + 2 * sides
    reacting = {module.part for module in modules if module.subscribes}
    pipes = {
        (kind.split(".")[0], module.part)
        for module in modules
        for kind in module.subscribes
    }
    # a function, its role and its table; for who reacts another function, a role, two
    # queues, their policy and a mapping
    resources = routes + 3 * len(modules) + 6 * len(reacting) + len(pipes) + 10
    for what, count, most in (
        ("routes", routes, ROUTES_MOST),
        ("resources", resources, RESOURCES_MOST),
    ):
        if count > most:
            raise IncompatibleError(
                f"functions of {entities} entities in {len(modules)} modules need {count} {what}, and AWS takes {most}",
                "say --architecture monolith or microservices, or make several projects of it",
            )


def check_transactions(modules: tuple[Module, ...]) -> None:
    """Refuse what makes an order of 40 lines more writes than a unit of work may have:
    its products, and each one's event to who reacts.
    """
    reacting = [
        module.name
        for module in modules
        if "inventory.product.updated" in module.subscribes
    ]
    writes = MOST_LINES * (1 + len(reacting)) + WRITES_BESIDE_LINES
    if any(module.kind == "orders" for module in modules) and writes > MOST_WRITES:
        raise IncompatibleError(
            f"{' and '.join(reacting)} react to inventory.product.updated: to set the stock of an order of {MOST_LINES} lines "
            f"aside is {writes} writes then, and a transaction takes {MOST_WRITES}",
            f"let one module react to it, and to an event of {reacting[0]} whatever else has to",
        )


def check_links(modules: tuple[Module, ...]) -> None:
    """Refuse references of which a change of all would not fit a transaction of
    DynamoDB: each that goes and each that comes is an item, and within a module a count
    beside it; beside these are the row, its unique values, its references, events and
    the request.
    """
    for module in modules:
        for entity in module.entities:
            links = [field for field in entity.fields if field.many is not None]
            if not links:
                continue
            rules = len(entity.unique) + sum(field.unique for field in entity.fields)
            single = sum(
                field.to is not None and field.to.local for field in entity.fields
            )
            heard = sum(
                f"{module.name}.{entity.name}.updated" in other.subscribes
                for other in modules
            )
            beside = 2 + 2 * rules + 2 * single + heard + (heard > 0)
            each = {
                field.name: 4 if field.many and field.many.to.local else 2
                for field in links
            }
            writes = beside + sum(
                each[field.name] * field.many.max for field in links if field.many
            )
            if writes > MOST_WRITES:
                fits = (MOST_WRITES - beside) // sum(each.values())
                names = " and ".join(each)
                raise IncompatibleError(
                    f"modules.{module.name}.entities.{entity.name}: to change all of {names} is {writes} writes on DynamoDB, "
                    f"and a transaction takes {MOST_WRITES}",
                    f"say max: {fits} or less for {names}, or --set stack.database=postgresql",
                )
