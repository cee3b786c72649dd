"""Enums: values that stand with their field, or with the module where several of its
fields share them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from archgen.domain import naming
from archgen.exchange.draft import Draft
from archgen.exchange.model import SourceEntity, SourceEnum, SourceField
from archgen.exchange.naming import find_name
from archgen.exchange.translated import Path

VALUES_MOST = 100

_VALUE = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9_.-]{0,62}[A-Za-z0-9])?", re.ASCII)


@dataclass(slots=True)
class Enums:
    """`shared`: names of enums, by module and what the source calls them."""

    draft: Draft
    shared: dict[tuple[str, str], str] = field(default_factory=dict)

    def translate(
        self, entity: SourceEntity, one: SourceField, what: str
    ) -> dict[str, Any]:
        """Its values and their labels, or the enum of the module that several fields
        share.
        """
        draft = self.draft
        enum = draft.domain.enums[one.enum or ""]
        if not enum.values or len(enum.values) > VALUES_MOST:
            count = (
                f"{len(enum.values)} values, and {VALUES_MOST} are the most"
                if enum.values
                else "no values"
            )
            draft.note("changed", one.place, what, f"a string: {enum.name} has {count}")
            return {"type": "string"}
        module = draft.homes[entity.name].module
        if (module, enum.name) in self.shared:
            return {"type": "enum", "enum": self.shared[module, enum.name]}
        content = self._translate_values(enum)
        draft.out.taken["enums"] += 1
        if self._count_fields(enum, module) < 2:
            return {"type": "enum", **content}
        return {"type": "enum", "enum": self._share(enum, content, module)}

    def comment(self, path: Path, document: dict[str, Any], one: SourceField) -> None:
        """What is said of an enum stands above the field at `path` that has its values
        to itself.
        """
        if (
            one.enum is not None
            and document["type"] == "enum"
            and "enum" not in document
        ):
            enum = self.draft.domain.enums[one.enum]
            self.draft.comment(path, enum.place, f"enum {enum.name}", enum.doc)

    def _count_fields(self, enum: SourceEnum, module: str) -> int:
        """How many fields of the module have these values."""
        homes = self.draft.homes
        return sum(
            one.enum == enum.name
            and owner.name in homes
            and homes[owner.name].module == module
            for owner, one in self.draft.domain.fields()
        )

    def _share(self, enum: SourceEnum, content: dict[str, Any], module: str) -> str:
        """The name that the module has it by."""
        enums = self.draft.enums.setdefault(module, {})
        found = find_name(
            enum.name,
            lambda name: "taken" if name in enums else naming.check_enum(name),
            (),
            "enum",
        )
        self.draft.rename(enum.place, enum.name, found.name, found.because)
        enums[found.name] = content
        self.draft.comment(
            ("modules", module, "enums", found.name),
            enum.place,
            f"enum {enum.name}",
            enum.doc,
        )
        self.shared[module, enum.name] = found.name
        return found.name

    def _translate_values(self, enum: SourceEnum) -> dict[str, Any]:
        words: dict[str, str | None] = {}
        for index, (value, label) in enumerate(enum.values, start=1):
            word = value if _VALUE.fullmatch(value) else f"VALUE_{index}"
            if word != value:
                because = "letters, digits and - _ . between them make a value"
                self.draft.rename(enum.place, f"{enum.name}.{value}", word, because)
            words.setdefault(word, label)
        labels = {word: label for word, label in words.items() if label}
        return {"values": list(words), **({"labels": labels} if labels else {})}
