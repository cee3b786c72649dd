"""What lists, filters, sorts, keys, search and unique rules of an entity may name, and
how many indexes that takes.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain

from archgen.domain import naming
from archgen.domain.declared import Declared
from archgen.domain.field_rules import INDEXED_LENGTH, UNINDEXABLE
from archgen.domain.field_values import resolve_length
from archgen.domain.schema import (
    KEYABLE,
    ORDERED,
    OWNER,
    SEARCH_WORDS,
    SEARCHABLE,
    TIMES,
    EntitySpec,
)
from archgen.errors import Mistake
from archgen.text import shown, suggest

WIDTH_MOST = 600  # characters of the strings of one index
INDEXES_MOST = 20  # of a table, by the strictest of the databases: DynamoDB's quota of global secondary indexes
SQL_INDEXES_MOST = (
    40  # where filters combine, which SQL alone serves; each write keeps them all
)


def check_lists(
    where: str, declared: Declared, module: str, name: str, spec: EntitySpec
) -> Iterator[Mistake]:
    """What an entity says of how its rows are listed, found and told apart."""
    at = (module, name)
    yield from _check_listings(where, declared, at, spec)
    yield from _check_indexes(where, spec)
    yield from _check_combined(where, declared, at, spec)
    yield from _check_keys(where, declared, at, spec)
    yield from _check_search(where, declared, at, spec)
    yield from _check_unique(where, declared, at, spec)


def _check_listings(
    where: str, declared: Declared, at: tuple[str, str], spec: EntitySpec
) -> Iterator[Mistake]:
    """Fields to filter by, and last the one to sort by."""
    seen: set[tuple[frozenset[str], str]] = set()
    for index, listing in enumerate(spec.lists):
        place = f"{where}.lists.{index}"
        if not listing:
            yield Mistake(
                place,
                "is empty",
                "say the fields to filter by, and last the one to sort by",
            )
            continue
        *filters, sort = listing
        fields = [*filters, sort.removeprefix("-")]
        if len(set(fields)) < len(fields):
            yield Mistake(
                place,
                "names a field twice",
                "a field is either filtered by or sorted by",
            )
            continue
        if len(fields) > 5:
            yield Mistake(place, f"names {len(fields)} fields, and 5 are the most")
            continue
        if (key := (frozenset(filters), sort)) in seen:
            yield Mistake(
                place,
                "is there already",
                "the order of the filters makes no difference",
            )
        seen.add(key)
        for name in fields if fields[-1] not in TIMES else fields[:-1]:
            yield from _check_indexable(place, declared, at, spec, name)
        for name in filters:
            if name in spec.fields and (
                wrong := naming.check_filter(name, numbered=spec.totals)
            ):
                yield Mistake(place, wrong, "leave it out, or choose another name")
        yield from _check_width(place, spec, fields)


def _check_indexes(where: str, spec: EntitySpec) -> Iterator[Mistake]:
    """How many there are: one for each list, for each field that rows are found by, and
    for the newest rows first.
    """
    alone = {
        key
        for key, content in spec.fields.items()
        if content.indexed or content.type == "reference"
    }
    alone |= {*chain(*spec.combined)} - {
        listing[0].removeprefix("-") for listing in spec.lists if len(listing) == 1
    }
    owned = spec.access.read == "owner"
    most = SQL_INDEXES_MOST if any(spec.combined) else INDEXES_MOST
    if (indexes := (1 + len(spec.lists) + len(alone)) * (2 if owned else 1)) > most:
        twice = ", each once more for an owner's rows" if owned else ""
        yield Mistake(
            where,
            f"needs {indexes} indexes{twice}, and {most} are the most",
            "index or list by fewer fields",
        )


def _check_combined(
    where: str, declared: Declared, at: tuple[str, str], spec: EntitySpec
) -> Iterator[Mistake]:
    """Filters that combine, and what such lists are sorted by."""
    for key, names in (("filters", spec.filters), ("sorts", spec.sorts)):
        for index, name in enumerate(names):
            place = f"{where}.{key}.{index}"
            if name in names[:index]:
                yield Mistake(
                    place, f"{shown(name)} is there already", "leave one of them out"
                )
            elif key == "sorts" and name.startswith("-"):
                yield Mistake(
                    place,
                    f"{shown(name)} says a direction",
                    f"say {name[1:]}: a request says which way",
                )
            elif (
                key == "filters"
                and name in spec.fields
                and spec.fields[name].type == "references"
            ):
                yield Mistake(
                    place,
                    f"lists are filtered by {name} already: it refers to several rows",
                    "leave it out",
                )
            elif name not in TIMES:
                yield from _check_indexable(place, declared, at, spec, name)
            if (
                key == "filters"
                and name in spec.fields
                and (wrong := naming.check_filter(name, numbered=spec.totals))
            ):
                yield Mistake(place, wrong, "leave it out, or choose another name")
    filters, sorts = spec.combined
    links = [
        name for name, content in spec.fields.items() if content.type == "references"
    ]
    taken = {
        *filters,
        *links,
        *naming.FILTERS,
        *(naming.NUMBERED if spec.totals else ()),
    }
    for name in filters:
        ranged = name in TIMES or (
            name in spec.fields and spec.fields[name].type in ORDERED
        )
        for end in ("from", "to") if ranged else ():
            if f"{name}_{end}" in taken:
                yield Mistake(
                    f"{where}.filters",
                    f"{name} is filtered by ranges, whose {name}_{end} is a filter already",
                    "leave one of them out, or choose another name",
                )
    if sorts:
        yield from _check_width(f"{where}.sorts", spec, list(sorts))


def _check_keys(
    where: str, declared: Declared, at: tuple[str, str], spec: EntitySpec
) -> Iterator[Mistake]:
    """Fields that each row has, and no two the same."""
    for index, name in enumerate(spec.keys):
        place, content = f"{where}.keys.{index}", spec.fields.get(name)
        if name in spec.keys[:index]:
            yield Mistake(
                place, f"{shown(name)} is there already", "leave one of them out"
            )
        elif content is None:
            yield from _check_there(place, declared, at, spec, name)
        elif content.type not in KEYABLE:
            yield Mistake(
                place,
                f"{name} is {content.type}, and a key stands in a path",
                f"it is for {', '.join(KEYABLE)}",
            )
        elif content.type != "slug" and not (content.unique and content.required):
            yield Mistake(
                place,
                f"{name} is not the key of a row: some may lack it, or share it",
                f"say {where}.fields.{name}.unique and .required, both true",
            )


def _check_search(
    where: str, declared: Declared, at: tuple[str, str], spec: EntitySpec
) -> Iterator[Mistake]:
    """Strings and texts, and names that a search takes for itself."""
    for index, name in enumerate(spec.search):
        place, content = f"{where}.search.{index}", spec.fields.get(name)
        if name in spec.search[:index]:
            yield Mistake(
                place, f"{shown(name)} is there already", "leave one of them out"
            )
        elif content is None:
            yield from _check_there(place, declared, at, spec, name)
        elif content.type not in SEARCHABLE:
            yield Mistake(
                place,
                f"{name} is {content.type}, which has no words",
                f"name {' or '.join(SEARCHABLE)}",
            )
    if not spec.search:
        return
    if SEARCH_WORDS in spec.fields:
        hint = "choose another name for the field, or leave search out"
        yield Mistake(
            f"{where}.fields.{SEARCH_WORDS}",
            "search keeps a row's words under that name",
            hint,
        )
    listed = [name for listing in spec.lists for name in listing[:-1]]
    listed += [
        name
        for name, content in spec.fields.items()
        if content.indexed or content.type == "references"
    ]
    if "search" in (*spec.filters, *listed):
        yield Mistake(
            f"{where}.search",
            "lists are filtered by a field of that name",
            "choose another name for the field",
        )


def _check_unique(
    where: str, declared: Declared, at: tuple[str, str], spec: EntitySpec
) -> Iterator[Mistake]:
    """Fields that are unique together."""
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
            yield Mistake(
                place, "is there already", "the order of the fields makes no difference"
            )
        seen.add(frozenset(rule))
        fields = [name for name in rule if name != OWNER or name in spec.fields]
        if len(fields) < len(rule) and not spec.owned:
            hint = f"say {where}.access.write: owner, or leave it out"
            yield Mistake(place, f"rows of {at[1]} do not remember their owner", hint)
        if len(rule) == len(fields) == 1:
            yield Mistake(
                place,
                "names one field alone",
                f"say {where}.fields.{rule[0]}.unique: true instead",
            )
            continue
        for name in fields:
            yield from _check_indexable(place, declared, at, spec, name)
            if name in spec.fields and spec.fields[name].alone:
                yield Mistake(
                    place, f"{name} is unique by itself", "leave one of the two out"
                )
        if wider := next(
            (other for other in spec.unique if set(other) < set(rule)), None
        ):
            yield Mistake(
                place,
                f"{', '.join(wider)} are unique together already",
                "leave one of the two out",
            )
        yield from _check_width(place, spec, fields)


def _check_there(
    place: str, declared: Declared, at: tuple[str, str], spec: EntitySpec, name: str
) -> Iterator[Mistake]:
    """A name that is no field's; nothing where the field is there and broken in form."""
    if not declared.has_field(*at, name):
        hint = suggest(
            name, spec.fields, f"there are {', '.join(spec.fields) or 'none'}"
        )
        yield Mistake(place, f"{shown(name)} is not a field of {at[1]}", hint)


