"""A domain that breaks a rule is refused with the place; one that keeps them all is
taken.
"""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.strategies import domains, groupings

from archgen.answers.resolve import Resolved, resolve
from archgen.answers.sources import from_record
from archgen.blueprint.modules import ModulePlan, plan_modules
from archgen.errors import InputError


def take(modules: dict[str, Any], **answers: Any) -> Resolved:
    return resolve([from_record({"name": "shop", "modules": modules, **answers})])


def mistakes(modules: dict[str, Any], **answers: Any) -> dict[str, str]:
    with pytest.raises(InputError) as caught:
        take(modules, **answers)
    return {
        mistake.where: f"{mistake.message} | {mistake.hint}"
        for mistake in caught.value.mistakes
    }


def field(**content: Any) -> dict[str, Any]:
    """A domain of one field, `notes.note.x`, beside another that is always good."""
    return {
        "notes": {
            "entities": {
                "note": {"fields": {"x": content, "title": {"type": "string"}}}
            }
        }
    }


def entity(name: str = "note", module: str = "notes", **content: Any) -> dict[str, Any]:
    return {
        module: {
            "entities": {name: {"fields": {"title": {"type": "string"}}, **content}}
        }
    }


X = "modules.notes.entities.note.fields.x"
Y = "modules.notes.entities.note.computed.y"


@given(st.data())
def test_every_domain_that_keeps_to_the_rules_is_taken(data: st.DataObject) -> None:
    modules = data.draw(domains(in_sql=True))
    parts = data.draw(groupings(list(modules)))
    taken = take(modules, parts=parts)
    assert taken.domain.names == ("accounts", *modules)
    assert taken.domain.preset is None


@given(domains(in_sql=True, with_files=True))
def test_every_domain_with_files_has_the_module_that_keeps_them(
    modules: dict[str, Any],
) -> None:
    filed = any(
        "picture" in entity["fields"]
        for module in modules.values()
        for entity in module["entities"].values()
    )
    assert take(modules).domain.names == ("accounts", *modules, *["files"] * filed)


