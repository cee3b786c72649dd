"""Names of indexes and constraints: PostgreSQL takes them as they are, and no two of a
module are the same.
"""

from __future__ import annotations

import re
from typing import Any

import pytest

from archgen.answers.resolve import resolve
from archgen.answers.sources import from_record
from archgen.generator import preview
from archgen.pipeline import make_plan

LONG = "shipping_address_region"
FIELDS = {
    f"{LONG}{n}_code": {"type": "string", "max_length": 9, "indexed": True}
    for n in range(3)
}
NAMES = list(FIELDS)


def test_a_table_of_its_own_name_is_called_so_wherever_sql_names_it() -> None:
    """In the tables of the code and of the migration, in their indexes, rules, foreign
    keys, link tables, and in drops.
    """
    customer: dict[str, Any] = {
        "table": "tbl_Customers",
        "fields": {
            "name": {"type": "string", "unique": True, "indexed": True},
            "picture": {"type": "file"},
            "friends": {"type": "references", "to": "crm.customer"},
        },
    }
    order: dict[str, Any] = {
        "table": "order",
        "unique": [["customer", "day"]],
        "fields": {
            "customer": {"type": "reference", "to": "crm.customer", "required": True},
            "gifts": {"type": "references", "to": "crm.customer", "max": 2},
            "day": {"type": "date"},
        },
    }
    # the foreign key comes after its table
    entities = {"order": order, "customer": customer}
    answers = {
        "name": "old-shop",
        "architecture": "monolith",
        "modules": {"crm": {"entities": entities}},
    }
    files = dict(preview(make_plan(resolve([from_record(answers)])).record))
    code, migration = (
        files[f"src/old_shop/crm/{path}"].decode()
        for path in ("repository.py", "migrations/0001_initial.py")
    )
    for text in (code, migration):
        named = set(
            re.findall(
                r'"((?:ix_|uq_|fk_)?(?:tbl_|order|customer|orders)\w*(?:\.id)?)"',
                text,
                re.IGNORECASE,
            )
        )
        assert named - {"customer"} - {
            name for name in named if name.endswith("_id")
        } == {
            "tbl_Customers",
            "tbl_Customers.id",
            "ix_tbl_Customers_name",
            "uq_tbl_Customers_name",
            "tbl_Customers_friends",
            "fk_tbl_Customers_friends_customer_id",
            "fk_tbl_Customers_friends_other_customer_id",
            "ix_tbl_Customers_friends",
            "order",
            "order.id",
            "fk_order_customer",
            "ix_order_customer",
            "uq_order_customer_day",
            "order_gifts",
            "fk_order_gifts_order_id",
            "fk_order_gifts_customer_id",
            "ix_order_gifts",
        } - {name for name in named if name.endswith("_id")}
    assert '"tbl_Customers": ("picture",)' in code
    assert (
        "/api/customers" in str(files)
        and "tbl_" not in files["src/old_shop/crm/api.py"].decode()
    )


@pytest.mark.parametrize("read", ["user", "owner"])
def test_shortened_names_are_taken_by_postgresql_and_are_all_different(
    read: str,
) -> None:
    entity: dict[str, Any] = {
        "plural": "people",
        "access": {"read": read, "write": read},
        "lists": [[NAMES[0], NAMES[1]], [NAMES[0], NAMES[2]], [NAMES[1], NAMES[2]]],
        "fields": {
            **{name: {**content, "unique": True} for name, content in FIELDS.items()},
            "parent_of_a_shipping_address1": {"type": "reference", "to": "crm.person"},
            f"others_of_{LONG}": {"type": "references", "to": "crm.person"},
        },
    }
    answers = {
        "name": "long-names",
        "architecture": "monolith",
        "modules": {"crm": {"entities": {"person": entity}}},
    }
    files = dict(preview(make_plan(resolve([from_record(answers)])).record))
    named = [
        re.findall(
            r'"((?:ix|uq|fk)_people\w*)"', files[f"src/long_names/crm/{path}"].decode()
        )
        for path in ("repository.py", "migrations/0001_initial.py")
    ]
    assert sorted(named[0]) == sorted(named[1])
    assert len(set(named[0])) == len(named[0]) >= 11
    assert max(map(len, named[0])) <= 63
