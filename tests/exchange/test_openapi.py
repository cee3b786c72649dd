"""Schemas of an OpenAPI document become entities; what is no document, or hostile, is
refused with its line.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from archgen.answers.resolve import resolve
from archgen.answers.sources import from_record
from archgen.errors import InputError
from archgen.exchange.openapi_reader import read_openapi
from archgen.exchange.translation import Translated, translate

Import = Callable[[str], Translated]
FOREIGN = """
openapi: 3.0.3
info: {title: Pet Store, version: "1"}
paths: {}
components:
  schemas:
    Pet:
      type: object
      description: an animal
      required: [id, name, kind]
      properties:
        id: {type: integer, format: int64}
        name: {type: string, maxLength: 40, minLength: 2}
        kind: {type: string, enum: [cat, dog], default: cat}
        weight: {type: number, minimum: 0.5}
        born: {type: string, format: date}
        owner: {$ref: '#/components/schemas/Person'}
        vet_id: {type: string, format: uuid, nullable: true}
        tags: {type: array, items: {$ref: '#/components/schemas/Tag'}}
        notes: {type: array, items: {type: string}}
        created_at: {type: string, format: date-time}
    Person: {type: object, properties: {email: {type: string, format: email}, age: {type: integer, maximum: 150}}}
    Vet: {type: object, properties: {name: {type: string}}}
    Tag:
      allOf:
        - {type: object, required: [label], properties: {label: {type: string}}}
        - {type: object, properties: {hot: {anyOf: [{type: boolean}, {type: 'null'}]}}}
    PetCreate: {type: object, required: [name], properties: {name: {type: string}}}
    PetPage:
      type: object
      properties: {items: {type: array, items: {$ref: '#/components/schemas/Pet'}}, total: {type: integer}}
    HTTPValidationError: {type: object, properties: {detail: {type: string}}}
"""


@pytest.fixture
def imported(tmp_path: Path) -> Import:
    def write_and_import(text: str) -> Translated:
        path = tmp_path / "d.yaml"
        path.write_text(text)
        return translate(read_openapi(path))

    return write_and_import


def test_a_document_of_another_tool_is_read(imported: Import) -> None:
    found = imported(FOREIGN)
    resolve([from_record(found.document)])
    made: dict[str, Any] = found.document["modules"]["core"]["entities"]
    assert found.document["name"] == "pet-store" and list(made) == [
        "pet",
        "person",
        "vet",
        "tag",
    ]
    pet = made["pet"]["fields"]
    assert pet["name"] == {
        "type": "string",
        "max_length": 40,
        "min_length": 2,
        "required": True,
    }
    assert pet["kind"] == {"type": "enum", "values": ["cat", "dog"], "default": "cat"}
    assert pet["weight"] == {"type": "number", "min": 0.5} and pet["born"] == {
        "type": "date"
    }
    assert pet["owner"] == {"type": "reference", "to": "core.person", "indexed": True}
    assert pet["vet"]["to"] == "core.vet" and "required" not in pet["vet"]
    assert (pet["tags"]["type"], pet["tags"]["to"]) == (
        "references",
        "core.tag",
    ) and pet["notes"] == {
        "type": "list",
        "of": "string",
        "max_items": 100,
    }
    assert made["tag"]["fields"] == {
        "hot": {"type": "boolean"},
        "label": {"type": "string", "required": True},
    }
    told = [
        f"{note.kind} {note.place} {note.what}: {note.message}" for note in found.notes
    ]
    assert (
        "left d.yaml:28 PetCreate: a form of another schema, a page of a list, or an error"
        in told
    )
    assert (
        "changed d.yaml:20 Pet.notes: at most 100 values in one row (max_items)" in told
    )
    assert "changed d.yaml:18 Pet.vet_id: refers to Vet, by its name" in told


ADDRESSES = """
openapi: 3.1.0
components:
  schemas:
    Writer:
      type: object
      required: [mail]
      properties:
        mail: {type: string, format: email, maxLength: 100, minLength: 1}
        second: {anyOf: [{type: string, format: email, maxLength: 320}, {type: 'null'}]}
        ours: {type: string, format: email, pattern: '[a-z]+@example\\.com'}
        long: {type: string, format: email, minLength: 9}
        home: {type: string, format: uri, minLength: 1, maxLength: 2083}
        wrong: {type: string, format: email, default: nobody}
        some: {type: array, maxItems: 3, items: {type: string, format: email}}
        card: {type: object, properties: {mail: {type: string, format: email}}}
        kind: {type: string, format: uri, enum: [a, b]}