@pytest.mark.parametrize(
    ("content", "where", "said"),
    [
        ({"type": "integer", "min": 5, "max": 1}, "min", "5 is more than max, 1"),
        (
            {"type": "integer", "min": 5, "default": 1},
            "default",
            "1 is less than min, 5",
        ),
        (
            {"type": "decimal", "max": 1, "default": "1.01"},
            "default",
            "1.01 is more than max, 1.00",
        ),
        (
            {"type": "decimal", "default": "1.001"},
            "default",
            "has more than 2 digits behind the point",
        ),
        ({"type": "decimal", "default": 1e17}, "default", "more than 18 digits"),
        ({"type": "decimal", "default": "NaN"}, "default", "not a finite number"),
        ({"type": "decimal", "scale": 10}, "scale", "must be at most 9"),
        (
            {"type": "enum", "values": ["a"], "labels": {"b": "B"}},
            "labels.b",
            "is not one of the values | there are a",
        ),
        (
            {"type": "enum", "values": ["a"], "labels": {"a": " "}},
            "labels.a",
            "is not a line of 1 to 200 characters",
        ),
        ({"type": "string", "labels": {"a": "A"}}, "labels", "it is for enum"),
        (
            {"type": "enum", "enum": "status"},
            "enum",
            "is not one of the enums of notes | say modules.notes.enums.NAME",
        ),
        ({"type": "string", "enum": "status"}, "enum", "it is for enum"),
        (
            {"type": "email", "default": "ann"},
            "default",
            "'ann' is not an address such as ann@example.com",
        ),
        (
            {"type": "email", "max_length": 255},
            "max_length",
            "has 254 characters at most | say 254 or less",
        ),
        (
            {"type": "email", "max_length": 2},
            "max_length",
            "no email has 2 characters or less",
        ),
        ({"type": "email", "pattern": ".*"}, "pattern", "it is for string"),
        (
            {"type": "url", "default": "javascript:1"},
            "default",
            "is not a URL such as https://example.com/a",
        ),
        (
            {"type": "url", "indexed": True},
            "max_length",
            "an index takes 255 characters at most",
        ),
        (
            {"type": "zoned_datetime", "default": "2024-05-01T12:00:00"},
            "default",
            "is not a time with its zone",
        ),
        (
            {"type": "duration", "default": "P1Y"},
            "default",
            "is not a duration such as P1DT12H",
        ),
        (
            {"type": "duration", "default": 60},
            "default",
            "is not a duration such as P1DT12H",
        ),
        (
            {"type": "number", "default": "1.5"},
            "default",
            "is not a number; leave the quotes out",
        ),
        (
            {"type": "number", "default": 10**400},
            "default",
            "is not a finite number of 64 bits",
        ),
        (
            {"type": "number", "min": 0.5, "max": 0.25},
            "min",
            "0.5 is more than max, 0.25",
        ),
        ({"type": "number", "scale": 1}, "scale", "takes no scale"),
        (
            {"type": "string", "min_length": 300},
            "min_length",
            "300 is more than the 255 characters",
        ),
        (
            {"type": "string", "min_length": 3, "default": "ab"},
            "default",
            "takes 3 at least",
        ),
        (
            {"type": "integer", "min_length": 3},
            "min_length",
            "it is for string or text",
        ),
        ({"type": "text", "pattern": "a"}, "pattern", "it is for string"),
        (
            {"type": "string", "pattern": "a+", "default": "aab"},
            "default",
            "'aab' does not match the pattern",
        ),
        (
            {"type": "string", "pattern": "a+", "examples": ["a", "xa"]},
            "examples.1",
            "'xa' does not match",
        ),
        ({"type": "string", "examples": [""]}, "examples.0", "is empty"),
        ({"type": "string", "pattern": "(?=a)b"}, "pattern", "looks ahead"),
        (
            {"type": "string", "pattern": "[a-z]{8}", "max_length": 4},
            "pattern",
            "no value of 1 to 4 characters",
        ),
        (
            {"type": "string", "pattern": "a{0}"},
            "pattern",
            "say modules.notes.entities.note.fields.x.examples",
        ),
        ({"type": "integer", "default": 2**63}, "default", "does not fit into 64 bits"),
        ({"type": "integer", "default": True}, "default", "is not an integer"),
        ({"type": "integer", "default": "3"}, "default", "is not an integer"),
        ({"type": "integer", "scale": 2}, "scale", "takes no scale"),
        ({"type": "string", "min": 2}, "min", "takes no min"),
        (
            {"type": "string", "max_length": 3, "default": "four"},
            "default",
            "has 4 characters, and the field takes 3",
        ),
        ({"type": "string", "max_length": 20_000}, "max_length", "use type text"),
        (
            {"type": "string", "max_length": 300, "unique": True},
            "max_length",
            "an index takes 255",
        ),
        ({"type": "string", "default": "a\0"}, "default", "cannot be stored"),
        ({"type": "string", "default": "\ud800"}, "default", "cannot be stored"),
        (
            {"type": "string", "unique": True, "default": "a"},
            "default",
            "a unique field has no default",
        ),
        (
            {"type": "string", "indexed": True, "default": ""},
            "default",
            "an indexed string is not empty",
        ),
        ({"type": "text", "indexed": True}, "indexed", "cannot be indexed"),
        ({"type": "json", "unique": True}, "unique", "cannot be unique"),
        ({"type": "json", "default": {"a": [2**70]}}, "default", "more than 64 bits"),
        (
            {"type": "list"},
            "of",
            "a list says what its values are | add modules.notes.entities.note.fields.x.of: string",
        ),
        ({"type": "list", "of": "json"}, "of", "must be one of string, integer"),
        ({"type": "list", "of": "float"}, "of", "did you mean number?"),
        (
            {"type": "list", "of": "string", "indexed": True},
            "indexed",
            "a field of type list cannot be indexed",
        ),
        (
            {"type": "list", "of": "string", "unique": True},
            "unique",
            "an entity of its own that refers to the row",
        ),
        (
            {"type": "list", "of": "string", "default": []},
            "default",
            "a list has no default: it begins empty",
        ),
        (
            {"type": "list", "of": "string", "max_items": 101},
            "max_items",
            "101 is not between 1 and 100",
        ),
        (
            {"type": "list", "of": "string", "max_items": 0},
            "max_items",
            "0 is not between 1 and 100",
        ),
        (
            {"type": "list", "of": "string", "max": 3},
            "max",
            "a field of type string takes no max",
        ),
        (
            {"type": "list", "of": "integer", "min": 3, "max": 2},
            "min",
            "3 is more than max, 2",
        ),
        ({"type": "list", "of": "enum"}, "values", "lists its values"),
        (
            {"type": "list", "of": "enum", "enum": "status"},
            "enum",
            "is not one of the enums of notes",
        ),
        ({"type": "string", "of": "string"}, "of", "it is for list"),
        ({"type": "object"}, "fields", "an object has 1 to 30 fields, not 0"),
        (
            {
                "type": "object",
                "fields": {"a": {"type": "reference", "to": "notes.note"}},
            },
            "fields.a.type",
            "an entity of its own",
        ),
        (
            {"type": "object", "fields": {"a": {"type": "list", "of": "string"}}},
            "fields.a.type",
            "is not of type list",
        ),
        (
            {"type": "object", "fields": {"a": {"type": "string", "unique": True}}},
            "fields.a.unique",
            "takes no unique",
        ),
        (
            {"type": "object", "fields": {"a": {"type": "string", "default": "b"}}},
            "fields.a.default",
            "takes no default",
        ),
        (
            {"type": "object", "fields": {"a": {"type": "enum", "enum": "b"}}},
            "fields.a.enum",
            "say its values here",
        ),
        (
            {"type": "object", "fields": {"a": {"type": "string", "max": 1}}},
            "fields.a.max",
            "takes no max",
        ),
        (
            {"type": "object", "fields": {"class": {"type": "string"}}},
            "fields.class",
            "is a word of Python",
        ),
        (
            {"type": "object", "fields": {"a": {"type": "string"}}, "indexed": True},
            "indexed",
            "cannot be indexed",
        ),
        (
            {
                "type": "object",
                "fields": {"a": {"type": "string"}},
                "default": {"a": "b"},
            },
            "default",
            "an object has no default",
        ),
        (
            {"type": "string", "fields": {"a": {"type": "string"}}},
            "fields",
            "it is for object",
        ),
        (
            {"type": "references", "to": "notes.note", "max_items": 3},
            "max_items",
            "it is for list",
        ),
        ({"type": "boolean", "default": "no"}, "default", "neither true nor false"),
        ({"type": "boolean", "unique": True}, "unique", "cannot be unique"),
        ({"type": "date", "default": "2024-02-30"}, "default", "is not a date"),
        (
            {"type": "datetime", "default": "2024-02-03T10:00:00"},
            "default",
            "is not a time with its zone",
        ),
        ({"type": "uuid", "default": "x"}, "default", "is not a UUID"),
        ({"type": "enum"}, "values", "lists its values"),
        ({"type": "enum", "values": ["a", "a"]}, "values", "more than once"),
        ({"type": "enum", "values": ["a b"]}, "values.0", "is not a plain word"),
        (
            {"type": "enum", "values": [True]},
            "values.0",
            "must be a string, not true; quote it",
        ),
        (
            {"type": "enum", "values": ["a"], "default": "b"},
            "default",
            "is not one of a",
        ),
        ({"type": "reference"}, "to", "says what it refers to"),
        (
            {"type": "reference", "to": "accounts.account", "default": "x"},
            "default",
            "a reference has no default",
        ),
        ({"type": "reference", "to": "notes.nota"}, "to", "did you mean notes.note?"),
        ({"type": "reference", "to": "note"}, "to", "did you mean notes.note?"),
        (
            {"type": "reference", "to": "notes.note", "required": True},
            "",
            "can never be created: note -> note",
        ),
        ({"type": "string", "to": "notes.note"}, "to", "takes no to"),
        (
            {"type": "string", "required": "yes"},
            "required",
            "must be true or false, not 'yes'",
        ),
        ({"type": "string", "uniqe": True}, "uniqe", "did you mean unique?"),
        ({"max": 3}, "type", "is missing"),
    ],
)
def test_a_field_that_contradicts_itself_is_refused(
    content: dict[str, Any], where: str, said: str
) -> None:
    told = mistakes(field(**content))
    assert list(told) == [f"{X}.{where}".rstrip(".")]
    assert said in next(iter(told.values()))


def shared(**content: Any) -> dict[str, Any]:
    """Two enums of a module, and a field."""
    module = entity(fields={"x": {"type": "enum", **content}})["notes"]
    return {
        "notes": {
            "enums": {
                "status": {"values": ["a", "b"], "labels": {"a": "A"}},
                "any": {"values": ["c"]},
            },
            **module,
        }
    }


