"""What an owner adds to a module that comes with a preset: entities, fields and lists,
where its rows are declared as anyone's.

The code of such a module is rendered from what is declared, with the preset's own
beside it, which goes on as it is: so what the preset declares stays, and what is added
may be left out of a row that the preset's code makes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from archgen.domain.presets import EXTENSIBLE, TABLES, Preset
from archgen.domain.schema import DomainModule, EntitySpec, ModuleSpec
from archgen.errors import Mistake

_ADDED = ("fields", "lists")  # what an entity of a preset may get


def extend(
    preset: Preset | None, modules: Mapping[str, ModuleSpec]
) -> tuple[dict[str, ModuleSpec], list[Mistake]]:
    """`modules`, those that add to one of the preset's with what that declares itself;
    and what cannot be added.
    """
    whole = dict(modules)
    mistakes: list[Mistake] = []
    for module in preset.modules if preset else ():
        said = modules.get(module.name)
        if preset is None or said is None or module.kind not in EXTENSIBLE:
            continue
        mistakes += _check(preset.name, module, said)
        entities = {**module.spec.entities, **said.entities}
        for name in module.spec.entities.keys() & said.entities.keys():
            entities[name] = _add(module.spec.entities[name], said.entities[name])
        whole[module.name] = said.model_copy(update={"entities": entities})
    return whole, mistakes


def _add(there: EntitySpec, said: EntitySpec) -> EntitySpec:
    more = {
        name: spec for name, spec in said.fields.items() if name not in there.fields
    }
    # in this order, mistakes tell where they are said
    lists = tuple(dict.fromkeys((*said.lists, *there.lists)))
    return there.model_copy(update={"fields": {**there.fields, **more}, "lists": lists})


def _check(preset: str, module: DomainModule, said: ModuleSpec) -> Iterator[Mistake]:
    there, where = module.spec, f"modules.{module.name}"
    if said.reacts_to:
        yield Mistake(
            f"{where}.reacts_to",
            f"the events that {module.name} handles are code of the preset {preset}",
            "let a module of your own react, or write the handler by hand (docs/guide.md)",
        )
    for name in said.entities.keys() - there.entities.keys():
        if said.entities[name].store(name) in TABLES[module.kind]:
            hint = "choose another name"
            yield Mistake(
                f"{where}.entities.{name}",
                f"the preset {preset} has a table for these of its own",
                hint,
            )
    for name in there.entities.keys() & said.entities.keys():
        place = f"{where}.entities.{name}"
        for key in sorted(said.entities[name].model_fields_set.difference(_ADDED)):
            yield Mistake(
                f"{place}.{key}",
                f"is what the preset {preset} says of it",
                f"only {' and '.join(_ADDED)} are added",
            )
        for field, spec in said.entities[name].fields.items():
            if field in there.entities[name].fields:
                yield Mistake(
                    f"{place}.fields.{field}",
                    f"the preset {preset} declares it, and its code rests on that",
                    "add another field",
                )
            elif spec.needed and spec.default is None:
                yield Mistake(
                    f"{place}.fields.{field}",
                    f"the code and the tests of the preset {preset} make rows without it",
                    "leave required out, or say a default",
                )
