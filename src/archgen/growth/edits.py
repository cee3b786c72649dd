"""What `add` and `rename` do to the answers of a project: the same words as in an answers file, at their place."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from copy import deepcopy
from typing import Any

from archgen.catalog import read_presets, templates_dir
from archgen.domain.presets import PRESETS
from archgen.errors import IncompatibleError, InputError, Mistake
from archgen.growth.records import own_answers
from archgen.options import extras
from archgen.text import nearest, shown

# What names fields, of an entity.
_NAMING = ("lists", "unique", "filters", "sorts", "keys", "search", "display", "owned_by")
# Choices of the stack that a project may change as it is; another database or identity has rows to be moved.
CHANGEABLE = ("cache", "broker", "observability")


class Answers:
    """The answers of a project, to be added to; `record` is what they came to so far."""

    def __init__(self, record: Mapping[str, Any]) -> None:
        self._record = record
        self.document = own_answers(record)

    def add_module(self, name: str, said: Mapping[str, Any], part: str | None) -> None:
        if name in self._there():
            raise _wrong("NAME", f"there is a module {name} already", "archgen add entity adds to it")
        self.document.setdefault("modules", {})[name] = dict(said)
        parts = self.document.get("parts") or {}
        if part is None and not parts:
            return
        if not parts:
            parts = {one["name"]: list(one["modules"]) for one in self._record["parts"]}
        alone = next(iter(parts)) if len(parts) == 1 and self._record["template"] == "monolith" else name
        parts.setdefault(part or alone, []).append(name)
        self.document["parts"] = parts

    def add_entity(self, module: str, name: str, said: Mapping[str, Any]) -> None:
        entities = self._module(module).setdefault("entities", {})
        if name in entities:
            raise _wrong("NAME", f"there is an entity {module}.{name} already", "archgen add field adds to it")
        entities[name] = dict(said)

    def add_field(self, module: str, entity: str, name: str, said: Mapping[str, Any]) -> None:
        fields = self._entity(module, entity).setdefault("fields", {})
        if name in fields:
            raise _wrong("NAME", f"there is a field {module}.{entity}.{name} already", "give another name")
        fields[name] = dict(said)

    def add_list(self, module: str, entity: str, names: Sequence[str]) -> None:
        lists = self._entity(module, entity).setdefault("lists", [])
        if list(names) in lists:
            raise _wrong("LIST", f"{module}.{entity} has that list already", "nothing is to be done")
        lists.append(list(names))

    def add_reaction(self, module: str, event: str) -> None:
        reactions = self._module(module).setdefault("reacts_to", [])
        if event in reactions:
            raise _wrong("EVENT", f"{module} reacts to {event} already", "nothing is to be done")
        reactions.append(event)

    def add_option(self, name: str, value: str | None) -> None:
        if value is None:
            if name not in extras():
                meant = nearest(name, extras())
                hint = f"did you mean {meant}?" if meant else f"there are {', '.join(extras())}"
                raise _wrong("NAME", f"{shown(name)} is no extra", hint)
            if name in self._record["extras"]:
                raise _wrong("NAME", f"the project has {name} already", "nothing is to be done")
            self.document.setdefault("extras", {})[name] = True
            return
        if name not in CHANGEABLE:
            raise _wrong("NAME", f"{shown(name)} cannot be changed in a project", f"{', '.join(CHANGEABLE)} can be")
        self.document.setdefault("stack", {})[name] = value

    def rename_field(self, module: str, entity: str, old: str, new: str) -> None:
        """Everywhere in the entity that names it; refused where it is named in what archgen does not read."""
        said = self._entity(module, entity)
        fields = said.get("fields") or {}
        if old not in fields:
            meant = nearest(old, fields)
            hint = f"did you mean {meant}?" if meant else f"there are {', '.join(fields)}"
            raise _wrong("NAME", f"{module}.{entity} has no field {shown(old)}", hint)
        if new in fields:
            raise _wrong("NEW", f"there is a field {module}.{entity}.{new} already", "give another name")
        if fields[old].get("type") == "references":
            raise IncompatibleError(
                f"{old} has a table of its own, which is not renamed yet", "leave its name as it is"
            )
        word = re.compile(rf"\b{re.escape(old)}\b")
        if any(word.search(str(one)) for one in (said.get("computed") or {}).values()) or self._is_followed(old):
            raise IncompatibleError(
                f"{old} stands in computed or expand of the answers, where it is not renamed yet",
                "leave its name as it is",
            )
        said["fields"] = {new if name == old else name: spec for name, spec in fields.items()}
        for spec in said["fields"].values():
            if spec.get("from") == old:
                spec["from"] = new
        for key in _NAMING:
            if key in said:
                said[key] = _renamed(said[key], old, new)

    def _is_followed(self, name: str) -> bool:
        modules = (self.document.get("modules") or {}).values()
        entities = (entity for module in modules for entity in (module.get("entities") or {}).values())
        return any(name in path.split(".") for entity in entities for path in entity.get("expand") or ())

    def _module(self, name: str) -> dict[str, Any]:
        """The answers of a module, which are the project's own from now on where they are a preset's."""
        if name in self._of_preset():
            self._take_over(name)
        modules: dict[str, Any] = self.document.setdefault("modules", {})
        if name not in modules:
            known = [module for module in self._there() if module != "accounts"]
            meant = nearest(name, known)
            hint = f"did you mean {meant}?" if meant else f"there are {', '.join(known)}; archgen add module makes one"
            raise _wrong("NAME", f"there is no module {shown(name)}", hint)
        found: dict[str, Any] = modules[name]
        return found

    def _entity(self, module: str, name: str) -> dict[str, Any]:
        entities = self._module(module).setdefault("entities", {})
        if name not in entities:
            meant = nearest(name, entities)
            hint = f"did you mean {meant}?" if meant else f"archgen add entity {module}.{name} makes one"
            raise _wrong("NAME", f"{module} has no entity {shown(name)}", hint)
        found: dict[str, Any] = entities[name]
        return found

    def _there(self) -> list[str]:
        return [module["name"] for module in self._record["modules"]]

    def _of_preset(self) -> list[str]:
        preset = PRESETS.get(self.document.get("preset") or "")
        return [module.name for module in preset.modules] if preset else []

    def _take_over(self, name: str) -> None:
        """The preset's modules as the project's own, where all of them are declared and none has code of its own."""
        preset = self.document["preset"]
        declared = read_presets(templates_dir())[preset]["modules"]
        coded = [module for module, content in declared.items() if content["kind"] != "entities"]
        if coded:
            raise IncompatibleError(
                f"{name} comes with the preset {preset} and has code of its own, which archgen does not change",
                "add a field to it by hand (docs/guide.md), or a module beside it: archgen add module",
            )
        own = {
            module: {k: deepcopy(v) for k, v in content.items() if k != "kind"} for module, content in declared.items()
        }
        self.document["modules"] = {**own, **self.document.get("modules", {})}
        del self.document["preset"]


def split_place(text: str, *steps: str) -> list[str]:
    """`module.entity.field` in its steps; InputError where it has others."""
    found = text.split(".")
    if len(found) != len(steps) or not all(found):
        raise _wrong(
            "NAME", f"{shown(text)} is not {'.'.join(steps)}", f"for example {'.'.join(_EXAMPLE[: len(steps)])}"
        )
    return found


def _renamed(said: Any, old: str, new: str) -> Any:
    """A name of a field, or lists of such, with another in its place; a `-` before it stays."""
    if isinstance(said, str):
        return {old: new, f"-{old}": f"-{new}"}.get(said, said)
    return [_renamed(one, old, new) for one in said] if isinstance(said, list | tuple) else said


_EXAMPLE = ("catalog", "book", "pages")


def _wrong(where: str, message: str, hint: str) -> InputError:
    return InputError([Mistake(where, message, hint)])
