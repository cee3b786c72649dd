"""All that the language of domains has words for, and which of it a domain says."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from typing import Any

from archgen.domain.field_rules import _TAKES, UNINDEXABLE
from archgen.domain.schema import (
    ALL_ACTIONS,
    COMPUTED_TYPES,
    ITEM_TYPES,
    KEYABLE,
    LEVELS,
    MEMBER_TYPES,
    ON_DELETE,
    ORDERED,
    SEARCHABLE,
    SET_BY,
    TYPES,
    EntitySpec,
    EnumSpec,
    ModuleSpec,
)

UNDEFAULTED = ("list", "object", "slug", "reference", "references", "file")


def list_words() -> Iterator[str]:
    """All that a domain may say, as `said_words` calls it."""
    takes = {key: types for key, types in _TAKES.items() if key not in ("of", "fields")}
    yield from (f"{kind}" for kind in TYPES)
    yield from (f"{kind} {key}" for key, types in takes.items() for kind in types)
    yield from (f"{kind} required" for kind in TYPES)
    yield from (
        f"{kind} {key}"
        for kind in TYPES
        if kind not in UNINDEXABLE
        for key in ("indexed", "unique")
        if (kind, key) != ("boolean", "unique") and kind != "list"
    )
    yield from (f"{kind} default" for kind in TYPES if kind not in UNDEFAULTED)
    yield from (f"list of {kind}" for kind in ITEM_TYPES)
    yield from (
        f"list of {kind} {key}"
        for key, types in takes.items()
        for kind in types
        if kind in ITEM_TYPES
    )
    yield from ("list max_items", "object fields")
    yield from (f"object with {kind}" for kind in MEMBER_TYPES)
    yield from (f"computed {kind}" for kind in COMPUTED_TYPES)
    yield from ("computed from", "computed scale")
    yield from (f"on_delete {word}" for word in ON_DELETE)
    yield from (f"set_by {word}" for word in SET_BY)
    yield from (
        f"access {read} {write}" for read, write in itertools.product(LEVELS, LEVELS)
    )
    yield from (f"entity {key}" for key in EntitySpec.model_fields)
    yield from (f"module {key}" for key in ModuleSpec.model_fields)
    yield from (f"enums {key}" for key in EnumSpec.model_fields)
    for kind, to in itertools.product(
        ("reference", "references"),
        ("itself", "its module", "another module", "account"),
    ):
        yield f"{kind} to {to}"
    yield from (
        "reference own",
        "one_to_one listed_as",
        "references to itself listed_as",
        "references ordered listed_as",
    )
    yield from (f"expand {steps} steps" for steps in (1, 2, 3))
    yield from ("expand another module", "display one", "display several")
    yield from (f"key {kind}" for kind in KEYABLE)
    yield from (f"search {kind}" for kind in SEARCHABLE)
    yield from (f"lists {count}" for count in (1, 2, 3, 4, 5))
    yield from (
        "lists up",
        "lists down",
        "lists by time",
        "filters time",
        "sorts time",
        "sorts several",
        "filters range",
    )
    yield from ("unique owner", "unique 1", "unique 2", "unique 3")
    yield from (
        f"reacts to {whose} {action}"
        for whose in ("its own", "another's")
        for action in ALL_ACTIONS
    )
    yield from (f"reacts to account {action}" for action in ("created", "deleted"))


def said_words(modules: Mapping[str, Any]) -> Iterator[str]:
    """What a domain says."""
    for module, content in modules.items():
        yield from (f"module {key}" for key in content)
        yield from (
            f"enums {key}" for enum in content.get("enums", {}).values() for key in enum
        )
        for event in content.get("reacts_to", ()):
            home, _, rest = event.partition(".")
            whose = {"accounts": "account", module: "its own"}.get(home, "another's")
            yield f"reacts to {whose} {rest.partition('.')[2]}"
        for name, entity in content["entities"].items():
            yield from _of_entity(module, name, entity)


def _of_entity(module: str, name: str, entity: Mapping[str, Any]) -> Iterator[str]:
    fields = entity["fields"]
    yield from (f"entity {key}" for key in entity)
    access = entity.get("access", {})
    yield f"access {access.get('read', 'user')} {access.get('write', 'user')}"
    for field in fields.values():
        yield from _of_field(module, f"{module}.{name}", field)
    for field in entity.get("computed", {}).values():
        yield f"computed {field['type']}"
        yield from (f"computed {key}" for key in field if key != "type")
    for path in entity.get("expand", ()):
        steps = path.split(".")
        yield f"expand {len(steps)} steps"
        if len(steps) == 1 and fields[path]["to"].partition(".")[0] != module:
            yield "expand another module"
    if "display" in entity:
        yield "display one" if isinstance(entity["display"], str) else "display several"
    yield from (f"key {fields[key]['type']}" for key in entity.get("keys", ()))
    yield from (f"search {fields[key]['type']}" for key in entity.get("search", ()))
    for one in entity.get("lists", ()):
        yield f"lists {len(one)}"
        yield "lists down" if one[-1].startswith("-") else "lists up"
        if one[-1].endswith("_at") and one[-1].removeprefix("-") not in fields:
            yield "lists by time"
    for key in ("filters", "sorts"):
        said = entity.get(key, ())
        if {"created_at", "updated_at"} & {*said}:
            yield f"{key} time"
        if any(fields.get(one, {}).get("type") in ORDERED for one in said):
            yield f"{key} range"
        if len(said) > 1:
            yield f"{key} several"
    for rule in entity.get("unique", ()):
        yield f"unique {len({*rule} & {*fields})}"
        if "owner" in rule and "owner" not in fields:
            yield "unique owner"


def _of_field(module: str, entity: str, field: Mapping[str, Any]) -> Iterator[str]:
    kind = field["type"]
    yield kind
    said = {
        key
        for key, value in field.items()
        if value is not None and (value is not False or key == "default")
    } - {"type"}
    yield from (f"{kind} {key}" for key in said)
    if kind == "list":
        yield f"list of {field['of']}"
        yield from (f"list of {field['of']} {key}" for key in said)
    if kind == "object":
        yield from (
            f"object with {member['type']}" for member in field["fields"].values()
        )
    yield from (f"{key} {field[key]}" for key in ("on_delete", "set_by") if key in said)
    if "to" in said:
        home = field["to"].partition(".")[0]
        places = {"accounts": "account", module: "its module"}
        to = "itself" if field["to"] == entity else places.get(home, "another module")
        yield f"{kind} to {to}"
        if "listed_as" in said:
            yield from (f"{key} listed_as" for key in ("one_to_one",) if key in said)
            yield from (
                f"references {what} listed_as"
                for what, so in (
                    ("to itself", to == "itself"),
                    ("ordered", "ordered" in said),
                )
                if so and kind == "references"
            )
