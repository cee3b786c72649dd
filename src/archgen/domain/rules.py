"""What a whole domain must keep to, beyond its form: names, references, reactions, lists, cycles.

`check_domain` finds every mistake at once, each with its dotted key. What is declared but broken in form is
`declared` still, so that one mistake does not make others.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from itertools import chain

from archgen.domain import naming
from archgen.domain.declared import Declared
from archgen.domain.expansions import check_expansions
from archgen.domain.field_rules import INDEXED_LENGTH, UNINDEXABLE, check_field, check_values
from archgen.domain.field_values import resolve_length
from archgen.domain.made_rules import check_computed, check_slug
from archgen.domain.ownership import check_own, check_owned_by
from archgen.domain.presets import FILES, Preset, assemble_domain
from archgen.domain.schema import (
    AUDIT,
    KEYABLE,
    ORDERED,
    OWNER,
    SEARCH_WORDS,
    SEARCHABLE,
    TIMES,
    Domain,
    EntitySpec,
    EnumSpec,
    FieldSpec,
    ModuleSpec,
)
from archgen.errors import Mistake
from archgen.text import join_key, nearest, shown

WIDTH_MOST = 600  # characters of the strings of one index
INDEXES_MOST = 20  # of a table, by the strictest of the databases: DynamoDB's quota of global secondary indexes


def check_domain(
    preset: Preset | None, modules: Mapping[str, ModuleSpec], package: str | None, declared: Declared | None = None
) -> list[Mistake]:
    """All that is wrong with `modules` beside `preset`, in the order in which they are written."""
    declared = declared or Declared()
    given = {module.name: preset.name for module in preset.modules} if preset else {}
    mistakes = [
        Mistake(
            f"modules.{name}",
            f"the preset {given[name]} has a module {name} of its own",
            "choose another name, or leave the preset out and declare the whole domain",
        )
        for name in modules
        if name in given
    ]
    own = {name: spec for name, spec in modules.items() if name not in given}
    domain = assemble_domain(preset, own)
    check = _Check(domain, declared, package)
    for name, spec in own.items():
        mistakes += check.module(name, spec)
    mistakes += check.clashes(set(own))
    return mistakes


def check_names(declared: Declared, package: str | None) -> Iterator[Mistake]:
    """What is wrong with the names of modules, entities and fields, whatever is wrong with what stands under them."""
    for module, entities in declared.modules.items():
        yield from _check_module_name(module, package)
        for entity, fields in entities.items():
            yield from _check_entity_name(module, entity)
            for field in fields:
                yield from _check_field_name(f"modules.{module}.entities.{entity}", entity, field)


def _check_module_name(name: str, package: str | None) -> Iterator[Mistake]:
    check = partial(naming.check_module, package=package)
    if wrong := check(name):
        yield Mistake(join_key("modules", name), wrong, naming.suggest_name(check, name, f"{package}_{name}"))


def _check_entity_name(module: str, name: str) -> Iterator[Mistake]:
    wrong = naming.check_entity(name) or naming.check_class(naming.to_class_name(name))
    if wrong:
        better = naming.suggest_name(_check_entity, name, f"{module}_{name}")
        yield Mistake(join_key(f"modules.{module}.entities", name), wrong, better)


def _check_field_name(entity_place: str, entity: str, name: str) -> Iterator[Mistake]:
    if wrong := naming.check_field(name):
        better = naming.suggest_name(naming.check_field, name, f"{entity}_{name}")
        yield Mistake(join_key(f"{entity_place}.fields", name), wrong, better)


@dataclass(frozen=True, slots=True)
class _Check:
    domain: Domain
    declared: Declared
    package: str | None

    def module(self, name: str, spec: ModuleSpec) -> Iterator[Mistake]:
        where = join_key("modules", name)
        yield from _check_module_name(name, self.package)
        if not spec.entities and not self.declared.modules.get(name):
            yield Mistake(where, "has no entities: a module keeps one at least", f"add {where}.entities")
        for enum, values in spec.enums.items():
            yield from self._enum(f"{where}.enums", enum, values)
        for entity, content in spec.entities.items():
            yield from self.entity(name, entity, content)
        yield from self._cycles(name, spec)
        yield from self._cascades(name, spec)
        yield from self._stored_names(where, spec)
        seen: set[str] = set()
        for index, event in enumerate(spec.reacts_to):
            yield from self._reaction(f"{where}.reacts_to.{index}", event, seen)

    def entity(self, module: str, name: str, spec: EntitySpec) -> Iterator[Mistake]:
        where = f"modules.{module}.entities.{name}"
        yield from _check_entity_name(module, name)
        plural = spec.pluralize(name)
        if wrong := naming.check_plural(plural):
            yield Mistake(f"{where}.plural", f"{shown(plural)}: {wrong}", f"say {where}.plural")
        elif plural.endswith(f"_{SEARCH_WORDS}"):
            wrong = "names that end so belong to full-text search"
            yield Mistake(f"{where}.plural", f"{shown(plural)}: {wrong}", f"say {where}.plural")
        if spec.table is not None:
            yield from _check_table(f"{where}.table", spec.table)
        if not spec.fields and not self.declared.modules.get(module, {}).get(name):
            yield Mistake(f"{where}.fields", "an entity has at least one field", f"add {where}.fields")
        for field_name in AUDIT:
            if spec.audit and field_name in spec.fields:
                hint = "choose another name for the field, or leave audit out"
                yield Mistake(f"{where}.fields.{field_name}", "audit: true has a field of that name", hint)
        for field_name, field_spec in spec.fields.items():
            place = f"{where}.fields.{field_name}"
            yield from _check_field_name(where, name, field_name)
            if field_spec.indexed and (wrong := naming.check_filter(field_name, numbered=spec.totals)):
                yield Mistake(f"{place}.indexed", wrong, "leave it out, or choose another name")
            yield from check_field(place, field_spec)
            if field_spec.type == "slug":
                yield from check_slug(place, (module, name), field_spec, spec, self.declared)
            for member in field_spec.fields:
                yield from _check_field_name(place, name, member)
            if field_spec.enum is not None and "enum" in (field_spec.type, field_spec.of):
                yield from self._shared(place, module, field_spec)
            if field_spec.to is not None:
                yield from self._reference(f"{place}.to", field_spec.to)
            if field_spec.set_by is not None and field_spec.to is not None:
                yield from _check_set_by(f"{place}.set_by", field_spec, spec)
            if field_spec.to is not None:
                yield from check_own(place, module, self.domain, field_spec, spec)
            if field_spec.on_delete in ("cascade", "clear") and field_spec.to is not None:
                yield from _check_on_delete(f"{place}.on_delete", module, field_spec)
            if field_spec.listed_as is not None and field_spec.to is not None:
                yield from self._listed_as(f"{place}.listed_as", module, name, field_name)
            if field_spec.type == "references" and (wrong := naming.check_filter(field_name)):
                yield Mistake(place, wrong, "choose another name: rows are listed by what they refer to")
        yield from check_computed(where, spec)
        yield from check_owned_by(where, spec)
        yield from self._lists(where, module, name, spec)
        yield from self._combined(where, module, name, spec)
        yield from self._keys(where, module, name, spec)
        yield from self._search(where, module, name, spec)
        yield from self._unique(where, module, name, spec)
        yield from check_expansions(self.domain, self.declared, module, name, spec)

    def _enum(self, where: str, name: str, spec: EnumSpec) -> Iterator[Mistake]:
        place = join_key(where, name)
        if wrong := naming.check_enum(name):
            yield Mistake(place, wrong)
        yield from check_values(place, spec.values, spec.labels)

    def _shared(self, where: str, module: str, spec: FieldSpec) -> Iterator[Mistake]:
        """A field that says one of its module's enums."""
        enums = self.domain[module].spec.enums
        shared = enums.get(spec.enum or "")
        if shared is None:
            meant = nearest(spec.enum or "", enums)
            there = (
                f"there are {', '.join(enums)}" if enums else f"say modules.{module}.enums.NAME.values: [one, another]"
            )
            yield Mistake(
                f"{where}.enum",
                f"{shown(spec.enum)} is not one of the enums of {module}",
                f"did you mean {meant}?" if meant else there,
            )
        elif spec.values != shared.values or spec.labels != shared.labels:
            said = "labels" if spec.values in ((), shared.values) else "values"
            yield Mistake(
                f"{where}.{said}", f"the enum {spec.enum} says them already", "leave them out, or leave enum out"
            )

    def _stored_names(self, where: str, spec: ModuleSpec) -> Iterator[Mistake]:
        """Tables, indexes and constraints of a module, which PostgreSQL has in one schema: no two of one name.

        The whole names, as `templates/_macros/sql.jinja` makes them; what is shortened there ends in a hash of these.
        """
        taken = {"ix_processed_at": "processed", "ix_outbox_due": "outbox"}
        for name, entity in spec.entities.items():
            if entity.store(name).lower() in taken:  # SQLite tells no case apart
                place = f"{where}.entities.{name}.{'plural' if entity.table is None else 'table'}"
                stored = entity.store(name)
                yield Mistake(place, f"{taken[stored.lower()]} is called {stored} already", "choose another name")
            taken.setdefault(entity.store(name).lower(), f"the table of {name}")
        for name, entity in spec.entities.items():
            plural, owned = entity.store(name).lower(), entity.access.read == "owner"
            keys = [[key] for key, content in entity.fields.items() if content.indexed or content.type == "reference"]
            keys += [[*filters, sort.removeprefix("-")] for *filters, sort in filter(None, entity.lists)]
            keys += [[key] for key in dict.fromkeys(chain(*entity.combined)) if [key] not in keys]
            keys += [["owner_id"], *(["owner_id", *columns] for columns in keys)] if owned else []
            made = {f"ix_{plural}_{'_'.join(columns)}": columns for columns in keys}
            clashing = [columns for columns in keys if made[f"ix_{plural}_{'_'.join(columns)}"] != columns]
            rules = [[key] for key, content in entity.fields.items() if content.alone]
            rules += [
                [("owner_id" if key == OWNER and OWNER not in entity.fields else key) for key in rule]
                for rule in entity.unique
            ]
            made |= {f"uq_{plural}_{'_'.join(rule)}": rule for rule in rules}
            clashing += [rule for rule in rules if made[f"uq_{plural}_{'_'.join(rule)}"] != rule]
            for stored, columns in [(f"{plural}_pkey", ["id"]), *made.items()]:
                if stored in taken:
                    clashing.append(columns)
                taken.setdefault(stored, f"{name}.{', '.join(columns)}")
            for key, content in entity.fields.items():
                if content.type != "references":
                    continue
                for stored in (f"{plural}_{key}", f"ix_{plural}_{key}", f"{plural}_{key}_pkey"):
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

    def _reference(self, where: str, to: str) -> Iterator[Mistake]:
        module, _, entity = to.partition(".")
        known = [f"{owner.name}.{name}" for owner, name, _ in self.domain.entities()]
        if to in known or self.declared.has_entity(module, entity):
            return
        meant = nearest(to, known)
        if meant is None:  # people leave out the module
            meant = next((path for path in known if path.endswith(f".{to}")), None)
        hint = f"did you mean {meant}?" if meant else f"say module.entity; there are {', '.join(known[:12])}"
        yield Mistake(where, f"{shown(to)} is not an entity of this project", hint)

    def _listed_as(self, where: str, module: str, entity: str, field: str) -> Iterator[Mistake]:
        """The other side of a reference: a path of its own below that of the row referred to, in the same module."""
        content = self.domain[module].spec.entities[entity].fields[field]
        word, to = str(content.listed_as), str(content.to)
        plural = self.domain[module].spec.entities[entity].pluralize(entity)
        if wrong := naming.check_plural(word) or naming.check_filter(field):
            yield Mistake(where, f"{shown(word)}: {wrong}", "say a plural word")
        if to.partition(".")[0] != module:
            yield Mistake(
                where,
                f"{to} is of another module, which cannot list rows of this one",
                f"leave it out; with {field} indexed, /api/{plural}?{field}=ID lists them",
            )
        function = f"{word}_of_{to.partition('.')[2]}"
        if any(function == other.pluralize(name) for name, other in self.domain[module].spec.entities.items()):
            yield Mistake(
                where, f"{shown(word)}: the list would be called {function}, as an entity's is", "choose another word"
            )
        others = [
            f"{name}.{key}"
            for name, other in self.domain[module].spec.entities.items()
            for key, told in other.fields.items()
            if (told.to, told.listed_as) == (to, word) and (name, key) != (entity, field)
        ]
        if others:
            yield Mistake(where, f"{others[0]} is listed as {word} of {to} already", "choose another word")

    def _reaction(self, where: str, event: str, seen: set[str]) -> Iterator[Mistake]:
        if event in seen:
            yield Mistake(where, f"{event} is listed twice", "leave one of them out")
            return
        seen.add(event)
        known = {
            f"{owner.name}.{name}.{action}"
            for owner, name, _ in self.domain.entities()
            for action in owner.list_actions(name)
        }
        path = event.split(".")
        if event in known:
            return
        broken = len(path) == 3 and path[2] in ("created", "updated", "deleted")
        if broken and self.declared.has_entity(*path[:2]):
            return
        entity = ".".join(path[:2])
        offered = sorted(name for name in known if name.startswith(entity + "."))
        meant = nearest(event, known)
        if offered:
            hint = f"{entity} has {', '.join(offered)}"
        else:
            hint = f"did you mean {meant}?" if meant else "say module.entity.created, .updated or .deleted"
        yield Mistake(where, f"{shown(event)} is not an event of this project", hint)

    def _lists(self, where: str, module: str, entity: str, spec: EntitySpec) -> Iterator[Mistake]:
        seen: set[tuple[frozenset[str], str]] = set()
        for index, listing in enumerate(spec.lists):
            place = f"{where}.lists.{index}"
            if not listing:
                yield Mistake(place, "is empty", "say the fields to filter by, and last the one to sort by")
                continue
            *filters, sort = listing
            fields = [*filters, sort.removeprefix("-")]
            if len(set(fields)) < len(fields):
                yield Mistake(place, "names a field twice", "a field is either filtered by or sorted by")
                continue
            if len(fields) > 5:
                yield Mistake(place, f"names {len(fields)} fields, and 5 are the most")
                continue
            if (key := (frozenset(filters), sort)) in seen:
                yield Mistake(place, "is there already", "the order of the filters makes no difference")
            seen.add(key)
            for name in fields if fields[-1] not in TIMES else fields[:-1]:
                yield from self._listed(place, module, entity, spec, name)
            for name in filters:
                if name in spec.fields and (wrong := naming.check_filter(name, numbered=spec.totals)):
                    yield Mistake(place, wrong, "leave it out, or choose another name")
            yield from _too_wide(place, spec, fields)
        alone = {key for key, content in spec.fields.items() if content.indexed or content.type == "reference"}
        alone |= {*chain(*spec.combined)} - {
            listing[0].removeprefix("-") for listing in spec.lists if len(listing) == 1
        }
        owned = spec.access.read == "owner"
        if (indexes := (1 + len(spec.lists) + len(alone)) * (2 if owned else 1)) > INDEXES_MOST:
            twice = ", each once more for an owner's rows" if owned else ""
            yield Mistake(
                where,
                f"needs {indexes} indexes{twice}, and {INDEXES_MOST} are the most",
                "index or list by fewer fields",
            )

    def _combined(self, where: str, module: str, entity: str, spec: EntitySpec) -> Iterator[Mistake]:
        """Filters that combine, and what such lists are sorted by."""
        for key, names in (("filters", spec.filters), ("sorts", spec.sorts)):
            for index, name in enumerate(names):
                place = f"{where}.{key}.{index}"
                if name in names[:index]:
                    yield Mistake(place, f"{shown(name)} is there already", "leave one of them out")
                elif key == "sorts" and name.startswith("-"):
                    yield Mistake(place, f"{shown(name)} says a direction", f"say {name[1:]}: a request says which way")
                elif key == "filters" and name in spec.fields and spec.fields[name].type == "references":
                    yield Mistake(
                        place, f"lists are filtered by {name} already: it refers to several rows", "leave it out"
                    )
                elif name not in TIMES:
                    yield from self._listed(place, module, entity, spec, name)
                if (
                    key == "filters"
                    and name in spec.fields
                    and (wrong := naming.check_filter(name, numbered=spec.totals))
                ):
                    yield Mistake(place, wrong, "leave it out, or choose another name")
        filters, sorts = spec.combined
        links = [name for name, content in spec.fields.items() if content.type == "references"]
        taken = {*filters, *links, *naming.FILTERS, *(naming.NUMBERED if spec.totals else ())}
        for name in filters:
            ranged = name in TIMES or (name in spec.fields and spec.fields[name].type in ORDERED)
            for end in ("from", "to") if ranged else ():
                if f"{name}_{end}" in taken:
                    yield Mistake(
                        f"{where}.filters",
                        f"{name} is filtered by ranges, whose {name}_{end} is a filter already",
                        "leave one of them out, or choose another name",
                    )
        if sorts:
            yield from _too_wide(f"{where}.sorts", spec, list(sorts))

    def _search(self, where: str, module: str, entity: str, spec: EntitySpec) -> Iterator[Mistake]:
        """Strings and texts, and names that a search takes for itself."""
        for index, name in enumerate(spec.search):
            place, content = f"{where}.search.{index}", spec.fields.get(name)
            if name in spec.search[:index]:
                yield Mistake(place, f"{shown(name)} is there already", "leave one of them out")
            elif content is None:
                yield from self._no_field(place, module, entity, spec, name)
            elif content.type not in SEARCHABLE:
                yield Mistake(place, f"{name} is {content.type}, which has no words", f"name {' or '.join(SEARCHABLE)}")
        if not spec.search:
            return
        if SEARCH_WORDS in spec.fields:
            hint = "choose another name for the field, or leave search out"
            yield Mistake(f"{where}.fields.{SEARCH_WORDS}", "search keeps a row's words under that name", hint)
        listed = [name for listing in spec.lists for name in listing[:-1]]
        listed += [name for name, content in spec.fields.items() if content.indexed or content.type == "references"]
        if "search" in (*spec.filters, *listed):
            yield Mistake(
                f"{where}.search", "lists are filtered by a field of that name", "choose another name for the field"
            )

    def _no_field(self, place: str, module: str, entity: str, spec: EntitySpec, name: str) -> Iterator[Mistake]:
        """A name that is no field's; nothing where the field is there and broken in form."""
        if not self.declared.has_field(module, entity, name):
            meant = nearest(name, spec.fields)
            hint = f"did you mean {meant}?" if meant else f"there are {', '.join(spec.fields) or 'none'}"
            yield Mistake(place, f"{shown(name)} is not a field of {entity}", hint)

    def _keys(self, where: str, module: str, entity: str, spec: EntitySpec) -> Iterator[Mistake]:
        """Fields that each row has, and no two the same."""
        for index, name in enumerate(spec.keys):
            place, content = f"{where}.keys.{index}", spec.fields.get(name)
            if name in spec.keys[:index]:
                yield Mistake(place, f"{shown(name)} is there already", "leave one of them out")
            elif content is None:
                yield from self._no_field(place, module, entity, spec, name)
            elif content.type not in KEYABLE:
                yield Mistake(
                    place, f"{name} is {content.type}, and a key stands in a path", f"it is for {', '.join(KEYABLE)}"
                )
            elif content.type != "slug" and not (content.unique and content.required):
                yield Mistake(
                    place,
                    f"{name} is not the key of a row: some may lack it, or share it",
                    f"say {where}.fields.{name}.unique and .required, both true",
                )

    def _unique(self, where: str, module: str, entity: str, spec: EntitySpec) -> Iterator[Mistake]:
        seen: set[frozenset[str]] = set()
        for index, rule in enumerate(spec.unique):
            place = f"{where}.unique.{index}"
            if not rule:
                yield Mistake(place, "is empty", "say the fields that are unique together")
                continue
            if len(set(rule)) < len(rule):
                yield Mistake(place, "names a field twice")
                continue
            if len(rule) > 5:
                yield Mistake(place, f"names {len(rule)} fields, and 5 are the most")
                continue
            if frozenset(rule) in seen:
                yield Mistake(place, "is there already", "the order of the fields makes no difference")
            seen.add(frozenset(rule))
            fields = [name for name in rule if name != OWNER or name in spec.fields]
            if len(fields) < len(rule) and not spec.owned:
                hint = f"say {where}.access.write: owner, or leave it out"
                yield Mistake(place, f"rows of {entity} do not remember their owner", hint)
            if len(rule) == len(fields) == 1:
                yield Mistake(place, "names one field alone", f"say {where}.fields.{rule[0]}.unique: true instead")
                continue
            for name in fields:
                yield from self._listed(place, module, entity, spec, name)
                if name in spec.fields and spec.fields[name].alone:
                    yield Mistake(place, f"{name} is unique by itself", "leave one of the two out")
            if wider := next((other for other in spec.unique if set(other) < set(rule)), None):
                yield Mistake(place, f"{', '.join(wider)} are unique together already", "leave one of the two out")
            yield from _too_wide(place, spec, fields)

    def _listed(self, where: str, module: str, entity: str, spec: EntitySpec, name: str) -> Iterator[Mistake]:
        content = spec.fields.get(name)
        if content is None:
            if self.declared.has_field(module, entity, name):
                return
            meant = nearest(name, spec.fields)
            if name == "id" and ".lists." in where:
                hint = "rows come newest first by themselves"
            elif name in TIMES and ".lists." in where:
                hint = "a list may sort by it, and not filter by it"
            elif name.startswith("-") and ".lists." in where:
                hint = "only the last of a list, the one to sort by, takes a -"
            else:
                hint = f"did you mean {meant}?" if meant else f"there are {', '.join(spec.fields) or 'none'}"
            yield Mistake(where, f"{shown(name)} is not a field of {entity}", hint)
        elif content.type in UNINDEXABLE:
            yield Mistake(where, f"{name} is {content.type}, which no index serves", "leave it out")
        elif content.type != "text" and (resolve_length(content) or 0) > INDEXED_LENGTH:
            yield Mistake(
                where,
                f"{name} has up to {resolve_length(content)} characters, and an index takes {INDEXED_LENGTH}",
                f"say a max_length of {INDEXED_LENGTH} or less",
            )

    def _cycles(self, module: str, spec: ModuleSpec) -> Iterator[Mistake]:
        """Required references within a module in a circle: no row could be the first."""
        needs = {
            name: [
                (key, content.to.partition(".")[2])
                for key, content in entity.fields.items()
                if content.to is not None and content.needed and content.to.partition(".")[0] == module
            ]
            for name, entity in spec.entities.items()
        }
        told: set[str] = set()
        for start in needs:
            path = _circle(start, needs)
            if path and not told & {name for name, _ in path}:
                told |= {name for name, _ in path}
                first, key = path[0]
                round_trip = " -> ".join([*(name for name, _ in path), first])
                yield Mistake(
                    f"modules.{module}.entities.{first}.fields.{key}",
                    f"can never be created: {round_trip}, each required",
                    "make one of these references optional",
                )

    def _cascades(self, module: str, spec: ModuleSpec) -> Iterator[Mistake]:
        """Rows that go with others, in a circle: there would be no last one."""
        goes = {
            name: [
                (key, str(content.to).partition(".")[2])
                for key, content in entity.fields.items()
                if content.on_delete == "cascade" and str(content.to).partition(".")[0] == module
            ]
            for name, entity in spec.entities.items()
        }
        told: set[str] = set()
        for start in goes:
            path = _circle(start, goes)
            if path and not told & {name for name, _ in path}:
                told |= {name for name, _ in path}
                first, key = path[0]
                yield Mistake(
                    f"modules.{module}.entities.{first}.fields.{key}.on_delete",
                    f"would go round: {' goes with '.join([*(name for name, _ in path), first])}",
                    "say clear or refuse for one of these references",
                )

    def clashes(self, own: set[str]) -> Iterator[Mistake]:
        """Entities whose name, path or class another of the project has already."""
        entities: dict[str, str] = {}
        plurals: dict[str, str] = {}
        classes = {name: f"the module {module.name}" for module in self.domain.modules for name in module.classes}
        yield from self._module_clashes(own)
        yield from self._file_clashes(own)
        for module, name, spec in self.domain.entities():
            here, mine = f"{module.name}.{name}", module.name in own
            where = f"modules.{module.name}.entities.{name}"
            plural = spec.pluralize(name)
            if mine and name in entities:
                yield Mistake(where, f"{entities[name]} has that name already", "an entity's name is unique")
            elif mine and (taken := next((c for c in naming.list_class_names(name) if c in classes), None)):
                yield Mistake(
                    where, f"makes the class {taken}, which {classes[taken]} has already", "choose another name"
                )
            if mine and plural in plurals:
                yield Mistake(
                    f"{where}.plural", f"{plurals[plural]} has the path /api/{plural} already", f"say {where}.plural"
                )
            entities.setdefault(name, here)
            plurals.setdefault(plural, here)
            for made in naming.list_class_names(name):
                classes.setdefault(made, here)

    def _file_clashes(self, own: set[str]) -> Iterator[Mistake]:
        """What the module that keeps files takes, where some entity has one."""
        if not any(module.has_files for module in self.domain.modules):
            return
        because = "taken by the files of this project's rows (a field of type file)"
        if FILES in own:
            yield Mistake(f"modules.{FILES}", f"is {because}", "choose another name")
        for module, name, spec in self.domain.entities():
            if module.name in own and spec.pluralize(name) == FILES:
                where = f"modules.{module.name}.entities.{name}"
                yield Mistake(f"{where}.plural", f"the path /api/{FILES} is {because}", f"say {where}.plural")

    def _module_clashes(self, own: set[str]) -> Iterator[Mistake]:
        """Names that composition roots and `domain.py` make of two names and that come out the same."""
        made: dict[str, str] = {}
        for module in self.domain.modules:
            name = module.name
            for local in (name, f"{name}_units", f"{name}_router", f"{name}_contract", naming.to_class_name(name)):
                if name in own and made.get(local, name) != name:
                    yield Mistake(
                        f"modules.{name}", f"is too much like {made[local]}: both make {local}", "choose another name"
                    )
                    break
                made.setdefault(local, name)