@pytest.mark.parametrize(
    ("content", "where", "said"),
    [
        ({"enum": "statsu"}, "enum", "did you mean status?"),
        ({"enum": "other"}, "enum", "there are status, any"),
        (
            {"enum": "status", "values": ["a"]},
            "values",
            "the enum status says them already",
        ),
        (
            {"enum": "status", "labels": {"a": "Z"}},
            "labels",
            "the enum status says them already",
        ),
        ({"enum": "status", "default": "c"}, "default", "'c' is not one of a, b"),
    ],
)
def test_a_field_of_a_shared_enum_says_no_more_than_its_name(
    content: dict[str, Any], where: str, said: str
) -> None:
    found = mistakes(shared(**content))
    assert said in found[f"{X}.{where}"]


def test_what_is_wrong_with_a_shared_enum_is_told_once_with_its_place() -> None:
    modules = shared(enum="status")
    modules["notes"]["enums"] = {
        "status": {"values": ["a", "a b"], "labels": {"c": "C"}},
        "Two Words": {"values": ["a"]},
    }
    found = mistakes(modules)
    assert set(found) == {
        "modules.notes.enums.status.values.1", "modules.notes.enums.status.labels.c", "modules.notes.enums.Two Words"
    }  # fmt: skip


def test_fields_of_a_shared_enum_have_one_type_that_takes_no_name_of_another() -> None:
    domain = take(shared(enum="any")).domain
    note = plan_modules(ModulePlan(domain, dict.fromkeys(domain.names, "app")))[
        1
    ].entities[0]
    assert (note.fields[0].alias, note.fields[0].values) == ("AnyChoice", ("c",))


@pytest.mark.parametrize(
    ("lists", "said"),
    [
        ([["nope"]], "'nope' is not a field of note"),
        ([["x", "-title"], ["x", "-title"]], "is there already"),
        ([["x", "x"]], "names a field twice"),
        ([["-x", "title"]], "only the last of a list"),
        ([["id"]], "newest first by themselves"),
        ([["created_at", "x"]], "may sort by it, and not filter by it"),
        (
            [["a", "b", "c"]],
            "have up to 765 characters together, and an index takes 600",
        ),
        ([[]], "is empty"),
        ([["body"]], "body is text, which no index serves"),
        ([["limit", "x"]], "limit is taken by what every list takes"),
    ],
)
def test_a_list_of_what_cannot_be_listed_is_refused(
    lists: list[list[str]], said: str
) -> None:
    fields = {
        "x": {"type": "integer"},
        "title": {"type": "string"},
        "body": {"type": "text"},
    }
    fields |= {name: {"type": "string"} for name in "abc"}
    fields["limit"] = {"type": "integer"}
    told = mistakes(
        {"notes": {"entities": {"note": {"fields": fields, "lists": lists}}}}
    )
    assert all(where.startswith("modules.notes.entities.note.lists.") for where in told)
    assert said in next(iter(told.values()))


@pytest.mark.parametrize(
    ("asked", "where", "said"),
    [
        ({"search": ["nope"]}, "search.0", "'nope' is not a field of note"),
        ({"search": ["x"]}, "search.0", "x is integer, which has no words"),
        ({"search": ["body", "body"]}, "search.1", "'body' is there already"),
        ({"filters": ["nope"]}, "filters.0", "'nope' is not a field of note"),
        ({"filters": ["body"]}, "filters.0", "body is text, which no index serves"),
        ({"filters": ["x", "x"]}, "filters.1", "'x' is there already"),
        ({"filters": ["after"]}, "filters.0", "after is taken by what every list takes"),
        ({"filters": ["x", "x_to"]}, "filters", "x is filtered by ranges, whose x_to is a filter already"),
        ({"filters": ["id"]}, "filters.0", "'id' is not a field of note"),
        ({"filters": ["tags"]}, "filters.0", "lists are filtered by tags already: it refers to several rows"),
        ({"sorts": ["tags"]}, "sorts.0", "tags is references, which no index serves"),
        ({"sorts": ["-x"]}, "sorts.0", "'-x' says a direction | say x: a request says which way"),
        ({"sorts": ["body"]}, "sorts.0", "body is text, which no index serves"),
        ({"sorts": ["x", "x"]}, "sorts.1", "'x' is there already"),
        ({"sorts": ["a", "b", "c"]}, "sorts", "have up to 765 characters together"),
    ],
)  # fmt: skip
def test_a_filter_or_an_order_that_cannot_be_is_refused(
    asked: dict[str, Any], where: str, said: str
) -> None:
    fields: dict[str, Any] = {
        "x": {"type": "integer"},
        "x_to": {"type": "integer"},
        "body": {"type": "text"},
    }
    fields["tags"] = {"type": "references", "to": "notes.note", "max": 5}
    fields |= {name: {"type": "string"} for name in "abcdef"} | {
        "after": {"type": "date"}
    }
    told = mistakes({"notes": {"entities": {"note": {"fields": fields, **asked}}}})
    assert said in told[f"modules.notes.entities.note.{where}"]


@pytest.mark.parametrize(
    ("keys", "where", "said"),
    [
        (["slug", "slug"], "1", "'slug' is there already"),
        (["slog"], "0", "'slog' is not a field of note | did you mean slug?"),
        (["at"], "0", "at is date, and a key stands in a path"),
        (["x"], "0", "x is not the key of a row: some may lack it, or share it"),
        (
            ["code"],
            "0",
            "say modules.notes.entities.note.fields.code.unique and .required, both true",
        ),
    ],
)
def test_a_key_that_does_not_tell_rows_apart_is_refused(
    keys: list[str], where: str, said: str
) -> None:
    one = {"unique": True, "required": True}
    fields = {
        "slug": {"type": "string", **one},
        "x": {"type": "integer"},
        "code": {"type": "uuid", "unique": True},
    }
    told = mistakes(
        {
            "notes": {
                "entities": {
                    "note": {
                        "fields": fields | {"at": {"type": "date", **one}},
                        "keys": keys,
                    }
                }
            }
        }
    )
    assert said in told[f"modules.notes.entities.note.keys.{where}"]


