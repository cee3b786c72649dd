"""Random valid domains and groupings, as people could write them: for properties of the
model and for real projects.
"""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any, TypeVar

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from archgen.domain.file_types import FILE_TYPES
from archgen.domain.schema import COMPUTED_TYPES, ITEM_TYPES, MEMBER_TYPES

T = TypeVar("T")
MODULES = (
    "catalog",
    "reviews",
    "tickets",
    "fleet",
    "library",
    "clinic",
    "billing",
    "kitchen",
    "studio",
    "harbour",
)
ENTITIES = [
    "book",
    "author",
    "shelf",
    "review",
    "ticket",
    "agent",
    "vehicle",
    "trip",
    "driver",
    "patient",
    "visit",
    "invoice",
    "receipt",
    "dish",
    "recipe",
    "track",
    "album",
    "ship",
    "dock",
    "crate",
    "order_line",
    "price_list",
    "work_log",
    "level2_badge",
    "event",
    "page",
    "document",
    "session",
    "request",
    "service",
    "unit",
    "row",
    "category",
    "product_category",  # 16 letters and more: lines become too long to stand on one
    "insurance_contract",
    "warehouse_stock_level",
    "customer_support_conversation",
]
FIELDS = [
    "code",
    "title",
    "name",
    "summary",
    "notes",
    "amount",
    "price",
    "weight",
    "rating",
    "seats",
    "active",
    "public_key",
    "due_on",
    "happens_at",
    "serial",
    "kind",
    "colour",
    "details",
    "payload",
    "extra",
    "owner_name",
    "parent",
    "link",
    "score2",
    "total_cost",
    "opened",
    "closed_on",
    "type",
    "property",
    "entity",
    "field",
    "replace",
    "shipping_address_region1_code",  # two that are alike as far as a shortened name goes
    "shipping_address_region2_code",
    "registration_number",
    "preferred_contact_language",
]
PATTERNS: dict[str, tuple[str, ...]] = {  # with values that match
    r"[A-Z]{2}-\d{4}": ("AB-1234", "ZZ-0000"),
    r"^[^@\s]+@[^@\s]+\.[^@\s]+$": ("ann@example.com", "é@x.y"),
    r"(?:[a-z0-9]+-?)+": ("one-two-3", "x"),
    r"#([0-9a-fA-F]{3}){1,2}|none": ("#fff", "none"),
    "Ä|ö": ("Ä", "ö"),
}
VALUES = ("red", "green", "blue", "small", "Large", "x-1", "v2.0", "on_hold")
LABELS = ("Plain", 'It\'s "so"', "back\\slash {{ 1 }}", "кофе", "日本")
ENUMS = ("status", "literal", "any", "book", "kind2")
LEVELS = ("public", "user", "owner", "staff")
SCALARS = (
    "string",
    "text",
    "email",
    "url",
    "duration",
    "zoned_datetime",
    "integer",
    "decimal",
    "number",
    "boolean",
    "date",
    "datetime",
    "uuid",
    "enum",
    "json",
    "list",
    "object",
)
MEMBERS = ("street", "city", "zip", "floor", "since", "kind", "note")
KEYABLE = ("string", "integer", "uuid", "reference")
SEARCHABLE, SEARCH_MOST = ("string", "text"), 4
INDEXABLE = frozenset(SCALARS) - {"text", "json", "list", "object"} | {"reference"}
UNDISPLAYED = ("json", "list", "object", "reference", "references", "file")

COMPUTED = {  # what is computed of a field: its type, and the expression
    "integer": ("integer", "{0} * {0} - 3"),
    "decimal": ("decimal", "-{} / 3 + 1.005"),
    "number": ("number", "{0} * {0} * 0.5"),
    "string": ("string", "'é: ' + {}"),
    "text": ("text", "{0} + {0}"),
    "boolean": ("boolean", "not {}"),
    "date": ("duration", "{0} - {0}"),
    "datetime": ("boolean", "{0} > {0}"),
    "enum": ("boolean", "{} < 'x' or {0} == {0}".replace("{}", "{0}")),
}

Document = dict[str, Any]


def _string(draw: st.DrawFn, most: int) -> str:
    return draw(
        st.text(
            st.characters(codec="utf-8", exclude_characters="\0"),
            min_size=1,
            max_size=min(most, 20),
        )
    )


