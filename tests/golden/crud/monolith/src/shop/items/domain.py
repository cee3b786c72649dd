"""What the items module is about, in plain Python."""

from __future__ import annotations

from dataclasses import dataclass

from shop.chassis.mechanism.persistence import Listing
from shop.chassis.policy.entity import Owned


@dataclass(frozen=True, slots=True, kw_only=True)
class Item(Owned):
    title: str
    done: bool = False


ITEM_LISTS = (Listing(),)