def test_what_is_indexed_and_listed_is_among_what_combines() -> None:
    fields = {
        "x": {"type": "integer", "indexed": True},
        "y": {"type": "date"},
        "z": {"type": "boolean"},
    }
    note = {"fields": fields, "lists": [["z", "-y"]], "filters": ["created_at"]}
    spec = (
        take({"notes": {"entities": {"note": note}}})
        .domain["notes"]
        .spec.entities["note"]
    )
    assert spec.combined == (("created_at", "x", "z"), ("y",))
    assert spec.model_copy(update={"filters": ()}).combined == ((), ())


@pytest.mark.parametrize("name", ["page", "size"])
def test_a_list_with_pages_by_number_is_not_filtered_by_what_they_take(
    name: str,
) -> None:
    fields = {name: {"type": "integer", "indexed": True}, "x": {"type": "integer"}}
    asked = {"fields": fields, "lists": [[name, "x"], ["x", name]]}
    assert take({"notes": {"entities": {"note": asked}}}).domain.names == (
        "accounts",
        "notes",
    )
    told = mistakes({"notes": {"entities": {"note": {**asked, "totals": True}}}})
    note = "modules.notes.entities.note"
    assert set(told) == {f"{note}.fields.{name}.indexed", f"{note}.lists.0"}
    assert all(
        f"{name} is taken by pages by number (totals)" in said for said in told.values()
    )


@pytest.mark.parametrize(
    ("unique", "said"),
    [
        ([["nope", "x"]], "'nope' is not a field of note"),
        ([["x", "title"], ["title", "x"]], "is there already"),
        ([["x", "title"], ["title", "owner", "x"]], "are unique together already"),
        ([["x", "x"]], "names a field twice"),
        ([["x"]], "names one field alone"),
        ([["code", "x"]], "code is unique by itself"),
        ([[]], "is empty"),
        ([["body", "x"]], "body is text, which no index serves"),
        ([["-x", "title"]], "'-x' is not a field of note"),
        ([["created_at", "x"]], "'created_at' is not a field of note"),
        (
            [["title", "a", "b"]],
            "have up to 765 characters together, and an index takes 600",
        ),
    ],
)
def test_what_cannot_be_unique_together_is_refused(
    unique: list[list[str]], said: str
) -> None:
    fields: dict[str, Any] = {
        "x": {"type": "integer"},
        "body": {"type": "text"},
        "code": {"type": "uuid", "unique": True},
    }
    fields |= {name: {"type": "string"} for name in ("title", "a", "b")}
    note = {"fields": fields, "unique": unique, "access": {"write": "owner"}}
    told = mistakes({"notes": {"entities": {"note": note}}})
    assert all(
        where.startswith("modules.notes.entities.note.unique.") for where in told
    )
    assert said in "; ".join(told.values())


def test_only_a_row_that_remembers_its_owner_is_unique_with_them() -> None:
    told = mistakes(entity(unique=[["title", "owner"]]))
    assert "do not remember their owner" in told["modules.notes.entities.note.unique.0"]
    owned = {"read": "public", "write": "owner"}
    take(entity(unique=[["title", "owner"]], access=owned))
    take(
        entity(
            unique=[["owner"]],
            lists=[["title", "-created_at"], ["updated_at"]],
            access=owned,
        )
    )


def test_too_many_indexes_are_refused() -> None:
    fields = {f"f{n}": {"type": "integer", "indexed": True} for n in range(20)}
    assert (
        "needs 21 indexes, and 20 are the most"
        in mistakes(entity(fields=fields))["modules.notes.entities.note"]
    )
    owned = entity(fields=dict(list(fields.items())[:10]), access={"read": "owner"})
    assert (
        "needs 22 indexes, each once more for an owner's rows"
        in mistakes(owned)["modules.notes.entities.note"]
    )


def test_filters_that_combine_have_as_many_indexes_as_sql_keeps() -> None:
    fields = {f"f{n}": {"type": "integer"} for n in range(30)}
    take(entity(fields=fields, filters=[*fields]))
    told = mistakes(entity(fields=fields, filters=[*fields], access={"read": "owner"}))
    assert (
        "needs 62 indexes, each once more for an owner's rows, and 40"
        in told["modules.notes.entities.note"]
    )
    more = mistakes(
        entity(
            fields={**fields, "more": {"type": "integer"}}, filters=[*fields, "more"]
        )
    )
    assert "modules.notes.entities.note.filters" in more


def test_names_that_come_out_the_same_are_refused() -> None:
    both = {**entity(module="a"), **entity(module="a_units", name="other")}
    assert "both make a_units" in mistakes(both)["modules.a_units"]


def test_an_enum_beside_an_entity_of_the_same_name_gets_a_name_of_its_own() -> None:
    kind = {
        "fields": {
            "type": {"type": "enum", "values": ["x"]},
            "type_choice": {"type": "enum", "values": ["y"]},
        }
    }
    domain = take(
        {"quiz": {"entities": {"question": kind, "question_type": kind}}}
    ).domain
    module = plan_modules(ModulePlan(domain, dict.fromkeys(domain.names, "app")))[-1]
    made = [field.alias for entity in module.entities for field in entity.fields]
    assert made == [
        "QuestionTypeChoice",
        "QuestionTypeChoiceChoice",
        "QuestionTypeType",
        "QuestionTypeTypeChoice",
    ]


@pytest.mark.parametrize(
    ("name", "plural"),
    [
        ("category", "categories"),
        ("order_line", "order_lines"),
        ("bus", "buses"),
        ("person", "people"),
        ("address", "addresses"),
        ("virus", "viruses"),
        ("news", "news"),
        ("day_off", "day_offs"),
    ],
)
def test_a_path_is_the_plural_of_the_english_word(name: str, plural: str) -> None:
    domain = take(entity(name=name)).domain
    assert domain["notes"].spec.entities[name].pluralize(name) == plural


