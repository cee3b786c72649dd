"""Relations: a field that refers, or a list of references, at the end that owns them;
an account owns none.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from archgen.domain import naming
from archgen.exchange import language
from archgen.exchange.draft import ACCOUNT, Draft, Home
from archgen.exchange.field_keys import (
    FIELD_KEYS,
    annotate,
    fit_keys,
    name_field,
    read_own,
    show_annotation,
)
from archgen.exchange.jdl_writer import ANNOTATION
from archgen.exchange.model import Side, SourceRelation
from archgen.exchange.naming import to_words
from archgen.exchange.relation_sides import Sides

_NO_FIELDS = "an account has no fields of yours"


@dataclass(slots=True)
class Relations:
    """`unbounded`: lists of references that nothing has said a most of, by home and
    field.
    """

    draft: Draft
    sides: Sides
    unbounded: list[tuple[Home, str, SourceRelation]] = field(default_factory=list)

    def translate(self, relation: SourceRelation) -> None:
        for side in (relation.source, relation.target):
            if side.entity not in self.draft.homes and not self.draft.is_account(
                side.entity
            ):
                because = language.BUILT_IN.get(
                    side.entity, f"no file declares {side.entity}"
                )
                self.draft.note("unsaid", relation.place, relation.label, because)
                return
        if relation.kind == "ManyToMany":
            self._refer_to_many(relation)
        elif relation.kind == "OneToMany":
            self._refer_to_one(relation, relation.target, relation.source)
        else:
            self._refer_to_one(relation, relation.source, relation.target)
        for annotation in relation.annotations:
            word = annotation.name.lower()
            if word in ("builtinentity", ANNOTATION.lower(), "ondelete"):
                continue
            left = language.RELATION_LEFT.get(word)
            shown = show_annotation(annotation)
            self.draft.note(
                "left" if left else "unsaid",
                annotation.place,
                relation.label,
                f"{shown}: {left}" if left else shown,
            )

    def bound_lists(self) -> None:
        """How many references one row may have: as many as a transaction of DynamoDB
        changes at once, where that may be the database.
        """
        for home, name, relation in self.unbounded:
            most = language.MANY_MOST
            if not self.draft.needs_sql:
                most = max(1, min(most, _count_transacted(home.document)))
            home.fields[name]["max"] = most
            bound = f"at most {most} of the other end in one row (max)"
            self.draft.note("changed", relation.place, relation.label, bound)

    def _refer_to_one(
        self, relation: SourceRelation, holder: Side, other: Side
    ) -> None:
        """A field of `holder` that refers to `other`; a one-to-one relation that User
        would hold is turned round.
        """
        draft = self.draft
        if draft.is_account(holder.entity):
            if relation.kind != "OneToOne" or draft.is_account(other.entity):
                draft.note("unsaid", relation.place, relation.label, _NO_FIELDS)
                return
            turned = f"{other.entity} refers to the account, not the other way round"
            draft.note("changed", relation.place, relation.label, turned)
            holder, other = other, holder
        home = draft.homes[holder.entity]
        own = read_own(relation.annotations)
        to = self._find_target(other, own)
        written = str(
            own.get(
                "name", holder.field or f"{other.entity[:1].lower()}{other.entity[1:]}"
            )
        )
        words = to_words(written)
        known = home.fields.get(words or "")
        if known is not None and known.get("to") == to:
            same = f"is the reference {words} of {home.name}, which is there already"
            draft.note("changed", relation.place, relation.label, same)
            known |= {"required": True} if holder.required else {}
            return
        also = (f"{words}_{to.partition('.')[2]}",) if words else ()
        name = name_field(
            draft,
            home,
            written,
            relation.place,
            f"{holder.entity}.{written}",
            also,
            filtered=True,
        )
        document: dict[str, Any] = {"type": "reference", "to": to}
        document |= {"required": True} if holder.required else {}
        document["one_to_one" if relation.kind == "OneToOne" else "indexed"] = True
        for annotation in relation.annotations:
            if annotation.name == ANNOTATION:
                annotate(draft, annotation, document, relation.label)
        home.fields[name] = document
        draft.field_names[holder.entity, relation.written or name] = name
        self._take(relation, home, name)
        self.sides.list_as(relation, home, name, other)
        self.sides.set_on_delete(relation, home, name)
        if other.required:
            unsaid = (
                language.CHILD if relation.kind == "OneToMany" else language.ONE_SIDE
            )
            draft.note("unsaid", relation.place, relation.label, unsaid)
        self.sides.display(relation, holder, home, name, other)

    def _refer_to_many(self, relation: SourceRelation) -> None:
        """A list of references at the end that owns the relation: its first, unless
        that is the account.
        """
        draft = self.draft
        source, target = relation.source, relation.target
        if draft.is_account(source.entity):
            source, target = target, source
            turned = f"{source.entity} refers to accounts, not the other way round"
            draft.note("changed", relation.place, relation.label, turned)
        if draft.is_account(source.entity):
            draft.note("unsaid", relation.place, relation.label, _NO_FIELDS)
            return
        home = draft.homes[source.entity]
        own = read_own(relation.annotations)
        to = self._find_target(target, own)
        others = naming.pluralize(to.partition(".")[2])
        written = str(own.get("name", source.field or others))
        words = to_words(written)
        also = (f"{words}_{others}",) if words else ()
        name = name_field(
            draft,
            home,
            written,
            relation.place,
            f"{source.entity}.{written}",
            also,
            filtered=True,
        )
        document: dict[str, Any] = {"type": language.MANY, "to": to}
        document |= {"required": True} if source.required else {}
        document |= {key: value for key, value in own.items() if key in FIELD_KEYS}
        if "max" not in own:
            self.unbounded.append((home, name, relation))
        home.fields[name] = fit_keys(draft, document, relation.label, relation.place)
        self._take(relation, home, name)
        self.sides.list_as(relation, home, name, target)
        self.sides.display(relation, source, home, name, target)
        if target.required:
            draft.note("unsaid", relation.place, relation.label, language.CHILD)

    def _find_target(self, side: Side, own: Mapping[str, Any]) -> str:
        """What the field refers to, `module.entity`."""
        account = own.get("to") == ACCOUNT or self.draft.is_account(side.entity)
        return ACCOUNT if account else self.draft.homes[side.entity].key

    def _take(self, relation: SourceRelation, home: Home, name: str) -> None:
        path = (*home.path, "fields", name)
        self.draft.out.taken["relations"] += 1
        self.draft.out.places[path] = relation.place
        self.draft.comment(path, relation.place, relation.label, relation.doc)


def _count_transacted(entity: Mapping[str, Any]) -> int:
    """References in one list of an entity's row that a transaction of DynamoDB has room
    for.
    """
    fields = entity["fields"].values()
    several: int = sum(one["type"] == language.MANY for one in fields)
    pointed = sum("to" in one or bool(one.get("unique")) for one in fields)
    beside: int = 6 + 2 * pointed + 2 * len(entity.get("unique", ()))
    return (language.WRITES_MOST - beside) // (4 * several)
