"""What values that the project makes must keep to: slugs, which are made from another field."""

from __future__ import annotations

from collections.abc import Iterator

from archgen.domain.declared import Declared
from archgen.domain.schema import EntitySpec, FieldSpec
from archgen.errors import Mistake
from archgen.text import nearest, shown

SOURCES = ("string", "text")


def check_slug(where: str, place: tuple[str, str, str], spec: FieldSpec, entity: EntitySpec, declared: Declared) -> Iterator[Mistake]:
    """That what it is made from is there and has words. `place`: its module, entity and name."""
    module, name, field = place
    told = [key for key, content in entity.fields.items() if content.type in SOURCES]
    offered = f"there are {', '.join(told)}" if told else "add a string, such as a title"
    if spec.made_from is None:
        example = f"add {where}.from: {told[0]}" if told else offered
        yield Mistake(f"{where}.from", "a slug says which field it is made from where none is sent", example)
        return
    source = entity.fields.get(spec.made_from)
    if source is None:
        if not declared.has_field(module, name, spec.made_from):
            meant = nearest(spec.made_from, told)
            hint = f"did you mean {meant}?" if meant else offered
            yield Mistake(f"{where}.from", f"{shown(spec.made_from)} is not a field of {name}", hint)
    elif source.type not in SOURCES:
        yield Mistake(f"{where}.from", f"{spec.made_from} is {source.type}, and a slug is made from words", offered)
