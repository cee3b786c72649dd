"""What diagrams show of a domain: boxes of entities, and lines of references between
them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from archgen.domain.presets import FILES
from archgen.domain.schema import Domain, EntitySpec, FieldSpec

ACCOUNT = "accounts.account"
MANY = ("references",)


@dataclass(frozen=True, slots=True)
class Line:
    """A reference: `many` at the end that is referred to, `one` where no two rows refer
    to the same.
    """

    source: str  # module.entity
    field: str
    target: str
    required: bool
    one: bool
    many: bool


def list_entities(domain: Domain) -> Iterator[tuple[str, str, EntitySpec]]:
    """Module, name and entity of all that is the domain's own: `accounts` and `files`
    every project has.
    """
    for module, name, entity in domain.entities():
        if module.name not in ("accounts", FILES):
            yield module.name, name, entity


def list_lines(domain: Domain) -> Iterator[Line]:
    for module, name, entity in list_entities(domain):
        for key, spec in entity.fields.items():
            if spec.to is not None:
                many = spec.type in MANY
                yield Line(
                    f"{module}.{name}", key, spec.to, spec.needed, spec.unique, many
                )


def describe(spec: FieldSpec) -> str:
    """A field's type and what is asked of it, in few words."""
    words = [spec.type if spec.to is None else f"{spec.type} to {spec.to}"]
    words += ["required"] if spec.needed else []
    words += ["unique"] if spec.unique else []
    return " ".join(words)
