"""The commands whose argument may begin with a dash: `add list shop.book -price`."""

from __future__ import annotations

import re
from typing import Any

from typer.core import TyperCommand

# a field, and not one of the flags, which are a letter
_DESCENDING = re.compile(r"-[a-z_]\w+(,-?\w+)*")


class Listing(TyperCommand):
    """Takes a sort that is descending for what it is, and not for flags."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        sorts = (
            [] if "--" in args else [one for one in args if _DESCENDING.fullmatch(one)]
        )
        if sorts:
            args = [*(one for one in args if one not in sorts), "--", *sorts]
        return super().parse_args(ctx, args)