@st.composite
def scalar_fields(draw: st.DrawFn, kinds: tuple[str, ...] = SCALARS) -> Document:
    """A field of any type but reference, or of one of these, with constraints that
    agree with each other.
    """
    kind = draw(st.sampled_from(kinds))
    field: Document = {"type": kind}
    default: Any = None
    if kind in ("string", "text"):
        most = draw(st.sampled_from((None, 1, 40, 255)))
        if most is not None:
            field["max_length"] = most
        default = _string(draw, most or 20)
        if draw(st.integers(0, 3)) == 0:
            least = draw(st.integers(0, min(most or 255, 60)))
            field["min_length"] = least
            default = default.ljust(least, "~")
        elif kind == "string" and most != 1 and draw(st.integers(0, 3)) == 0:
            field["pattern"] = draw(st.sampled_from(sorted(PATTERNS)))
            default = PATTERNS[field["pattern"]][0]
            if draw(st.booleans()):
                field["examples"] = list(PATTERNS[field["pattern"]])
        elif kind == "string" and draw(st.integers(0, 3)) == 0:
            field["examples"] = [default]
    elif kind == "email":
        default = draw(st.sampled_from(("Ann@Example.com", "bo.b+c@a-b.c", "x@y")))
        field |= draw(
            st.sampled_from(({}, {"max_length": 60}, {"examples": ["ann@example.com"]}))
        )
    elif kind == "url":
        default = draw(
            st.sampled_from(
                ("HTTPS://Example.com", "http://a.b:80/?q=1#%20", "https://x/Y")
            )
        )
        field["max_length"] = draw(st.sampled_from((40, 255)))
        if draw(st.booleans()):
            field["examples"] = ["https://example.com/a", "http://b"]
    elif kind == "zoned_datetime":
        default = "2024-05-01T12:00:00" + draw(
            st.sampled_from(("Z", "+02:00", "-09:30", ".000001+14:00"))
        )
    elif kind == "duration":
        default = draw(
            st.sampled_from(
                ("PT0S", "PT90M", "-P1DT0.5S", "P9999999DT999999H", "PT0.000001S")
            )
        )
    elif kind == "integer":
        low, high = sorted(draw(st.tuples(*[st.integers(-(2**63), 2**63 - 1)] * 2)))
        default = draw(st.integers(low, high))
        field |= draw(
            st.sampled_from(
                ({}, {"min": low}, {"max": high}, {"min": low, "max": high})
            )
        )
    elif kind == "decimal":
        scale = draw(st.integers(0, 9))
        steps = sorted(
            draw(st.lists(st.integers(-(10**15), 10**15), min_size=3, max_size=3))
        )
        low, default, high = (str(Decimal(step).scaleb(-scale)) for step in steps)
        if scale != 2 or draw(st.booleans()):
            field["scale"] = scale
        field |= draw(
            st.sampled_from(
                ({}, {"min": low}, {"max": high}, {"min": low, "max": high})
            )
        )
    elif kind == "number":
        low, default, high = sorted(
            draw(st.tuples(*[st.floats(allow_nan=False, allow_infinity=False)] * 3))
        )
        field |= draw(
            st.sampled_from(
                ({}, {"min": low}, {"max": high}, {"min": low, "max": high})
            )
        )
    elif kind == "boolean":
        default = draw(st.booleans())
    elif kind == "date":
        default = draw(st.dates()).isoformat()
    elif kind == "datetime":
        default = draw(st.datetimes()).isoformat() + draw(
            st.sampled_from(("Z", "+00:00"))
        )
    elif kind == "uuid":
        default = str(draw(st.uuids()))
    elif kind == "enum":
        field |= draw(enums())
        default = draw(st.sampled_from(field["values"]))
    elif kind == "json":
        default = draw(
            st.sampled_from(({"a": [1, None, "x"]}, [], {}, "text", 3, True))
        )
    elif kind == "list":
        return draw(lists())
    elif kind == "object":
        return draw(objects())
    if kind in INDEXABLE and draw(st.integers(0, 3)) == 0:
        field["indexed"] = True
    if kind in INDEXABLE - {"boolean"} and draw(st.integers(0, 4)) == 0:
        field["unique"] = True
    elif draw(st.integers(0, 2)) == 0:
        field["default"] = default
    if draw(st.booleans()):
        field["required"] = True
    return field


