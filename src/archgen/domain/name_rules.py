"""What modules, entities, fields and tables may be called, each by itself."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from archgen.domain import naming
from archgen.domain.declared import Declared
from archgen.domain.schema import SEARCH_WORDS, EntitySpec
from archgen.errors import Mistake
from archgen.text import join_key, shown


def check_names(declared: Declared, package: str | None) -> Iterator[Mistake]:
    """What is wrong with the names of modules, entities and fields, whatever is wrong
    with what stands under them.
    """
    for module, entities in declared.modules.items():
        yield from check_module_name(module, package)
        for entity, fields in entities.items():
            yield from check_entity_name(module, entity)
            for field in fields:
                yield from check_field_name(
                    f"modules.{module}.entities.{entity}", entity, field
                )


def check_module_name(name: str, package: str | None) -> Iterator[Mistake]:
    check = partial(naming.check_module, package=package)
    if wrong := check(name):
        yield Mistake(
            join_key("modules", name),
            wrong,
            naming.suggest_name(check, name, f"{package}_{name}"),
        )


def check_schema_name(where: str, name: str | None) -> Iterator[Mistake]:
    """What a module's tables are kept under, which was the name of one at some time."""
    if name is not None and (wrong := naming.check_module(name)):
        yield Mistake(
            f"{where}.stored_as",
            f"{shown(name)}: {wrong}",
            "choose another name, or leave it out",
        )


def check_entity_name(module: str, name: str) -> Iterator[Mistake]:
    if wrong := _find_wrong(name):
        better = naming.suggest_name(_find_wrong, name, f"{module}_{name}")
        yield Mistake(join_key(f"modules.{module}.entities", name), wrong, better)


def _find_wrong(name: str) -> str | None:
    return naming.check_entity(name) or naming.check_class(naming.to_class_name(name))


def check_field_name(entity_place: str, entity: str, name: str) -> Iterator[Mistake]:
    if wrong := naming.check_field(name):
        better = naming.suggest_name(naming.check_field, name, f"{entity}_{name}")
        yield Mistake(join_key(f"{entity_place}.fields", name), wrong, better)


def check_stored_as(where: str, name: str, spec: EntitySpec) -> Iterator[Mistake]:
    """The plural of an entity, which paths and tables are called by, and a table's own
    name.
    """
    plural = spec.pluralize(name)
    if wrong := naming.check_plural(plural):
        yield Mistake(
            f"{where}.plural", f"{shown(plural)}: {wrong}", f"say {where}.plural"
        )
    elif plural.endswith(f"_{SEARCH_WORDS}"):
        wrong = "names that end so belong to full-text search"
        yield Mistake(
            f"{where}.plural", f"{shown(plural)}: {wrong}", f"say {where}.plural"
        )
    if spec.table is not None:
        yield from _check_table(f"{where}.table", spec.table)


def _check_table(where: str, name: str) -> Iterator[Mistake]:
    wrong = naming.check_table(name)
    if wrong is None and name.endswith(f"_{SEARCH_WORDS}"):
        wrong = "names that end so belong to full-text search"
    if wrong:
        yield Mistake(
            where, f"{shown(name)}: {wrong}", "choose another name, or leave it out"
        )
