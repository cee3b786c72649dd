"""What values that the project makes must keep to: slugs, which are made from another
field, and what is computed of rows.
"""

from __future__ import annotations

from collections.abc import Iterator

from archgen.domain import naming
from archgen.domain.declared import Declared
from archgen.domain.expressions import Wrong, read_expression
from archgen.domain.schema import AUDIT, EntitySpec, FieldSpec
from archgen.errors import Mistake
from archgen.text import join_key, shown, suggest

SOURCES = ("string", "text")


def check_slug(
    where: str,
    place: tuple[str, str],
    spec: FieldSpec,
    entity: EntitySpec,
    declared: Declared,
) -> Iterator[Mistake]:
    """That what it is made from is there and has words. `place`: its module and entity."""
    module, name = place
    told = [key for key, content in entity.fields.items() if content.type in SOURCES]
    offered = (
        f"there are {', '.join(told)}" if told else "add a string, such as a title"
    )
    if spec.made_from is None:
        example = f"add {where}.from: {told[0]}" if told else offered
        yield Mistake(
            f"{where}.from",
            "a slug says which field it is made from where none is sent",
            example,
        )
        return
    source = entity.fields.get(spec.made_from)
    if source is None:
        if not declared.has_field(module, name, spec.made_from):
            hint = suggest(spec.made_from, told, offered)
            yield Mistake(
                f"{where}.from",
                f"{shown(spec.made_from)} is not a field of {name}",
                hint,
            )
    elif source.type not in SOURCES:
        yield Mistake(
            f"{where}.from",
            f"{spec.made_from} is {source.type}, and a slug is made from words",
            offered,
        )


def check_computed(where: str, entity: EntitySpec) -> Iterator[Mistake]:
    """Names that no field has, and expressions that make values of their type."""
    if entity.computed and "property" in (*entity.fields, *entity.computed):
        hint = "choose another name for the field, or leave computed out"
        yield Mistake(
            f"{where}.fields.property",
            "what is computed is a property of Python's, and needs that word",
            hint,
        )
    for name, spec in entity.computed.items():
        place = join_key(f"{where}.computed", name)
        if wrong := naming.check_field(name):
            yield Mistake(place, wrong, "choose another name")
        if name in entity.fields or (entity.audit and name in AUDIT):
            yield Mistake(
                place,
                f"the row has a field {name}",
                "choose another name for one of them",
            )
        if spec.scale is not None and spec.type != "decimal":
            yield Mistake(
                f"{place}.scale",
                f"a computed {spec.type} takes no scale",
                "it is for decimal",
            )
        if spec.made_from is not None:
            try:
                read_expression(spec.made_from, spec, entity.fields)
            except Wrong as error:
                told = ", ".join(entity.fields)
                yield Mistake(
                    f"{place}.from", str(error), f"there are {told}" if told else ""
                )
