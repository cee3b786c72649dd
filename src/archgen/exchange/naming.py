"""Names of elsewhere as names of a project: lower-case words, and another one, told,
where a name is taken.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field
from itertools import chain, count

from archgen.catalog import read_kinds, templates_dir
from archgen.domain import naming
from archgen.domain.presets import ACCOUNTS, FILES

Check = Callable[[str], str | None]


@dataclass(slots=True)
class Named:
    """The name that something got; `because`: why it is another than its own in
    lower-case words, if it is.
    """

    name: str
    because: str | None = None


@dataclass(slots=True)
class Taken:
    """What a project's entities have taken already: names, paths and classes."""

    entities: set[str] = field(default_factory=lambda: set(ACCOUNTS.spec.entities))
    plurals: set[str] = field(
        default_factory=lambda: {
            spec.pluralize(name) for name, spec in ACCOUNTS.spec.entities.items()
        }
    )
    classes: set[str] = field(
        default_factory=lambda: {
            *ACCOUNTS.classes,
            *read_kinds(templates_dir())[FILES]["classes"],
            *(
                made
                for name in ACCOUNTS.spec.entities
                for made in naming.list_class_names(name)
            ),
        }
    )

    def check(self, name: str) -> str | None:
        if name in self.entities:
            return f"{name} is another entity"
        if taken := next(
            (made for made in naming.list_class_names(name) if made in self.classes),
            None,
        ):
            return f"its class {taken} is there already"
        return naming.check_entity(name) or naming.check_class(
            naming.to_class_name(name)
        )

    def check_plural(self, plural: str) -> str | None:
        return (
            f"{plural} is another entity's path"
            if plural in self.plurals
            else naming.check_plural(plural)
        )

    def take(self, name: str, plural: str) -> None:
        self.entities.add(name)
        self.plurals.add(plural)
        self.classes.update(naming.list_class_names(name))


def find_name(written: str, check: Check, longer: Iterable[str], kind: str) -> Named:
    """A name for `written` that passes `check`: its own words, else `longer` ones, else
    `kind` with a number.
    """
    own = to_words(written)
    because = None if own else "it has letters that a name cannot have"
    for candidate in (own, *longer):
        if not candidate:
            continue
        short = shorten(candidate)
        wrong = check(short)
        if wrong is None:
            return Named(short, because if short != own else None)
        because = because or (check(candidate) if candidate != short else None) or wrong
        if candidate == own and short != own:
            because = f"it has more than {naming.PART_MOST} letters"
    bases = (shorten(own or kind, naming.PART_MOST - 4), kind)
    numbered = (f"{base}_{number}" for base in bases for number in range(2, 1000))
    without_end = (f"{kind}_{number}" for number in count(1000))
    return Named(
        next(name for name in chain(numbered, without_end) if check(name) is None),
        because,
    )


def to_words(written: str) -> str | None:
    """firstName, MCO, Order2Item -> first_name, mco, order2_item; None where the
    letters are not Latin.
    """
    spaced = re.sub(r"(?<=[A-Z])(?=[A-Z][a-z])", "_", written[:200])
    found = naming.in_form(spaced)
    if found is None and written[:1].isdigit():
        found = naming.in_form(f"n{spaced}")
    return found


def shorten(name: str, most: int = naming.PART_MOST) -> str:
    """At most as many letters, cut between words where there is a place for that."""
    if len(name) <= most:
        return name
    cut = name[: most + 1].rpartition("_")[0]
    return cut if len(cut) > most // 2 else name[:most].rstrip("_")


def find_plural(
    name: str, taken: Taken, also: Collection[str], said: object = None
) -> str | None:
    """Another plural for an entity whose own cannot be its path, or the one that was
    `said`; None where its own can be.
    """

    def check(plural: str) -> str | None:
        return (
            "taken by the files of rows"
            if plural in also
            else taken.check_plural(plural)
        )

    if isinstance(said, str) and check(said) is None:
        return said
    if check(naming.pluralize(name)) is None:
        return None
    candidates = (
        f"{name}_list",
        f"{name}_records",
        *(f"{name}_list{number}" for number in range(2, 100)),
    )
    return next(candidate for candidate in candidates if check(candidate) is None)
