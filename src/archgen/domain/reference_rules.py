"""What references must keep to: their target, who sets them, the list on its side, and
what becomes of rows when it goes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from archgen.domain import naming
from archgen.domain.declared import Declared
from archgen.domain.ownership import check_own
from archgen.domain.schema import Domain, EntitySpec, FieldSpec, ModuleSpec
from archgen.errors import Mistake
from archgen.text import nearest, shown


def check_reference(
    where: str,
    domain: Domain,
    declared: Declared,
    at: tuple[str, str, str],
    entity: EntitySpec,
) -> Iterator[Mistake]:
    """What a field says of the rows that it refers to, where it does. `at`: its module,
    entity and name.
    """
    module, _, name = at
    spec = entity.fields[name]
    if spec.to is not None:
        yield from _check_target(f"{where}.to", domain, declared, spec.to)
        if spec.set_by is not None:
            yield from _check_set_by(f"{where}.set_by", spec, entity)
        yield from check_own(where, module, domain, spec, entity)
        if spec.on_delete in ("cascade", "clear"):
            yield from _check_on_delete(f"{where}.on_delete", module, spec)
        if spec.listed_as is not None:
            yield from _check_listed_as(f"{where}.listed_as", domain, at)
    if spec.type == "references" and (wrong := naming.check_filter(name)):
        yield Mistake(
            where, wrong, "choose another name: rows are listed by what they refer to"
        )


def _check_target(
    where: str, domain: Domain, declared: Declared, to: str
) -> Iterator[Mistake]:
    module, _, entity = to.partition(".")
    known = [f"{owner.name}.{name}" for owner, name, _ in domain.entities()]
    if to in known or declared.has_entity(module, entity):
        return
    meant = nearest(to, known)
    if meant is None:  # people leave out the module
        meant = next((path for path in known if path.endswith(f".{to}")), None)
    hint = (
        f"did you mean {meant}?"
        if meant
        else f"say module.entity; there are {', '.join(known[:12])}"
    )
    yield Mistake(where, f"{shown(to)} is not an entity of this project", hint)


def _check_set_by(where: str, spec: FieldSpec, entity: EntitySpec) -> Iterator[Mistake]:
    if spec.to != "accounts.account":
        yield Mistake(
            where,
            f"{spec.to} is nobody who calls: it is for accounts.account",
            "leave it out",
        )
    if spec.set_by == "caller" and entity.access.write == "public":
        yield Mistake(
            where,
            "whoever is not logged in is no account",
            "say access.write: user, owner or staff",
        )
    if spec.set_by == "staff" and spec.required and entity.access.write != "staff":
        yield Mistake(
            where,
            "staff alone may set it, and no row can be without it, so nobody else could write one",
            "leave required out, or say access.write: staff",
        )


def _check_on_delete(where: str, module: str, spec: FieldSpec) -> Iterator[Mistake]:
    if str(spec.to).partition(".")[0] != module:
        yield Mistake(
            where,
            f"{spec.to} is of another module, and no transaction reaches so far",
            f"say reacts_to: [{spec.to}.deleted], which deletes the row where the reference is required, and clears it where not",
        )
    if spec.on_delete == "clear" and spec.required:
        yield Mistake(
            where,
            "a required reference cannot be cleared",
            "say cascade, or leave required out",
        )


def _check_listed_as(
    where: str, domain: Domain, at: tuple[str, str, str]
) -> Iterator[Mistake]:
    """The other side of a reference: a path of its own below that of the row referred
    to, in the same module.
    """
    module, entity, field = at
    entities = domain[module].spec.entities
    content = entities[entity].fields[field]
    word, to = str(content.listed_as), str(content.to)
    plural = entities[entity].pluralize(entity)
    if wrong := naming.check_plural(word) or naming.check_filter(field):
        yield Mistake(where, f"{shown(word)}: {wrong}", "say a plural word")
    if to.partition(".")[0] != module:
        yield Mistake(
            where,
            f"{to} is of another module, which cannot list rows of this one",
            f"leave it out; with {field} indexed, /api/{plural}?{field}=ID lists them",
        )
    function = f"{word}_of_{to.partition('.')[2]}"
    if any(function == other.pluralize(name) for name, other in entities.items()):
        yield Mistake(
            where,
            f"{shown(word)}: the list would be called {function}, as an entity's is",
            "choose another word",
        )
    others = [
        f"{name}.{key}"
        for name, other in entities.items()
        for key, told in other.fields.items()
        if (told.to, told.listed_as) == (to, word) and (name, key) != (entity, field)
    ]
    if others:
        yield Mistake(
            where,
            f"{others[0]} is listed as {word} of {to} already",
            "choose another word",
        )


def check_circles(module: str, spec: ModuleSpec) -> Iterator[Mistake]:
    """Required references within a module in a circle, where no row could be the first;
    and rows that go with others in one, where there would be no last.
    """
    needs = _follow(module, spec, lambda content: content.needed)
    for path in _list_circles(needs):
        first, key = path[0]
        yield Mistake(
            f"modules.{module}.entities.{first}.fields.{key}",
            f"can never be created: {' -> '.join([*(name for name, _ in path), first])}, each required",
            "make one of these references optional",
        )
    goes = _follow(module, spec, lambda content: content.on_delete == "cascade")
    for path in _list_circles(goes):
        first, key = path[0]
        yield Mistake(
            f"modules.{module}.entities.{first}.fields.{key}.on_delete",
            f"would go round: {' goes with '.join([*(name for name, _ in path), first])}",
            "say clear or refuse for one of these references",
        )


def _follow(
    module: str, spec: ModuleSpec, which: Callable[[FieldSpec], bool]
) -> dict[str, list[tuple[str, str]]]:
    """Each entity's references of a kind within its module, as (field, entity referred
    to).
    """
    return {
        name: [
            (key, content.to.partition(".")[2])
            for key, content in entity.fields.items()
            if content.to is not None
            and which(content)
            and content.to.partition(".")[0] == module
        ]
        for name, entity in spec.entities.items()
    }


def _list_circles(
    steps: Mapping[str, list[tuple[str, str]]],
) -> Iterator[list[tuple[str, str]]]:
    """The circles that have no entity in common with one before, as (entity, field)
    steps.
    """
    told: set[str] = set()
    for start in steps:
        path = _find_circle(start, steps)
        if path and not told & {name for name, _ in path}:
            told |= {name for name, _ in path}
            yield path


def _find_circle(
    start: str, steps: Mapping[str, list[tuple[str, str]]]
) -> list[tuple[str, str]] | None:
    """A way from `start` back to it, as (entity, field) steps."""
    stack: list[tuple[str, list[tuple[str, str]]]] = [(start, [])]
    seen: set[str] = set()
    while stack:
        name, path = stack.pop()
        for key, target in steps.get(name, ()):
            if target == start:
                return [*path, (name, key)]
            if target not in seen and target in steps:
                seen.add(target)
                stack.append((target, [*path, (name, key)]))
    return None