def _check_table(where: str, name: str) -> Iterator[Mistake]:
    wrong = naming.check_table(name)
    if wrong is None and name.endswith(f"_{SEARCH_WORDS}"):
        wrong = "names that end so belong to full-text search"
    if wrong:
        yield Mistake(where, f"{shown(name)}: {wrong}", "choose another name, or leave it out")


def _check_set_by(where: str, spec: FieldSpec, entity: EntitySpec) -> Iterator[Mistake]:
    if spec.to != "accounts.account":
        yield Mistake(where, f"{spec.to} is nobody who calls: it is for accounts.account", "leave it out")
    if spec.set_by == "caller" and entity.access.write == "public":
        yield Mistake(where, "whoever is not logged in is no account", "say access.write: user, owner or staff")
    if spec.set_by == "staff" and spec.required and entity.access.write != "staff":
        yield Mistake(
            where,
            "staff alone may set it, and no row can be without it, so nobody else could write one",
            "leave required out, or say access.write: staff",
        )


def _check_on_delete(where: str, module: str, spec: FieldSpec) -> Iterator[Mistake]:
    if str(spec.to).partition(".")[0] != module:
        yield Mistake(
            where,
            f"{spec.to} is of another module, and no transaction reaches so far",
            f"say reacts_to: [{spec.to}.deleted], which deletes the row where the reference is required, and clears it where not",
        )
    if spec.on_delete == "clear" and spec.required:
        yield Mistake(where, "a required reference cannot be cleared", "say cascade, or leave required out")


def _too_wide(where: str, spec: EntitySpec, fields: list[str]) -> Iterator[Mistake]:
    """An index takes 2,704 bytes of a row (PostgreSQL), and a character may be four."""
    found = [spec.fields[name] for name in fields if name in spec.fields and spec.fields[name].type != "text"]
    if (width := sum(resolve_length(content) or 0 for content in found)) > WIDTH_MOST:
        yield Mistake(
            where,
            f"its strings have up to {width} characters together, and an index takes {WIDTH_MOST}",
            "say a smaller max_length, or leave one out",
        )


def _circle(start: str, needs: Mapping[str, list[tuple[str, str]]]) -> list[tuple[str, str]] | None:
    """A way from `start` back to it, as (entity, field) steps."""
    stack: list[tuple[str, list[tuple[str, str]]]] = [(start, [])]
    seen: set[str] = set()
    while stack:
        name, path = stack.pop()
        for key, target in needs.get(name, ()):
            if target == start:
                return [*path, (name, key)]
            if target not in seen and target in needs:
                seen.add(target)
                stack.append((target, [*path, (name, key)]))
    return None


def _check_entity(name: str) -> str | None:
    return naming.check_entity(name) or naming.check_class(naming.to_class_name(name))
