"""Names and homes of entities: the module that each goes to, its name, its path and its
table.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from archgen.domain import naming
from archgen.domain.presets import FILES
from archgen.domain.schema import SEARCH_WORDS
from archgen.exchange import language
from archgen.exchange.draft import Draft, Home
from archgen.exchange.entity_options import list_asked
from archgen.exchange.field_keys import read_own
from archgen.exchange.grouping import group
from archgen.exchange.model import SourceEntity
from archgen.exchange.naming import find_name, find_plural, to_words


def find_homes(draft: Draft, entities: Sequence[str]) -> None:
    """A home for each, in modules that have no fields yet."""
    modules = _Modules(draft, naming.to_package_name(draft.out.document["name"]))
    draft.out.document["modules"] = {}
    files = (
        FILES
        if any(one.type in ("blob", "image") for _, one in draft.domain.fields())
        else None
    )
    pieces: dict[str, list[str]] = {}
    for written, inside in group(draft.domain, entities).items():
        first = draft.domain.entities[inside[0]]
        module = modules.add(written, first, files)
        pieces.setdefault(first.group or "", []).append(module)
        for name in inside:
            _find_home(draft, draft.domain.entities[name], module, files)
    several = any(len(parts) > 1 for service, parts in pieces.items() if service)
    if draft.domain.architecture == "microservices" and several:
        named = {parts[0]: parts for parts in pieces.values()}
        draft.out.document["parts"] = {"accounts": ["accounts"], **named}


@dataclass(slots=True)
class _Modules:
    """Modules by names that no other module, nor what its code is written with, has
    taken.
    """

    draft: Draft
    package: str
    taken: set[str] = field(default_factory=lambda: {"accounts"})

    def add(self, written: str, first: SourceEntity, files: str | None) -> str:
        """Its name; `first` is the first entity in it, `files` the module that files of
        rows are in, if any.
        """
        domain = self.draft.domain
        out = self.draft.out
        modules = out.document["modules"]

        def check(name: str) -> str | None:
            if (
                name in modules
                or self.taken.intersection(_list_made_names(name))
                or name == files
            ):
                return f"{name} is taken"
            return naming.check_module(name, self.package)

        words = to_words(written) or "module"
        found = find_name(
            written, check, (f"{words}_domain", "domain", "core"), "module"
        )
        place = domain.groups.get(written) or first.place
        if written in domain.groups or written in domain.entities:
            self.draft.rename(place, written, found.name, found.because)
        self.taken.update(_list_made_names(found.name))
        modules[found.name] = {"entities": {}}
        out.places["modules", found.name] = place
        return found.name


def _list_made_names(module: str) -> tuple[str, ...]:
    """The names that code has for a module."""
    beside = (f"{module}_{end}" for end in ("units", "router", "contract"))
    return module, *beside, naming.to_class_name(module)


def _find_home(
    draft: Draft, entity: SourceEntity, module: str, files: str | None
) -> None:
    own = read_own(entity.annotations)
    written = str(own.get("name", entity.name))
    words = to_words(written)
    longer = (
        (f"{module}_{words}", f"{words}_entity", f"{words}_record") if words else ()
    )
    found = find_name(written, draft.taken.check, longer, "entity")
    draft.rename(entity.place, entity.name, found.name, found.because)
    home = Home(module, found.name, {}, list_asked(entity))
    _choose_path(draft, home, entity, (files,) if files else (), own.get("plural"))
    draft.homes[entity.name] = home
    draft.out.document["modules"][module]["entities"][home.name] = home.document
    draft.out.places[home.path] = entity.place
    draft.out.taken["entities"] += 1
    draft.out.comments[home.path] = [f"{entity.place} {entity.name}"]
    draft.comment(home.path, entity.place, entity.name, entity.doc)


def _choose_path(
    draft: Draft, home: Home, entity: SourceEntity, also: Sequence[str], said: object
) -> None:
    """The plural that its path has, which is `said` where that will do; `also` are
    taken.
    """
    plural = find_plural(home.name, draft.taken, also, said)
    if plural:
        home.document["plural"] = plural
    home.document["fields"] = {}
    if plural and plural != said:
        taken = naming.pluralize(home.name)
        draft.note(
            "changed",
            entity.place,
            home.name,
            f"its path is /api/{plural}, since /api/{taken} is taken",
        )
    draft.taken.take(home.name, home.plural)


def name_tables(draft: Draft, entities: Sequence[str]) -> None:
    """The names that tables have, where they would have others."""
    taken = {
        (home.module, home.plural.lower())
        for home in map(draft.homes.__getitem__, entities)
    }
    for name in entities:
        home, entity = draft.homes[name], draft.domain.entities[name]
        table = entity.table
        if table is None or table == home.plural:
            continue
        wrong = naming.check_table(table)
        if wrong is None and table.endswith(f"_{SEARCH_WORDS}"):
            wrong = "it belongs to full-text search"
        of_another = table.lower() != home.plural.lower()
        if wrong is None and of_another and (home.module, table.lower()) in taken:
            wrong = "another has it"
        if wrong:
            draft.note(
                "unsaid", entity.place, f"{name}({table})", f"{language.TABLE}: {wrong}"
            )
        else:
            home.document["table"] = table
            taken.add((home.module, table.lower()))
            draft.require_sql(name, f"the table {table}", entity.place)
