"""A domain from elsewhere as answers: names that will do, types as the language has
them, and a note for whatever is not the same.
"""

from __future__ import annotations

from archgen.domain import naming
from archgen.domain.declared import Declared
from archgen.domain.rules import check_domain
from archgen.domain.schema import ENTITIES_MOST, ModuleSpec
from archgen.domain.sizes import check_sizes
from archgen.errors import InputError, Mistake
from archgen.exchange.circles import open_circles
from archgen.exchange.draft import Draft
from archgen.exchange.entity_options import set_options
from archgen.exchange.enums import Enums
from archgen.exchange.fields import Fields
from archgen.exchange.homes import find_homes, name_tables
from archgen.exchange.model import SourceDomain
from archgen.exchange.relation_sides import Sides
from archgen.exchange.relations import Relations
from archgen.exchange.system import translate_system
from archgen.exchange.translated import Renamed, Translated

__all__ = ["Renamed", "Translated", "translate"]

NAMED_MOST = 2_000  # entities of which each is looked at, so that all that is wrong with them is told


def translate(domain: SourceDomain, name: str | None = None) -> Translated:
    """Answers that `archgen new -a` takes, for a project of that name if one is given.

    InputError where the domain is larger than a project's or has nothing in it.
    """
    draft = Draft(domain)
    draft.out.notes += domain.notes
    own = [entity for entity in domain.entities if not draft.is_account(entity)]
    if not own:
        files = ", ".join(domain.files)
        raise InputError(
            [
                Mistake(
                    files,
                    "declares no entity",
                    "archgen presets shows domains that are there",
                )
            ]
        )
    if len(own) > NAMED_MOST:
        place = domain.entities[own[ENTITIES_MOST]].place
        what = f"has {len(own)} entities, and {ENTITIES_MOST} are the most of a project"
        raise InputError([Mistake(f"{place.file}, line {place.line}", what)])
    translate_system(draft, name)
    find_homes(draft, own)
    name_tables(draft, own)
    fields = Fields(draft, Enums(draft))
    for entity in own:
        fields.translate(domain.entities[entity])
    relations = Relations(draft, Sides(draft))
    for relation in domain.relations:
        relations.translate(relation)
    for entity in own:
        set_options(draft, domain.entities[entity])
    relations.bound_lists()
    open_circles(draft)
    _place_enums(draft)
    _check(draft)
    return draft.out


def _place_enums(draft: Draft) -> None:
    """What fields of a module share stands above its entities."""
    modules = draft.out.document["modules"]
    for module, enums in draft.enums.items():
        modules[module] = {"enums": enums, **modules[module]}


def _check(draft: Draft) -> None:
    """What is still wrong is the domain's own: told with the line that it comes from."""
    modules = draft.out.document["modules"]
    for module in [
        name for name, content in modules.items() if not content["entities"]
    ]:
        del modules[module]
    declared = Declared.of(modules)
    mistakes = list(check_sizes(declared))
    if not mistakes:
        specs = {
            name: ModuleSpec.model_validate(content)
            for name, content in modules.items()
        }
        package = naming.to_package_name(draft.out.document["name"])
        mistakes = check_domain(None, specs, package, declared)
    if mistakes:
        raise InputError([_locate(draft, mistake) for mistake in mistakes])


def _locate(draft: Draft, mistake: Mistake) -> Mistake:
    """The same mistake, at the line of the source that it comes from."""
    places = draft.out.places
    steps = tuple(mistake.where.split("."))
    paths = (steps[:n] for n in range(len(steps), 0, -1))
    found = next((places[path] for path in paths if path in places), draft.first_place)
    return Mistake(
        f"{found.file}, line {found.line}",
        f"{mistake.where}: {mistake.message}",
        mistake.hint,
    )
