"""What is said of a relation beside its field: the list at the other side, what goes
with what, and what shows a row of the other end.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from archgen.domain import naming
from archgen.domain.expansions import CONTRACT_WORDS, DISPLAYABLE, PLACE
from archgen.domain.schema import DISPLAY_MOST, EXPAND_MOST
from archgen.exchange import language
from archgen.exchange.circles import reaches
from archgen.exchange.draft import Draft, Home
from archgen.exchange.model import Side, SourceRelation
from archgen.exchange.naming import to_words

_PREPOSITIONS = ("at", "by", "for", "from", "in", "of", "on", "to", "with")
_ON_DELETE = {"cascade": "cascade", "set null": "clear", "set_null": "clear"}


@dataclass(slots=True)
class Sides:
    """`listed`: lists at other sides, by entity and word.

    By module, `goes`: what goes with what; `shows`: the others of which its reads show
    rows.
    """

    draft: Draft
    listed: set[tuple[str, str]] = field(default_factory=set)
    goes: dict[str, dict[str, list[str]]] = field(default_factory=dict)
    shows: dict[str, list[str]] = field(default_factory=dict)

    def list_as(
        self, relation: SourceRelation, home: Home, name: str, other: Side
    ) -> None:
        """The other side as a list, or a row, of its own below the path of the row,
        where that is of the same module.
        """
        if not other.field:
            return
        document = home.fields[name]
        module, _, entity = document["to"].partition(".")
        one = relation.kind == "OneToOne"
        words = to_words(other.field) or ""
        # blocked_by has no plural
        open_ended = words.rpartition("_")[2] in _PREPOSITIONS
        word = words if one or open_ended else naming.pluralize(words)
        taken = (
            document["to"],
            word,
        ) in self.listed or f"{word}_of_{entity}" in self.draft.taken.plurals
        wrong = module != home.module or taken or naming.check_plural(word) is not None
        if wrong and document.get("listed_as") is None:
            found = f"found by {name}=" if one else f"the list that {name}= filters"
            self.draft.note(
                "changed",
                relation.place,
                relation.label,
                f"{other.field} of {other.entity} is {found}",
            )
            return
        document.setdefault("listed_as", word)
        self.listed.add((document["to"], word))

    def set_on_delete(self, relation: SourceRelation, home: Home, name: str) -> None:
        """What becomes of a row when the one that it refers to goes, where rows do not
        go with each other in a circle.
        """
        document = home.fields[name]
        said = next(
            (one for one in relation.annotations if one.name.lower() == "ondelete"),
            None,
        )
        wanted = relation.on_delete or (
            _ON_DELETE.get(said.value.lower()) if said else None
        )
        if wanted is None:
            return
        module, _, entity = document["to"].partition(".")
        goes = self.goes.setdefault(module, {})
        if module != home.module or (wanted == "clear" and document.get("required")):
            because = f"on delete {wanted}: not across modules, nor of what is required"
            self.draft.note("unsaid", relation.place, relation.label, because)
        elif wanted == "cascade" and reaches(goes, entity, home.name):
            self.draft.note(
                "unsaid",
                relation.place,
                relation.label,
                "on delete cascade: it would go round",
            )
        else:
            document["on_delete"] = wanted
            if wanted == "cascade":
                goes.setdefault(home.name, []).append(entity)

    def display(
        self, relation: SourceRelation, holder: Side, home: Home, name: str, other: Side
    ) -> None:
        """What shows the other end: a `display` of its entity, which reads of this one
        bring along (`expand`).
        """
        if other.display:
            self.draft.note("left", relation.place, _label(other), language.LISTED)
        if not holder.display:
            return
        what = _label(holder)
        if holder.display == "id":
            self.draft.note(
                "left",
                relation.place,
                what,
                "the id of the other end is what the field holds",
            )
            return
        end = self.draft.homes.get(other.entity)
        shown = self.draft.field_names.get((other.entity, holder.display))
        if because := self._check_display(home, end, shown):
            self.draft.note(
                "unsaid", relation.place, what, f"{language.DISPLAY}: {because}"
            )
        elif end is not None:
            for document, key, word in (
                (end.document, "display", shown),
                (home.document, "expand", name),
            ):
                document[key] = list(dict.fromkeys([*document.get(key, ()), word]))
            if end.module != home.module:
                self.shows.setdefault(home.module, []).append(end.module)

    def _check_display(
        self, home: Home, end: Home | None, shown: str | None
    ) -> str | None:
        """Why a field of the other end does not travel with references of this one, if
        it does not.
        """
        if end is None:
            return "an account shows nobody who else has one"
        if end.module != home.module and reaches(self.shows, end.module, home.module):
            return "not across modules that would ask each other in a circle"
        if (
            end.module != home.module
            and naming.to_class_name(end.module) in CONTRACT_WORDS
        ):
            return f"not of a module that is called {end.module}"
        if shown is None or end.fields[shown]["type"] not in DISPLAYABLE:
            return "it is none of its simple fields"
        if PLACE in home.fields:
            return f"a field has the name {PLACE}, which it takes"
        if (
            len(home.document.get("expand", ())) == EXPAND_MOST
            or len(end.document.get("display", ())) == DISPLAY_MOST
        ):
            return f"at most {EXPAND_MOST} references of an entity, and {DISPLAY_MOST} fields that show one"
        return None


def _label(side: Side) -> str:
    return f"{side.entity}{{{side.field}({side.display})}}"
