"""Options of an entity as a whole: what lists filter and search by, what is unique
together, and what its export said.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import ValidationError

from archgen.domain import naming
from archgen.domain.field_rules import INDEXED_LENGTH, UNINDEXABLE
from archgen.domain.field_values import STRING_LENGTH
from archgen.domain.list_rules import SQL_INDEXES_MOST, WIDTH_MOST
from archgen.domain.schema import (
    FILTERS_MOST,
    ORDERED,
    SEARCH_MOST,
    SEARCH_WORDS,
    SEARCHABLE,
    EntitySpec,
)
from archgen.exchange import language
from archgen.exchange.draft import Draft, Home
from archgen.exchange.jdl_writer import ANNOTATION, read_annotation
from archgen.exchange.model import Annotation, NoteKind, Place, SourceEntity

TOGETHER_MOST = 5  # fields of one rule
RULES_MOST = 8  # of an entity
NONE = "no"  # takes back what was said for all before

_KINDS: tuple[NoteKind, ...] = ("changed", "left", "unsaid")


def set_options(draft: Draft, entity: SourceEntity) -> None:
    """All that is said of an entity whose fields and relations are in its home; one
    that has none gets a name.
    """
    home = draft.homes[entity.name]
    for one in _list_options(entity):
        if one.name == ANNOTATION:
            _take_own(draft, home, read_annotation(one.value))
        else:
            _set_option(draft, home, entity, one)
    _set_unique(draft, home, entity)
    for columns in entity.indexes:
        if len(columns) > 1:
            said = f"an index of {', '.join(columns)}; say it in lists where lists go by it"
            draft.note("left", entity.place, entity.name, said)
    if not home.fields:
        home.fields["name"] = {"type": "string"}
        draft.note(
            "changed",
            entity.place,
            entity.name,
            "got a field name: an entity has one field at least",
        )


def list_asked(entity: SourceEntity) -> set[str]:
    """The keys of an entity that its options say: what its lists take for themselves no
    field is called.
    """
    found = filter(None, map(_find_option, _list_options(entity)))
    return {key for option in found for key in option.document}


def _list_options(entity: SourceEntity) -> Iterator[Annotation]:
    """Each that is said and not taken back, once."""
    told: set[tuple[str, str]] = set()
    last = {one.name: one.value for one in entity.annotations}
    for one in entity.annotations:
        if (one.name, one.value) in told or (
            last[one.name] == NONE and one.value != NONE
        ):
            continue
        told.add((one.name, one.value))
        yield one


def _find_option(one: Annotation) -> language.Option | None:
    """An annotation may have a capital: @ReadOnly is readOnly."""
    said = f"{one.name} {one.value}".strip()
    small = f"{said[:1].lower()}{said[1:]}"
    words = (said, one.name, small, small.partition(" ")[0])
    return next((language.OPTIONS[w] for w in words if w in language.OPTIONS), None)


def _set_option(
    draft: Draft, home: Home, entity: SourceEntity, one: Annotation
) -> None:
    what = f"{one.name} {one.value}".strip()
    option = _find_option(one)
    if option is None:
        draft.note(
            "unsaid",
            one.place,
            entity.name,
            f"{what}: an option that this language has no words for",
        )
        return
    home.document |= {
        key: value for key, value in option.document.items() if key not in home.document
    }
    for kind in _KINDS:
        if message := getattr(option, kind):
            draft.note(kind, one.place, entity.name, f"{what}: {message}")
    if option.sql:
        draft.require_sql(entity.name, what, one.place)
    if "filters" in option.document:
        _set_filters(draft, home, one.place, what)
    if "search" in option.document:
        _set_search(draft, home, one.place, what)


def _set_search(draft: Draft, home: Home, place: Place, what: str) -> None:
    """All strings and texts, as many as a search takes."""
    fields = [name for name, one in home.fields.items() if one["type"] in SEARCHABLE]
    home.document["search"] = fields[:SEARCH_MOST]
    if taken := {"search", SEARCH_WORDS} & home.fields.keys():
        del home.document["search"]
        draft.note(
            "unsaid",
            place,
            home.name,
            f"{what}: a field has the name {min(taken)}, which it takes",
        )
    elif not fields:
        del home.document["search"]
        draft.note(
            "unsaid",
            place,
            home.name,
            f"{what}: there is no string and no text to search",
        )
    elif left := fields[SEARCH_MOST:]:
        draft.note(
            "unsaid",
            place,
            home.name,
            f"{what}: not in {', '.join(left)} (at most {SEARCH_MOST})",
        )


def _set_filters(draft: Draft, home: Home, place: Place, what: str) -> None:
    """All fields that an index serves, as far as a table has indexes; lists go by
    references to several anyway.
    """
    able = [name for name, one in home.fields.items() if _can_filter(name, one)]
    known = {
        name for name, one in home.fields.items() if one.get("indexed") or "to" in one
    }
    times = list(dict.fromkeys(home.times))
    room = SQL_INDEXES_MOST - 1 - len(known) - len(times)
    first = [name for name in able if name in known]
    rest = [name for name in able if name not in known][:room]
    taken = set([*first, *rest][:FILTERS_MOST])
    ordered = [name for name in taken if home.fields[name]["type"] in ORDERED]
    ranged = {f"{name}_{end}" for name in [*ordered, *times] for end in ("from", "to")}
    filters = [name for name in home.fields if name in taken and name not in ranged]
    filters = [*filters, *times][:FILTERS_MOST]
    home.document["filters"] = filters
    if not filters:
        del home.document["filters"]
    asked = (name for name, one in home.fields.items() if one["type"] != language.MANY)
    if left := [name for name in (*asked, *times) if name not in filters]:
        because = f"at most {FILTERS_MOST}, of {INDEXED_LENGTH} characters at most, and no texts or files"
        draft.note(
            "unsaid", place, home.name, f"{what}: not by {', '.join(left)} ({because})"
        )


def _can_filter(name: str, document: Mapping[str, Any]) -> bool:
    if document["type"] in UNINDEXABLE:
        return False
    if document["type"] == "string" and document.get("max_length", 0) > INDEXED_LENGTH:
        return False
    return naming.check_filter(name) is None and name not in ("page", "size")


def _set_unique(draft: Draft, home: Home, entity: SourceEntity) -> None:
    """Fields that are unique together; a rule that holds since another does is none."""
    rules: list[list[str]] = []
    for columns in entity.unique:
        rule = [draft.field_names.get((entity.name, name), name) for name in columns]
        if len(rule) < 2 or any(set(other) <= set(rule) for other in rules):
            continue
        if because := _find_hindrance(home, rule, len(rules)):
            said = f"{', '.join(columns)} unique together: {because}"
            draft.note("unsaid", entity.place, entity.name, said)
            continue
        for name in rule:
            document = home.fields[name]
            if document.get("max_length", 0) > INDEXED_LENGTH:
                document["max_length"] = INDEXED_LENGTH
                said = f"at most {INDEXED_LENGTH} characters, which an index takes"
                draft.note("changed", entity.place, f"{entity.name}.{name}", said)
        rules.append(rule)
    if rules:
        home.document["unique"] = rules


def _find_hindrance(home: Home, rule: list[str], rules: int) -> str | None:
    """Why fields are not unique together, if they cannot be."""
    for name in rule:
        if not _can_be_unique(home.fields.get(name)):
            return f"not with {name}"
    if len(rule) > TOGETHER_MOST:
        return f"of {TOGETHER_MOST} fields at most"
    if rules >= RULES_MOST:
        return f"an entity has {RULES_MOST} such rules at most"
    strings = [
        home.fields[name] for name in rule if home.fields[name]["type"] == "string"
    ]
    lengths = [
        min(one.get("max_length", STRING_LENGTH), INDEXED_LENGTH) for one in strings
    ]
    if sum(lengths) > WIDTH_MOST:
        return f"their strings have up to {sum(lengths)} characters, and an index takes {WIDTH_MOST}"
    return None


def _can_be_unique(document: Mapping[str, Any] | None) -> bool:
    return (
        document is not None
        and document["type"] not in UNINDEXABLE
        and not document.get("unique")
    )


def _take_own(draft: Draft, home: Home, said: Mapping[str, Any]) -> None:
    """What `archgen export jdl` wrote of an entity and of its module."""
    order = [name for name in said.get("order", ()) if name in home.fields]
    home.document["fields"] = {
        name: home.fields[name] for name in dict.fromkeys([*order, *home.fields])
    }
    apart = ("fields", "plural")
    known = {
        key: value
        for key, value in said.items()
        if key in EntitySpec.model_fields and key not in apart
    }
    try:
        EntitySpec.model_validate(known)
    except ValidationError:
        return
    home.document |= known
    if isinstance(said.get("enums"), dict):
        draft.enums.setdefault(home.module, {}).update(said["enums"])
    if isinstance(said.get("stored_as"), str):
        draft.out.document["modules"][home.module]["stored_as"] = said["stored_as"]
    if isinstance(said.get("reacts_to"), list):
        draft.out.document["modules"][home.module]["reacts_to"] = said["reacts_to"]