"""


def test_what_has_the_format_of_an_address_or_of_a_url_is_one(imported: Import) -> None:
    """Unless it is held to something that only a string is."""
    found = imported(ADDRESSES)
    resolve([from_record(found.document)])
    fields = found.document["modules"]["core"]["entities"]["writer"]["fields"]
    assert fields == {
        "mail": {"type": "email", "max_length": 100, "required": True},
        "second": {"type": "email"},
        "ours": {"type": "string", "pattern": "[a-z]+@example\\.com"},
        "long": {"type": "string", "min_length": 9},
        "home": {"type": "url", "max_length": 2083},
        "wrong": {"type": "email"},
        "some": {"type": "list", "of": "string", "max_length": 254, "max_items": 3},
        "card": {"type": "object", "fields": {"mail": {"type": "email"}}},
        "kind": {"type": "enum", "values": ["a", "b"]},
    }
    told = {f"{note.kind} {note.what}: {note.message}" for note in found.notes}
    assert {
        "unsaid Writer.ours: the format 'email'",
        "unsaid Writer.long: the format 'email'",
        "changed Writer.home: a URL of http or https",
    } <= told


VALUES = """
openapi: 3.1.0
components:
  schemas:
    Colour: {type: string, enum: [red, blue]}
    Name: {type: string, maxLength: 9}
    Shop:
      type: object
      required: [codes, place, tags]
      properties:
        codes: {type: array, maxItems: 3, minItems: 1, uniqueItems: true, items: {type: string, pattern: '[a-z]+', maxLength: 5}}
        sums: {type: array, maxItems: 500, items: {type: number, minimum: 0}}
        colours: {type: array, maxItems: 2, default: [red], items: {$ref: '#/components/schemas/Colour'}}
        names: {type: array, maxItems: 2, items: {anyOf: [{$ref: '#/components/schemas/Name'}, {type: 'null'}]}}
        grid: {type: array, items: {type: array, items: {type: integer}}}
        any: {type: array, items: {}}
        tags: {type: array, maxItems: 2, items: {$ref: '#/components/schemas/Tag'}, minItems: 1}
        place:
          type: object
          description: where it stands
          required: [street]
          properties:
            street: {type: string, maxLength: 40, default: x}
            class: {type: ['integer', 'null'], minimum: 1, description: of houses}
            colour: {type: string, enum: [white, black]}
            open: {type: boolean}
        deep: {type: object, properties: {inner: {type: object, properties: {a: {type: string}}}}}
        map: {type: object, additionalProperties: {type: string}}
    Tag: {type: object, properties: {name: {type: string}}}