@pytest.mark.parametrize(
    ("modules", "where", "said"),
    [
        (entity(module="class"), "modules.class", "for example shop_class"),
        (entity(module="My Notes"), "modules.My Notes", "for example my_notes"),
        (
            entity(name="class"),
            "modules.notes.entities.class",
            "for example notes_class",
        ),
        (
            entity(name="CaseFile"),
            "modules.notes.entities.CaseFile",
            "for example case_file",
        ),
        (field(type="float"), f"{X}.type", "did you mean number?"),
        (field(type="uri"), f"{X}.type", "did you mean url?"),
        (field(type="address"), f"{X}.type", "did you mean object?"),
        (field(type="array"), f"{X}.type", "did you mean list?"),
        (
            entity(lists=[["x"]], fields={"x": {"type": "list", "of": "string"}}),
            f"{X.partition('.fields')[0]}.lists.0",
            "no index serves",
        ),
        (field(type="timedelta"), f"{X}.type", "did you mean duration?"),
        (field(type="money"), f"{X}.type", "did you mean decimal?"),
        (field(type="ZonedDateTime"), f"{X}.type", "did you mean zoned_datetime?"),
        (field(type="ImageBlob"), f"{X}.type", "did you mean file?"),
        (field(type="bytea"), f"{X}.type", "what a client uploads is of type file"),
        (field(type="file", unique=True), f"{X}.unique", "leave it out"),
        (field(type="file", indexed=True), f"{X}.indexed", "leave it out"),
        (
            field(type="file", max_bytes=0),
            f"{X}.max_bytes",
            "is not between 1 and 104,857,600 bytes",
        ),
        (
            field(type="file", max_bytes=2**30),
            f"{X}.max_bytes",
            "is not between 1 and 104,857,600 bytes",
        ),
        (
            field(type="file", accept=["image/jpg"]),
            f"{X}.accept.0",
            "did you mean image/jpeg?",
        ),
        (
            field(type="file", accept=["image/svg+xml"]),
            f"{X}.accept.0",
            "convert it to image/png",
        ),
        (
            field(type="file", accept=["image/png", "image/png"]),
            f"{X}.accept",
            "more than once",
        ),
        (field(type="file", default="a"), f"{X}.default", "a file has no default"),
        (field(type="string", max_bytes=5), f"{X}.max_bytes", "it is for file"),
        (field(type="file", max_size=5), f"{X}.max_size", "did you mean max_bytes?"),
        (field(type="string", regex="^a"), f"{X}.regex", "did you mean pattern?"),
        (
            field(type="string", minlength=2),
            f"{X}.minlength",
            "did you mean min_length?",
        ),
        (
            field(type="string", pattern="/^[a-z]$/"),
            f"{X}.pattern",
            "leave out the slashes around it",
        ),
        (
            field(type="slug"),
            f"{X}.from",
            "add modules.notes.entities.note.fields.x.from: title",
        ),
        (field(type="slug", source="title"), f"{X}.source", "did you mean from?"),
        (field(type="slug", **{"from": "titel"}), f"{X}.from", "did you mean title?"),
        (
            field(type="slug", **{"from": "x"}),
            f"{X}.from",
            "x is slug, and a slug is made from words | there are title",
        ),
        (
            field(type="slug", max_length=11, **{"from": "title"}),
            f"{X}.max_length",
            "has room for 12 characters",
        ),
        (
            field(type="slug", max_length=256, **{"from": "title"}),
            f"{X}.max_length",
            "255 characters at most",
        ),
        (
            field(type="slug", default="a", **{"from": "title"}),
            f"{X}.default",
            "a slug has no default",
        ),
        (
            field(type="slug", pattern="a", **{"from": "title"}),
            f"{X}.pattern",
            "it is for string",
        ),
        (field(type="string", **{"from": "title"}), f"{X}.from", "it is for slug"),
        (field(type="list", of="slug"), f"{X}.of", "must be one of string"),
        (field(type="permalink"), f"{X}.type", "did you mean slug?"),
        (
            entity(
                unique=[["x", "title"]],
                fields={
                    "x": {"type": "slug", "from": "title"},
                    "title": {"type": "string"},
                },
            ),
            "modules.notes.entities.note.unique.0",
            "x is unique by itself",
        ),
        (
            entity(table="two words"),
            f"{Y[:-11]}.table",
            "letters of ASCII, digits and underscores",
        ),
        (entity(table="pg_notes"), f"{Y[:-11]}.table", "belong to the database"),
        (entity(table="Outbox"), f"{Y[:-11]}.table", "a table of every project"),
        (
            entity(table="tablesample"),
            f"{Y[:-11]}.table",
            "a word of SQL that stands unquoted",
        ),
        (
            entity(table="x_search_words"),
            f"{Y[:-11]}.table",
            "belong to full-text search",
        ),
        (entity(table="x" * 51), f"{Y[:-11]}.table", "50 are the most"),
        (
            {
                "notes": {
                    "entities": {
                        "note": {"fields": {"a": {"type": "text"}}},
                        "leaf": {"table": "Notes", "fields": {"a": {"type": "text"}}},
                    }
                }
            },
            "modules.notes.entities.leaf.table",
            "the table of note is called Notes already",
        ),
        (
            entity(computed={"y": {"type": "list"}}),
            f"{Y}.type",
            "must be one of string, text",
        ),
        (
            entity(computed={"y": {"type": "money"}}),
            f"{Y}.type",
            "did you mean decimal?",
        ),
        (
            entity(computed={"y": {"type": "integer", "scale": 2}}),
            f"{Y}.scale",
            "a computed integer takes no scale",
        ),
        (
            entity(computed={"y": {"type": "integer", "indexed": True}}),
            f"{Y}.indexed",
            "is not a key",
        ),
        (
            entity(computed={"y": {"type": "string", "from": "titel"}}),
            f"{Y}.from",
            "did you mean title? | there are title",
        ),
        (
            entity(computed={"title": {"type": "text"}}),
            f"{Y[:-1]}title",
            "the row has a field title",
        ),
        (
            entity(audit=True, computed={"created_by": {"type": "text"}}),
            f"{Y[:-1]}created_by",
            "has a field created_by",
        ),
        (
            entity(computed={"id": {"type": "text"}}),
            f"{Y[:-1]}id",
            "choose another name",
        ),
        (
            entity(computed={"dueOn": {"type": "text"}}),
            f"{Y[:-1]}dueOn",
            "choose another name",
        ),
        (
            entity(lists=[["y"]], computed={"y": {"type": "text"}}),
            f"{Y[:-11]}.lists.0",
            "'y' is not a field of note",
        ),
        (
            entity(
                fields={"property": {"type": "string"}},
                computed={"y": {"type": "text"}},
            ),
            f"{X[:-1]}property",
            "a property of Python's",
        ),
        (field(type="many_to_many"), f"{X}.type", "did you mean references?"),
        (field(type="references"), f"{X}.to", "a reference says what it refers to"),
        (
            field(type="references", to="notes.note", max=101),
            f"{X}.max",
            "is not between 1 and 100",
        ),
        (
            field(type="references", to="notes.note", max="ten"),
            f"{X}.max",
            "is not between 1 and 100",
        ),
        (
            field(type="references", to="notes.note", min=2),
            f"{X}.min",
            "2 is not 1: a row has to have one",
        ),
        (field(type="references", to="notes.note", min="1"), f"{X}.min", "is not 1"),
        (field(type="references", to="notes.note", min=-1), f"{X}.min", "-1 is not 1"),
        (
            field(type="references", to="notes.note", required=True),
            X,
            "note -> note, each required",
        ),
        (
            field(type="references", to="notes.note", indexed=True),
            f"{X}.indexed",
            "cannot be indexed",
        ),
        (
            field(type="references", to="notes.note", default=[]),
            f"{X}.default",
            "references have no default",
        ),
        (
            field(type="references", to="notes.nothing"),
            f"{X}.to",
            "is not an entity of this project",
        ),
        (
            field(type="reference", to="accounts.account", listed_as="notes"),
            f"{X}.listed_as",
            "?x=ID lists them",
        ),
        (
            field(type="reference", to="accounts.account", on_delete="cascade"),
            f"{X}.on_delete",
            "say reacts_to",
        ),
        (
            field(type="reference", to="notes.note", required=True, on_delete="clear"),
            f"{X}.on_delete",
            "cannot be cleared",
        ),
        (
            field(type="reference", to="notes.note", on_delete="delete"),
            f"{X}.on_delete",
            "refuse, cascade, clear",
        ),
        (
            field(type="reference", to="notes.note", on_delete="cascade"),
            f"{X}.on_delete",
            "note goes with note",
        ),
        (
            field(type="references", to="notes.note", on_delete="clear"),
            f"{X}.on_delete",
            "it is for reference",
        ),
        (
            field(type="reference", to="notes.note", set_by="caller"),
            f"{X}.set_by",
            "it is for accounts.account",
        ),
        (
            field(type="reference", to="accounts.account", set_by="owner"),
            f"{X}.set_by",
            "caller, staff",
        ),
        (
            field(
                type="reference", to="accounts.account", set_by="staff", required=True
            ),
            f"{X}.set_by",
            "nobody else could write",
        ),
        (
            entity(
                access={"read": "public", "write": "public"},
                fields={
                    "x": {
                        "type": "reference",
                        "to": "accounts.account",
                        "set_by": "caller",
                    }
                },
            ),
            f"{X}.set_by",
            "not logged in",
        ),
        (
            field(type="reference", to="notes.note", own=True),
            f"{X}.own",
            "do not remember their owner",
        ),
        (
            field(type="reference", to="accounts.account", own=True),
            f"{X}.own",
            "say set_by: caller",
        ),
        (
            field(type="references", to="notes.note", own=True),
            f"{X}.own",
            "it is for reference",
        ),
        (
            entity(
                access={"read": "owner", "write": "staff"},
                fields={"x": {"type": "reference", "to": "notes.note", "own": True}},
            ),
            f"{X}.own",
            "staff may refer to any row",
        ),
        (
            entity(owned_by="y"),
            "modules.notes.entities.note.owned_by",
            "there are title",
        ),
        (
            entity(
                owned_by="x",
                fields={"x": {"type": "reference", "to": "accounts.account"}},
            ),
            "modules.notes.entities.note.owned_by",
            "no account that each row has",
        ),
        (
            entity(
                owned_by="x",
                fields={
                    "x": {
                        "type": "reference",
                        "to": "accounts.account",
                        "required": True,
                    }
                },
            ),
            "modules.notes.entities.note.access",
            "read: owner, write: staff",
        ),
        (
            entity(
                owned_by="x",
                access={"read": "owner", "write": "staff"},
                fields={
                    "x": {
                        "type": "reference",
                        "to": "accounts.account",
                        "required": True,
                    },
                    "y": {"type": "references", "to": "notes.note"},
                },
            ),
            "modules.notes.entities.note.fields.y",
            "somebody else's",
        ),
        (
            field(type="references", to="notes.note", one_to_one=True),
            f"{X}.one_to_one",
            "it is for reference",
        ),
        (
            entity(audit=True, fields={"created_by": {"type": "uuid"}}),
            "modules.notes.entities.note.fields.created_by",
            "audit: true has a field of that name",
        ),
        (
            field(type="reference", to="notes.note", listed_as="a/b"),
            f"{X}.listed_as",
            "a/b",
        ),
        (
            field(type="string", listed_as="notes"),
            f"{X}.listed_as",
            "it is for reference or references",
        ),
        (
            field(type="reference", to="notes.note", ordered=True),
            f"{X}.ordered",
            "it is for references",
        ),
        (
            entity(fields={"limit": {"type": "references", "to": "notes.note"}}),
            f"{X[:-1]}limit",
            "limit",
        ),
        (field(type="string", length=5), f"{X}.length", "did you mean max_length?"),
        (
            entity(fields={"class": {"type": "string"}}),
            "modules.notes.entities.note.fields.class",
            "example note_class",
        ),
        (
            entity(fields={"dueOn": {"type": "date"}}),
            "modules.notes.entities.note.fields.dueOn",
            "example due_on",
        ),
        (
            entity(fields={"größe": {"type": "date"}}),
            "modules.notes.entities.note.fields",
            "choose another name",
        ),
    ],
)
def test_a_refusal_names_what_would_do(
    modules: dict[str, Any], where: str, said: str
) -> None:
    assert said in mistakes(modules)[where]


