"""What event handlers and jobs of the part `orders` ask of other modules: imported where one of them asks,
since a function starts sooner without what answers HTTP.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from shop.apps.calls import CALLS
from shop.apps.settings import Settings
from shop.chassis.mechanism.context import PartContext
from shop.chassis.mechanism.function_transport import to_functions
from shop.chassis.mechanism.internal_api import to_part
from shop.chassis.mechanism.service_tokens import ServiceTokens
from shop.contracts.inventory_http import InventoryClient


def make_contracts(
    settings: Settings, part: PartContext, transports: Mapping[str, Any] | None
) -> dict[str, object]:
    """By the module that is asked.

    `transports`: how to reach the functions of other parts, if not as AWS does.
    """
    between = transports or to_functions(settings, ["inventory"])
    tokens = ServiceTokens("orders", CALLS, settings)
    to_inventory = to_part("inventory", tokens, between)
    inventory_client = InventoryClient(to_inventory)
    return {"inventory": inventory_client}
