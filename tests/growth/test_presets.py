"""Projects of presets that have code of their own: what is declared of them takes more,
what is code is refused with why.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest
from tests.growth.conftest import Home

from archgen.answers.resolve import resolve
from archgen.answers.sources import from_record
from archgen.errors import InputError
from archgen.generator import load_record, preview

Copy = Callable[..., Home]
SHOP = {"preset": "ecommerce", "workload": "ecommerce", "scope": "mvp"}
TELEMETRY = {"preset": "realtime", "workload": "realtime_stream", "scope": "mvp"}
SOCIAL = {"preset": "social", "workload": "social", "scope": "mvp"}


@pytest.mark.few(1)
@pytest.mark.parametrize("architecture", ["monolith", "microservices"])
def test_a_module_whose_rows_are_declared_takes_more_and_keeps_its_own_code(
    home: Copy, architecture: str
) -> None:
    project = home(architecture, **SHOP)
    for command in (
        (
            "add",
            "field",
            "inventory.product.weight",
            "--type",
            "decimal",
            "--set",
            "default='1.00'",
        ),
        (
            "add",
            "entity",
            "inventory.supplier",
            "--set",
            "fields.name={type: string, required: true}",
        ),
        (
            "add",
            "reference",
            "inventory.product.supplier",
            "--to",
            "inventory.supplier",
        ),
        ("add", "list", "inventory.product", "-weight"),
        ("rename", "field", "inventory.product.weight", "grams"),
        ("add", "list", "inventory.supplier", "name"),
        ("remove", "list", "inventory.supplier", "name"),
    ):
        done = project.archgen(*command)
        assert done.code == 0, done.err
        project.commit()
    record = load_record(project.folder / "archgen.yaml")
    assert record["preset"] == record["answers"]["preset"] == "ecommerce"
    product = record["answers"]["modules"]["inventory"]["entities"]["product"]
    assert [*product["fields"]] == ["grams", "supplier"] and product["lists"] == [
        ["-grams"]
    ]
    domain = project.read("src/lib/inventory/domain.py")
    assert (
        "class Reservation(Entity):" in domain
        and "grams: Decimal" in domain
        and "sku: str" in domain
    )
    assert 'name="products"' not in domain and "class Supplier(" in domain
    assert "reserve" in project.read("src/lib/inventory/event_handlers.py")
    assert (project.folder / "tests/journey/test_journey.py").exists()
    names = sorted(
        path.name[:4]
        for path in (project.folder / "src/lib/inventory/migrations").glob("[0-9]*.py")
    )
    assert (
        names == [f"{number:04}" for number in range(1, len(names) + 1)]
        and len(names) >= 6
    )
    assert all(
        (project.folder / path).read_bytes() == content
        for path, content in preview(record)
    )


@pytest.mark.few(8)
@pytest.mark.parametrize(
    ("preset", "command", "says"),
    [
        (
            SHOP,
            "add field inventory.product.weight --type decimal --required --value 1",
            "make rows without it",
        ),
        (
            SHOP,
            "add field inventory.product.price --type decimal",
            "there is a field inventory.product.price already",
        ),
        (SHOP, "add list inventory.product category,-price", "has that list already"),
        (
            SHOP,
            "add entity inventory.product --set fields.name.type=string",
            "there is an entity inventory.product",
        ),
        (
            SHOP,
            "add entity inventory.reservation --set fields.name.type=string",
            "has a table for these of its own",
        ),
        (
            SHOP,
            "add reaction inventory accounts.account.deleted",
            "the events that inventory handles are code",
        ),
        (
            SHOP,
            "change field inventory.product.price --set max=100",
            "inventory.product.price comes with the preset",
        ),
        (
            SHOP,
            "rename field inventory.product.price cost",
            "inventory.product.price comes with the preset",
        ),
        (
            SHOP,
            "rename entity inventory.product article",
            "inventory.product comes with the preset",
        ),
        (
            SHOP,
            "remove field inventory.product.stock",
            "inventory.product.stock comes with the preset",
        ),
        (
            SHOP,
            "remove entity inventory.product",
            "inventory.product comes with the preset",
        ),
        (SHOP, "remove module inventory", "inventory comes with the preset"),
        (
            SHOP,
            "add field orders.order.note --type string",
            "code that is not made from what is declared",
        ),
        (
            SHOP,
            "add field accounts.account.note --type string",
            "the module accounts comes with every project",
        ),
        (
            SOCIAL,
            "add entity posts.topic --set fields.name.type=string",
            "code that is not made from what is declared",
        ),
        (
            SOCIAL,
            "remove field posts.post.media",
            "code that is not made from what is declared",
        ),
        (
            SOCIAL,
            "add field files.file.note --type string",
            "the module files comes with every project",
        ),
        (
            TELEMETRY,
            "add field events.event.note --type string",
            "add to devices, or a module beside it",
        ),
        (
            TELEMETRY,
            "evolve --to serverless",
            "it needs servers (whoever reads the stream of events runs all the time)",
        ),
    ],
)
def test_what_is_code_of_the_preset_is_refused_with_why(
    home: Copy, preset: dict[str, str], command: str, says: str
) -> None:
    project = home(**preset)
    before = project.files()
    done = project.archgen(*command.split(), "--no-input")
    assert done.code in (2, 3) and says in " ".join(done.err.split()), done.err
    assert project.files() == before


def test_devices_take_more_too(home: Copy) -> None:
    project = home(**TELEMETRY)
    done = project.archgen(
        "add", "field", "devices.device.room", "--type", "string", "--indexed"
    )
    assert done.code == 0, done.err
    assert "room: str | None = None" in project.read("src/lib/devices/domain.py")
    assert "def devices(" in project.read("src/lib/devices/service.py")


def test_answers_say_it_as_well_and_all_that_is_wrong_is_told() -> None:
    said = {"name": "shop", "preset": "ecommerce"}
    more = {
        "product": {
            "fields": {"weight": {"type": "decimal"}},
            "lists": [["category", "-weight"]],
        }
    }
    found = resolve(
        [from_record({**said, "modules": {"inventory": {"entities": more}}})]
    ).domain["inventory"]
    assert (
        found.kind == "inventory"
        and {"sku", "weight"} <= found.spec.entities["product"].fields.keys()
    )
    assert found.spec.entities["product"].lists == (
        ("category", "-weight"),
        ("category", "-price"),
    )
    wrong = {
        "product": {
            "access": {"read": "staff"},
            "fields": {
                "price": {"type": "integer"},
                "size": {"type": "integer", "required": True},
            },
            "lists": [["colour"]],
        }
    }
    with pytest.raises(InputError) as refused:
        resolve(
            [
                from_record(
                    {
                        **said,
                        "modules": {"inventory": {"entities": wrong, "reacts_to": []}},
                    }
                )
            ]
        )
    told = str(refused.value)
    for where in (
        "product.access",
        "product.fields.price",
        "product.fields.size",
        "product.lists.0",
    ):
        assert f"modules.inventory.entities.{where}" in told
