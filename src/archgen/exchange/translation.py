"""A domain from elsewhere as answers: names that will do, types as the language has them, and a note for whatever is not the same."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal, InvalidOperation
from functools import partial
from typing import Any

from pydantic import ValidationError

from archgen.domain import naming
from archgen.domain.declared import Declared
from archgen.domain.expansions import CONTRACT_WORDS, DISPLAYABLE, PLACE
from archgen.domain.field_rules import (
    INDEXED_LENGTH,
    ITEMS_MOST,
    MEMBERS_MOST,
    STRING_MOST,
    UNINDEXABLE,
    check_field,
)
from archgen.domain.list_rules import INDEXES_MOST
from archgen.domain.presets import FILES
from archgen.domain.rules import check_domain
from archgen.domain.schema import (
    DISPLAY_MOST,
    EXPAND_MOST,
    ITEM_TYPES,
    MEMBER_TYPES,
    SEARCH_MOST,
    SEARCH_WORDS,
    SEARCHABLE,
    TIMES,
    EntitySpec,
    FieldSpec,
    ModuleSpec,
)
from archgen.domain.sizes import check_sizes
from archgen.errors import InputError, Mistake
from archgen.exchange import language
from archgen.exchange.grouping import group
from archgen.exchange.jdl_writer import ANNOTATION, read_annotation
from archgen.exchange.model import (
    USER,
    Annotation,
    Note,
    Place,
    Side,
    SourceDomain,
    SourceEntity,
    SourceEnum,
    SourceField,
    SourceRelation,
)
from archgen.exchange.naming import Taken, find_name, find_plural, to_words

ACCOUNT = "accounts.account"
VALUES_MOST = 100
INTEGER = 2**63
DIGITS_MOST = 60
FILTERS_MOST = 12  # of an entity
FIELD_KEYS = {field.alias or name for name, field in FieldSpec.model_fields.items()}

Path = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Renamed:
    """`because` is None where a name is its own in lower-case words."""

    place: Place
    was: str
    name: str
    because: str | None


@dataclass(slots=True)
class Translated:
    """The answers, the comments that go with their keys, and what became of all that was said."""

    document: dict[str, Any] = field(default_factory=dict)
    comments: dict[Path, list[str]] = field(default_factory=dict)
    places: dict[Path, Place] = field(default_factory=dict)
    renamed: list[Renamed] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)
    taken: Counter[str] = field(default_factory=Counter)

    @property
    def head(self) -> list[str]:
        """What stands above the answers file."""
        files = dict.fromkeys(place.file for place in self.places.values())
        return [f"Made from {', '.join(files)} by archgen import; FILE:LINE says where an entity was declared."]


def translate(domain: SourceDomain, name: str | None = None) -> Translated:
    """Answers that `archgen new -a` takes, for a project of that name if one is given.

    InputError where the domain is larger than a project's or has nothing in it.
    """
    return _Translation(domain, name).run()


@dataclass(slots=True)
class _Home:
    """Where an entity is in the answers."""

    module: str
    name: str
    document: dict[str, Any]

    @property
    def path(self) -> Path:
        return "modules", self.module, "entities", self.name

    @property
    def key(self) -> str:
        return f"{self.module}.{self.name}"


@dataclass(slots=True)
class _Translation:
    domain: SourceDomain
    called: str | None
    out: Translated = field(default_factory=Translated)
    homes: dict[str, _Home] = field(default_factory=dict)
    enums: dict[str, dict[str, Any]] = field(default_factory=dict)  # of each module
    shared: dict[tuple[str, str], str] = field(default_factory=dict)  # by module and what the source calls it
    listed: set[tuple[str, str]] = field(default_factory=set)
    goes: dict[str, dict[str, list[str]]] = field(default_factory=dict)  # by module: what goes with what
    shows: dict[str, list[str]] = field(default_factory=dict)  # by module: the others of which its reads show rows
    many: list[tuple[_Home, str, SourceRelation]] = field(default_factory=list)
    written: dict[tuple[str, str], str] = field(default_factory=dict)  # the field that an entity's word has become
    taken: Taken = field(default_factory=Taken)

    def run(self) -> Translated:
        self.out.notes += self.domain.notes
        own = [name for name in self.domain.entities if not self._is_account(name)]
        if not own:
            files = ", ".join(self.domain.files)
            raise InputError([Mistake(files, "declares no entity", "archgen presets shows domains that are there")])
        self._system()
        self._homes(own)
        self._tables(own)
        for name in own:
            self._fields(self.domain.entities[name])
        for relation in self.domain.relations:
            self._relation(relation)
        for name in own:
            self._options(self.domain.entities[name])
            self._together(self.domain.entities[name])
            self._without_fields(self.domain.entities[name])
        self._bound_many()
        self._open_circles()
        for module, enums in self.enums.items():
            self.out.document["modules"][module] = {"enums": enums, **self.out.document["modules"][module]}
        self._check()
        return self.out

    def _is_account(self, name: str) -> bool:
        """JHipster's own User, unless the domain declares one with fields of its own."""
        declared = self.domain.entities.get(name)
        own = declared is not None and (declared.fields or any(one.name == ANNOTATION for one in declared.annotations))
        return name == USER and not own

    def _note(self, kind: Any, place: Place, what: str, message: str) -> None:
        self.out.notes.append(Note(kind, place, what, message))

    # the system

    def _system(self) -> None:
        document = self.out.document
        written = self.called or self.domain.name or "backend"
        name = (to_words(written) or "backend").replace("_", "-")[: naming.MOST].rstrip("-")
        if (wrong := naming.check_project(name)) and not self.called:
            name = f"{name[: naming.MOST - 4]}-app"
            if naming.check_project(name):
                name = "backend"
            self._note("changed", self._first(), written, f"the project is called {name}: {wrong}")
        document["name"] = name
        if self.domain.architecture:
            document["architecture"] = self.domain.architecture
        told = set()
        for setting in self.domain.settings:
            known = language.SETTINGS.get(setting.key)
            if setting.key in ("baseName", "applicationType") or (setting.key, setting.value) in told:
                continue
            told.add((setting.key, setting.value))
            what = f"{setting.key} {setting.value}"
            if known is None:
                self._note("left", setting.place, what, "a setting of Java, of a front-end or of a build")
                continue
            key, value = known.get(setting.value) or known["*"]
            if key == "left" or key == "unsaid":
                self._note(key, setting.place, what, value)
            else:
                first, _, last = key.partition(".")
                document.setdefault(first, {})[last] = value

    def _first(self) -> Place:
        return next(iter(self.domain.entities.values())).place

    # names

    def _homes(self, own: list[str]) -> None:
        modules = self.out.document["modules"] = {}
        package = naming.to_package_name(self.out.document["name"])
        files = FILES if any(one.type in ("blob", "image") for _, one in self.domain.fields()) else None
        pieces: dict[str, list[str]] = {}
        locals_: set[str] = {"accounts"}

        def check(name: str) -> str | None:
            made = (name, f"{name}_units", f"{name}_router", f"{name}_contract", naming.to_class_name(name))
            if name in modules or locals_.intersection(made) or name == files:
                return f"{name} is taken"
            return naming.check_module(name, package)

        for written, inside in group(self.domain, own).items():
            words = to_words(written) or "module"
            found = find_name(written, check, (f"{words}_domain", "domain", "core"), "module")
            place = self.domain.groups.get(written) or self.domain.entities[inside[0]].place
            if written in self.domain.groups or written in self.domain.entities:
                self._rename(place, written, found.name, found.because)
            made = (found.name, *(f"{found.name}{end}" for end in ("_units", "_router", "_contract")))
            locals_.update((*made, naming.to_class_name(found.name)))
            modules[found.name] = {"entities": {}}
            self.out.places["modules", found.name] = place
            pieces.setdefault(self.domain.entities[inside[0]].group or "", []).append(found.name)
            for name in inside:
                self._home(self.domain.entities[name], found.name, files)
        if self.domain.architecture == "microservices" and any(len(parts) > 1 for key, parts in pieces.items() if key):
            self.out.document["parts"] = {"accounts": ["accounts"], **{parts[0]: parts for parts in pieces.values()}}

    def _home(self, entity: SourceEntity, module: str, files: str | None) -> None:
        written = str(_own(entity.annotations).get("name", entity.name))
        words = to_words(written)
        longer = (f"{module}_{words}", f"{words}_entity", f"{words}_record") if words else ()
        found = find_name(written, self.taken.check, longer, "entity")
        self._rename(entity.place, entity.name, found.name, found.because)
        home = self._add(found.name, module, entity.place, files, _own(entity.annotations).get("plural"))
        self.homes[entity.name] = home
        self.out.taken["entities"] += 1
        self.out.comments[home.path] = [f"{entity.place} {entity.name}", *entity.doc.splitlines()]
        if entity.doc:
            self._note("changed", entity.place, entity.name, "its description is a comment of the answers file")

    def _add(self, name: str, module: str, place: Place, files: str | None, said: object = None) -> _Home:
        home = _Home(module, name, {"fields": {}})
        plural = find_plural(name, self.taken, (files,) if files else (), said)
        if plural:
            home.document = {"plural": plural, "fields": {}}
        if plural and plural != said:
            self._note(
                "changed", place, name, f"its path is /api/{plural}, since /api/{naming.pluralize(name)} is taken"
            )
        self.taken.take(name, plural or naming.pluralize(name))
        self.out.document["modules"][module]["entities"][name] = home.document
        self.out.places[home.path] = place
        return home

    def _tables(self, own: list[str]) -> None:
        """The names that tables have, where they would have others."""
        homes = [self.homes[name] for name in own]
        taken = {(home.module, self._stored(home).lower()) for home in homes}
        for home, entity in zip(homes, map(self.domain.entities.__getitem__, own), strict=True):
            table = entity.table
            if table is None or table == self._stored(home):
                continue
            what = f"{entity.name}({table})"
            if (wrong := naming.check_table(table)) or table.endswith(f"_{SEARCH_WORDS}"):
                self._note(
                    "unsaid", entity.place, what, f"{language.TABLE}: {wrong or 'it belongs to full-text search'}"
                )
            elif (home.module, table.lower()) in taken:
                self._note("unsaid", entity.place, what, f"{language.TABLE}: another has it")
            else:
                home.document["table"] = table
                taken.add((home.module, table.lower()))
                self._want_sql(entity.name, f"the table {table}", entity.place)

    def _stored(self, home: _Home) -> str:
        return str(home.document.get("plural") or naming.pluralize(home.name))

    def _rename(self, place: Place, was: str, name: str, because: str | None) -> None:
        if was != name:
            self.out.renamed.append(Renamed(place, was, name, because))

    def _field_name(
        self, home: _Home, written: str, place: Place, was: str, also: tuple[str, ...] = (), *, filtered: bool = False
    ) -> str:
        def check(name: str) -> str | None:
            if name in home.document["fields"]:
                return f"{home.name} has a field {name} already"
            return naming.check_field(name) or (naming.check_filter(name) if filtered else None)

        words = to_words(written)
        longer = (f"{home.name}_{words}", f"{words}_value") if words else ()
        found = find_name(written, check, (*also, *longer), "field")
        if to_words(written) != found.name or written != found.name:
            self._rename(place, was, found.name, found.because)
        return found.name

    # fields

    def _fields(self, entity: SourceEntity) -> None:
        home = self.homes[entity.name]
        for one in entity.fields:
            what = f"{entity.name}.{one.name}"
            if to_words(one.name) in TIMES and one.type in ("datetime", "zoned"):
                self._note(
                    "changed", one.place, what, f"every row has {to_words(one.name)}, kept by the project itself"
                )
                self.out.taken["fields"] += 1
                continue
            name = self._field_name(home, str(_own(one.annotations).get("name", one.name)), one.place, what)
            home.document["fields"][name] = self._field(entity, one, what)
            self.written[entity.name, one.name] = name
            self.out.taken["fields"] += 1
            path = (*home.path, "fields", name)
            self.out.places[path] = one.place
            if one.doc:
                self.out.comments[path] = one.doc.splitlines()
                self._note("changed", one.place, what, "its description is a comment of the answers file")
            for annotation in one.annotations:
                self._annotation(annotation, home.document["fields"][name], what)

    def _list(self, entity: SourceEntity, one: SourceField, what: str) -> dict[str, Any]:
        """What each value is with the list's own keys; JSON where a list has no values of that kind."""
        document: dict[str, Any] = {"type": "list"}
        if one.item not in (None, "list", "object"):
            item = replace(one, type=one.item, item=None, required=False, unique=False)
            document = self._field(entity, item, what)
        if document["type"] == "text":
            document = {
                **document,
                "type": "string",
                "max_length": min(document.get("max_length", STRING_MOST), STRING_MOST),
            }
            self._note("changed", one.place, what, f"each a string of {document['max_length']:,} characters at most")
        if document["type"] not in ITEM_TYPES:
            self._note("changed", one.place, what, "an array of what is no simple value is kept as JSON")
            return {"type": "json"} | ({"required": True} if one.required else {})
        most = min(one.most or ITEMS_MOST, ITEMS_MOST)
        if most != one.most:
            self._note("changed", one.place, what, f"at most {most} values in one row (max_items)")
        if one.unique:
            self._note("unsaid", one.place, what, "unique: no rule goes by a list")
        kind = document.pop("type")
        document = {"type": "list", "of": kind, **document, "max_items": most}
        return self._fitting(document | ({"required": True} if one.required else {}), what, one.place)

    def _object(self, entity: SourceEntity, one: SourceField, what: str) -> dict[str, Any]:
        """A value with fields of its own; JSON where some of these are not simple."""
        members: dict[str, dict[str, Any]] = {}

        def check(name: str) -> str | None:
            return f"{what} has {name} already" if name in members else naming.check_field(name)

        because = "" if 1 <= len(one.members) <= MEMBERS_MOST else f"it has {len(one.members)} members"
        for inner in one.members if not because else ():
            place = f"{what}.{inner.name}"
            document = {"type": "object"} if inner.type in ("list", "object") else self._field(entity, inner, place)
            if document["type"] not in MEMBER_TYPES:
                because = f"its {inner.name} is no simple value"
                break
            if document.pop("unique", False):
                self._note("unsaid", inner.place, place, "unique: no rule goes by what an object has")
            if inner.doc:
                self._note("unsaid", inner.place, place, "its description")
            found = find_name(inner.name, check, (f"{to_words(inner.name)}_value",), "field")
            self._rename(inner.place, place, found.name if found.name != inner.name else place, found.because)
            members[found.name] = document
        if because:
            self._note("changed", one.place, what, f"an object is kept as JSON: {because}")
            return {"type": "json"} | ({"required": True} if one.required else {})
        document = {"type": "object", "fields": members} | ({"required": True} if one.required else {})
        return self._fitting(document, what, one.place)

    def _field(self, entity: SourceEntity, one: SourceField, what: str) -> dict[str, Any]:
        if one.type in ("list", "object"):
            return self._list(entity, one, what) if one.type == "list" else self._object(entity, one, what)
        tell = partial(self._note, place=one.place, what=what)
        said = language.TYPES[one.type]
        document = dict(said.document)
        if said.but:
            tell("changed", message=said.but)
        if one.scale is not None and document["type"] == "decimal":
            document["scale"] = min(one.scale, 9)
        if one.enum is not None:
            document = self._enum(entity, one, what)
        for key, written in one.bounds.items():
            self._bound(document, key, written, one, what)
        if one.pattern is not None:
            self._pattern(document, one.pattern, what, one.place)
        if document["type"] == "string" and document.get("max_length", 0) > STRING_MOST:
            document["type"] = "text"
            tell("changed", message=f"a text, since a string has {STRING_MOST:,} characters at most")
        if one.unique and document["type"] == "text":
            document["type"] = "string"
            tell("changed", message="a string, since a text cannot be unique")
        if one.unique and document["type"] == "string" and document.get("max_length", 0) > INDEXED_LENGTH:
            document["max_length"] = INDEXED_LENGTH
            tell("changed", message=f"at most {INDEXED_LENGTH} characters, which an index takes")
        document |= {key: True for key in ("required", "unique") if getattr(one, key)}
        return self._fitting(document, what, one.place)

    def _pattern(self, document: dict[str, Any], pattern: str, what: str, place: Place) -> None:
        key, types = language.PATTERN
        if key is None or document["type"] not in types:
            self._note("unsaid", place, what, f"pattern {pattern[:80]}")
        else:
            document[key] = pattern

    def _fitting(self, document: dict[str, Any], what: str, place: Place) -> dict[str, Any]:
        """Without the keys that its type does not take together, each told."""
        for _ in range(len(document)):
            try:
                wrong = [
                    (m.where.rpartition(".")[2], m.message)
                    for m in check_field("f", FieldSpec.model_validate(document))
                ]
            except ValidationError as error:
                wrong = [(str(found["loc"][0]), str(found["msg"]).lower()) for found in error.errors(include_url=False)]
            # the values of a shared enum stand with its module: a default is held to them at the end
            passed = ("type", "default") if "enum" in document else ("type",)
            wrong = [(key, message) for key, message in wrong if key in document and key not in passed]
            if not wrong:
                break
            key, message = wrong[0]
            self._note("unsaid", place, what, f"{key} {document.pop(key)}: {message}")
        return document

    def _enum(self, entity: SourceEntity, one: SourceField, what: str) -> dict[str, Any]:
        """Its values and their labels, or the enum of the module that several fields share."""
        enum = self.domain.enums[one.enum or ""]
        if not enum.values or len(enum.values) > VALUES_MOST:
            count = f"{len(enum.values)} values, and {VALUES_MOST} are the most" if enum.values else "no values"
            self._note("changed", one.place, what, f"a string: {enum.name} has {count}")
            return {"type": "string"}
        home = self.homes[entity.name]
        shared = self.shared.get((home.module, enum.name))
        if shared is not None:
            return {"type": "enum", "enum": shared}
        content = self._values(enum)
        sharers = sum(
            other.enum == enum.name and owner.name in self.homes and self.homes[owner.name].module == home.module
            for owner, other in self.domain.fields()
        )
        self.out.taken["enums"] += 1
        if sharers < 2:
            return {"type": "enum", **content}
        enums = self.enums.setdefault(home.module, {})
        named = find_name(enum.name, lambda name: "taken" if name in enums else naming.check_enum(name), (), "enum")
        self._rename(enum.place, enum.name, named.name, named.because)
        enums[named.name] = content
        self.shared[home.module, enum.name] = named.name
        return {"type": "enum", "enum": named.name}

    def _values(self, enum: SourceEnum) -> dict[str, Any]:
        words: dict[str, str | None] = {}
        for index, (value, label) in enumerate(enum.values, start=1):
            fits = re.fullmatch(r"[A-Za-z0-9](?:[A-Za-z0-9_.-]{0,62}[A-Za-z0-9])?", value, re.ASCII)
            word = value if fits else f"VALUE_{index}"
            if word != value:
                because = "letters, digits and - _ . between them make a value"
                self._rename(enum.place, f"{enum.name}.{value}", word, because)
            words.setdefault(word, label)
        labels = {word: label for word, label in words.items() if label}
        return {"values": list(words), **({"labels": labels} if labels else {})}

    def _bound(self, document: dict[str, Any], key: str, written: str, one: SourceField, what: str) -> None:
        name, types = language.BOUNDS[key]
        if not written:
            return
        if name is None or document["type"] not in types or len(written) > DIGITS_MOST:
            self._note("unsaid", one.place, what, f"{key}({written[:DIGITS_MOST]})")
            return
        try:
            value = Decimal(written)
        except InvalidOperation:
            self._note("unsaid", one.place, what, f"{key}({written})")
            return
        if document["type"] == "number":
            document[name] = int(value) if value == value.to_integral_value() and abs(value) < 10**15 else float(value)
            return
        if document["type"] == "decimal":
            digits = max(0, -int(value.as_tuple().exponent))
            if digits > document.get("scale", 2) and digits <= 9:
                document["scale"] = digits
            document[name] = (
                int(value) if value == value.to_integral_value() and abs(value) < 10**15 else format(value, "f")
            )
            return
        whole = math.ceil(value) if key == "min" else math.floor(value)
        if whole != value:
            self._note("changed", one.place, what, f"{key}({written}) of a whole number is {whole}")
        if name == "min_length" and whole == 0:
            return  # says nothing
        if name in ("min_length", "max_length") and not 1 <= whole <= 100_000:
            self._note("unsaid", one.place, what, f"{key}({written}): lengths are from 1 to 100,000")
        elif not -INTEGER <= whole < INTEGER:
            self._note("unsaid", one.place, what, f"{key}({written}): does not fit into 64 bits")
        else:
            document[name] = whole

    def _annotation(self, annotation: Annotation, document: dict[str, Any], what: str) -> None:
        if annotation.name == ANNOTATION:
            known = {key: value for key, value in read_annotation(annotation.value).items() if key in FIELD_KEYS}
            document |= known
            if document.get("enum") is not None:
                document = _without(document, "values", "labels")
            for key in [
                key for key, value in document.items() if value is False and key in ("indexed", "unique", "required")
            ]:
                del document[key]
            self._fitting(document, what, annotation.place)
            return
        if annotation.name == "defaultValue" and document["type"] not in ("file", "reference"):
            value: Any = annotation.value
            if document["type"] in ("integer", "boolean"):
                value = {"true": True, "false": False}.get(value, int(value) if value.lstrip("-").isdigit() else value)
            document["default"] = value
            self._fitting(document, what, annotation.place)
            return
        self._note("unsaid", annotation.place, what, f"@{annotation.name}({annotation.value})".replace("()", ""))

    # relations

    def _relation(self, relation: SourceRelation) -> None:
        for side in (relation.source, relation.target):
            if side.entity not in self.homes and not self._is_account(side.entity):
                because = language.BUILT_IN.get(side.entity, f"no file declares {side.entity}")
                self._note("unsaid", relation.place, self._shown(relation), because)
                return
        if relation.kind == "ManyToMany":
            self._many(relation)
        elif relation.kind == "OneToMany":
            self._reference(relation, relation.target, relation.source)
        else:
            self._reference(relation, relation.source, relation.target)
        for annotation in relation.annotations:
            if annotation.name not in ("builtInEntity", ANNOTATION) and annotation.name.lower() != "ondelete":
                self._note(
                    "unsaid",
                    annotation.place,
                    self._shown(relation),
                    f"@{annotation.name}({annotation.value})".replace("()", ""),
                )

    def _shown(self, relation: SourceRelation) -> str:
        ends = [
            f"{side.entity}{{{side.field}}}" if side.field else side.entity
            for side in (relation.source, relation.target)
        ]
        return f"{ends[0]} to {ends[1]}"

    def _reference(self, relation: SourceRelation, holder: Side, other: Side) -> None:
        """A field of `holder` that refers to `other`; a one-to-one relation that User would hold is turned round."""
        shown = self._shown(relation)
        if self._is_account(holder.entity):
            if relation.kind != "OneToOne" or self._is_account(other.entity):
                self._note("unsaid", relation.place, shown, "an account has no fields of yours")
                return
            self._note(
                "changed", relation.place, shown, f"{other.entity} refers to the account, not the other way round"
            )
            holder, other = other, holder
        home = self.homes[holder.entity]
        to = ACCOUNT if self._is_account(other.entity) else self.homes[other.entity].key
        own = _own(relation.annotations)
        to = ACCOUNT if own.get("to") == ACCOUNT else to
        written = str(own.get("name", holder.field or f"{other.entity[:1].lower()}{other.entity[1:]}"))
        words = to_words(written)
        known = home.document["fields"].get(words)
        if known is not None and known.get("to") == to:
            self._note(
                "changed", relation.place, shown, f"is the reference {words} of {home.name}, which is there already"
            )
            known |= {"required": True} if holder.required else {}
            return
        also = (f"{words}_{to.partition('.')[2]}",) if words else ()
        name = self._field_name(home, written, relation.place, f"{holder.entity}.{written}", also, filtered=True)
        document: dict[str, Any] = {"type": "reference", "to": to}
        document |= {"required": True} if holder.required else {}
        if relation.kind == "OneToOne":
            document["one_to_one"] = True
        else:
            document["indexed"] = True
        for annotation in relation.annotations:
            if annotation.name == ANNOTATION:
                self._annotation(annotation, document, shown)
        home.document["fields"][name] = document
        self.written[holder.entity, relation.written or name] = name
        self._related(relation, (*home.path, "fields", name))
        if other.field:
            self._list_as(relation, home, name, other)
        self._on_delete(relation, home, name)
        if other.required:
            self._note(
                "unsaid", relation.place, shown, language.CHILD if relation.kind == "OneToMany" else language.ONE_SIDE
            )
        self._display(relation, holder, home, name, other)

    def _list_as(self, relation: SourceRelation, home: _Home, name: str, other: Side) -> None:
        """The other side as a list, or a row, of its own below the path of the row, where that is of the same module."""
        document = home.document["fields"][name]
        module, _, entity = document["to"].partition(".")
        one, words = relation.kind == "OneToOne", to_words(other.field or "") or ""
        word = words if one else naming.pluralize(words)
        taken = (document["to"], word) in self.listed or f"{word}_of_{entity}" in self.taken.plurals
        if document.get("listed_as") is None and (
            module != home.module or taken or naming.check_plural(word) is not None
        ):
            says = f"{other.field} of {other.entity} is {'found by' if one else 'the list that'} {name}={'' if one else ' filters'}"
            self._note("changed", relation.place, self._shown(relation), says)
            return
        document.setdefault("listed_as", word)
        self.listed.add((document["to"], word))

    def _on_delete(self, relation: SourceRelation, home: _Home, name: str) -> None:
        """What becomes of a row when the one that it refers to goes, where rows do not go with each other in a circle."""
        document = home.document["fields"][name]
        said = next((one for one in relation.annotations if one.name.lower() == "ondelete"), None)
        words = {"cascade": "cascade", "set null": "clear", "set_null": "clear"}
        wanted = relation.on_delete or (words.get(said.value.lower()) if said else None)
        if wanted is None:
            return
        module, _, entity = document["to"].partition(".")
        goes = self.goes.setdefault(module, {})
        if module != home.module or (wanted == "clear" and document.get("required")):
            self._note(
                "unsaid",
                relation.place,
                self._shown(relation),
                f"on delete {wanted}: not across modules, nor of what is required",
            )
        elif wanted == "cascade" and _reaches(goes, entity, home.name):
            self._note("unsaid", relation.place, self._shown(relation), "on delete cascade: it would go round")
        else:
            document["on_delete"] = wanted
            if wanted == "cascade":
                goes.setdefault(home.name, []).append(entity)

    def _related(self, relation: SourceRelation, path: Path) -> None:
        self.out.taken["relations"] += 1
        self.out.places[path] = relation.place
        if relation.doc:
            self.out.comments[path] = relation.doc.splitlines()
            self._note(
                "changed", relation.place, self._shown(relation), "its description is a comment of the answers file"
            )

    def _many(self, relation: SourceRelation) -> None:
        """A list of references at the end that owns the relation: its first, unless that is the account."""
        source, target = relation.source, relation.target
        shown = self._shown(relation)
        if self._is_account(source.entity):
            source, target = target, source
            self._note("changed", relation.place, shown, f"{source.entity} refers to accounts, not the other way round")
        if self._is_account(source.entity):
            self._note("unsaid", relation.place, shown, "an account has no fields of yours")
            return
        home = self.homes[source.entity]
        to = ACCOUNT if self._is_account(target.entity) else self.homes[target.entity].key
        own = _own(relation.annotations)
        to = ACCOUNT if own.get("to") == ACCOUNT else to
        written = str(own.get("name", source.field or naming.pluralize(to.partition(".")[2])))
        words = to_words(written)
        also = (f"{words}_{naming.pluralize(to.partition('.')[2])}",) if words else ()
        place = f"{source.entity}.{written}"
        name = self._field_name(home, written, relation.place, place, also, filtered=True)
        document: dict[str, Any] = {"type": language.MANY, "to": to}
        document |= {"required": True} if source.required else {}
        document |= {key: value for key, value in own.items() if key in FIELD_KEYS}
        if "max" not in own:
            self.many.append((home, name, relation))
        home.document["fields"][name] = self._fitting(document, shown, relation.place)
        self._related(relation, (*home.path, "fields", name))
        if target.field:
            self._list_as(relation, home, name, target)
        self._display(relation, source, home, name, target)
        if target.required:
            self._note("unsaid", relation.place, shown, language.CHILD)

    def _display(self, relation: SourceRelation, holder: Side, home: _Home, name: str, other: Side) -> None:
        """What shows the other end: a `display` of its entity, which reads of this one bring along (`expand`)."""
        if other.display:
            what = f"{other.entity}{{{other.field}({other.display})}}"
            self._note("left", relation.place, what, language.LISTED)
        if not holder.display:
            return
        what = f"{holder.entity}{{{holder.field}({holder.display})}}"
        if holder.display == "id":
            self._note("left", relation.place, what, "the id of the other end is what the field holds")
            return
        end = self.homes.get(other.entity)
        shown = self.written.get((other.entity, holder.display))
        if because := self._undisplayable(home, end, shown):
            self._note("unsaid", relation.place, what, f"{language.DISPLAY}: {because}")
        elif end is not None:
            for document, key, word in ((end.document, "display", shown), (home.document, "expand", name)):
                document[key] = list(dict.fromkeys([*document.get(key, ()), word]))
            if end.module != home.module:
                self.shows.setdefault(home.module, []).append(end.module)

    def _undisplayable(self, home: _Home, end: _Home | None, shown: str | None) -> str | None:
        """Why a field of the other end does not travel with references of this one, if it does not."""
        if end is None:
            return "an account shows nobody who else has one"
        if end.module != home.module and _reaches(self.shows, end.module, home.module):
            return "not across modules that would ask each other in a circle"
        if end.module != home.module and naming.to_class_name(end.module) in CONTRACT_WORDS:
            return f"not of a module that is called {end.module}"
        if shown is None or end.document["fields"][shown]["type"] not in DISPLAYABLE:
            return "it is none of its simple fields"
        if PLACE in home.document["fields"]:
            return f"a field has the name {PLACE}, which it takes"
        if len(home.document.get("expand", ())) == EXPAND_MOST or len(end.document.get("display", ())) == DISPLAY_MOST:
            return f"at most {EXPAND_MOST} references of an entity, and {DISPLAY_MOST} fields that show one"
        return None

    def _bound_many(self) -> None:
        """How many references one row may have: as many as a transaction of DynamoDB changes at once, where that may be the database."""
        for home, name, relation in self.many:
            most = language.MANY_MOST
            if not self.needs_sql:
                fields = home.document["fields"].values()
                several = sum(one["type"] == language.MANY for one in fields)
                beside = (
                    6
                    + 2 * sum("to" in one or bool(one.get("unique")) for one in fields)
                    + 2 * len(home.document.get("unique", ()))
                )
                most = max(1, min(most, (language.WRITES_MOST - beside) // (4 * several)))
            home.document["fields"][name]["max"] = most
            self._note(
                "changed", relation.place, self._shown(relation), f"at most {most} of the other end in one row (max)"
            )

    # what is said of entities as a whole

    def _options(self, entity: SourceEntity) -> None:
        home = self.homes[entity.name]
        told: set[tuple[str, str]] = set()
        for one in entity.annotations:
            if (one.name, one.value) in told:
                continue
            told.add((one.name, one.value))
            if one.name == ANNOTATION:
                self._own_words(home, read_annotation(one.value))
                continue
            what = f"{one.name} {one.value}".strip()
            option = language.OPTIONS.get(what) or language.OPTIONS.get(one.name)
            if option is None:
                self._note("unsaid", one.place, entity.name, f"{what}: an option that this language has no words for")
                continue
            home.document |= {key: value for key, value in option.document.items() if key not in home.document}
            for kind in ("changed", "left", "unsaid"):
                if message := getattr(option, kind):
                    self._note(kind, one.place, entity.name, f"{what}: {message}")
            if option.sql:
                self._want_sql(entity.name, what, one.place)
            if "filters" in option.document:
                self._filters(home, one.place, what)
            if "search" in option.document:
                self._search(home, one.place, what)

    def _want_sql(self, entity: str, what: str, place: Place) -> None:
        stack = self.out.document.setdefault("stack", {})
        if "database" not in stack:
            stack["database"] = "postgresql"
            self._note(
                "changed",
                place,
                entity,
                f"{what}: the database is PostgreSQL, also for functions; DynamoDB does not serve it",
            )

    def _search(self, home: _Home, place: Place, what: str) -> None:
        """All strings and texts, as many as a search takes."""
        fields = [name for name, one in home.document["fields"].items() if one["type"] in SEARCHABLE]
        home.document["search"] = fields[:SEARCH_MOST]
        if taken := {"search", SEARCH_WORDS} & home.document["fields"].keys():
            del home.document["search"]
            self._note("unsaid", place, home.name, f"{what}: a field has the name {min(taken)}, which it takes")
        elif not fields:
            del home.document["search"]
            self._note("unsaid", place, home.name, f"{what}: there is no string and no text to search")
        elif left := fields[SEARCH_MOST:]:
            self._note("unsaid", place, home.name, f"{what}: not in {', '.join(left)} (at most {SEARCH_MOST})")

    def _filters(self, home: _Home, place: Place, what: str) -> None:
        """All fields that an index serves, as far as a table has indexes."""
        fields = home.document["fields"]
        able = [
            name
            for name, one in fields.items()
            if one["type"] not in UNINDEXABLE
            and not (one["type"] == "string" and one.get("max_length", 0) > INDEXED_LENGTH)
            and naming.check_filter(name) is None
            and name not in ("page", "size")
        ]
        known = {name for name, one in fields.items() if one.get("indexed") or "to" in one}
        room = INDEXES_MOST - 1 - len(known)
        first = [name for name in able if name in known]
        taken = set((first + [name for name in able if name not in known][:room])[:FILTERS_MOST])
        ranged = {f"{name}_{end}" for name in taken for end in ("from", "to")}
        home.document["filters"] = [name for name in fields if name in taken and name not in ranged]
        left = [name for name in fields if name not in home.document["filters"]]
        if not home.document["filters"]:
            del home.document["filters"]
        if left:
            self._note(
                "unsaid",
                place,
                home.name,
                f"{what}: not by {', '.join(left)} (at most {FILTERS_MOST}, and no texts or files)",
            )

    def _together(self, entity: SourceEntity) -> None:
        """Fields that are unique together, and indexes of several."""
        home = self.homes[entity.name]
        rules: list[list[str]] = []
        for columns in entity.unique:
            rule = [self.written.get((entity.name, name), name) for name in columns]
            fields = [home.document["fields"].get(name) for name in rule]
            shown = ", ".join(columns)
            if not all(one is not None and one["type"] not in UNINDEXABLE and not one.get("unique") for one in fields):
                self._note("unsaid", entity.place, entity.name, f"{shown} unique together: not of these fields")
            elif not any(set(other) <= set(rule) for other in rules) and 1 < len(rule) <= 5:
                rules.append(rule)
        if rules:
            home.document["unique"] = rules[:8]
        for columns in entity.indexes:
            if len(columns) > 1:
                self._note(
                    "left",
                    entity.place,
                    entity.name,
                    f"an index of {', '.join(columns)}; say it in lists where lists go by it",
                )

    def _own_words(self, home: _Home, said: Mapping[str, Any]) -> None:
        """What `archgen export jdl` wrote of an entity and of its module."""
        fields = home.document["fields"]
        order = [name for name in said.get("order", ()) if name in fields]
        home.document["fields"] = {name: fields[name] for name in dict.fromkeys([*order, *fields])}
        known = {
            key: value
            for key, value in said.items()
            if key in EntitySpec.model_fields and key not in ("fields", "plural")
        }
        try:
            EntitySpec.model_validate(known)
        except ValidationError:
            return
        home.document |= known
        if isinstance(said.get("enums"), dict):
            self.enums.setdefault(home.module, {}).update(said["enums"])
        if isinstance(said.get("reacts_to"), list):
            self.out.document["modules"][home.module]["reacts_to"] = said["reacts_to"]

    @property
    def needs_sql(self) -> bool:
        """Whether lists are to do what DynamoDB does not."""
        return "database" in self.out.document.get("stack", {})

    def _without_fields(self, entity: SourceEntity) -> None:
        home = self.homes[entity.name]
        if not home.document["fields"]:
            home.document["fields"]["name"] = {"type": "string"}
            self._note("changed", entity.place, entity.name, "got a field name: an entity has one field at least")

    def _open_circles(self) -> None:
        """Of required references in a circle within a module, the one that closes it may be lacking."""
        for module, content in self.out.document["modules"].items():
            needs: dict[str, list[str]] = {name: [] for name in content["entities"]}
            for name, entity in content["entities"].items():
                for key, document in entity["fields"].items():
                    to = document.get("to", "")
                    if not document.get("required") or to.partition(".")[0] != module:
                        continue
                    target = to.partition(".")[2]
                    if _reaches(needs, target, name):
                        del document["required"]
                        place = self.out.places["modules", module, "entities", name, "fields", key]
                        self._note(
                            "changed",
                            place,
                            f"{name}.{key}",
                            "not required: it closes a circle in which no row could be the first",
                        )
                    else:
                        needs[name].append(target)

    def _check(self) -> None:
        """What is still wrong is the domain's own: told with the line that it comes from."""
        modules = self.out.document["modules"]
        for module in [name for name, content in modules.items() if not content["entities"]]:
            del modules[module]
        declared = Declared.of(modules)
        mistakes = list(check_sizes(declared))
        if not mistakes:
            specs = {name: ModuleSpec.model_validate(content) for name, content in modules.items()}
            package = naming.to_package_name(self.out.document["name"])
            mistakes = check_domain(None, specs, package, declared)
        if mistakes:
            raise InputError([self._placed(mistake) for mistake in mistakes])

    def _placed(self, mistake: Mistake) -> Mistake:
        steps = tuple(mistake.where.split("."))
        found = next(
            (self.out.places[steps[:n]] for n in range(len(steps), 0, -1) if steps[:n] in self.out.places),
            self._first(),
        )
        return Mistake(f"{found.file}, line {found.line}", f"{mistake.where}: {mistake.message}", mistake.hint)


def _without(document: dict[str, Any], *keys: str) -> dict[str, Any]:
    """The same document, which has lost these keys."""
    for key in keys:
        document.pop(key, None)
    return document


def _own(annotations: Sequence[Annotation]) -> dict[str, Any]:
    """What `archgen export jdl` wrote beside the words of JDL."""
    return next((read_annotation(one.value) for one in annotations if one.name == ANNOTATION), {})


def _reaches(needs: Mapping[str, list[str]], start: str, goal: str) -> bool:
    waiting, seen = [start], {start}
    while waiting:
        here = waiting.pop()
        if here == goal:
            return True
        for target in needs.get(here, ()):
            if target not in seen:
                seen.add(target)
                waiting.append(target)
    return False