def test_a_domain_that_is_too_large_is_told_with_every_other_mistake_in_it() -> None:
    many = {f"e{n}": {"fields": {"x": {"type": "string"}}} for n in range(100)}
    take({"a": {"entities": many}})
    broken = {
        **many,
        "note": {"fields": {f"f{n}": {"type": "string"} for n in range(101)}},
    }
    worse = {
        "class": {"fields": {"x": {"type": "string"}}},
        "other": {"fields": {"x": {"type": "strng"}}},
    }
    told = mistakes({"a": {"entities": {**broken, **worse}}})
    assert (
        "has 103 entities, and 100 are the most of a module | put some"
        in told["modules.a.entities"]
    )
    assert (
        "has 101 fields, and 100 are the most" in told["modules.a.entities.note.fields"]
    )
    assert "a word of Python" in told["modules.a.entities.class"]
    assert "did you mean string?" in told["modules.a.entities.other.fields.x.type"]


def test_a_project_of_more_than_three_hundred_entities_is_refused() -> None:
    def of(module: str, count: int) -> dict[str, Any]:
        return {
            module: {
                "entities": {
                    f"{module}{n}": {"fields": {"x": {"type": "string"}}}
                    for n in range(count)
                }
            }
        }

    take(of("a", 100) | of("b", 100) | of("c", 100))
    assert (
        "has 301 entities"
        in mistakes(of("a", 100) | of("b", 100) | of("c", 100) | of("d", 1))["modules"]
    )