@st.composite
def lists(draw: st.DrawFn) -> Document:
    """A list of any type that it takes, with the constraints of that."""
    item = draw(scalar_fields(ITEM_TYPES))
    field = {
        key: value
        for key, value in item.items()
        if key not in ("indexed", "unique", "default")
    }
    field |= {"type": "list", "of": item["type"]}
    most = draw(st.sampled_from((None, 1, 3, 100)))
    return field if most is None else field | {"max_items": most}


@st.composite
def objects(draw: st.DrawFn) -> Document:
    """An object of simple fields."""
    drawn = draw(
        st.dictionaries(
            st.sampled_from(MEMBERS),
            scalar_fields(MEMBER_TYPES),
            min_size=1,
            max_size=3,
        )
    )
    left = ("indexed", "unique", "default")
    fields = {
        name: {key: value for key, value in one.items() if key not in left}
        for name, one in drawn.items()
    }
    return {"type": "object", "fields": fields} | draw(
        st.sampled_from(({}, {"required": True}))
    )


@st.composite
def files(draw: st.DrawFn) -> Document:
    """What clients upload: of some types, of some size."""
    accept = draw(st.lists(st.sampled_from(FILE_TYPES), max_size=3, unique=True))
    field: Document = {"type": "file", **({"accept": accept} if accept else {})}
    return field | draw(
        st.sampled_from(({}, {"max_bytes": 100_000}, {"required": True}))
    )


@st.composite
def enums(draw: st.DrawFn) -> Document:
    """Values, some of them with labels."""
    values = draw(
        st.lists(st.sampled_from(VALUES), min_size=1, max_size=4, unique=True)
    )
    labelled = draw(st.lists(st.sampled_from(values), max_size=2, unique=True))
    document: Document = {"values": values}
    if labelled:
        document["labels"] = {
            value: draw(st.sampled_from(LABELS)) for value in labelled
        }
    return document


def _share(
    draw: st.DrawFn, shared: dict[str, Document], fields: dict[str, Document]
) -> None:
    """Some of the fields are of an enum of their module."""
    for field in fields.values():
        if (
            shared
            and "enum" in (field["type"], field.get("of"))
            and draw(st.booleans())
        ):
            field["enum"] = draw(st.sampled_from(sorted(shared)))
            values = shared[field["enum"]]["values"]
            field.pop("values"), field.pop("labels", None)
            if "default" in field:
                field["default"] = values[0]


@st.composite
def domains(
    draw: st.DrawFn,
    *,
    max_modules: int = 3,
    max_entities: int = 3,
    max_fields: int = 5,
    min_modules: int = 1,
    in_sql: bool = False,
    with_files: bool = False,
) -> dict[str, Document]:
    """A valid `modules:` mapping: all types, constraints, references, lists, access
    levels and reactions.

    `in_sql`: also what lists do that only such a database serves. `with_files`: also
    fields that are files, which bring a module of their own, that parts have to name.
    """
    modules = draw(
        st.lists(
            st.sampled_from(MODULES),
            min_size=min_modules,
            max_size=max_modules,
            unique=True,
        )
    )
    counts = [draw(st.integers(1, max_entities)) for _ in modules]
    words = draw(
        st.lists(
            st.sampled_from(ENTITIES),
            min_size=sum(counts),
            max_size=sum(counts),
            unique=True,
        )
    )
    entities: dict[str, list[str]] = {}
    for module, count in zip(modules, counts, strict=True):
        entities[module], words = words[:count], words[count:]
    domain: dict[str, Document] = {module: {"entities": {}} for module in modules}
    for module in modules:
        if draw(st.booleans()):
            domain[module]["enums"] = draw(
                st.dictionaries(st.sampled_from(ENUMS), enums(), min_size=1, max_size=2)
            )
    for module in modules:
        for entity in entities[module]:
            drawn = draw(_entity(module, entity, entities, max_fields))
            known = drawn["fields"].items()
            keys = [
                name
                for name, field in known
                if {"unique", "required"} <= {*field} and field["type"] in KEYABLE
            ]
            keys += [
                name
                for name, field in known
                if field["type"] == "slug" and name not in keys
            ]
            if draw(st.booleans()) and keys:
                drawn["keys"] = keys[:4]
            if in_sql and draw(st.booleans()):
                drawn["totals"] = True
            if in_sql and draw(st.integers(0, 2)) == 0:
                drawn["table"] = f"tbl_{entity}"
            words = [name for name, field in known if field["type"] in SEARCHABLE]
            if in_sql and draw(st.booleans()) and words:
                drawn["search"] = words[:SEARCH_MOST]
            if in_sql and draw(st.booleans()):
                drawn |= draw(_combined(drawn))
            if with_files and draw(st.integers(0, 2)) == 0:
                for name in draw(st.sampled_from((["picture"], ["picture", "scan"]))):
                    drawn["fields"][name] = draw(files())
            domain[module]["entities"][entity] = drawn
            _share(
                draw,
                domain[module].get("enums", {}),
                domain[module]["entities"][entity]["fields"],
            )
    for module in modules:
        _own(draw, module, domain[module]["entities"])
        _display(draw, domain[module]["entities"])
    for number, module in enumerate(modules):
        _expand(draw, module, domain, modules[:number])
        events = _events(domain, module)
        wanted = draw(st.lists(st.sampled_from(events), max_size=3, unique=True))
        if wanted:
            domain[module]["reacts_to"] = wanted
    return domain


