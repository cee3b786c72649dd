"""What a read may bring along is said with the place of what cannot be, and followed as
far as it was said.
"""

from __future__ import annotations

from typing import Any

import pytest

from archgen.answers.resolve import resolve
from archgen.answers.sources import from_record
from archgen.blueprint.expansions import with_expansions
from archgen.blueprint.modules import ModulePlan, plan_modules
from archgen.errors import InputError

FIELDS: dict[str, dict[str, Any]] = {
    "customer": {"type": "reference", "to": "shop.customer", "listed_as": "deals"},
    "lines": {"type": "references", "to": "shop.piece"},
    "account": {"type": "reference", "to": "accounts.account"},
    "topic": {"type": "reference", "to": "talk.topic"},
    "number": {"type": "string"},
    "subject": {"type": "reference", "to": "inventory.product"},
}
ORDER = "modules.shop.entities.deal"


def domain(
    order: dict[str, Any] | None = None,
    topic: dict[str, Any] | None = None,
    **others: dict[str, Any],
) -> dict[str, Any]:
    """A shop whose entities say this besides; `fields` in place of their own."""
    entities: dict[str, dict[str, Any]] = {
        "gadget": {"fields": {"title": {"type": "string"}, "notes": {"type": "json"}}},
        "piece": {"fields": {"product": {"type": "reference", "to": "shop.gadget"}}},
        "customer": {
            "fields": {
                "name": {"type": "string"},
                "friend": {"type": "reference", "to": "shop.customer"},
            }
        },
        "deal": {"fields": FIELDS},
    }
    for name, said in {"deal": order or {}, **others}.items():
        entities[name] = {**entities[name], **said}
    topic = {
        "fields": {
            "title": {"type": "string"},
            "about": {"type": "reference", "to": "shop.gadget"},
        },
        **(topic or {}),
    }
    return {"shop": {"entities": entities}, "talk": {"entities": {"topic": topic}}}


def mistakes(modules: dict[str, Any]) -> dict[str, str]:
    with pytest.raises(InputError) as caught:
        resolve(
            [from_record({"name": "trade", "preset": "ecommerce", "modules": modules})]
        )
    return {
        mistake.where: f"{mistake.message} | {mistake.hint}"
        for mistake in caught.value.mistakes
    }


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("custommer", "'custommer' is not a field of deal | did you mean customer?"),
        (
            "nothing",
            "'nothing' is not a field of deal | what refers to rows is customer, lines, account, topic, subject",
        ),
        (
            "customer.nothing",
            "'nothing' is not a field of customer | what refers to rows is friend",
        ),
        ("number", "number of deal is string, which refers to no row"),
        ("lines.product.title", "title of gadget is string, which refers to no row"),
        (
            "customer.deals",
            "deals are the rows of deal whose customer it is | leave it out",
        ),
        ("account", "accounts show nobody who else has one"),
        (
            "topic",
            "talk.topic is of another module, which shows of it what its display says | say modules.talk.entities.topic",
        ),
        (
            "subject",
            "inventory is the preset's own, and shows its rows to no other module",
        ),
        ("customer.friend.friend.friend", "follows 4 references, and 3 are the most"),
        ("", "is not a field of deal"),
        ("customer.", "is not a field of customer"),
    ],
)
def test_what_no_read_can_bring_along_is_refused(path: str, said: str) -> None:
    found = mistakes(domain({"expand": ["lines", path]}))
    assert list(found) == [f"{ORDER}.expand.1"]
    for part in said.split(" | "):
        assert part in found[f"{ORDER}.expand.1"]


def test_the_same_is_not_said_twice() -> None:
    assert (
        "is there already"
        in mistakes(domain({"expand": ["lines", "lines"]}))[f"{ORDER}.expand.1"]
    )


