"""The lists that the API offers are those that the modules serve."""

from __future__ import annotations

from importlib import import_module
from typing import Any, get_args

import pytest

from shop.chassis.mechanism.rest import ListQuery
from shop.local.discovery import PACKAGE

MODULES = sorted(file.parent.name for file in PACKAGE.glob("*/domain.py"))


@pytest.mark.parametrize("module", MODULES)
def test_what_can_be_asked_for_is_what_is_served(module: str) -> None:
    """A filter or a `sort` that only `domain.py` has cannot be asked for; one that only
    `api.py` has is always a 422.
    """
    domain = import_module(f"{PACKAGE.name}.{module}.domain")
    api = import_module(f"{PACKAGE.name}.{module}.api")
    for name, listings in vars(domain).items():
        entity, lists, _ = name.partition("_LISTS")
        query: Any = getattr(
            api,
            "".join(word.capitalize() for word in entity.split("_")) + "Query",
            None,
        )
        if not lists or query is None:
            continue
        filters = {field for listing in listings for field in listing.filters}
        sorts = {
            ("-" if listing.descending else "") + listing.sort for listing in listings
        } - {"-id"}
        offered = set(query.model_fields) - set(ListQuery.model_fields) - {"sort"}
        assert offered == filters, (
            f"{query.__name__} in api.py, and {name} in domain.py"
        )
        if sorts or "sort" in query.model_fields:
            literals = get_args(query.model_fields["sort"].annotation)
            asked = {word for literal in literals for word in get_args(literal)}
            assert asked == sorts, (
                f"`sort` of {query.__name__} in api.py, and {name} in domain.py (`-` is descending)"
            )