def _own(draw: st.DrawFn, module: str, entities: dict[str, Document]) -> None:
    """Rows of whom a field names, and references to rows of the caller's own."""
    for entity in entities.values():
        access, fields = entity.get("access", {}), entity["fields"]
        accounts = [
            name
            for name, field in fields.items()
            if field.get("to") == "accounts.account"
        ]
        named = [
            name
            for name in accounts
            if fields[name]["type"] == "reference" and fields[name].get("required")
        ]
        many = any(field["type"] == "references" for field in fields.values())
        if (
            access == {"read": "owner", "write": "staff"}
            and named
            and not many
            and draw(st.booleans())
        ):
            fields[named[0]].pop("set_by", None)
            entity["owned_by"] = named[0]
        for field in fields.values():
            home, _, name = str(field.get("to")).partition(".")
            levels = entities[name].get("access", {}) if home == module else {}
            owned = "owner" in levels.values() and levels["write"] != "staff"
            if (
                field["type"] == "reference"
                and owned
                and access.get("write", "user") in ("user", "owner")
            ):
                field |= {"own": True} if draw(st.booleans()) else {}


def _display(draw: st.DrawFn, entities: dict[str, Document]) -> None:
    """Some rows are shown by a field or two of theirs."""
    for entity in entities.values():
        able = [
            key
            for key, field in entity["fields"].items()
            if field["type"] not in UNDISPLAYED
        ]
        if able and draw(st.integers(0, 2)) == 0:
            entity["display"] = draw(st.sampled_from((able[0], able[:2])))


def _expand(
    draw: st.DrawFn, module: str, domain: dict[str, Document], before: list[str]
) -> None:
    """Some reads bring along rows of their module, or what modules `before` it show."""

    def ends(entity: Document) -> dict[str, tuple[str, str]]:
        found = {}
        for key, field in entity["fields"].items():
            if field["type"] in ("reference", "references"):
                owner, _, target = field["to"].partition(".")
                if owner == module or (
                    owner in before and domain[owner]["entities"][target].get("display")
                ):
                    found[key] = (owner, target)
        return found

    for entity in domain[module]["entities"].values():
        paths = []
        for key, (owner, target) in ends(entity).items():
            more = ends(domain[owner]["entities"][target]) if owner == module else {}
            paths += [key, *(f"{key}.{last}" for last in more)]
            for middle, (home, entity_of) in more.items():
                last = (
                    ends(domain[home]["entities"][entity_of]) if home == module else {}
                )
                paths += [f"{key}.{middle}.{end}" for end in last]
        if draw(st.booleans()) and paths:
            entity["expand"] = draw(
                st.lists(st.sampled_from(paths), min_size=1, max_size=3, unique=True)
            )