def test_a_circle_of_required_references_within_a_module_is_refused_once() -> None:
    def to(name: str, required: bool = True) -> dict[str, Any]:
        return {
            "fields": {
                "link": {
                    "type": "reference",
                    "to": f"notes.{name}",
                    "required": required,
                }
            }
        }

    told = mistakes(
        {"notes": {"entities": {"ax": to("bx"), "bx": to("cx"), "cx": to("ax")}}}
    )
    assert told == {
        "modules.notes.entities.ax.fields.link": "can never be created: ax -> bx -> cx -> ax, each required"
        " | make one of these references optional"
    }
    take(
        {
            "notes": {
                "entities": {
                    "ax": to("bx"),
                    "bx": to("cx"),
                    "cx": to("ax", required=False),
                }
            }
        }
    )


@pytest.mark.parametrize("said", [{"required": True}, {"min": 1}])
def test_a_circle_may_go_by_references_of_which_one_at_least_is_required(
    said: dict[str, Any],
) -> None:
    ax = {"fields": {"links": {"type": "references", "to": "notes.bx", **said}}}
    bx = {"fields": {"link": {"type": "reference", "to": "notes.ax", "required": True}}}
    told = mistakes({"notes": {"entities": {"ax": ax, "bx": bx}}})
    assert told["modules.notes.entities.ax.fields.links"].startswith(
        "can never be created: ax -> bx -> ax"
    )
    bx["fields"]["link"]["required"] = False
    take({"notes": {"entities": {"ax": ax, "bx": bx}}})


def test_references_may_cross_modules_and_reach_accounts_and_presets() -> None:
    fields = {
        "product": {"type": "reference", "to": "inventory.product", "required": True},
        "author": {"type": "reference", "to": "accounts.account"},
        "order_ref": {"type": "reference", "to": "orders.order"},
    }
    reviews = {
        "entities": {"review": {"fields": fields}},
        "reacts_to": ["inventory.product.deleted"],
    }
    taken = take({"reviews": reviews}, preset="ecommerce")
    assert taken.domain.names == (
        "accounts",
        "inventory",
        "orders",
        "payments",
        "reviews",
    )


@pytest.mark.parametrize(
    ("event", "said"),
    [
        (
            "orders.order.deleted",
            "orders.order has orders.order.created, orders.order.updated",
        ),
        (
            "accounts.account.updated",
            "accounts.account has accounts.account.created, accounts.account.deleted",
        ),
        ("payments.payment.updated", "payments.payment has payments.payment.created"),
        ("inventory.product.delete", "inventory.product has"),
        ("inventry.product.deleted", "did you mean inventory.product.deleted?"),
        ("x", "say module.entity.created"),
        ("a.b.c.d", "say module.entity.created"),
    ],
)
def test_an_event_that_is_not_there_is_refused_with_those_that_are(
    event: str, said: str
) -> None:
    told = mistakes({"reviews": {"reacts_to": [event]}}, preset="ecommerce")
    assert said in told["modules.reviews.reacts_to.0"]


def test_two_references_cannot_be_listed_as_the_same() -> None:
    side = {"type": "reference", "to": "notes.note", "listed_as": "answers"}
    note = {"fields": {"x": side, "y": side}}
    assert mistakes({"notes": {"entities": {"note": note}}})[
        f"{X}.listed_as"
    ].startswith("note.y is listed as answers")


def test_an_event_listed_twice_is_refused() -> None:
    told = mistakes({"log": {"reacts_to": ["accounts.account.created"] * 2}})
    assert "listed twice" in told["modules.log.reacts_to.1"]


@pytest.mark.parametrize(
    ("modules", "where", "said"),
    [
        (entity(module="accounts"), "modules.accounts", "is a folder of every project"),
        (entity(module="chassis"), "modules.chassis", "is a folder of every project"),
        (entity(module="shop"), "modules.shop", "is the project's own name"),
        (entity(module="class"), "modules.class", "is a word of Python"),
        (
            entity(module="orders"),
            "modules.orders",
            "the preset ecommerce has a module orders of its own",
        ),
        (
            entity(name="product"),
            "modules.notes.entities.product",
            "inventory.product has that name already",
        ),
        (
            entity(name="entity"),
            "modules.notes.entities.entity",
            "makes the class Entity",
        ),
        (
            entity(name="line"),
            "modules.notes.entities.line",
            "the module orders has already",
        ),
        (
            entity(name="product_in"),
            "modules.notes.entities.product_in",
            "makes the class ProductIn",
        ),
        (
            entity(plural="products"),
            "modules.notes.entities.note.plural",
            "has the path /api/products already",
        ),
        (
            entity(plural="auth"),
            "modules.notes.entities.note.plural",
            "/api/auth is where people log in",
        ),
        (
            entity(name="use", plural="lateral"),
            "modules.notes.entities.use.plural",
            "a word of SQL",
        ),
        (entity(plural="a/b"), "modules.notes.entities.note.plural", "'a/b'"),
        (
            entity(fields={"lateral": {"type": "integer"}}),
            "modules.notes.entities.note.fields.lateral",
            "a word of SQL",
        ),
        (entity(fields={}), "modules.notes.entities.note.fields", "at least one field"),
        (
            entity(access={"read": "org"}),
            "modules.notes.entities.note.access.read",
            "reserved for later",
        ),
        (
            entity(access={"read": "stuff"}),
            "modules.notes.entities.note.access.read",
            "did you mean staff?",
        ),
        (
            entity(name="uuid"),
            "modules.notes.entities.uuid",
            "is taken in every module",
        ),
        (
            entity(fields={"fixed_scale": {"type": "decimal"}}),
            "modules.notes.entities.note.fields.fixed_scale",
            "is written with",
        ),
        (
            entity(fields={"domain": {"type": "string"}}),
            "modules.notes.entities.note.fields.domain",
            "is written with",
        ),
        (
            entity(fields={"float": {"type": "number"}}),
            "modules.notes.entities.note.fields.float",
            "is written with",
        ),
        (
            entity(
                fields={"tuple": {"type": "references", "to": "notes.note", "max": 2}}
            ),
            "modules.notes.entities.note.fields.tuple",
            "is written with",
        ),
        ({"notes": {}}, "modules.notes", "has no entities"),
        (
            {"notes": {"reacts_to": ["inventory.product.deleted"]}},
            "modules.notes",
            "a module keeps one at least",
        ),
    ],
)
def test_a_clash_is_refused_with_its_place(
    modules: dict[str, Any], where: str, said: str
) -> None:
    assert said in mistakes(modules, preset="ecommerce")[where]