"""


def test_arrays_of_simple_values_are_lists_and_objects_within_are_objects(
    imported: Import,
) -> None:
    found = imported(VALUES)
    resolve([from_record(found.document)])
    fields = found.document["modules"]["core"]["entities"]["shop"]["fields"]
    tags = fields.pop("tags")
    assert (tags["type"], tags["required"]) == ("references", True)
    assert fields == {
        "codes": {
            "type": "list",
            "of": "string",
            "max_length": 5,
            "pattern": "[a-z]+",
            "max_items": 3,
            "required": True,
        },
        "sums": {"type": "list", "of": "number", "min": 0, "max_items": 100},
        "colours": {
            "type": "list",
            "of": "enum",
            "values": ["red", "blue"],
            "max_items": 2,
        },
        "names": {"type": "list", "of": "string", "max_length": 9, "max_items": 2},
        "grid": {"type": "json"},
        "any": {"type": "json"},
        "place": {
            "type": "object",
            "fields": {
                "street": {"type": "string", "max_length": 40, "required": True},
                "class_value": {"type": "integer", "min": 1},
                "colour": {"type": "enum", "values": ["white", "black"]},
                "open": {"type": "boolean"},
            },
            "required": True,
        },
        "deep": {"type": "json"},
        "map": {"type": "json"},
    }
    told = [f"{note.kind} {note.what}: {note.message}" for note in found.notes]
    for line in (
        "unsaid Shop.codes: minItems 1: at least so many values",
        "unsaid Shop.codes: uniqueItems true: each value once",
        "changed Shop.sums: at most 100 values in one row (max_items)",
        "unsaid Shop.colours: the default of a list or an object",
        "unsaid Shop.names: null among its values",
        "changed Shop.grid: an array of what is no simple value is kept as JSON",
        "changed Shop.any: an array of what is no simple value is kept as JSON",
        "changed Shop.place: its description is a comment of the answers file",
        "unsaid Shop.place.street: a default within a list or an object",
        "unsaid Shop.place.class: its description",
        "changed Shop.deep: an object is kept as JSON: its inner is no simple value",
        "changed Shop.map: an object is kept as JSON",
    ):
        assert line in told, (line, told)
    assert [(one.was, one.name) for one in found.renamed if "class" in one.was] == [
        ("Shop.place.class", "class_value")
    ]


@pytest.mark.parametrize(
    ("text", "where", "says"),
    [
        ("", "d.yaml", "is not a mapping"),
        ("openapi: 3.1.0\n", "d.yaml", "has no schemas"),
        ('{"a": [1,\n', "d.yaml, line 2", "is neither JSON nor YAML"),
        ("a: &x 1\nb: *x\n", "d.yaml, line 2", "aliases"),
        ("[" * 150, "d.yaml, line 1", "nest"),
        ("a:\n" + "- 1\n" * 500_000, "d.yaml, line", "holds more than"),
    ],
    ids=["empty", "schemas", "syntax", "alias", "deep", "many"],
)
@pytest.mark.timeout(60)
def test_what_is_no_document_is_told_with_its_line(
    imported: Import, text: str, where: str, says: str
) -> None:
    with pytest.raises(InputError) as failed:
        imported(text)
    (mistake,) = failed.value.mistakes
    assert mistake.where.startswith(where) and says in mistake.message


def test_schemas_in_a_circle_end(imported: Import) -> None:
    document = {
        "components": {
            "schemas": {
                "A": {
                    "allOf": [{"$ref": "#/components/schemas/B"}],
                    "properties": {"n": {"type": "string"}},
                },
                "B": {"allOf": [{"$ref": "#/components/schemas/A"}]},
                "C": {"$ref": "#/components/schemas/C"},
            }
        }
    }
    assert "a" in imported(json.dumps(document)).document["modules"]["core"]["entities"]


def test_rules_of_a_value_are_taken_or_told(imported: Import) -> None:
    document = {
        "components": {
            "schemas": {
                "Thing": {
                    "type": "object",
                    "properties": {
                        "a": {"type": "integer", "exclusiveMinimum": 0, "maximum": 9},
                        "b": {
                            "type": "integer",
                            "maximum": 5,
                            "exclusiveMaximum": True,
                        },
                        "c": {"const": "x"},
                        "d": {"type": "string", "enum": ["s", "m", None]},
                        "e": {"type": "number", "multipleOf": 0.01},
                        "f": {"type": "number", "exclusiveMinimum": 0},
                        "g": {"type": "integer", "enum": [1, 2]},
                    },
                }
            }
        }
    }
    found = imported(json.dumps(document))
    fields = found.document["modules"]["core"]["entities"]["thing"]["fields"]
    assert fields["a"] == {"type": "integer", "min": 1, "max": 9}
    assert fields["b"] == {"type": "integer", "max": 4}
    assert fields["c"] == {"type": "enum", "values": ["x"]}
    assert fields["d"] == {"type": "enum", "values": ["s", "m"]}
    told = {note.what: note.message for note in found.notes if note.kind == "unsaid"}
    assert told == {
        "Thing.e": "multipleOf 0.01",
        "Thing.f": "exclusiveMinimum 0",
        "Thing.g": "one of [1, 2], which are no strings",
    }
