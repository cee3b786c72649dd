"""A domain as DBML: a table for each entity, in the schema of its module."""

from __future__ import annotations

import json
from collections.abc import Iterator

from archgen.domain.field_values import resolve_length, resolve_scale
from archgen.domain.schema import OWNER, Domain, EntitySpec, FieldSpec
from archgen.exchange.drawing import MANY, list_entities, list_lines

_TYPES = {
    "text": "text",
    "integer": "bigint",
    "boolean": "boolean",
    "date": "date",
    "datetime": "timestamptz",
    "uuid": "uuid",
    "json": "json",
    "list": "json",
    "object": "json",
    "reference": "uuid",
    "file": "uuid",
}


def write_dbml(name: str, domain: Domain) -> str:
    found = list(list_entities(domain))
    plurals = {
        f"{module}.{entity}": f"{module}.{spec.store(entity)}"
        for module, entity, spec in found
    }
    lines = [
        f"Project {name.replace('-', '_')} {{",
        "  database_type: 'PostgreSQL'",
        "}",
    ]
    for module, entity, spec in found:
        lines += ["", *_table(module, entity, spec)]
    for module, entity, spec in found:
        for key, field in spec.fields.items():
            if field.type == "enum":
                values = [f"  {json.dumps(value)}" for value in field.values]
                lines += ["", f"Enum {module}.{entity}_{key} {{", *values, "}"]
    lines.append("")
    for line in list_lines(domain):
        if line.target in plurals:
            sign = "<>" if line.many else "-" if line.one else ">"
            column = "id" if line.many else line.field
            lines.append(
                f"Ref {line.source.replace('.', '_')}_{line.field}: {plurals[line.source]}.{column} {sign} {plurals[line.target]}.id"
            )
    return "\n".join(lines).rstrip() + "\n"


def _table(module: str, name: str, entity: EntitySpec) -> Iterator[str]:
    yield f"Table {module}.{entity.store(name)} {{"
    yield "  id uuid [pk]"
    if entity.owned:
        yield "  owner_id uuid"
    for key, spec in entity.fields.items():
        if spec.type in MANY:
            continue
        marks = ["not null"] if spec.required else []
        marks += ["unique"] if spec.unique else []
        if spec.default is not None:
            marks.append(f"default: {_default(spec)}")
        yield f"  {key} {_column(module, name, key, spec)}" + (
            f" [{', '.join(marks)}]" if marks else ""
        )
    yield "  created_at timestamptz [not null]"
    yield "  updated_at timestamptz [not null]"
    indexes = [[key] for key, spec in entity.fields.items() if spec.indexed]
    indexes += [[*filters, sort.removeprefix("-")] for *filters, sort in entity.lists]
    rules = [
        [
            "owner_id" if key == OWNER and OWNER not in entity.fields else key
            for key in rule
        ]
        for rule in entity.unique
    ]
    if indexes or rules:
        yield "  indexes {"
        for columns in indexes:
            yield f"    ({', '.join(columns)})"
        for columns in rules:
            yield f"    ({', '.join(columns)}) [unique]"
        yield "  }"
    yield "}"


def _column(module: str, entity: str, key: str, spec: FieldSpec) -> str:
    if spec.type == "string":
        return f"varchar({resolve_length(spec)})"
    if spec.type == "decimal":
        return f"decimal(18,{resolve_scale(spec)})"
    if spec.type == "enum":
        return f"{module}.{entity}_{key}"
    return _TYPES.get(spec.type, spec.type)


def _default(spec: FieldSpec) -> str:
    if isinstance(spec.default, bool | int | float):
        return json.dumps(spec.default)
    text = spec.default if isinstance(spec.default, str) else json.dumps(spec.default)
    return (
        "'" + text.replace("\\", "\\\\").replace("'", "\\'").replace("\n", "\\n") + "'"
    )
