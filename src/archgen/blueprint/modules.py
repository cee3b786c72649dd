"""A domain's modules as the templates read them: defaults resolved, references linked,
reactions worked out.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from archgen.blueprint.circles import is_checked, is_circular
from archgen.blueprint.schema import (
    Access,
    Computed,
    Effect,
    Entity,
    Field,
    Form,
    Listing,
    Many,
    Module,
    Reaction,
    Referrer,
    Side,
    Target,
)
from archgen.domain import naming
from archgen.domain.expressions import read_expression
from archgen.domain.field_values import (
    normal,
    read_item,
    resolve_accept,
    resolve_bytes,
    resolve_items,
    resolve_length,
    resolve_most,
    resolve_pattern,
    resolve_samples,
    resolve_scale,
    resolve_shape,
    resolve_shortest,
    resolve_unlike,
)
from archgen.domain.schema import (
    ALL_ACTIONS,
    OWNER,
    Action,
    ComputedSpec,
    Domain,
    DomainModule,
    EntitySpec,
    FieldSpec,
    FieldType,
)

ACCOUNT = "accounts.account"


@dataclass(frozen=True, slots=True)
class ModulePlan:
    """A domain that keeps to the rules, and the part that each of its modules runs in."""

    domain: Domain
    part_of: dict[str, str]


def plan_modules(plan: ModulePlan) -> tuple[Module, ...]:
    wanted = {
        event
        for module in plan.domain.modules
        for event in (*module.spec.reacts_to, *module.subscribes)
    }
    return tuple(_module(plan, module, wanted) for module in plan.domain.modules)


def _module(plan: ModulePlan, module: DomainModule, wanted: set[str]) -> Module:
    aliases = _aliases(plan.domain, module)
    entities = tuple(
        _entity(plan.domain, module, name, spec, wanted, aliases)
        for name, spec in module.spec.entities.items()
    )
    return Module.model_validate(
        {
            "name": module.name,
            "kind": module.kind,
            "part": plan.part_of[module.name],
            "entities": entities,
            "reactions": tuple(
                _reaction(plan.domain, module, event) for event in module.spec.reacts_to
            ),
            "publishes": bool(module.publishes)
            or any(entity.publishes for entity in entities),
            "contract": _is_seen(plan.domain, module)
            or any(entity.publishes for entity in entities),
            "subscribes": (*module.subscribes, *module.spec.reacts_to),
            "uses": module.uses,
            "stored_as": module.spec.stored_as
            if module.spec.stored_as != module.name
            else None,
        }
    )


def _is_seen(domain: Domain, module: DomainModule) -> bool:
    """Whether another module calls this one, or hears what it alone publishes."""
    others = [other for other in domain.modules if other.name != module.name]
    heard = {event for other in others for event in other.subscribes}
    return any(module.name in other.uses for other in others) or bool(
        heard & set(module.publishes)
    )


def _aliases(domain: Domain, module: DomainModule) -> dict[tuple[str, str], str]:
    """The type of each enum and the class of each object, by entity and field:
    ProductCategory, unless the module has one already; Category where it is shared.
    """
    objects = _objects(domain)
    found = {
        (entity, key): name
        for (owner, entity, key), name in objects.items()
        if owner == module.name
    }
    taken = {naming.to_class_name(name) for name in module.spec.entities} | set(
        objects.values()
    )
    shared = {}
    for name in module.spec.enums:
        alias = naming.to_class_name(name)
        while alias in taken or naming.check_class(alias):
            alias += "Choice"
        taken.add(alias)
        shared[name] = alias
    for name, entity in module.spec.entities.items():
        for key, content in entity.fields.items():
            for member, inner in content.fields.items():
                if inner.type == "enum":
                    found[name, f"{key}.{member}"] = _alias(
                        f"{name}_{key}_{member}", taken
                    )
            if "enum" not in (content.type, content.of):
                continue
            if content.enum is not None:
                found[name, key] = shared[content.enum]
                continue
            found[name, key] = _alias(f"{name}_{key}", taken)
    return found


def _objects(domain: Domain) -> dict[tuple[str, str, str], str]:
    """The class of each object, by module, entity and field; their documents are of one
    OpenAPI document, so no two are the same.
    """
    taken = {naming.to_class_name(name) for _, name, _ in domain.entities()}
    return {
        (module.name, name, key): _alias(f"{name}_{key}", taken, "Value")
        for module, name, entity in domain.entities()
        for key, content in entity.fields.items()
        if content.type == "object"
    }


def _alias(words: str, taken: set[str], more: str = "Choice") -> str:
    alias = naming.to_class_name(words)
    while alias in taken:
        alias += more
    taken.add(alias)
    return alias


def _entity(
    domain: Domain,
    module: DomainModule,
    name: str,
    spec: EntitySpec,
    wanted: set[str],
    aliases: dict[tuple[str, str], str],
) -> Entity:
    fields = tuple(
        _field(domain, module, name, key, content, aliases)
        for key, content in spec.fields.items()
    )
    return Entity(
        name=name,
        cls=naming.to_class_name(name),
        plural=spec.pluralize(name),
        table=_table(name, spec),
        access=Access(read=spec.access.read, write=spec.access.write),
        owned=spec.owned,
        owned_by=spec.owned_by,
        audit=bool(spec.audit),
        fields=fields,
        lists=tuple(_listing(listing) for listing in spec.lists),
        unique=tuple(_unique(spec, rule) for rule in spec.unique),
        publishes=tuple(
            action
            for action in ALL_ACTIONS
            if f"{module.name}.{name}.{action}" in wanted
        ),
        referred=any(
            content.to == f"{module.name}.{name}"
            and is_checked(domain, other, entity, content)
            for other in domain.modules
            for entity, _, content in (*_references(other), *_links(other))
        ),
        referrers=tuple(
            Referrer(
                entity=other,
                field=key,
                required=content.required,
                on_delete=None if content.on_delete == "refuse" else content.on_delete,
            )
            for other, key, content in _references(module)
            if content.to == f"{module.name}.{name}"
        ),
        sides=tuple(
            Side(
                name=content.listed_as,
                entity=other,
                field=key,
                one=bool(content.one_to_one),
            )
            for other, key, content in (*_references(module), *_links(module))
            if content.to == f"{module.name}.{name}" and content.listed_as is not None
        ),
        linkers=tuple(
            Referrer(entity=other, field=key, required=content.needed)
            for other, key, content in _links(module)
            if content.to == f"{module.name}.{name}"
        ),
        totals=spec.totals,
        filters=spec.combined[0],
        sorts=spec.combined[1],
        natural_keys=spec.keys,
        search=spec.search,
        computed=tuple(
            _computed(key, content, spec, fields)
            for key, content in spec.computed.items()
        ),
    )


def _field(
    domain: Domain,
    module: DomainModule,
    entity: str,
    name: str,
    spec: FieldSpec,
    aliases: dict[tuple[str, str], str],
) -> Field:
    """A field with a default may always be left out, and is never lacking."""
    alias = aliases.get((entity, name))
    target = None if spec.to is None else _target(domain, module, entity, spec)
    if spec.type == "references" and target is not None:
        many = Many(to=target, max=resolve_most(spec), ordered=bool(spec.ordered))
        return Field(
            name=name,
            type=spec.type,
            required=spec.needed,
            nullable=False,
            unique=False,
            indexed=False,
            default=None if spec.needed else [],
            many=many,
        )
    if spec.type == "list":
        item = _field(domain, module, entity, name, read_item(spec), aliases)
        return Field(
            name=name,
            type=spec.type,
            required=spec.required,
            nullable=False,
            unique=False,
            indexed=False,
            default=None if spec.required else [],
            values=item.values,
            labels=item.labels,
            alias=alias,
            item=item,
            max_items=resolve_items(spec),
        )
    has_default = spec.default is not None
    required = spec.required and not has_default and spec.made_from is None
    return Field(
        name=name,
        type=spec.type,
        required=required,
        nullable=not required and not has_default and spec.made_from is None,
        unique=spec.alone,
        indexed=spec.indexed or spec.is_listed,
        default=normal(spec, spec.default) if has_default else None,
        min=None if spec.min is None else normal(spec, spec.min),
        max=None if spec.max is None else normal(spec, spec.max),
        min_length=resolve_shortest(spec),
        max_length=resolve_length(spec),
        form=_form(spec),
        scale=resolve_scale(spec),
        values=spec.values,
        labels=tuple(spec.labels.get(value, value) for value in spec.values)
        if spec.labels
        else (),
        alias=None if spec.type == "object" else alias,
        members=tuple(
            _field(domain, module, entity, f"{name}.{key}", member, aliases).model_copy(
                update={"name": key}
            )
            for key, member in spec.fields.items()
        ),
        cls=alias if spec.type == "object" else None,
        to=target,
        made_from=spec.made_from,
        set_by=spec.set_by,
        own=bool(spec.own) and not _is_private(module, spec),
        max_bytes=resolve_bytes(spec),
        accept=resolve_accept(spec),
    )


def _computed(
    name: str, spec: ComputedSpec, entity: EntitySpec, fields: tuple[Field, ...]
) -> Computed:
    """It may be lacking where a field of it may, or a double may be too large, or
    nobody has said yet what it is.
    """
    made = (
        None
        if spec.made_from is None
        else read_expression(spec.made_from, spec, entity.fields)
    )
    needs = tuple(
        field.name
        for field in fields
        if made is not None and field.nullable and field.name in made.names
    )
    kept = FieldSpec(type=spec.type, scale=spec.scale)
    return Computed(
        field=Field(
            name=name,
            type=spec.type,
            required=False,
            nullable=made is None or bool(needs) or spec.type == "number",
            unique=False,
            indexed=False,
            max_length=resolve_length(kept),
            scale=resolve_scale(kept),
        ),
        expression=None if made is None else made.code,
        needs=needs,
    )


def _form(spec: FieldSpec) -> Form | None:
    samples = resolve_samples(spec)
    if not samples:
        return None
    return Form(
        pattern=resolve_pattern(spec),
        shape=resolve_shape(spec),
        samples=samples,
        unlike=resolve_unlike(spec),
    )


def _target(
    domain: Domain, module: DomainModule, name: str, field: FieldSpec
) -> Target:
    owner, _, entity = str(field.to).partition(".")
    spec = domain[owner].spec.entities[entity]
    return Target(
        module=owner,
        entity=entity,
        cls=naming.to_class_name(entity),
        plural=spec.pluralize(entity),
        local=owner == module.name,
        table=_table(entity, spec),
        checked=is_checked(domain, module, name, field),
        circular=is_circular(module, name, field),
    )


def _table(name: str, spec: EntitySpec) -> str | None:
    """What its table is called, where that is not the plural."""
    return None if spec.table == spec.pluralize(name) else spec.table


def _unique(spec: EntitySpec, rule: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(
        "owner_id" if name == OWNER and name not in spec.fields else name
        for name in rule
    )


def _listing(listing: tuple[str, ...]) -> Listing:
    *filters, sort = listing
    return Listing(
        filters=tuple(filters),
        sort=sort.removeprefix("-"),
        descending=sort.startswith("-"),
    )


def _reaction(domain: Domain, module: DomainModule, event: str) -> Reaction:
    owner, entity, word = event.split(".")
    action: Action = next(action for action in ALL_ACTIONS if action == word)
    effects: tuple[Effect, ...] = ()
    if action == "deleted" and owner != module.name:
        effects = tuple(
            Effect(
                entity=name,
                cls=naming.to_class_name(name),
                plural=module.spec.entities[name].pluralize(name),
                field=key,
                effect=effect,
            )
            for name, key, effect in _left_behind(module, f"{owner}.{entity}")
        )
    return Reaction(
        event=event,
        module=owner,
        entity=entity,
        action=action,
        cls=naming.to_class_name(entity) + action.capitalize(),
        effects=effects,
    )


def _left_behind(
    module: DomainModule, deleted: str
) -> Iterator[tuple[str, str, Literal["delete", "clear", "unlink"]]]:
    """What refers to a row that is deleted, as (entity, field, what becomes of it); a
    row refers to the account that owns it.
    """
    for name, key, content in _references(module):
        if content.to == deleted:
            yield name, key, "delete" if content.required else "clear"
    for name, key, content in _links(module):
        if content.to == deleted:
            yield name, key, "unlink"
    for name, spec in module.spec.entities.items():
        if deleted == ACCOUNT and spec.owned:
            yield name, "owner_id", "delete"


def _is_private(module: DomainModule, reference: FieldSpec) -> bool:
    """Whether each row that it may go to is seen by its owner alone, so that others'
    cannot be referred to anyway.
    """
    return (
        module.spec.entities[str(reference.to).partition(".")[2]].access.read == "owner"
    )


def _references(
    module: DomainModule, kind: FieldType = "reference"
) -> Iterator[tuple[str, str, FieldSpec]]:
    """The module's references, as (entity, field, what it says)."""
    for name, entity in module.spec.entities.items():
        for key, content in entity.fields.items():
            if content.type == kind:
                yield name, key, content


def _links(module: DomainModule) -> Iterator[tuple[str, str, FieldSpec]]:
    """The same of its fields that refer to several rows."""
    return _references(module, "references")
