"""What `add` and `rename` do to the answers of a project: the same words as in an
answers file, at their place.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from copy import deepcopy
from typing import Any, NoReturn

from archgen.catalog import read_presets, templates_dir
from archgen.domain.presets import EXTENSIBLE, PRESETS
from archgen.errors import IncompatibleError, InputError
from archgen.growth.record.records import list_entities, own_answers
from archgen.options import extras
from archgen.text import shown, suggest

# What names fields, of an entity.
_NAMING = (
    "lists",
    "unique",
    "filters",
    "sorts",
    "keys",
    "search",
    "display",
    "owned_by",
)
# Choices of the stack that a project may change as it is; another database or identity
# has rows to be moved.
CHANGEABLE = ("cache", "broker", "observability")


class Answers:
    """The answers of a project, to be added to; `record` is what they came to so far."""

    def __init__(self, record: Mapping[str, Any]) -> None:
        self._record = record
        self.document = own_answers(record)

    def list_names(self, module: str, entity: str) -> list[str]:
        """What code calls an entity by, as the project has it: its name, that of its
        class and of its constants, and its plural.
        """
        entities = list_entities(self._record, module)
        # none where it was only said, by hand
        found = next((one for one in entities if one["name"] == entity), None)
        return [
            entity,
            *([found["cls"], entity.upper(), found["plural"]] if found else []),
        ]

    def add_module(self, name: str, said: Mapping[str, Any], part: str | None) -> None:
        if name in self._there():
            raise InputError.at(
                "NAME",
                f"there is a module {name} already",
                "archgen add entity adds to it",
            )
        self.document.setdefault("modules", {})[name] = dict(said)
        parts = self.document.get("parts") or {}
        if part is None and not parts:
            return
        if not parts:
            parts = {one["name"]: list(one["modules"]) for one in self._record["parts"]}
        alone = (
            next(iter(parts))
            if len(parts) == 1 and self._record["template"] == "monolith"
            else name
        )
        parts.setdefault(part or alone, []).append(name)
        self.document["parts"] = parts

    def add_entity(self, module: str, name: str, said: Mapping[str, Any]) -> None:
        entities = self._module(module).setdefault("entities", {})
        if name in entities or name in self._declared(module):
            raise InputError.at(
                "NAME",
                f"there is an entity {module}.{name} already",
                "archgen add field adds to it",
            )
        entities[name] = dict(said)

    def add_field(
        self, module: str, entity: str, name: str, said: Mapping[str, Any]
    ) -> None:
        fields = self._entity(module, entity).setdefault("fields", {})
        if name in fields or name in self._declared(module).get(entity, {}).get(
            "fields", {}
        ):
            raise InputError.at(
                "NAME",
                f"there is a field {module}.{entity}.{name} already",
                "give another name",
            )
        fields[name] = dict(said)

    def add_list(self, module: str, entity: str, names: Sequence[str]) -> None:
        lists = self._entity(module, entity).setdefault("lists", [])
        if list(names) in (
            *lists,
            *self._declared(module).get(entity, {}).get("lists", ()),
        ):
            raise InputError.at(
                "LIST",
                f"{module}.{entity} has that list already",
                "nothing is to be done",
            )
        lists.append(list(names))

    def add_reaction(self, module: str, event: str) -> None:
        reactions = self._module(module).setdefault("reacts_to", [])
        if event in reactions:
            raise InputError.at(
                "EVENT", f"{module} reacts to {event} already", "nothing is to be done"
            )
        reactions.append(event)

    def add_option(self, name: str, value: str | None) -> None:
        if value is None:
            if name not in extras():
                hint = suggest(name, extras(), f"there are {', '.join(extras())}")
                raise InputError.at("NAME", f"{shown(name)} is no extra", hint)
            if name in self._record["extras"]:
                raise InputError.at(
                    "NAME", f"the project has {name} already", "nothing is to be done"
                )
            self.document.setdefault("extras", {})[name] = True
            return
        if name not in CHANGEABLE:
            raise InputError.at(
                "NAME",
                f"{shown(name)} cannot be changed in a project",
                f"{', '.join(CHANGEABLE)} can be",
            )
        self.document.setdefault("stack", {})[name] = value

    def rename_field(self, module: str, entity: str, old: str, new: str) -> None:
        """Everywhere in the entity that names it; refused where it is named in what
        archgen does not read.
        """
        self._field(module, entity, old)
        said = self._entity(module, entity)
        fields = said["fields"]
        if new in fields:
            raise InputError.at(
                "NEW",
                f"there is a field {module}.{entity}.{new} already",
                "give another name",
            )
        word = re.compile(rf"\b{re.escape(old)}\b")
        if any(
            word.search(str(one)) for one in (said.get("computed") or {}).values()
        ) or self._is_followed(old):
            raise IncompatibleError(
                f"{old} stands in computed or expand of the answers, where it is not renamed yet",
                "leave its name as it is",
            )
        said["fields"] = {
            new if name == old else name: spec for name, spec in fields.items()
        }
        for spec in said["fields"].values():
            if spec.get("from") == old:
                spec["from"] = new
        for key in _NAMING:
            if key in said:
                said[key] = _renamed(said[key], old, new)

    def _is_followed(self, name: str) -> bool:
        modules = (self.document.get("modules") or {}).values()
        entities = (
            entity
            for module in modules
            for entity in (module.get("entities") or {}).values()
        )
        return any(
            name in path.split(".")
            for entity in entities
            for path in entity.get("expand") or ()
        )

    def _module(self, name: str) -> dict[str, Any]:
        """The answers of a module; those of a preset's are the project's own from now
        on, or what is added to them where it has code of its own.
        """
        if name in self._of_preset():
            self._take_over(name)
        modules: dict[str, Any] = self.document.setdefault("modules", {})
        if name not in modules and name in self._declared_modules():
            modules[name] = {}
        if name not in modules and name in self._there():
            raise IncompatibleError(
                f"the module {name} comes with every project that needs it, and its code is not made from what is declared",
                "change it by hand (docs/guide.md), or add a module beside it: archgen add module",
            )
        if name not in modules:
            known = list(modules)
            hint = suggest(
                name,
                known,
                f"there are {', '.join(known)}; archgen add module makes one",
            )
            raise InputError.at("NAME", f"there is no module {shown(name)}", hint)
        found: dict[str, Any] = modules[name]
        return found

    def _entity(self, module: str, name: str) -> dict[str, Any]:
        entities = self._module(module).setdefault("entities", {})
        if name in self._declared(module):
            entities.setdefault(name, {})
        if name not in entities:
            hint = suggest(
                name, entities, f"archgen add entity {module}.{name} makes one"
            )
            raise InputError.at("NAME", f"{module} has no entity {shown(name)}", hint)
        found: dict[str, Any] = entities[name]
        return found

    def _field(self, module: str, entity: str, name: str) -> dict[str, Any]:
        fields = self._entity(module, entity).get("fields") or {}
        if name in self._declared(module).get(entity, {}).get("fields", {}):
            self._refuse(f"{module}.{entity}.{name}")
        if name not in fields:
            hint = suggest(name, fields, f"there are {', '.join(fields)}")
            raise InputError.at(
                "NAME", f"{module}.{entity} has no field {shown(name)}", hint
            )
        found: dict[str, Any] = fields[name]
        return found

    def _there(self) -> list[str]:
        return [module["name"] for module in self._record["modules"]]

    def _of_preset(self) -> list[str]:
        preset = PRESETS.get(self.document.get("preset") or "")
        return [module.name for module in preset.modules] if preset else []

    def _declared_modules(self) -> dict[str, Any]:
        """What the preset declares of modules that may be added to, by module."""
        preset = self.document.get("preset")
        declared = read_presets(templates_dir())[preset]["modules"] if preset else {}
        return {
            name: content
            for name, content in declared.items()
            if content["kind"] in EXTENSIBLE
        }

    def _declared(self, module: str) -> dict[str, Any]:
        """The entities of that, by name."""
        found: dict[str, Any] = (
            self._declared_modules().get(module, {}).get("entities", {})
        )
        return found

    def _check_added(self, module: str, entity: str | None = None) -> None:
        """IncompatibleError: that is what the preset declares, and not what was added
        to it.
        """
        if entity in self._declared(module) or (
            entity is None and module in self._declared_modules()
        ):
            self._refuse(module if entity is None else f"{module}.{entity}")

    def _refuse(self, place: str) -> NoReturn:
        raise IncompatibleError(
            f"{place} comes with the preset {self.document['preset']}, whose code rests on it",
            "leave it as it is; what you added yourself can be changed",
        )

    def _take_over(self, name: str) -> None:
        """The preset's modules as the project's own, where all of them are declared and
        none has code of its own.

        IncompatibleError: the code of this one is not made from what is declared.
        """
        preset = self.document["preset"]
        declared = read_presets(templates_dir())[preset]["modules"]
        if all(content["kind"] == "entities" for content in declared.values()):
            own = {
                module: {k: deepcopy(v) for k, v in content.items() if k != "kind"}
                for module, content in declared.items()
            }
            self.document["modules"] = {**own, **self.document.get("modules", {})}
            del self.document["preset"]
        elif declared[name]["kind"] not in EXTENSIBLE:
            able = self._declared_modules()
            beside = (
                f"add to {' or '.join(able)}, or a module beside it"
                if able
                else "or add a module beside it"
            )
            raise IncompatibleError(
                f"{name} comes with the preset {preset}: its tables, endpoints and events are code that is not made from what is declared",
                f"add to it by hand (docs/guide.md), {beside}: archgen add module",
            )


def split_place(text: str, *steps: str) -> list[str]:
    """`module.entity.field` in its steps; InputError where it has others."""
    found = text.split(".")
    if len(found) != len(steps) or not all(found):
        raise InputError.at(
            "NAME",
            f"{shown(text)} is not {'.'.join(steps)}",
            f"for example {'.'.join(_EXAMPLE[: len(steps)])}",
        )
    return found


def _renamed(said: Any, old: str, new: str) -> Any:
    """A name of a field, or lists of such, with another in its place; a `-` before it
    stays.
    """
    if isinstance(said, str):
        return {old: new, f"-{old}": f"-{new}"}.get(said, said)
    return (
        [_renamed(one, old, new) for one in said]
        if isinstance(said, list | tuple)
        else said
    )


_EXAMPLE = ("catalog", "book", "pages")
