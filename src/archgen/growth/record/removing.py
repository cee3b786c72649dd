"""What `remove` does to the answers of a project, and what else names what is removed:
refused, or removed with it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any

from archgen.errors import IncompatibleError, InputError
from archgen.growth.record.edits import CHANGEABLE, Answers
from archgen.options import extras
from archgen.text import shown, suggest

_REFERRING = ("reference", "references")
# what names fields, and does without one
_NAMED = ("lists", "unique", "filters", "sorts", "keys", "display")
# what names something, as its user says it, and how it is taken away
Use = tuple[str, Callable[[], None]]


class Removals(Answers):
    """Answers of a project, to be taken from; `cascade`: what names what is removed is
    removed too.

    `places`: what was removed, by dotted name. `told`: what went with it; `told_later`:
    what else there is to say. `words`: names that are gone.
    """

    def __init__(self, record: Mapping[str, Any], *, cascade: bool = False) -> None:
        super().__init__(record)
        self._cascade = cascade
        self.places: list[str] = []
        self.told: list[str] = []
        self.told_later = ""
        self.words: list[str] = []

    def remove_field(
        self, module: str, entity: str, name: str, kinds: Sequence[str] = ()
    ) -> None:
        """`kinds`: types that it has to be of, one of them; any if nothing is said."""
        spec = self._field(module, entity, name)
        said = self._entity(module, entity)
        place = f"{module}.{entity}.{name}"
        if kinds and spec.get("type") not in kinds:
            raise InputError.at(
                "NAME",
                f"{place} is no reference: it is {spec.get('type')}",
                f"archgen remove field {place}",
            )
        if said.get("owned_by") == name:
            raise IncompatibleError(
                f"{place} says whose row it is (owned_by), and rows have to be somebody's",
                "leave it",
            )
        if (
            spec.get("type") == "file"
            and sum(one.get("type") == "file" for one in self._fields()) == 1
        ):
            raise IncompatibleError(
                f"{place} is the last field of type file: the module that keeps files would go, with all of them",
                "leave it, and clear it in all rows",
            )
        self._clear(place, self._list_uses(module, entity, name))
        del said["fields"][name]
        self._note(place, name)

    def remove_entity(self, module: str, name: str) -> None:
        self._entity(module, name)
        self._check_added(module, name)
        place = f"{module}.{name}"
        if len(self._module(module)["entities"].keys() | self._declared(module)) == 1:
            raise InputError.at(
                "NAME",
                f"{place} is all that {module} keeps",
                f"archgen remove module {module}",
            )
        self._clear(place, self._list_users(place, within=place))
        del self._module(module)["entities"][name]
        self._note(place, *self.list_names(module, name))

    def remove_module(self, name: str) -> None:
        entities = self._module(name).get("entities") or {}
        self._check_added(name)
        if len(self.document["modules"]) == 1:
            raise InputError.at(
                "NAME",
                f"{name} is the only module of this project",
                "archgen add module adds another before",
            )
        uses = [
            use
            for entity in entities
            for use in self._list_users(f"{name}.{entity}", within=name)
        ]
        self._clear(name, iter(uses))
        del self.document["modules"][name]
        parts = self.document.get("parts") or {}
        for part, modules in list(parts.items()):
            parts[part] = [one for one in modules if one != name]
            if not parts[part]:
                del parts[part]
        self._note(
            name,
            name,
            *(word for entity in entities for word in self.list_names(name, entity)),
        )

    def remove_list(self, module: str, entity: str, names: Sequence[str]) -> None:
        lists = self._entity(module, entity).get("lists") or []
        found = [one for one in lists if list(one) == list(names)]
        if not found:
            there = ", ".join(",".join(one) for one in lists) or "none"
            raise InputError.at(
                "FIELDS",
                f"{module}.{entity} has no list {','.join(names)}",
                f"there is {there}",
            )
        lists.remove(found[0])

    def remove_reaction(self, module: str, event: str) -> None:
        reactions = self._module(module).get("reacts_to") or []
        if event not in reactions:
            hint = suggest(
                event, reactions, f"it reacts to {', '.join(reactions) or 'nothing'}"
            )
            raise InputError.at(
                "EVENT", f"{module} does not react to {shown(event)}", hint
            )
        self._module(module)["reacts_to"] = [one for one in reactions if one != event]

    def remove_option(self, name: str) -> None:
        """An extra, or what the project runs on besides."""
        if name in CHANGEABLE:
            if self._record["stack"][name] == "none":
                raise InputError.at(
                    "NAME", f"the project has no {name}", "nothing is to be done"
                )
            self.document.setdefault("stack", {})[name] = "none"
            return
        if name not in self._record["extras"]:
            known = (
                "the project has no such extra"
                if name in extras()
                else f"{shown(name)} is no extra"
            )
            there = ", ".join(self._record["extras"]) or "none"
            raise InputError.at(
                "NAME",
                known,
                suggest(
                    name, [*self._record["extras"], *CHANGEABLE], f"it has {there}"
                ),
            )
        self.document.setdefault("extras", {})[name] = False

    def _list_uses(self, module: str, entity: str, name: str) -> Iterator[Use]:
        """What names a field."""
        said = self._entity(module, entity)
        place = f"{module}.{entity}"
        for key in _NAMED:
            for one in _several(said.get(key)):
                if name in [
                    word.removeprefix("-")
                    for word in ([one] if isinstance(one, str) else one)
                ]:
                    shown_as = one if isinstance(one, str) else ",".join(one)
                    yield f"{place}.{key} {shown_as}", partial(_drop, said, key, one)
        if name in _several(said.get("search")):
            if len(_several(said["search"])) == 1:
                raise IncompatibleError(
                    f"{place}.search is by {name} alone, and is not removed yet",
                    "leave it",
                )
            yield f"{place}.search {name}", partial(_drop, said, "search", name)
        word = re.compile(rf"\b{re.escape(name)}\b")
        for computed, spec in (said.get("computed") or {}).items():
            if word.search(str(spec.get("from", ""))):
                yield (
                    f"{place}.computed {computed}",
                    partial(_drop_key, said, "computed", computed),
                )
        for other, spec in said["fields"].items():
            if spec.get("from") == name:
                yield (
                    f"{place}.{other}",
                    partial(self.remove_field, module, entity, other),
                )
        for owner, following, path in list(self._list_paths()):
            if (module, entity, name) in self._steps(owner, following, path):
                expanding = self.document["modules"][owner]["entities"][following]
                yield (
                    f"{owner}.{following}.expand {path}",
                    partial(_drop, expanding, "expand", path),
                )

    def _list_users(self, target: str, within: str) -> Iterator[Use]:
        """What refers to an entity or reacts to it, of all that does not lie within
        what is removed.
        """
        for module, content in list(self.document.get("modules", {}).items()):
            for entity, said in list((content.get("entities") or {}).items()):
                if within in (module, f"{module}.{entity}"):
                    continue
                for name, spec in list((said.get("fields") or {}).items()):
                    if spec.get("to") == target and spec.get("type") in _REFERRING:
                        yield (
                            f"{module}.{entity}.{name}",
                            partial(self.remove_field, module, entity, name),
                        )
            for event in content.get("reacts_to") or ():
                if event.rpartition(".")[0] == target and module != within:
                    yield (
                        f"{module}.reacts_to {event}",
                        partial(self.remove_reaction, module, event),
                    )

    def _list_paths(self) -> Iterator[tuple[str, str, str]]:
        for module, content in self.document.get("modules", {}).items():
            for entity, said in (content.get("entities") or {}).items():
                for path in _several(said.get("expand")):
                    yield module, entity, path

    def _steps(
        self, module: str, entity: str, path: str
    ) -> Iterator[tuple[str, str, str]]:
        """The fields that a path follows."""
        for name in path.split("."):
            yield module, entity, name
            spec = self._spec(module, entity, name)
            module, _, entity = str(spec.get("to")).partition(".")

    def _spec(self, module: str, entity: str, name: str) -> Mapping[str, Any]:
        found: Mapping[str, Any] = self.document["modules"].get(module, {})
        for step in ("entities", entity, "fields", name):
            found = found.get(step) or {}
        return found

    def _fields(self) -> Iterator[Mapping[str, Any]]:
        for content in self.document.get("modules", {}).values():
            for said in (content.get("entities") or {}).values():
                yield from (said.get("fields") or {}).values()

    def _clear(self, place: str, uses: Iterator[Use]) -> None:
        found = list(uses)
        if found and not self._cascade:
            raise IncompatibleError(
                f"{place} is named by {'; '.join(name for name, _ in found)}",
                "--cascade removes these too",
            )
        for name, take_away in found:
            if name not in self.places:  # what was removed already, with something else
                self.told.append(name)
                take_away()

    def _note(self, place: str, *words: str) -> None:
        self.places.append(place)
        self.words += words


def _several(said: Any) -> list[Any]:
    return [said] if isinstance(said, str) else list(said or ())


def _drop(said: dict[str, Any], key: str, one: Any) -> None:
    left = [other for other in _several(said.get(key)) if other != one]
    if left:
        said[key] = left
    else:
        said.pop(key, None)


def _drop_key(said: dict[str, Any], key: str, name: str) -> None:
    del said[key][name]
    if not said[key]:
        del said[key]
