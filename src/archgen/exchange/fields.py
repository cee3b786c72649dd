"""Fields: types as the language has them, lists and objects of these, and JSON where it
has no type for one.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from archgen.domain import naming
from archgen.domain.field_rules import (
    INDEXED_LENGTH,
    ITEMS_MOST,
    MEMBERS_MOST,
    STRING_MOST,
)
from archgen.domain.field_values import resolve_length
from archgen.domain.schema import (
    ITEM_TYPES,
    KEYABLE,
    KEYS_MOST,
    MEMBER_TYPES,
    TIMES,
    FieldSpec,
)
from archgen.exchange import language
from archgen.exchange.bounds import SCALE_MOST, set_bounds
from archgen.exchange.draft import Draft, Home
from archgen.exchange.enums import Enums
from archgen.exchange.field_keys import annotate, fit_keys, name_field, read_own
from archgen.exchange.model import SourceEntity, SourceField
from archgen.exchange.naming import find_name, to_words


@dataclass(slots=True)
class Fields:
    """Fields of entities that have their homes."""

    draft: Draft
    enums: Enums

    def translate(self, entity: SourceEntity) -> None:
        """All fields of an entity, into its home."""
        draft = self.draft
        home = draft.homes[entity.name]
        for one in entity.fields:
            what = f"{entity.name}.{one.name}"
            if to_words(one.name) in TIMES and one.type in ("datetime", "zoned"):
                kept = f"every row has {to_words(one.name)}, kept by the project itself"
                draft.note("changed", one.place, what, kept)
                draft.out.taken["fields"] += 1
                home.times.append(str(to_words(one.name)))
                continue
            written = str(read_own(one.annotations).get("name", one.name))
            name = name_field(draft, home, written, one.place, what)
            document = home.fields[name] = self._translate_field(entity, one, what)
            draft.field_names[entity.name, one.name] = name
            draft.out.taken["fields"] += 1
            path = (*home.path, "fields", name)
            draft.out.places[path] = one.place
            draft.comment(path, one.place, what, one.doc)
            self.enums.comment(path, document, one)
            for annotation in one.annotations:
                annotate(draft, annotation, document, what)
            if one.key:
                self._make_key(home, name, one, what)

    def _make_key(self, home: Home, name: str, one: SourceField, what: str) -> None:
        """Beside the id that every row has, it is read by this one."""
        document = home.fields[name]
        keys = home.document.setdefault("keys", [])
        if document["type"] in KEYABLE and len(keys) < KEYS_MOST:
            keys.append(name)
            beside = "a key beside the id that every row has, given by whoever makes it"
            self.draft.note("changed", one.place, what, beside)
        else:
            because = f"the key of its entity: a {document['type']} is none"
            self.draft.note("unsaid", one.place, what, because)

    def _translate_field(
        self, entity: SourceEntity, one: SourceField, what: str
    ) -> dict[str, Any]:
        if one.type == "list":
            return self._translate_list(entity, one, what)
        if one.type == "object":
            return self._translate_object(entity, one, what)
        return self._translate_scalar(entity, one, what)

    def _translate_scalar(
        self, entity: SourceEntity, one: SourceField, what: str
    ) -> dict[str, Any]:
        tell = partial(self.draft.note, "changed", one.place, what)
        said = language.TYPES[one.type]
        document = dict(said.document)
        if said.but:
            tell(said.but)
        if one.scale is not None and document["type"] == "decimal":
            document["scale"] = min(one.scale, SCALE_MOST)
        if one.enum is not None:
            document = self.enums.translate(entity, one, what)
        set_bounds(self.draft, document, one, what)
        if document["type"] == "string" and document.get("max_length", 0) > STRING_MOST:
            document["type"] = "text"
            tell(f"a text, since a string has {STRING_MOST:,} characters at most")
        if one.unique and document["type"] == "text":
            document["type"] = "string"
            tell("a string, since a text cannot be unique")
        if (
            one.unique
            and document["type"] == "string"
            and document.get("max_length", 0) > INDEXED_LENGTH
        ):
            document["max_length"] = INDEXED_LENGTH
            tell(f"at most {INDEXED_LENGTH} characters, which an index takes")
        document |= {key: True for key in ("required", "unique") if getattr(one, key)}
        return fit_keys(self.draft, document, what, one.place)

    def _translate_list(
        self, entity: SourceEntity, one: SourceField, what: str
    ) -> dict[str, Any]:
        """What each value is with the list's own keys; JSON where a list has no values
        of that kind.
        """
        tell = partial(self.draft.note, "changed", one.place, what)
        document: dict[str, Any] = {"type": "list"}
        if one.item not in (None, "list", "object"):
            item = replace(one, type=one.item, item=None, required=False, unique=False)
            document = self._translate_field(entity, item, what)
        if document["type"] in ("text", "email", "url"):
            longest = resolve_length(FieldSpec.model_validate(document)) or STRING_MOST
            document["type"] = "string"
            document["max_length"] = min(longest, STRING_MOST)
            tell(f"each a string of {document['max_length']:,} characters at most")
        if document["type"] not in ITEM_TYPES:
            return self._keep_as_json(
                one, what, "an array of what is no simple value is kept as JSON"
            )
        most = min(one.most or ITEMS_MOST, ITEMS_MOST)
        if most != one.most:
            tell(f"at most {most} values in one row (max_items)")
        if one.unique:
            self.draft.note("unsaid", one.place, what, "unique: no rule goes by a list")
        kind = document.pop("type")
        document = {
            "type": "list",
            "of": kind,
            **document,
            "max_items": most,
            **_require(one),
        }
        return fit_keys(self.draft, document, what, one.place)

    def _translate_object(
        self, entity: SourceEntity, one: SourceField, what: str
    ) -> dict[str, Any]:
        """A value with fields of its own; JSON where some of these are not simple."""
        if not 1 <= len(one.members) <= MEMBERS_MOST:
            return self._keep_as_json(
                one,
                what,
                f"an object is kept as JSON: it has {len(one.members)} members",
            )
        members: dict[str, dict[str, Any]] = {}
        for inner in one.members:
            place = f"{what}.{inner.name}"
            nested = inner.type in ("list", "object")
            document = (
                {"type": "object"}
                if nested
                else self._translate_field(entity, inner, place)
            )
            if document["type"] not in MEMBER_TYPES:
                because = (
                    f"an object is kept as JSON: its {inner.name} is no simple value"
                )
                return self._keep_as_json(one, what, because)
            if document.pop("unique", False):
                self.draft.note(
                    "unsaid",
                    inner.place,
                    place,
                    "unique: no rule goes by what an object has",
                )
            if inner.doc:
                self.draft.note("unsaid", inner.place, place, "its description")
            members[self._name_member(members, inner, what)] = document
        document = {"type": "object", "fields": members, **_require(one)}
        return fit_keys(self.draft, document, what, one.place)

    def _name_member(
        self, members: dict[str, dict[str, Any]], inner: SourceField, what: str
    ) -> str:
        def check(name: str) -> str | None:
            return (
                f"{what} has {name} already"
                if name in members
                else naming.check_field(name)
            )

        place = f"{what}.{inner.name}"
        found = find_name(
            inner.name, check, (f"{to_words(inner.name)}_value",), "field"
        )
        became = found.name if found.name != inner.name else place
        self.draft.rename(inner.place, place, became, found.because)
        return found.name

    def _keep_as_json(
        self, one: SourceField, what: str, because: str
    ) -> dict[str, Any]:
        self.draft.note("changed", one.place, what, because)
        return {"type": "json", **_require(one)}


def _require(one: SourceField) -> dict[str, Any]:
    return {"required": True} if one.required else {}