def _check_indexable(
    where: str, declared: Declared, at: tuple[str, str], spec: EntitySpec, name: str
) -> Iterator[Mistake]:
    """A field that an index is to serve."""
    content = spec.fields.get(name)
    if content is None:
        if declared.has_field(*at, name):
            return
        if name == "id" and ".lists." in where:
            hint = "rows come newest first by themselves"
        elif name in TIMES and ".lists." in where:
            hint = "a list may sort by it, and not filter by it"
        elif name.startswith("-") and ".lists." in where:
            hint = "only the last of a list, the one to sort by, takes a -"
        else:
            hint = suggest(
                name, spec.fields, f"there are {', '.join(spec.fields) or 'none'}"
            )
        yield Mistake(where, f"{shown(name)} is not a field of {at[1]}", hint)
    elif content.type in UNINDEXABLE:
        yield Mistake(
            where, f"{name} is {content.type}, which no index serves", "leave it out"
        )
    elif content.type != "text" and (resolve_length(content) or 0) > INDEXED_LENGTH:
        yield Mistake(
            where,
            f"{name} has up to {resolve_length(content)} characters, and an index takes {INDEXED_LENGTH}",
            f"say a max_length of {INDEXED_LENGTH} or less",
        )


def _check_width(where: str, spec: EntitySpec, fields: list[str]) -> Iterator[Mistake]:
    """An index takes 2,704 bytes of a row (PostgreSQL), and a character may be four."""
    found = [
        spec.fields[name]
        for name in fields
        if name in spec.fields and spec.fields[name].type != "text"
    ]
    if (width := sum(resolve_length(content) or 0 for content in found)) > WIDTH_MOST:
        yield Mistake(
            where,
            f"its strings have up to {width} characters together, and an index takes {WIDTH_MOST}",
            "say a smaller max_length, or leave one out",
        )