@pytest.mark.parametrize(
    ("display", "said"),
    [
        ("nam", "'nam' is not a field of customer | did you mean name?"),
        (
            "friend",
            "friend is reference, which shows no row by itself | it is for string, text",
        ),
        (["name", "name"], "is there already"),
    ],
)
def test_what_shows_no_row_is_refused(display: Any, said: str) -> None:
    (told,) = mistakes(domain(customer={"display": display})).values()
    assert all(part in told for part in said.split(" | "))


def test_a_field_stands_where_more_would_come() -> None:
    """A name that an answer or its parameter takes is refused, as far as it is in the
    way.
    """
    fields = {**FIELDS, "expanded": {"type": "boolean"}}
    assert (
        "has a field expanded"
        in mistakes(domain({"fields": fields, "expand": ["lines"]}))[
            f"{ORDER}.expand.0"
        ]
    )
    fields = {**FIELDS, "expand": {"type": "boolean", "indexed": True}}
    assert (
        "a field of the name expand"
        in mistakes(domain({"fields": fields, "expand": ["lines"]}))[f"{ORDER}.expand"]
    )


def test_a_read_follows_what_was_said_and_no_more() -> None:
    modules = domain(
        {"expand": ["lines.product", "customer"]},
        customer={"display": "name", "expand": ["friend"]},
    )
    found = resolve(
        [from_record({"name": "trade", "preset": "ecommerce", "modules": modules})]
    ).domain
    planned = with_expansions(
        plan_modules(ModulePlan(found, {name: name for name in found.names})), found
    )
    entities = {
        entity.name: entity
        for entity in next(one for one in planned if one.name == "shop").entities
    }
    order, customer = entities["deal"], entities["customer"]
    assert [
        (step.field, [later.field for later in step.then]) for step in order.expand
    ] == [
        ("lines", ["product"]),
        ("customer", []),
    ]
    assert [(step.display, step.deeper, step.many) for step in order.expand] == [
        ((), True, True),
        (("name",), True, False),
    ]
    assert [step.field for step in customer.expand] == ["friend"]
    assert {name for name, entity in entities.items() if entity.shown} == {
        "piece",
        "gadget",
        "customer",
    }


def test_a_domain_that_asks_for_nothing_is_recorded_as_before() -> None:
    found = resolve(
        [
            from_record(
                {
                    "name": "trade",
                    "preset": "ecommerce",
                    "modules": domain(customer={"display": ["name"]}),
                }
            )
        ]
    ).domain
    plain = plan_modules(ModulePlan(found, {name: name for name in found.names}))
    assert with_expansions(plain, found) is plain
    recorded = {
        key
        for module in plain
        for entity in module.entities
        for key in entity.model_dump()
    }
    assert not recorded & {"expand", "steps", "display", "shown"}


def test_another_module_shows_what_its_display_says_and_nobody_goes_round() -> None:
    """It is asked by its contract, so modules that would ask each other are refused,
    and nothing leads on from its rows.
    """
    modules = domain({"expand": ["topic"]}, {"display": "title"})
    found = resolve(
        [from_record({"name": "trade", "preset": "ecommerce", "modules": modules})]
    ).domain
    assert found["shop"].uses == ("talk",) and found["talk"].uses == ()
    planned = with_expansions(
        plan_modules(ModulePlan(found, {name: name for name in found.names})), found
    )
    topic = next(module for module in planned if module.name == "talk").entities[0]
    assert (
        [field.name for field in topic.view] == ["title"]
        and topic.shown
        and not topic.display
    )
    far = mistakes(domain({"expand": ["topic.about"]}, {"display": "title"}))
    assert (
        "no path leads on from there | end the path there" in far[f"{ORDER}.expand.0"]
    )
    gadget = {"fields": {"title": {"type": "string"}}, "display": "title"}
    circle = mistakes(
        domain(
            {"expand": ["topic"]},
            {"display": "title", "expand": ["about"]},
            gadget=gadget,
        )
    )
    assert list(circle) == [f"{ORDER}.expand.0", "modules.talk.entities.topic.expand.0"]
    assert all("in a circle" in said for said in circle.values())
