"""Names that two of a project would have in common: entities, paths, classes, modules,
tables and indexes.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain

from archgen.domain import naming
from archgen.domain.presets import FILES
from archgen.domain.schema import OWNER, Domain, ModuleSpec
from archgen.errors import Mistake


def check_clashes(domain: Domain, own: set[str]) -> Iterator[Mistake]:
    """Entities whose name, path or class another of the project has already. `own`: the
    modules that are the user's.
    """
    entities: dict[str, str] = {}
    plurals: dict[str, str] = {}
    classes = {
        name: f"the module {module.name}"
        for module in domain.modules
        for name in module.classes
    }
    yield from _check_modules(domain, own)
    yield from _check_schemas(domain, own)
    yield from _check_files(domain, own)
    for module, name, spec in domain.entities():
        here, mine = f"{module.name}.{name}", module.name in own
        where = f"modules.{module.name}.entities.{name}"
        plural = spec.pluralize(name)
        if mine and name in entities:
            yield Mistake(
                where,
                f"{entities[name]} has that name already",
                "an entity's name is unique",
            )
        elif mine and (
            taken := next(
                (c for c in naming.list_class_names(name) if c in classes), None
            )
        ):
            yield Mistake(
                where,
                f"makes the class {taken}, which {classes[taken]} has already",
                "choose another name",
            )
        if mine and plural in plurals:
            yield Mistake(
                f"{where}.plural",
                f"{plurals[plural]} has the path /api/{plural} already",
                f"say {where}.plural",
            )
        entities.setdefault(name, here)
        plurals.setdefault(plural, here)
        for made in naming.list_class_names(name):
            classes.setdefault(made, here)


def _check_modules(domain: Domain, own: set[str]) -> Iterator[Mistake]:
    """Names that composition roots and `domain.py` make of two names and that come out
    the same.
    """
    made: dict[str, str] = {}
    for module in domain.modules:
        name = module.name
        for local in (
            name,
            f"{name}_units",
            f"{name}_router",
            f"{name}_contract",
            naming.to_class_name(name),
        ):
            if name in own and made.get(local, name) != name:
                yield Mistake(
                    f"modules.{name}",
                    f"is too much like {made[local]}: both make {local}",
                    "choose another name",
                )
                break
            made.setdefault(local, name)


def _check_schemas(domain: Domain, own: set[str]) -> Iterator[Mistake]:
    """Names under which modules' tables are kept: no two of one."""
    kept = {
        module.name: module.name
        for module in domain.modules
        if module.spec.stored_as is None
    }
    for module in domain.modules:
        name = module.spec.stored_as
        if name is not None and name in kept and module.name in own:
            yield Mistake(
                f"modules.{module.name}.stored_as",
                f"the tables of {kept[name]} are kept under {name} already",
                f"call {kept[name]} otherwise",
            )
        kept.setdefault(name or module.name, module.name)


def _check_files(domain: Domain, own: set[str]) -> Iterator[Mistake]:
    """What the module that keeps files takes, where some entity has one."""
    if not any(module.has_files for module in domain.modules):
        return
    because = "taken by the files of this project's rows (a field of type file)"
    if FILES in own:
        yield Mistake(f"modules.{FILES}", f"is {because}", "choose another name")
    for module, name, spec in domain.entities():
        if module.name in own and spec.pluralize(name) == FILES:
            where = f"modules.{module.name}.entities.{name}"
            yield Mistake(
                f"{where}.plural",
                f"the path /api/{FILES} is {because}",
                f"say {where}.plural",
            )


def check_stored_names(where: str, spec: ModuleSpec) -> Iterator[Mistake]:
    """Tables, indexes and constraints of a module, which PostgreSQL has in one schema:
    no two of one name.

    The whole names, as `templates/_macros/sql.jinja` makes them; what is shortened
    there ends in a hash of these.
    """
    taken = {"ix_processed_at": "processed", "ix_outbox_due": "outbox"}
    for name, entity in spec.entities.items():
        if entity.store(name).lower() in taken:  # SQLite tells no case apart
            place = f"{where}.entities.{name}.{'plural' if entity.table is None else 'table'}"
            stored = entity.store(name)
            yield Mistake(
                place,
                f"{taken[stored.lower()]} is called {stored} already",
                "choose another name",
            )
        taken.setdefault(entity.store(name).lower(), f"the table of {name}")
    for name, entity in spec.entities.items():
        plural, owned = entity.store(name).lower(), entity.access.read == "owner"
        keys = [
            [key]
            for key, content in entity.fields.items()
            if content.indexed or content.type == "reference"
        ]
        keys += [
            [*filters, sort.removeprefix("-")]
            for *filters, sort in filter(None, entity.lists)
        ]
        keys += [
            [key] for key in dict.fromkeys(chain(*entity.combined)) if [key] not in keys
        ]
        keys += (
            [["owner_id"], *(["owner_id", *columns] for columns in keys)]
            if owned
            else []
        )
        made = {f"ix_{plural}_{'_'.join(columns)}": columns for columns in keys}
        clashing = [
            columns
            for columns in keys
            if made[f"ix_{plural}_{'_'.join(columns)}"] != columns
        ]
        rules = [[key] for key, content in entity.fields.items() if content.alone]
        rules += [
            [
                ("owner_id" if key == OWNER and OWNER not in entity.fields else key)
                for key in rule
            ]
            for rule in entity.unique
        ]
        made |= {f"uq_{plural}_{'_'.join(rule)}": rule for rule in rules}
        clashing += [
            rule for rule in rules if made[f"uq_{plural}_{'_'.join(rule)}"] != rule
        ]
        for stored, columns in [(f"{plural}_pkey", ["id"]), *made.items()]:
            if stored in taken:
                clashing.append(columns)
            taken.setdefault(stored, f"{name}.{', '.join(columns)}")
        for key, content in entity.fields.items():
            if content.type != "references":
                continue
            for stored in (
                f"{plural}_{key}",
                f"ix_{plural}_{key}",
                f"{plural}_{key}_pkey",
            ):
                if stored in taken:
                    yield Mistake(
                        f"{where}.entities.{name}.fields.{key}",
                        f"its table would be called {stored}, as {taken[stored]} is already",
                        "choose another name for the field, or another plural",
                    )
                taken.setdefault(stored, f"the table of {name}.{key}")
        for columns in clashing:
            yield Mistake(
                f"{where}.entities.{name}",
                f"the index of {', '.join(columns)} would be called as another of the module is",
                "choose another name for a field, or another plural",
            )
