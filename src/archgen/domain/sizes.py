"""How large a domain may be."""

from __future__ import annotations

from collections.abc import Iterator

from archgen.domain.declared import Declared
from archgen.domain.schema import ENTITIES_MOST, FIELDS_MOST, MODULE_MOST, MODULES_MOST
from archgen.errors import Mistake


def check_sizes(declared: Declared) -> Iterator[Mistake]:
    """Whether the domain is one of the sizes that archgen writes, by what is declared,
    whatever its state.
    """
    modules = declared.modules
    if len(modules) > MODULES_MOST:
        yield Mistake(
            "modules", f"has {len(modules)} modules, and {MODULES_MOST} are the most"
        )
    if (count := sum(map(len, modules.values()))) > ENTITIES_MOST:
        yield Mistake(
            "modules",
            f"has {count} entities, and {ENTITIES_MOST} are the most of a project",
        )
    for module, entities in modules.items():
        if len(entities) > MODULE_MOST:
            yield Mistake(
                f"modules.{module}.entities",
                f"has {len(entities)} entities, and {MODULE_MOST} are the most of a module",
                "put some of them into a module of their own; a reference may cross modules",
            )
        for entity, fields in entities.items():
            if len(fields) > FIELDS_MOST:
                yield Mistake(
                    f"modules.{module}.entities.{entity}.fields",
                    f"has {len(fields)} fields, and {FIELDS_MOST} are the most",
                    "put what belongs together into an entity of its own, with a reference to it",
                )
