"""What the items module is about, in plain Python."""

from __future__ import annotations

from dataclasses import dataclass

from shop.chassis.entity import Owned
from shop.chassis.persistence import Listing


@dataclass(frozen=True, slots=True, kw_only=True)
class Item(Owned):
    title: str
    done: bool = False


ITEM_LISTS = (Listing(),)