@st.composite
def _entity(
    draw: st.DrawFn,
    module: str,
    entity: str,
    entities: dict[str, list[str]],
    max_fields: int,
) -> Document:
    names = draw(
        st.lists(st.sampled_from(FIELDS), min_size=1, max_size=max_fields, unique=True)
    )
    fields: dict[str, Document] = {}
    for name in names:
        if draw(st.integers(0, 3)) == 0:
            fields[name] = draw(_reference(module, entity, name, entities))
        else:
            fields[name] = draw(scalar_fields())
    document: Document = {"fields": fields}
    if draw(st.booleans()):
        document["access"] = {
            "read": draw(st.sampled_from(LEVELS)),
            "write": draw(st.sampled_from(LEVELS)),
        }
    if draw(st.integers(0, 4)) == 0:
        document["audit"] = True
    access = document.get("access", {"write": "user"})
    for field in fields.values():
        if (
            field["type"] == "reference"
            and field["to"] == "accounts.account"
            and draw(st.booleans())
        ):
            if access["write"] != "public" and "indexed" not in field:
                field["set_by"] = "caller"
            elif "required" not in field:
                field["set_by"] = "staff"
    if draw(st.integers(0, 4)) == 0:
        document["plural"] = f"{entity}_list"
    listed = [name for name, field in fields.items() if field["type"] in INDEXABLE]
    if draw(st.booleans()) and listed:
        lists: list[list[str]] = draw(
            st.lists(
                st.lists(st.sampled_from(listed), min_size=1, max_size=5, unique=True),
                max_size=2,
            )
        )
        sign = draw(st.sampled_from(("", "-")))
        times = [
            [*one[:4], draw(st.sampled_from(("created_at", "updated_at")))]
            for one in lists[:1]
        ]
        drawn = [*lists, *times] if draw(st.integers(0, 2)) == 0 else lists
        document["lists"] = _distinct(
            [[*one[:-1], sign + one[-1]] for one in drawn if _narrow(one, fields)]
        )
    words = [
        key for key, field in fields.items() if field["type"] in ("string", "text")
    ]
    if words and "slug" not in fields and draw(st.integers(0, 3)) == 0:
        fields["slug"] = {"type": "slug", "from": draw(st.sampled_from(words))}
        fields["slug"] |= draw(
            st.sampled_from(
                (
                    {},
                    {"max_length": 12},
                    {"unique": True, "required": True},
                    {"indexed": True},
                )
            )
        )
    _unique(draw, document, listed)
    if "property" not in fields and draw(st.integers(0, 3)) == 0:
        able: list[tuple[str, tuple[str, str]]]
        able = [
            (name, COMPUTED[field["type"]])
            for name, field in fields.items()
            if field["type"] in COMPUTED
        ]
        made = (
            draw(st.lists(st.sampled_from(able), max_size=2, unique=True))
            if able
            else []
        )
        document["computed"] = {
            f"made_{n}": {"type": kind, "from": said.format(name)}
            for n, (name, (kind, said)) in enumerate(made)
        }
        plain = draw(st.sampled_from(COMPUTED_TYPES))
        document["computed"]["made_of_nothing"] = {"type": plain} | (
            {"scale": 0} if plain == "decimal" else {}
        )
    return document


@st.composite
def _combined(draw: st.DrawFn, document: Document) -> Document:
    """Filters that combine, and fields to sort by."""
    fields = document["fields"]
    listed = [name for name, field in fields.items() if field["type"] in INDEXABLE]
    times = ["created_at", "updated_at"]
    filters = draw(
        st.lists(st.sampled_from([*listed, *times]), max_size=3, unique=True)
    )
    sorts = draw(st.lists(st.sampled_from([*listed, *times]), max_size=3, unique=True))
    every = [one[-1].removeprefix("-") for one in document.get("lists", [])]
    if not _narrow(list({*sorts, *every}), fields):
        sorts = []
    if not sorts and not _narrow(every, fields):
        return {}
    return {
        key: names for key, names in (("filters", filters), ("sorts", sorts)) if names
    }


def _unique(draw: st.DrawFn, document: Document, listed: list[str]) -> None:
    """Fields that are unique together, with the owner where rows remember who made
    them.
    """
    fields = document["fields"]
    owned = "owner" in document.get("access", {}).values()
    free = [
        name
        for name in listed
        if not fields[name].get("unique") and not fields[name].get("one_to_one")
    ]
    if draw(st.integers(0, 2)) != 0 or len(free) < 2 - owned:
        return
    rule = draw(
        st.lists(st.sampled_from(free), min_size=2 - owned, max_size=3, unique=True)
    )
    if owned and draw(st.booleans()):
        rule.append("owner")
    if _narrow(rule, fields) and (len(rule) > 1):
        document["unique"] = [rule]


def _narrow(names: list[str], fields: dict[str, Document]) -> bool:
    """Whether an index takes the strings of these fields."""
    strings = [
        fields[name]
        for name in names
        if fields.get(name, {}).get("type") in ("string", "email", "url")
    ]
    return sum(int(field.get("max_length", 255)) for field in strings) <= 600


