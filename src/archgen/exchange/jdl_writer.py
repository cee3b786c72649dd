"""A domain of the answers as JDL, for those who leave, and so that it reads back as the
same.

What JDL has no words for stands in annotations `@Archgen("{...}")`, which other tools
pass over: JSON with ' for ", and %27 for '.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from archgen.domain import naming
from archgen.domain.presets import FILES
from archgen.domain.schema import Domain, DomainModule, EntitySpec, FieldSpec
from archgen.exchange.naming import to_words

ANNOTATION = "Archgen"
ACCOUNT = "accounts.account"
_TYPES = {
    "string": "String",
    "text": "TextBlob",
    "integer": "Long",
    "decimal": "BigDecimal",
    "number": "Double",
    "boolean": "Boolean",
    "date": "LocalDate",
    "datetime": "Instant",
    "uuid": "UUID",
    "file": "ImageBlob",
}
_RULES = {
    "min": "min",
    "max": "max",
    "min_length": "minlength",
    "max_length": "maxlength",
    "max_bytes": "maxbytes",
}
_VALUE = re.compile(r"[A-Z][A-Za-z0-9_]*", re.ASCII)
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?", re.ASCII)


def write_jdl(name: str, domain: Domain) -> str:
    """All modules but `accounts` and `files`, which a project has by itself."""
    return "\n".join(_Writer(name, domain).lines()) + "\n"


def read_annotation(value: str) -> dict[str, Any]:
    """What an annotation holds; nothing where it holds no mapping."""
    try:
        found = json.loads(
            value.replace("'", '"').replace("%27", "'").replace("%25", "%")
        )
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _annotation(content: Mapping[str, Any]) -> str:
    return f'@{ANNOTATION}("{write_annotation(content)}")'


def write_annotation(content: Mapping[str, Any]) -> str:
    """What `read_annotation` reads."""
    return json.dumps(content).replace("%", "%25").replace("'", "%27").replace('"', "'")


@dataclass(slots=True)
class _Writer:
    name: str
    domain: Domain
    classes: dict[str, str] = field(default_factory=dict)  # by module.entity
    enums: dict[str, list[str]] = field(default_factory=dict)

    def lines(self) -> Iterator[str]:
        modules = [
            module
            for module in self.domain.modules
            if module.name not in ("accounts", FILES)
        ]
        self._name(modules)
        base = self.name.replace("-", "_")
        yield f"application {{\n  config {{\n    baseName {base}\n    applicationType monolith\n  }}\n  entities *\n}}\n"
        relations: list[str] = []
        for module in modules:
            for index, (name, entity) in enumerate(module.spec.entities.items()):
                yield from self._entity(module, name, entity, first=index == 0)
                relations += self._relations(module, name, entity)
        for name, values in self.enums.items():
            yield f"enum {name} {{ {', '.join(values)} }}\n"
        yield from relations
        for module in modules:
            entities = ", ".join(
                self.classes[f"{module.name}.{name}"] for name in module.spec.entities
            )
            if entities:
                yield f"microservice {entities} with {module.name}"

    def _name(self, modules: list[DomainModule]) -> None:
        taken: set[str] = set()
        for module in modules:
            for name in module.spec.entities:
                cls = naming.to_class_name(name)
                while cls in taken:
                    cls += "X"
                taken.add(cls)
                self.classes[f"{module.name}.{name}"] = cls

    def _entity(
        self, module: DomainModule, name: str, entity: EntitySpec, *, first: bool
    ) -> Iterator[str]:
        cls = self.classes[f"{module.name}.{name}"]
        extra = entity.model_dump(
            mode="json", exclude_unset=True, exclude={"fields", "table"}
        )
        if to_words(cls) != name:
            extra["name"] = name
        own = [key for key, spec in entity.fields.items() if spec.to is None]
        links = [key for key, spec in entity.fields.items() if spec.to is not None]
        if [*own, *links] != list(entity.fields):
            extra["order"] = list(entity.fields)
        if first and module.spec.reacts_to:
            extra["reacts_to"] = list(module.spec.reacts_to)
        if first and module.spec.stored_as is not None:
            extra["stored_as"] = module.spec.stored_as
        if first and module.spec.enums:
            extra["enums"] = module.spec.model_dump(mode="json", exclude_unset=True)[
                "enums"
            ]
        if extra or cls == "User":
            yield _annotation(extra)
        table = f"({entity.table})" if entity.table is not None else ""
        yield f"entity {cls}{table} {{"
        names = self._field_names(entity)
        for key in own:
            yield from self._field(cls, key, names[key], entity.fields[key])
        yield "}\n"

    def _field_names(self, entity: EntitySpec) -> dict[str, str]:
        """Each field's name in JDL, unique in its entity."""
        found: dict[str, str] = {}
        for key in entity.fields:
            first, *others = key.split("_")
            name = first + "".join(word.capitalize() for word in others)
            if name in ("required", "unique"):
                name += "Field"
            while name in found.values():
                name += "X"
            found[key] = name
        return found

    def _field(self, cls: str, key: str, name: str, spec: FieldSpec) -> Iterator[str]:
        extra = spec.model_dump(
            mode="json", exclude_unset=True, exclude={"type", "required", "unique"}
        )
        if spec.type == "enum":
            extra.pop("values", None)
        written = _TYPES.get(spec.type, "TextBlob")
        if spec.type == "enum":
            written = self._enum(cls, name, spec, extra)
        elif spec.type not in _TYPES:
            extra["type"] = spec.type
        rules = ["required"] if spec.required else []
        rules += ["unique"] if spec.unique else []
        for rule, word in _RULES.items() if spec.of is None else ():
            if _NUMBER.fullmatch(str(extra.get(rule, ""))):
                rules.append(f"{word}({extra.pop(rule)})")
        if spec.of is not None and extra.get("enum") is not None:
            extra.pop("values", None), extra.pop("labels", None)
        if to_words(name) != key:
            extra["name"] = key
        extra = {known: value for known, value in extra.items() if value is not None}
        if extra:
            yield f"  {_annotation(extra)}"
        yield f"  {' '.join([name, written, *rules])}"

    def _enum(self, cls: str, name: str, spec: FieldSpec, extra: dict[str, Any]) -> str:
        enum = f"{cls}{name[:1].upper()}{name[1:]}"
        while enum in self.enums or enum in self.classes.values():
            enum += "Choice"
        if all(map(_VALUE.fullmatch, spec.values)):
            self.enums[enum] = list(spec.values)
        else:
            words = [re.sub(r"[^A-Z0-9]", "_", value.upper()) for value in spec.values]
            good = all(map(_VALUE.fullmatch, words)) and len(set(words)) == len(words)
            self.enums[enum] = (
                words
                if good
                else [f"VALUE_{number}" for number in range(1, len(words) + 1)]
            )
            extra["values"] = list(spec.values)
        if extra.get("enum") is not None:
            for key in ("values", "labels"):
                extra.pop(key, None)
        return enum

    def _relations(
        self, module: DomainModule, name: str, entity: EntitySpec
    ) -> Iterator[str]:
        names = self._field_names(entity)
        for key, spec in entity.fields.items():
            if spec.to is None:
                continue
            many = spec.type == "references"
            kind = (
                "ManyToMany" if many else "OneToOne" if spec.one_to_one else "ManyToOne"
            )
            extra = spec.model_dump(
                mode="json",
                exclude_unset=True,
                exclude={"type", "required", "one_to_one", "indexed", "to"},
            )
            extra = {
                known: value for known, value in extra.items() if value is not None
            }
            if spec.indexed != (kind == "ManyToOne"):
                extra["indexed"] = spec.indexed
            if many:
                extra.pop("indexed", None)
                extra.setdefault("max", spec.max or 20)
            if to_words(names[key]) != key:
                extra["name"] = key
            target = self.classes.get(str(spec.to), "User")
            builtin = " with builtInEntity" if spec.to not in self.classes else ""
            if builtin and target in self.classes.values():
                extra["to"] = spec.to
            required = " required" if spec.required else ""
            holder = (
                f"{self.classes[f'{module.name}.{name}']}{{{names[key]}{required}}}"
            )
            before = f"  {_annotation(extra)}\n" if extra else ""
            yield f"relationship {kind} {{\n{before}  {holder} to {target}{builtin}\n}}"