def test_two_entities_of_one_name_in_two_modules_are_refused() -> None:
    assert (
        "a.note has that name already"
        in mistakes({**entity(module="a"), **entity(module="b")})[
            "modules.b.entities.note"
        ]
    )


@pytest.mark.parametrize(
    ("parts", "where", "said"),
    [
        (
            {"app": ["accounts"]},
            "parts",
            "notes is in no part | add to a part, for example app: [accounts, notes]",
        ),
        ({"app": ["accounts", "note"]}, "parts.app.1", "did you mean notes?"),
        (
            {"a": ["accounts", "notes"], "b": ["notes"]},
            "parts.b.0",
            "notes is in a already",
        ),
        ({"migrate": ["accounts", "notes"]}, "parts.migrate", "a file of apps"),
        ({"Not": ["accounts", "notes"]}, "parts.Not", "is not lower-case"),
    ],
)
def test_parts_that_are_no_partition_are_refused(
    parts: dict[str, list[str]], where: str, said: str
) -> None:
    assert said in mistakes(entity(), parts=parts)[where]


NAME = st.text(max_size=12) | st.sampled_from(
    ["a", "b", "note", "type", "fields", "entities", "accounts"]
)
ANY = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | NAME,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(NAME, inner, max_size=3)
    ),
    max_leaves=10,
)
FIELD = st.fixed_dictionaries(
    {
        "type": st.sampled_from(
            ["string", "decimal", "enum", "reference", "json", "datetime", "x"]
        )
    },
    optional=dict.fromkeys(
        (
            "default",
            "min",
            "max",
            "to",
            "values",
            "unique",
            "indexed",
            "scale",
            "max_length",
            "z",
        ),
        ANY,
    ),
)
MODULE = st.fixed_dictionaries(
    {},
    optional={
        "entities": st.dictionaries(
            NAME,
            st.fixed_dictionaries(
                {},
                optional={
                    "fields": st.dictionaries(NAME, FIELD | ANY, max_size=3),
                    "lists": ANY,
                    "access": ANY,
                    "plural": ANY,
                },
            ),
            max_size=3,
        ),
        "reacts_to": ANY,
    },
)


@given(
    st.dictionaries(NAME, MODULE | ANY, max_size=3) | ANY,
    st.dictionaries(NAME, ANY, max_size=2),
)
def test_any_modules_are_taken_or_refused_with_places(
    modules: Any, parts: dict[str, Any]
) -> None:
    try:
        take(modules, parts=parts)
    except InputError as error:
        found = error.mistakes
    else:
        found = ()
    assert all(mistake.message and "\n" not in mistake.where for mistake in found)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ({"fields": {"a": {"type": "string"}, "b": {"type": "string"}, "a_b": {"type": "string", "indexed": True}}, "lists": [["a", "b"]]}, {}),
        ({"plural": "logs", "fields": {"in_x": {"type": "string", "indexed": True}}}, {"plural": "logs_in", "fields": {"x": {"type": "string", "indexed": True}}}),
        ({"plural": "logs", "fields": {"x": {"type": "string", "indexed": True}}}, {"plural": "ix_logs_x"}),
        ({"plural": "logs"}, {"plural": "logs_pkey"}),
    ],
)  # fmt: skip
def test_indexes_that_would_be_called_the_same_are_refused(
    first: dict[str, Any], second: dict[str, Any]
) -> None:
    fields = {"fields": {"title": {"type": "string"}}}
    found = mistakes(
        {"notes": {"entities": {"log": fields | first, "other": fields | second}}}
    )
    assert any(
        "would be called as another of the module is" in said for said in found.values()
    )


def test_the_module_of_files_is_there_where_a_row_has_one_and_takes_its_name_and_path() -> (
    None
):
    assert take(field(type="file")).domain.names == ("accounts", "notes", "files")
    assert take(field(type="uuid")).domain.names == ("accounts", "notes")
    notes = take(field(type="file")).domain["notes"]
    assert notes.uses == ("files",) and notes.publishes == ("notes.files.changed",)
    assert take(field(type="file")).domain["files"].subscribes == (
        "files.file.arrived",
        "notes.files.changed",
    )
    taken = mistakes({**field(type="file"), **entity("sheet", "files", plural="files")})
    assert taken.keys() == {"modules.files", "modules.files.entities.sheet.plural"}
    assert take(entity("sheet", "files", plural="files")).domain.names == (
        "accounts",
        "files",
    )


def test_a_reference_whose_other_side_is_a_list_filters_lists_that_combine_filters_too() -> (
    None
):
    note = {
        "title": {"type": "string"},
        "book": {"type": "reference", "to": "notes.book", "listed_as": "notes"},
    }
    book = {"fields": {"title": {"type": "string"}}}
    taken = take(
        {
            "notes": {
                "entities": {
                    "note": {"filters": ["title"], "fields": note},
                    "book": book,
                }
            }
        }
    )
    assert taken.domain["notes"].spec.entities["note"].combined == (
        ("title", "book"),
        (),
    )


@pytest.mark.parametrize(
    "content",
    [
        {
            "fields": {
                "n": {"type": "string"},
                "on": {
                    "type": "reference",
                    "to": "accounts.note",
                    "listed_as": "notes",
                },
            }
        },
        {
            "expand": ["on"],
            "fields": {"on": {"type": "reference", "to": "accounts.note"}},
        },
    ],
)
def test_a_module_with_the_name_of_the_projects_own_is_told_so_whatever_it_says(
    content: dict[str, Any],
) -> None:
    found = mistakes({"accounts": {"entities": {"note": content}}})
    assert "every project's own" in found["modules.accounts"]
