"""A blueprint follows from requirements, domain and advice, and from nothing that
cannot be generated.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError
from tests.strategies import domains, groupings

from archgen.advisor import recommend
from archgen.answers.resolve import resolve
from archgen.answers.sources import from_record
from archgen.answers.yaml_reader import read_bytes
from archgen.blueprint.build import build_blueprint, substitutions
from archgen.blueprint.schema import (
    TEMPLATES,
    Blueprint,
    Entity,
    Module,
    Reaction,
    Template,
)
from archgen.errors import IncompatibleError
from archgen.evidence.loader import load_evidence
from archgen.generator.record import build_record, dump_record
from archgen.options import offered


@dataclass
class Choice:
    choice: str


@dataclass
class Advice:
    """A recommendation, as far as a blueprint needs it."""

    architecture: str = "monolith"
    stack: dict[str, Any] = field(default_factory=dict)


def design(advice: str = "monolith", **answers: Any) -> Blueprint:
    taken = resolve([from_record({"name": "shop", **answers})])
    return build_blueprint(taken.requirements, taken.domain, Advice(advice))


def refused(advice: str = "monolith", **answers: Any) -> str:
    with pytest.raises(IncompatibleError) as caught:
        design(advice, **answers)
    assert caught.value.hint
    return f"{caught.value.message} | {caught.value.hint}"


def module(blueprint: Blueprint, name: str) -> Module:
    return next(module for module in blueprint.modules if module.name == name)


def entity(blueprint: Blueprint, path: str) -> Entity:
    name, _, wanted = path.partition(".")
    return next(
        entity for entity in module(blueprint, name).entities if entity.name == wanted
    )


REVIEWS: dict[str, Any] = {
    "reviews": {
        "entities": {
            "review": {
                "access": {"read": "public", "write": "owner"},
                "lists": [["product", "-stars"]],
                "fields": {
                    "product": {
                        "type": "reference",
                        "to": "inventory.product",
                        "required": True,
                        "indexed": True,
                    },
                    "seen_in": {"type": "reference", "to": "inventory.product"},
                    "stars": {"type": "integer", "min": 1, "max": 5, "required": True},
                    "price_then": {"type": "decimal", "default": 9.9},
                },
            },
            "reply": {
                "fields": {
                    "review": {
                        "type": "reference",
                        "to": "reviews.review",
                        "required": True,
                    }
                }
            },
        },
        "reacts_to": ["inventory.product.deleted", "orders.order.updated"],
    }
}


def test_a_monolith_is_one_part_with_every_module() -> None:
    blueprint = design("monolith", preset="ecommerce")
    assert [(part.name, part.modules) for part in blueprint.parts] == [
        ("app", ("accounts", "inventory", "orders", "payments"))
    ]
    assert (blueprint.template, blueprint.preset, blueprint.package) == (
        "monolith",
        "ecommerce",
        "shop",
    )


@pytest.mark.parametrize("advice", ["microservices", "serverless"])
def test_each_module_is_a_part_by_default(advice: str) -> None:
    blueprint = design(advice, preset="ecommerce")
    assert [part.name for part in blueprint.parts] == [
        "accounts",
        "inventory",
        "orders",
        "payments",
    ]
    assert [part.calls for part in blueprint.parts] == [(), (), ("inventory",), ()]
    assert blueprint.template == advice


def test_a_modular_monolith_is_built_by_the_monolith_template() -> None:
    for architecture in ("auto", "monolith"):
        blueprint = design("modular_monolith", architecture=architecture)
        assert (blueprint.architecture, blueprint.template) == (
            "modular_monolith",
            "monolith",
        )


def test_what_was_asked_for_is_built_against_the_advice() -> None:
    assert design("monolith", architecture="serverless").template == "serverless"


def test_parts_group_modules_in_the_order_of_the_domain() -> None:
    parts = {"orders": ["orders"], "app": ["payments", "inventory", "accounts"]}
    blueprint = design("monolith", preset="ecommerce", parts=parts)
    assert (blueprint.architecture, blueprint.template) == (
        "microservices",
        "microservices",
    )
    assert [(part.name, part.modules, part.calls) for part in blueprint.parts] == [
        ("orders", ("orders",), ("app",)),
        ("app", ("accounts", "inventory", "payments"), ()),
    ]
    assert module(blueprint, "payments").part == "app"


def test_parts_group_functions_too() -> None:
    parts = {"all": ["accounts", "items"]}
    assert design("serverless", parts=parts).template == "serverless"


def test_one_part_of_advised_services_is_a_monolith() -> None:
    assert (
        design("microservices", parts={"all": ["accounts", "items"]}).template
        == "monolith"
    )


def test_parts_that_contradict_the_architecture_are_refused() -> None:
    two, one = {"a": ["accounts"], "b": ["items"]}, {"a": ["accounts", "items"]}
    assert "a monolith is one part, and parts has 2: a, b" in refused(
        architecture="monolith", parts=two
    )
    assert "microservices are two parts or more" in refused(
        architecture="microservices", parts=one
    )


def test_what_cannot_be_generated_is_refused_with_what_is_offered() -> None:
    assert "stack.database offers auto, postgresql" in refused(
        stack={"database": "oracle"}
    )
    assert "(dynamodb comes with --architecture serverless)" in refused(
        stack={"database": "dynamodb"}
    )
    both = refused(stack={"database": "mongodb", "broker": "pigeons"})
    assert "mongodb" in both and "pigeons" in both


def test_functions_that_one_gateway_cannot_hold_are_refused() -> None:
    def of(count: int) -> dict[str, Any]:
        names = [f"{letter}{n}" for letter in "abc" for n in range(100)][:count]
        modules: dict[str, Any] = {}
        for name in names:
            modules.setdefault(name[0], {"entities": {}})["entities"][name] = {
                "fields": {"x": {"type": "string"}}
            }
        return modules

    design(architecture="serverless", modules=of(140))
    assert "147 entities in 3 modules need 306 routes, and AWS takes 300" in refused(
        architecture="serverless", modules=of(146)
    )
    design(architecture="microservices", modules=of(300))


def test_who_reacts_to_a_product_leaves_the_largest_order_a_transaction_that_can_be() -> (
    None
):
    """Of 40 lines, each a product whose event goes to each module that reacts."""

    def shop(*reacting: str) -> dict[str, Any]:
        entity = {"fields": {"x": {"type": "string"}}}
        modules = {
            name: {
                "entities": {f"{name}_row": entity},
                "reacts_to": ["inventory.product.updated"],
            }
            for name in reacting
        }
        return {"preset": "ecommerce", "modules": modules}

    design(**shop("search"))
    assert "search and stats react to inventory.product.updated" in refused(
        **shop("search", "stats")
    )


def test_a_table_of_ones_own_name_takes_sql() -> None:
    """DynamoDB, which keeps all rows of a module in one table, refuses it; where nobody
    named either, servers are taken.
    """
    entities = {"note": {"table": "tbl_notes", "fields": {"title": {"type": "string"}}}}
    modules = {"notes": {"entities": entities}}
    said = refused("serverless", modules=modules, architecture="serverless")
    assert (
        "a table of one's own name (table of notes.note)" in said
        and "postgresql" in said
    )
    assert design("serverless", modules=modules).template == "monolith"
    (note,) = (
        design(
            "serverless",
            modules=modules,
            architecture="serverless",
            stack={"database": "postgresql"},
        )
        .modules[1]
        .entities
    )
    assert note.table == "tbl_notes"
    entities["note"]["table"] = "notes"
    assert (
        design("serverless", modules=modules, architecture="serverless")
        .modules[1]
        .entities[0]
        .table
        is None
    )


@pytest.mark.parametrize("said", [{"required": True}, {"min": 1}])
def test_references_of_which_one_is_required_are_a_field_that_is_required(
    said: dict[str, Any],
) -> None:
    """Required or of one at least is the same; else they begin empty."""
    fields = {
        "tags": {"type": "references", "to": "notes.tag", **said},
        "more": {"type": "references", "to": "notes.tag", "min": 0},
    }
    entities = {
        "note": {"fields": fields},
        "tag": {"fields": {"name": {"type": "string"}}},
    }
    note, tag = design(modules={"notes": {"entities": entities}}).modules[1].entities
    assert [(field.required, field.default) for field in note.fields] == [
        (True, None),
        (False, []),
    ]
    assert [linker.required for linker in tag.linkers] == [True, False]


def test_references_are_as_many_as_a_transaction_can_change() -> None:
    """On DynamoDB each that goes and each that comes is an item, and within a module a
    count besides.
    """

    def notes(to: str, *most: int) -> dict[str, Any]:
        fields = {
            f"x{n}": {"type": "references", "to": to, "max": count}
            for n, count in enumerate(most)
        }
        note = {"fields": {"title": {"type": "string", "unique": True}, **fields}}
        tag = {"fields": {"name": {"type": "string"}}}
        return {
            "notes": {"entities": {"note": note}},
            "tags": {"entities": {"tag": tag}},
        }

    design("serverless", modules=notes("notes.note", 24))
    said = refused("serverless", modules=notes("notes.note", 25))
    assert said.startswith(
        "modules.notes.entities.note: to change all of x0 is 104 writes on DynamoDB"
    )
    assert "say max: 24 or less for x0, or --set stack.database=postgresql" in said
    assert "x0 and x1" in refused("serverless", modules=notes("notes.note", 13, 12))
    design("serverless", modules=notes("tags.tag", 48))
    assert "say max: 48" in refused("serverless", modules=notes("tags.tag", 49))
    design("monolith", modules=notes("notes.note", 100))


def test_as_many_rows_go_with_one_as_a_transaction_takes() -> None:
    """On SQL each is a write; on DynamoDB also what is kept of it: here its unique
    value, its count, and what refers to it.
    """
    order = {"fields": {"x": {"type": "string"}}}
    line = {
        "fields": {
            "code": {"type": "string", "unique": True},
            "order": {"type": "reference", "to": "sales.order", "on_delete": "cascade"},
        }
    }
    part = {
        "fields": {
            "line": {"type": "reference", "to": "sales.line", "on_delete": "clear"}
        }
    }
    modules = {"sales": {"entities": {"order": order, "line": line, "part": part}}}
    blueprints = [
        design("monolith", modules=modules),
        design("serverless", modules=modules),
    ]
    assert [entity(found, "sales.order").along for found in blueprints] == [50, 11]
    assert [entity(found, "sales.line").along for found in blueprints] == [50, 46]
    assert [entity(found, "sales.part").along for found in blueprints] == [None, None]


def test_functions_have_a_database_that_costs_by_the_hour_only_where_it_is_named() -> (
    None
):
    """Whatever is advised; and it is said how to have it."""
    taken = resolve([from_record({"name": "shop"})])
    advice = Advice("serverless", {"database": Choice("postgresql")})
    blueprint = build_blueprint(taken.requirements, taken.domain, advice)
    assert blueprint.stack.database == "dynamodb"
    (said,) = substitutions(taken.requirements, advice, blueprint)
    assert (
        "by the hour" in said.because
        and "--set stack.database=postgresql" in said.because
    )
    assert (
        design("serverless", stack={"database": "postgresql"}).stack.database
        == "postgresql"
    )


@pytest.mark.parametrize("template", TEMPLATES)
def test_everything_that_is_offered_is_taken(template: Template) -> None:
    for key, choices in offered(template).items():
        for name in choices:
            assert getattr(design(template, stack={key: name}).stack, key) == name


def test_advice_that_cannot_be_generated_gives_the_nearest_and_says_so() -> None:
    taken = resolve([from_record({"name": "shop"})])
    advice = Advice(
        "monolith",
        {
            "database": Choice("mongodb"),
            "cache": Choice("valkey"),
            "broker": Choice("queue"),
        },
    )
    blueprint = build_blueprint(taken.requirements, taken.domain, advice)
    assert (blueprint.stack.database, blueprint.stack.broker) == ("postgresql", "none")
    said = {
        taken.field: taken.because
        for taken in substitutions(taken.requirements, advice, blueprint)
    }
    assert said == {
        "stack.database": "mongodb is advised, and not generated for monolith yet",
        "stack.broker": "queue is advised, and not generated for monolith yet",
    }


@pytest.mark.parametrize("template", ["monolith", "microservices"])
def test_a_broker_is_taken_where_it_is_advised_and_can_be_generated(
    template: Template,
) -> None:
    taken = resolve([from_record({"name": "shop", "architecture": template})])
    for advised, said in (
        ("kafka", {}),
        (
            "managed_kafka",
            {"stack.broker": "managed_kafka is advised, and the same code runs on it"},
        ),
    ):
        advice = Advice(template, {"broker": Choice(advised)})
        blueprint = build_blueprint(taken.requirements, taken.domain, advice)
        assert blueprint.stack.broker == "kafka"
        assert {
            one.field: one.because
            for one in substitutions(taken.requirements, advice, blueprint)
        } == said


AWAITING: dict[str, Any] = {
    "log": {
        "entities": {"line": {"fields": {"text": {"type": "string"}}}},
        "reacts_to": ["accounts.account.created"],
    }
}


@pytest.mark.parametrize(
    "event", ["accounts.account.created", "accounts.account.deleted"]
)
def test_accounts_of_an_identity_provider_cannot_be_reacted_to(event: str) -> None:
    told = refused(
        modules={"log": {**AWAITING["log"], "reacts_to": [event]}},
        stack={"auth": "oidc"},
    )
    assert (
        "with oidc no account is created or deleted here, and log waits for it" in told
    )
    assert "stack.auth=builtin" in told


def test_what_an_account_owns_goes_with_it_where_a_module_reacts_to_its_end() -> None:
    fields = {"text": {"type": "string"}}
    entities = {
        "note": {"access": {"read": "owner", "write": "owner"}, "fields": fields},
        "remark": {"access": {"read": "public", "write": "owner"}, "fields": fields},
        "topic": {"access": {"read": "public", "write": "staff"}, "fields": fields},
    }
    built = design(
        modules={
            "notes": {"entities": entities, "reacts_to": ["accounts.account.deleted"]}
        }
    )
    accounts, notes = built.modules[0], built.modules[-1]
    assert accounts.entities[0].publishes == ("deleted",)
    effects = [
        (effect.entity, effect.field, effect.effect)
        for effect in notes.reactions[0].effects
    ]
    assert effects == [("note", "owner_id", "delete"), ("remark", "owner_id", "delete")]


def test_an_identity_provider_is_taken_when_it_is_advised_and_nothing_awaits_accounts() -> (
    None
):
    advice = Advice("monolith", {"auth": Choice("oidc")})
    chosen = {}
    for name, modules in (("free", {}), ("awaiting", AWAITING)):
        taken = resolve([from_record({"name": "shop", "modules": modules})])
        blueprint = build_blueprint(taken.requirements, taken.domain, advice)
        said = {
            taken.field: taken.because
            for taken in substitutions(taken.requirements, advice, blueprint)
        }
        chosen[name] = (blueprint.stack.auth, said)
    assert chosen == {
        "free": ("oidc", {}),
        "awaiting": (
            "builtin",
            {
                "stack.auth": "oidc is advised: with oidc no account is created or deleted here, and log waits for it"
            },
        ),
    }
    assert design().stack.auth == "builtin"


@pytest.mark.parametrize("template", TEMPLATES)
def test_what_is_not_needed_is_not_there(template: Template) -> None:
    advice = Advice(
        template,
        {
            key: Choice("none")
            for key in ("cache", "broker", "observability", "sharding")
        },
    )
    taken = resolve([from_record({"name": "shop", "architecture": template})])
    blueprint = build_blueprint(taken.requirements, taken.domain, advice)
    stack = blueprint.stack
    assert {stack.cache, stack.broker, stack.observability, stack.sharding} == {"none"}
    assert substitutions(taken.requirements, advice, blueprint) == ()


def test_fields_come_with_their_defaults_resolved() -> None:
    fields = {
        field.name: field
        for field in entity(
            design(preset="ecommerce", modules=REVIEWS), "reviews.review"
        ).fields
    }
    price = fields["price_then"]
    assert (price.default, price.scale, price.required, price.nullable) == (
        "9.90",
        2,
        False,
        False,
    )
    assert (
        fields["product"].to is not None and fields["product"].to.plural == "products"
    )
    assert not fields["product"].to.local and fields["product"].required
    assert fields["seen_in"].nullable and not fields["product"].nullable


def test_a_deletion_takes_along_what_needs_it_and_clears_what_does_not() -> None:
    blueprint = design(preset="ecommerce", modules=REVIEWS)
    deleted, updated = module(blueprint, "reviews").reactions
    assert [(effect.field, effect.effect) for effect in deleted.effects] == [
        ("product", "delete"),
        ("seen_in", "clear"),
    ]
    assert deleted.cls == "ProductDeleted"
    assert updated == Reaction(
        event="orders.order.updated",
        module="orders",
        entity="order",
        action="updated",
        cls="OrderUpdated",
        effects=(),
    )


def test_only_what_something_reacts_to_is_published() -> None:
    blueprint = design(preset="ecommerce", modules=REVIEWS)
    assert entity(blueprint, "inventory.product").publishes == ("deleted",)
    assert entity(blueprint, "orders.order").publishes == ("updated",)
    assert entity(blueprint, "reviews.review").publishes == ()
    assert not module(blueprint, "reviews").publishes
    assert not any(module.contract for module in design(preset="crud").modules)


def test_the_mails_of_accounts_are_an_affair_of_its_own() -> None:
    accounts = module(design(preset="ecommerce"), "accounts")
    assert (
        accounts.publishes
        and accounts.subscribes == ("accounts.link.requested",)
        and not accounts.contract
    )


def test_the_shop_carries_its_own_events() -> None:
    blueprint = design(preset="ecommerce")
    assert module(blueprint, "inventory").subscribes == (
        "orders.order.placed",
        "orders.order.rejected",
    )
    assert module(blueprint, "payments").subscribes == (
        "orders.order.payment_requested",
    )
    assert module(blueprint, "orders").uses == ("inventory",)
    assert blueprint.events and all(m.publishes for m in blueprint.modules)


def test_rows_are_owned_where_access_asks_for_it_and_know_who_refers_to_them() -> None:
    blueprint = design(preset="ecommerce", modules=REVIEWS)
    review = entity(blueprint, "reviews.review")
    assert review.owned and not entity(blueprint, "reviews.reply").owned
    assert [
        (referrer.entity, referrer.field, referrer.required)
        for referrer in review.referrers
    ] == [("reply", "review", True)]
    assert [(one.filters, one.sort, one.descending) for one in review.lists] == [
        (("product",), "stars", True)
    ]


def test_what_is_unique_together_may_be_so_for_each_owner() -> None:
    modules = {"notes": {"entities": {"note": {
        "access": {"write": "owner"}, "unique": [["title", "owner"]], "fields": {"title": {"type": "string"}},
    }}}}  # fmt: skip
    assert entity(design(modules=modules), "notes.note").unique == (
        ("title", "owner_id"),
    )


def test_references_to_other_modules_are_checked_but_for_circles_of_required_ones() -> (
    None
):
    def refers(to: str, required: bool) -> dict[str, Any]:
        return {"fields": {"x": {"type": "reference", "to": to, "required": required}}}

    blueprint = design(
        preset="ecommerce",
        modules={
            "one": {
                "entities": {
                    "first": refers("two.second", True),
                    "third": refers("accounts.account", False),
                }
            },
            "two": {
                "entities": {
                    "second": refers("one.first", True),
                    "fourth": refers("one.first", True),
                    "fifth": refers("orders.order", True),
                }
            },
        },
    )
    targets = {
        entity.name: (field.to.checked, field.to.local)
        for module in blueprint.modules
        for entity in module.entities
        for field in entity.fields
        if field.to
    }
    checked, unchecked = (True, False), (False, False)
    assert targets == {
        "first": unchecked,
        "second": unchecked,
        "third": checked,
        "fourth": checked,
        "fifth": checked,
    }
    referred = {
        entity.name
        for module in blueprint.modules
        for entity in module.entities
        if entity.referred
    }
    assert referred == {"account", "order", "first"}


def test_the_presets_are_those_of_the_contract() -> None:
    item = entity(design(preset="crud"), "items.item")
    assert [
        (field.name, field.type, field.required, field.default) for field in item.fields
    ] == [
        ("title", "text", True, None),
        ("done", "boolean", False, False),
    ]
    assert (item.access.read, item.access.write) == ("owner", "owner")
    product = entity(design(preset="ecommerce"), "inventory.product")
    assert [field.name for field in product.fields] == [
        "sku",
        "name",
        "description",
        "price",
        "category",
        "stock",
    ]
    assert (product.access.read, product.access.write) == ("public", "staff")


EVIDENCE = load_evidence()


@pytest.mark.long
@given(st.data())
def test_every_domain_makes_a_blueprint_in_every_architecture_that_reads_back_the_same(
    data: st.DataObject,
) -> None:
    architecture = data.draw(st.sampled_from(["auto", *TEMPLATES]))
    modules = data.draw(domains(in_sql=architecture != "serverless"))
    parts = (
        data.draw(groupings(list(modules)))
        if architecture in ("auto", "serverless")
        else {}
    )
    taken = resolve(
        [
            from_record(
                {
                    "name": "shop",
                    "modules": modules,
                    "architecture": architecture,
                    "parts": parts,
                }
            )
        ]
    )
    advice = recommend(taken.requirements, EVIDENCE)
    blueprint = build_blueprint(taken.requirements, taken.domain, advice)
    placed = [name for part in blueprint.parts for name in part.modules]
    assert sorted(placed) == sorted(taken.domain.names)
    assert blueprint == build_blueprint(taken.requirements, taken.domain, advice)
    record = build_record(taken.raw, taken.requirements, advice, blueprint)
    read = read_bytes(dump_record(record), "archgen.yaml").data
    assert (
        Blueprint.model_validate(
            {key: read[key] for key in Blueprint.model_fields if key in read}
        )
        == blueprint
    )
    again = resolve([from_record(read["answers"])])
    assert build_blueprint(again.requirements, again.domain, advice) == blueprint


def test_a_blueprint_cannot_be_changed() -> None:
    with pytest.raises(ValidationError):
        design().name = "other"


def test_the_preset_of_streams_is_not_made_of_functions() -> None:
    said = refused("monolith", preset="realtime", architecture="serverless")
    assert (
        "the preset realtime cannot be generated with serverless" in said
        and "--architecture monolith" in said
    )
    taken = resolve([from_record({"name": "shop", "preset": "realtime"})])
    blueprint = build_blueprint(taken.requirements, taken.domain, Advice("serverless"))
    assert blueprint.template == "monolith"
    (told,) = substitutions(taken.requirements, Advice("serverless"), blueprint)
    assert (told.field, told.value) == (
        "architecture",
        "monolith",
    ) and "realtime is not there for it" in told.because


def test_streams_take_the_broker_that_is_advised_for_them() -> None:
    taken = resolve([from_record({"name": "shop", "workload": "realtime_stream"})])
    advice = recommend(taken.requirements, load_evidence())
    blueprint = build_blueprint(taken.requirements, taken.domain, advice)
    assert advice.event_streaming and (blueprint.preset, blueprint.stack.broker) == (
        "realtime",
        "kafka",
    )


def test_a_broker_that_would_have_nothing_to_carry_is_refused_and_not_taken_by_advice() -> (
    None
):
    notes = {"notes": {"entities": {"note": {"fields": {"text": {"type": "string"}}}}}}
    told = refused(modules=notes, stack={"auth": "oidc", "broker": "kafka"})
    assert (
        "kafka would have nothing to carry, since no module reacts" in told
        and "stack.broker=none" in told
    )
    taken = resolve(
        [from_record({"name": "shop", "modules": notes, "stack": {"auth": "oidc"}})]
    )
    advice = Advice("monolith", {"broker": Choice("kafka")})
    blueprint = build_blueprint(taken.requirements, taken.domain, advice)
    (said,) = substitutions(taken.requirements, advice, blueprint)
    assert (
        blueprint.stack.broker == "none"
        and "kafka would have nothing to carry" in said.because
    )
    # accounts that are kept here send their mails by events
    assert design(modules=notes, stack={"broker": "kafka"}).stack.broker == "kafka"


def test_parts_that_share_a_log_of_events_have_a_broker_between_them() -> None:
    apart = {"preset": "realtime", "architecture": "microservices"}
    told = refused(**apart, stack={"broker": "none"})
    assert (
        "with none the log of events is tables of one part, and events and aggregates share it"
        in told
    )
    assert "parts.stream=[events,aggregates]" in told and "stack.broker=kafka" in told
    taken = resolve([from_record({"name": "shop", **apart})])
    advice = Advice("microservices", {"broker": Choice("none")})
    blueprint = build_blueprint(taken.requirements, taken.domain, advice)
    (said,) = substitutions(taken.requirements, advice, blueprint)
    assert blueprint.stack.broker == "kafka" and "share it" in said.because
    together = {"stream": ["events", "aggregates"], "app": ["accounts", "devices"]}
    assert (
        design(**apart, parts=together, stack={"broker": "none"}).stack.broker == "none"
    )
    assert (
        design(
            preset="realtime", architecture="monolith", stack={"broker": "none"}
        ).stack.broker
        == "none"
    )


def test_a_product_that_another_stands_for_is_answered_with_that_one() -> None:
    assert "did you mean valkey?" in refused(stack={"cache": "redis"})
    assert "did you mean postgresql?" in refused(stack={"database": "postgres"})


TOTALS: dict[str, Any] = {
    "notes": {
        "entities": {"note": {"totals": True, "fields": {"x": {"type": "integer"}}}}
    }
}


def test_pages_by_number_take_a_database_that_counts() -> None:
    said = refused(modules=TOTALS, architecture="serverless")
    assert "dynamodb has no pages by number with a total (totals of notes.note)" in said
    assert (
        "--architecture monolith or microservices" in said
        and "--set stack.database=postgresql (it takes" in said
    )
    said = refused(
        modules=TOTALS, architecture="serverless", stack={"database": "dynamodb"}
    )
    assert (
        "dynamodb has no pages by number" in said
        and "--set stack.database=postgresql" in said
    )
    asked = design(
        modules=TOTALS, architecture="serverless", stack={"database": "postgresql"}
    )
    assert (asked.template, asked.stack.database) == ("serverless", "postgresql")
    assert entity(asked, "notes.note").totals


def test_filters_that_combine_take_a_database_that_searches_by_any_of_them() -> None:
    note = {"filters": ["x"], "sorts": ["x"], "fields": {"x": {"type": "integer"}}}
    said = refused(
        modules={"notes": {"entities": {"note": note}}}, architecture="serverless"
    )
    assert (
        "dynamodb has no filters that combine (filters of notes.note), and no order that a request chooses"
        in said
    )
    assert (
        "leave that out (lists says single combinations), or say --architecture monolith"
        in said
    )


def test_full_text_search_takes_a_database_that_has_it() -> None:
    note = {"search": ["x"], "fields": {"x": {"type": "string"}}}
    said = refused(
        modules={"notes": {"entities": {"note": note}}}, architecture="serverless"
    )
    assert "dynamodb has no full-text search (search of notes.note)" in said
    asked = design(
        modules={"notes": {"entities": {"note": note}}},
        architecture="serverless",
        stack={"database": "postgresql"},
    )
    assert entity(asked, "notes.note").search == ("x",)


@pytest.mark.parametrize(
    "parts", [{}, {"app": ["accounts"], "more": ["notes"]}], ids=["one", "two"]
)
def test_functions_that_are_advised_are_not_taken_where_lists_have_totals(
    parts: dict[str, Any],
) -> None:
    taken = resolve([from_record({"name": "shop", "modules": TOTALS, "parts": parts})])
    blueprint = build_blueprint(taken.requirements, taken.domain, Advice("serverless"))
    assert blueprint.template == ("microservices" if parts else "monolith")
    (told,) = substitutions(taken.requirements, Advice("serverless"), blueprint)
    assert (told.field, told.value) == ("architecture", blueprint.template)
    assert (
        told.because
        == "serverless is advised, and dynamodb has no pages by number with a total (totals of notes.note)"
    )


def test_what_lists_do_besides_is_recorded_only_where_it_is_said() -> None:
    notes = design(modules=TOTALS).model_dump(mode="json")["modules"][1]["entities"][0]
    assert notes["totals"] is True
    assert not any(
        "totals" in each
        for each in design(preset="ecommerce").model_dump(mode="json")["modules"][1][
            "entities"
        ]
    )


def test_a_bucket_for_files_is_for_servers_whose_rows_have_some() -> None:
    modules = {"notes": {"entities": {"note": {"fields": {"x": {"type": "file"}}}}}}
    assert "s3_files" not in design(modules=modules).extras
    for template in ("monolith", "microservices"):
        assert (
            "s3_files"
            in design(template, modules=modules, extras={"s3_files": True}).extras
        )
    said = refused(extras={"s3_files": True})
    assert (
        "extras.s3_files: there is nothing for it to do, since no entity has a field of type file"
        in said
    )
    assert "with serverless" in refused(
        "serverless", modules=modules, extras={"s3_files": True}
    )


@pytest.mark.parametrize("template", ["monolith", "microservices"])
def test_files_of_rows_lie_in_a_bucket_on_ecs_whose_tasks_share_no_folder(
    template: str,
) -> None:
    """Unasked, which is said; without it there is no way, and where rows have no files
    it has nothing to do.
    """
    modules = {"notes": {"entities": {"note": {"fields": {"x": {"type": "file"}}}}}}
    on_ecs = {
        "name": "shop",
        "modules": modules,
        "architecture": template,
        "stack": {"deployment": "ecs"},
    }
    taken = resolve([from_record(on_ecs)])
    blueprint = build_blueprint(taken.requirements, taken.domain, Advice(template))
    assert "s3_files" in blueprint.extras
    (told,) = substitutions(taken.requirements, Advice(template), blueprint)
    assert (told.field, told.value) == ("extras.s3_files", True)
    assert (
        told.because
        == "with ecs it cannot be left out (without it: in a folder that all copies share)"
    )
    asked = resolve([from_record({**on_ecs, "extras": {"s3_files": True}})])
    assert substitutions(asked.requirements, Advice(template), blueprint) == ()
    said = refused(
        template,
        modules=modules,
        stack={"deployment": "ecs"},
        extras={"s3_files": False},
    )
    assert (
        "extras.s3_files: with ecs it cannot be left out (without it: in a folder that all copies share)"
        in said
    )
    assert "or say --set stack.deployment=one_machine" in said
    plain = design(
        template, preset="crud", stack={"deployment": "ecs"}, extras={"s3_files": False}
    )
    assert "s3_files" not in plain.extras


def test_no_two_objects_of_a_project_make_the_same_class_nor_that_of_an_entity() -> (
    None
):
    place = {"type": "object", "fields": {"x": {"type": "enum", "values": ["a"]}}}
    made = design(
        modules={
            "lab": {
                "entities": {"thing": {"fields": {"big_spot": place, "spot": place}}}
            },
            "den": {
                "entities": {
                    "thing_big": {"fields": {"spot": place}},
                    "thing_spot": {"fields": {"x": place}},
                }
            },
        }
    )
    fields = [
        field
        for module in made.modules
        for entity in module.entities
        for field in entity.fields
    ]
    assert [field.cls for field in fields if field.members] == [
        "ThingBigSpot",
        "ThingSpotValue",
        "ThingBigSpotValue",
        "ThingSpotX",
    ]
    assert [field.members[0].alias for field in fields if field.members] == [
        "ThingBigSpotX",
        "ThingSpotXChoice",
        "ThingBigSpotX",
        "ThingSpotXX",
    ]
