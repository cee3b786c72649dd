"""Whose rows are: what an entity must keep to that says `owned_by`, and a reference
that says `own`.
"""

from __future__ import annotations

from collections.abc import Iterator

from archgen.domain.schema import Domain, EntitySpec, FieldSpec
from archgen.errors import Mistake
from archgen.text import shown, suggest

ACCOUNT = "accounts.account"


def check_owned_by(where: str, spec: EntitySpec) -> Iterator[Mistake]:
    """The field that says whose a row is: an account, which each row has, and which
    staff alone writes.
    """
    if spec.owned_by is None:
        return
    place, field = f"{where}.owned_by", spec.fields.get(spec.owned_by)
    if field is None:
        hint = suggest(
            spec.owned_by, spec.fields, f"there are {', '.join(spec.fields) or 'none'}"
        )
        yield Mistake(place, f"{shown(spec.owned_by)} is not a field of it", hint)
    elif (field.type, field.to) != ("reference", ACCOUNT) or not field.required:
        hint = f"say of it type: reference, to: {ACCOUNT} and required: true"
        yield Mistake(place, f"{spec.owned_by} is no account that each row has", hint)
    if (spec.access.read, spec.access.write) != ("owner", "staff"):
        yield Mistake(
            f"{where}.access",
            "owned_by is for rows that staff writes and that only whoever they are for may read",
            "say {read: owner, write: staff}, or leave owned_by out",
        )
    for name, content in spec.fields.items():
        if content.type == "references":
            yield Mistake(
                f"{where}.fields.{name}",
                "references go by who made the row, and owned_by says that it is somebody else's",
                "leave one of the two out",
            )


def check_own(
    where: str, module: str, domain: Domain, spec: FieldSpec, entity: EntitySpec
) -> Iterator[Mistake]:
    """A reference to a row of the caller's own, whoever else may read that."""
    if not spec.own or spec.type != "reference":
        return
    place = f"{where}.own"
    home, _, name = str(spec.to).partition(".")
    if spec.to == ACCOUNT:
        yield Mistake(place, "an account is nobody's row", "say set_by: caller")
        return
    if home != module:
        yield Mistake(
            place,
            f"{spec.to} is of another module, which does not say whose it is",
            "leave it out",
        )
    elif (target := domain[module].spec.entities.get(name)) is None:
        return  # told as a reference to nothing
    elif target.access.write == "staff":
        yield Mistake(
            place,
            f"rows of {name} are staff's to write, and nobody else makes one",
            "leave it out",
        )
    elif not target.owned:
        yield Mistake(
            place,
            f"rows of {name} do not remember their owner",
            f"say modules.{module}.entities.{name}.access.write: owner, or leave it out",
        )
    if entity.access.write not in ("user", "owner"):
        said = (
            "whoever is not logged in owns nothing"
            if entity.access.write == "public"
            else "staff may refer to any row"
        )
        yield Mistake(place, said, "say access.write: owner, or leave it out")
