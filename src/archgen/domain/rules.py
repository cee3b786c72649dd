"""What a whole domain must keep to, beyond its form: the modules, what is in each, and
what they react to.

`check_domain` finds every mistake at once, each with its dotted key. What is declared
but broken in form is `declared` still, so that one mistake does not make others. The
rules of one thing stand in a module beside this one, whose name says which.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from archgen.domain import naming
from archgen.domain.clash_rules import check_clashes, check_stored_names
from archgen.domain.declared import Declared
from archgen.domain.expansions import check_expansions
from archgen.domain.field_rules import check_field, check_values
from archgen.domain.list_rules import check_lists
from archgen.domain.made_rules import check_computed, check_slug
from archgen.domain.name_rules import (
    check_entity_name,
    check_field_name,
    check_module_name,
    check_schema_name,
    check_stored_as,
)
from archgen.domain.ownership import check_owned_by
from archgen.domain.presets import EXTENSIBLE, Preset, assemble_domain
from archgen.domain.reference_rules import check_circles, check_reference
from archgen.domain.schema import (
    AUDIT,
    Domain,
    EntitySpec,
    EnumSpec,
    FieldSpec,
    ModuleSpec,
)
from archgen.errors import Mistake
from archgen.text import join_key, shown, suggest


def check_domain(
    preset: Preset | None,
    modules: Mapping[str, ModuleSpec],
    package: str | None,
    declared: Declared | None = None,
) -> list[Mistake]:
    """All that is wrong with `modules` beside `preset`, in the order in which they are
    written; of what they add to the preset's own `extend` knows more.
    """
    declared = declared or Declared()
    given = (
        {one.name: preset.name for one in preset.modules if one.kind not in EXTENSIBLE}
        if preset
        else {}
    )
    mistakes = [
        Mistake(
            f"modules.{name}",
            f"the preset {given[name]} has a module {name} of its own, whose code is not made from what is declared",
            "choose another name, or leave the preset out and declare the whole domain",
        )
        for name in modules
        if name in given
    ]
    own = {name: spec for name, spec in modules.items() if name not in given}
    domain = assemble_domain(preset, own)
    check = _Check(domain, declared, package)
    for name, spec in own.items():
        mistakes += check.module(name, spec)
    mistakes += check_clashes(domain, set(own))
    return mistakes


@dataclass(frozen=True, slots=True)
class _Check:
    domain: Domain
    declared: Declared
    package: str | None

    def module(self, name: str, spec: ModuleSpec) -> Iterator[Mistake]:
        where = join_key("modules", name)
        yield from check_module_name(name, self.package)
        if [module.name for module in self.domain.modules].count(name) > 1:
            return  # archgen's own has that name, and is what would be looked at
        if not spec.entities and not self.declared.modules.get(name):
            yield Mistake(
                where,
                "has no entities: a module keeps one at least",
                f"add {where}.entities",
            )
        for enum, values in spec.enums.items():
            yield from self._enum(f"{where}.enums", enum, values)
        for entity, content in spec.entities.items():
            yield from self._entity(name, entity, content)
        yield from check_circles(name, spec)
        yield from check_schema_name(where, spec.stored_as)
        yield from check_stored_names(where, spec)
        seen: set[str] = set()
        for index, event in enumerate(spec.reacts_to):
            yield from self._reaction(f"{where}.reacts_to.{index}", event, seen)

    def _entity(self, module: str, name: str, spec: EntitySpec) -> Iterator[Mistake]:
        where = f"modules.{module}.entities.{name}"
        yield from check_entity_name(module, name)
        yield from check_stored_as(where, name, spec)
        if not spec.fields and not self.declared.modules.get(module, {}).get(name):
            yield Mistake(
                f"{where}.fields",
                "an entity has at least one field",
                f"add {where}.fields",
            )
        for field_name in AUDIT:
            if spec.audit and field_name in spec.fields:
                hint = "choose another name for the field, or leave audit out"
                yield Mistake(
                    f"{where}.fields.{field_name}",
                    "audit: true has a field of that name",
                    hint,
                )
        for field in spec.fields:
            yield from self._field(
                f"{where}.fields.{field}", (module, name, field), spec
            )
        yield from check_computed(where, spec)
        yield from check_owned_by(where, spec)
        yield from check_lists(where, self.declared, module, name, spec)
        yield from check_expansions(self.domain, self.declared, module, name, spec)

    def _field(
        self, where: str, at: tuple[str, str, str], entity: EntitySpec
    ) -> Iterator[Mistake]:
        """`at`: its module, entity and name."""
        module, entity_name, name = at
        spec = entity.fields[name]
        yield from check_field_name(
            f"modules.{module}.entities.{entity_name}", entity_name, name
        )
        if spec.indexed and (
            wrong := naming.check_filter(name, numbered=entity.totals)
        ):
            yield Mistake(
                f"{where}.indexed", wrong, "leave it out, or choose another name"
            )
        yield from check_field(where, spec)
        if spec.type == "slug":
            yield from check_slug(
                where, (module, entity_name), spec, entity, self.declared
            )
        for member in spec.fields:
            yield from check_field_name(where, entity_name, member)
        if spec.enum is not None and "enum" in (spec.type, spec.of):
            yield from self._shared(where, module, spec)
        yield from check_reference(where, self.domain, self.declared, at, entity)

    def _enum(self, where: str, name: str, spec: EnumSpec) -> Iterator[Mistake]:
        place = join_key(where, name)
        if wrong := naming.check_enum(name):
            yield Mistake(place, wrong)
        yield from check_values(place, spec.values, spec.labels)

    def _shared(self, where: str, module: str, spec: FieldSpec) -> Iterator[Mistake]:
        """A field that says one of its module's enums."""
        enums = self.domain[module].spec.enums
        shared = enums.get(spec.enum or "")
        if shared is None:
            there = (
                f"there are {', '.join(enums)}"
                if enums
                else f"say modules.{module}.enums.NAME.values: [one, another]"
            )
            yield Mistake(
                f"{where}.enum",
                f"{shown(spec.enum)} is not one of the enums of {module}",
                suggest(spec.enum or "", enums, there),
            )
        elif spec.values != shared.values or spec.labels != shared.labels:
            said = "labels" if spec.values in ((), shared.values) else "values"
            yield Mistake(
                f"{where}.{said}",
                f"the enum {spec.enum} says them already",
                "leave them out, or leave enum out",
            )

    def _reaction(self, where: str, event: str, seen: set[str]) -> Iterator[Mistake]:
        if event in seen:
            yield Mistake(where, f"{event} is listed twice", "leave one of them out")
            return
        seen.add(event)
        known = {
            f"{owner.name}.{name}.{action}"
            for owner, name, _ in self.domain.entities()
            for action in owner.list_actions(name)
        }
        path = event.split(".")
        if event in known:
            return
        broken = len(path) == 3 and path[2] in ("created", "updated", "deleted")
        if broken and self.declared.has_entity(*path[:2]):
            return
        entity = ".".join(path[:2])
        offered = sorted(name for name in known if name.startswith(entity + "."))
        if offered:
            hint = f"{entity} has {', '.join(offered)}"
        else:
            hint = suggest(
                event, known, "say module.entity.created, .updated or .deleted"
            )
        yield Mistake(where, f"{shown(event)} is not an event of this project", hint)