@st.composite
def _reference(
    draw: st.DrawFn, module: str, entity: str, name: str, entities: dict[str, list[str]]
) -> Document:
    """To anything; required within the module only to what was declared before, so that
    no circle closes.
    """
    earlier = [
        f"{module}.{name}"
        for name in entities[module][: entities[module].index(entity)]
    ]
    targets = [
        f"{other}.{name}" for other, names in entities.items() for name in names
    ] + ["accounts.account"]
    to = draw(st.sampled_from(targets))
    free = not to.startswith(f"{module}.") or to in earlier
    side = {}
    if to.startswith(f"{module}.") and draw(st.integers(0, 2)) == 0:
        side = {"listed_as": f"{entity[:18]}_{name[-25:]}"}
    if draw(st.integers(0, 3)) == 0:
        most = draw(st.sampled_from(({"max": 2}, {"max": 4, "ordered": True})))
        least: Document = (
            draw(st.sampled_from(({}, {"required": True}, {"min": 1}))) if free else {}
        )
        return {"type": "references", "to": to, **most, **least, **side}
    field: Document = {"type": "reference", "to": to, **side}
    if free and draw(st.booleans()):
        field["required"] = True
    if to in earlier and draw(st.integers(0, 2)) == 0:
        field["on_delete"] = "cascade"
    elif (
        to.startswith(f"{module}.")
        and "required" not in field
        and draw(st.integers(0, 2)) == 0
    ):
        field["on_delete"] = draw(st.sampled_from(("clear", "refuse")))
    if draw(st.integers(0, 4)) == 0:
        alone: list[Document] = [{"one_to_one": True}, {"unique": True}]
        needed: list[Document] = [{"unique": True, "required": True}] if free else []
        field |= draw(st.sampled_from([*alone, *needed]))
        if "on_delete" in field and field["on_delete"] == "clear":
            field.pop("required", None)
    if draw(st.booleans()):
        field["indexed"] = True
    return field


def _events(domain: dict[str, Document], module: str) -> list[str]:
    """What a module may react to; deletions of what it refers to come first, so that
    they are drawn often.
    """
    all_events = [
        f"{other}.{entity}.{action}"
        for other, content in domain.items()
        for entity in content["entities"]
        for action in ("created", "updated", "deleted")
    ]
    referred = {
        f"{field['to']}.deleted"
        for entity in domain[module]["entities"].values()
        for field in entity["fields"].values()
        if field["type"].startswith("reference")
        and not field["to"].startswith("accounts.")
    }
    accounts = [f"accounts.account.{action}" for action in ("created", "deleted")]
    return [
        *sorted(referred),
        *(event for event in all_events if event not in referred),
        *accounts,
    ]


def _distinct(lists: list[list[str]]) -> list[list[str]]:
    seen = set()
    kept = []
    for one in lists:
        key = (frozenset(one[:-1]), one[-1])
        if key not in seen:
            seen.add(key)
            kept.append(one)
    return kept


def draw_some(strategy: st.SearchStrategy[T], number: int, most: int) -> list[T]:
    """At most so many values, which this number alone decides about."""
    found: list[T] = []

    @seed(number)
    @settings(
        max_examples=most,
        database=None,
        phases=[Phase.generate],
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(strategy)
    def collect(one: T) -> None:
        found.append(one)

    collect()
    return found


def draw_one(number: int, *, in_sql: bool, with_files: bool) -> Document:
    """The largest of some domains that are drawn from this number."""
    drawn = domains(max_entities=3, max_fields=6, in_sql=in_sql, with_files=with_files)
    return max(draw_some(drawn, number, 12), key=lambda domain: len(json.dumps(domain)))


@st.composite
def groupings(draw: st.DrawFn, modules: list[str]) -> dict[str, list[str]]:
    """A partition of accounts and `modules` into parts, for `parts:`; empty is the
    architecture's own.
    """
    if draw(st.integers(0, 3)) == 0:
        return {}
    homes = {
        name: draw(st.integers(0, len(modules))) for name in ("accounts", *modules)
    }
    parts: dict[int, list[str]] = {}
    for name, home in homes.items():
        parts.setdefault(home, []).append(name)
    return {
        (inside[0] if len(inside) == 1 else f"part_{inside[0]}"): inside
        for inside in parts.values()
    }
