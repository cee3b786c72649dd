"""Where modules run, and with them the handlers of their events: `make routes` derives those anew."""

from __future__ import annotations

from collections.abc import Mapping

PARTS = {
    "accounts": ("accounts",),
    "inventory": ("inventory",),
    "orders": ("orders",),
    "payments": ("payments",),
}
ROUTES: Mapping[str, Mapping[str, str]] = {
    "accounts.link.requested": {
        "accounts.send_link": "accounts",
    },
    "inventory.stock.refused": {
        "orders.stock_refused": "orders",
    },
    "inventory.stock.reserved": {
        "orders.stock_reserved": "orders",
    },
    "orders.order.payment_requested": {
        "payments.take": "payments",
    },
    "orders.order.placed": {
        "inventory.reserve": "inventory",
    },
    "orders.order.rejected": {
        "inventory.release": "inventory",
    },
    "payments.payment.captured": {
        "orders.payment_captured": "orders",
    },
    "payments.payment.declined": {
        "orders.payment_declined": "orders",
    },
}
