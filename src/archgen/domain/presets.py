"""The presets: domains that come with archgen, as data, in the same words as anyone's `modules:`.

A preset is a source of answers like any other. Modules whose `kind` is not `entities` have code of their
own in the templates; what is declared of them here is what other modules can refer to and react to.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from archgen.domain.schema import Domain, DomainModule, ModuleSpec


@dataclass(frozen=True, slots=True)
class Preset:
    """`answers`: what the preset answers, below every other source. `default_name`: of a project that got none."""

    name: str
    summary: str
    default_name: str
    answers: Mapping[str, Any]
    modules: tuple[DomainModule, ...]


def _spec(**document: Any) -> ModuleSpec:
    return ModuleSpec.model_validate(document)


ACCOUNTS = DomainModule(
    name="accounts",
    kind="accounts",
    spec=_spec(entities={"account": {"access": {"read": "staff", "write": "staff"}}}),
    actions={"account": ("created", "deleted")},
    publishes=("accounts.link.requested",),
    subscribes=("accounts.link.requested",),
    classes=(
        "AccountOut",
        "AccountAddress",
        "Credentials",
        "MailedToken",
        "LoginCredentials",
        "MailedPassword",
        "NewPassword",
        "PresentPassword",
        "RefreshToken",
        "TokensOut",
    ),
)

CRUD = Preset(
    name="crud",
    summary="Accounts, and items that belong to whoever made them",
    default_name="backend",
    answers={"workload": "crud"},
    modules=(
        DomainModule(
            name="items",
            kind="entities",
            spec=_spec(
                entities={
                    "item": {
                        "access": {"read": "owner", "write": "owner"},
                        "fields": {
                            "title": {"type": "text", "required": True},
                            "done": {"type": "boolean", "default": False},
                        },
                    }
                }
            ),
        ),
    ),
)

_PRODUCT = {
    "access": {"read": "public", "write": "staff"},
    "lists": [["category", "-price"]],
    "fields": {
        "sku": {"type": "string", "max_length": 40, "unique": True, "required": True},
        "name": {"type": "string", "max_length": 200, "required": True},
        "description": {"type": "text"},
        "price": {"type": "decimal", "min": 0, "required": True},
        "category": {"type": "enum", "values": ["book", "tool", "toy"], "indexed": True},
        "stock": {"type": "integer", "min": 0, "default": 0},
    },
}

ECOMMERCE = Preset(
    name="ecommerce",
    summary="Accounts, products in stock, orders, and payments by a sandbox provider",
    default_name="shop",
    answers={"workload": "ecommerce"},
    modules=(
        DomainModule(
            name="inventory",
            kind="inventory",
            spec=_spec(entities={"product": _PRODUCT}),
            publishes=("inventory.stock.reserved", "inventory.stock.refused"),
            subscribes=("orders.order.placed", "orders.order.rejected"),
        ),
        DomainModule(
            name="orders",
            kind="orders",
            spec=_spec(entities={"order": {"access": {"read": "owner", "write": "owner"}}}),
            actions={"order": ("created", "updated")},
            publishes=("orders.order.placed", "orders.order.payment_requested", "orders.order.rejected"),
            subscribes=(
                "inventory.stock.reserved",
                "inventory.stock.refused",
                "payments.payment.captured",
                "payments.payment.declined",
            ),
            uses=("inventory",),
            classes=("LineIn", "LineOut"),
        ),
        DomainModule(
            name="payments",
            kind="payments",
            spec=_spec(entities={"payment": {"access": {"read": "owner", "write": "staff"}}}),
            actions={"payment": ("created",)},
            publishes=("payments.payment.captured", "payments.payment.declined"),
            subscribes=("orders.order.payment_requested",),
        ),
    ),
)

PRESETS: Mapping[str, Preset] = {preset.name: preset for preset in (CRUD, ECOMMERCE)}


def preset_for(workload: str) -> Preset:
    """The preset whose domain fits a workload; crud where none does yet."""
    return PRESETS.get(workload, CRUD)


def assemble_domain(preset: Preset | None, modules: Mapping[str, ModuleSpec]) -> Domain:
    """Accounts, the preset's modules, and the user's own."""
    own = (DomainModule(name=name, kind="entities", spec=spec) for name, spec in modules.items())
    return Domain(preset.name if preset else None, (ACCOUNTS, *(preset.modules if preset else ()), *own))
