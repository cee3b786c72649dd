"""What owners have written into projects of each preset, for `test_evolving.py`: a
rule, endpoints, a job by the clock, a report in SQL, a limit of NGINX, a container, and
tests of them.
"""

from __future__ import annotations

# (file, what stands there, what the owner writes in its place; nothing there: at the
# end)
Edit = tuple[str, str, str]
NGINX = "deploy/nginx/templates/default.conf.template"
COMPOSE = "deploy/compose.yaml"
APP = "src/shop/apps/app.py"

# the module that most of it is in, and that is lifted out first
MODULES = {
    "crud": "items",
    "ecommerce": "orders",
    "realtime": "devices",
    "social": "posts",
}


def list_edits(preset: str) -> list[Edit]:
    """Imports need not stand in their order yet."""
    return [*_everywhere(MODULES[preset]), *_OF_PRESET[preset]]


def _everywhere(module: str) -> list[Edit]:
    """A router of the owner's in the root, a middleware, a limit and a container."""
    imported = f"from shop.{module}.api import router as {module}_router\n"
    return [
        (
            APP,
            imported,
            f"{imported}from shop.{module}.labels import router as labels_router\n",
        ),
        (APP, f"{module}_router,", f"{module}_router,\nlabels_router,"),
        (
            APP,
            "from fastapi import FastAPI\n",
            "from fastapi import FastAPI\nfrom starlette.middleware.gzip import GZipMiddleware\n",
        ),
        (
            APP,
            "    observe = metrics(",
            "    # long lists are half as long\n    app.add_middleware(GZipMiddleware, minimum_size=1_000_000)\n    observe = metrics(",
        ),
        (NGINX, "    client_max_body_size 1m;", "    client_max_body_size 3m;"),
        (
            COMPOSE,
            "services:\n",
            "services:\n  faxes: # of the department upstairs\n    image: example.com/faxes:1\n    profiles: [faxes]\n\n",
        ),
    ]


_LABELS = '''"""What is stuck on what is sent."""

from __future__ import annotations

from uuid import UUID

from shop.chassis.mechanism import rest
from shop.chassis.mechanism.rest import Caller

from .api import Service

router = rest.Router("labels", "Labels.")


@router.get("/ROWS/{ONE_id}/label", operation_id="ONE_label")
async def label(ONE_id: UUID, service: Service, caller: Caller) -> dict[str, str]:
    ONE = await service.get_ONE(caller, ONE_id)
    return {"label": ONE.TITLE.upper()}
'''

_JOBS = '''"""What the module ROWS does by the clock."""

from __future__ import annotations

import logging
from collections.abc import Callable

from shop.chassis.mechanism.background import scheduled

from .service import Unit

log = logging.getLogger(__name__)


class CLASSJobs:
    def __init__(self, units: Callable[[], Unit]) -> None:
        self._units = units

    @scheduled("0 3 * * *")
    async def count_by_night(self) -> None:
        for one in await self._units().count_by_BY():
            log.info("%s: %s ROWS", one.BY, one.ROWS)
'''

_REPORTS = '''"""What is reported of ROWS."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True)
class Counted:
    BY: TYPE
    ROWS: int
'''

_QUERY = """
    async def count_by_BY(self) -> list[Counted]:
        statement = sa.select(ROWS.c.BY, sa.func.count().label("ROWS"))
        return await self.select(statement.group_by(ROWS.c.BY), Counted)
"""

_USE_CASE = '''    async def count_by_BY(self, caller: Caller) -> list[Counted]:
        """For staff."""
        Access(read="staff", write="staff").to_list(caller)
        return await self._units().count_by_BY()

'''

_ROUTE = """@router.get("/ROWS/by-BY", operation_id="ONE_report")
async def count_by_BY(service: Service, caller: Caller) -> dict[str, int]:
    found = await service.count_by_BY(caller)
    return {str(one.BY): one.ROWS for one in found}


"""

_TESTS = '''"""What we made of ROWS."""

from __future__ import annotations

from tests.api import Api
from tests.ROWS.factories import new_ONE

from shop.ROWS.domain import CLASS1


def test_a_ONE_that_calls_is_loud_and_has_a_label(user: Api) -> None:
    ONE = user.create("/api/ROWS", new_ONE(TITLE="hear!"))
    assert user.get(f"/api/ROWS/{ONE['id']}/label").json() == {"label": "HEAR!"}
    assert CLASS1(TITLE="hear!").loud and not CLASS1(TITLE="hear").loud


def test_rows_are_counted_for_staff(user: Api, staff: Api) -> None:
    user.create("/api/ROWS", new_ONE())
    user.create("/api/ROWS", new_ONE())
    assert max(staff.get("/api/ROWS/by-BY").json().values()) >= 2
    assert user.get("/api/ROWS/by-BY").status_code == 403
'''


def _grow(
    rows: str, one: str, title: str, by: str, kind: str, places: dict[str, str]
) -> list[Edit]:
    """In a module of one entity. `title`: the field that labels show; `by`: the column
    that is counted by, of the type `kind`; `places`: what the owner writes before or
    behind, by file, where it is the module's own.
    """
    words = {
        "ROWS": rows,
        "CLASS1": one.capitalize(),
        "CLASS": rows.capitalize(),
        "ONE": one,
        "TITLE": title,
        "BY": by,
        "TYPE": kind,
    }

    def said(text: str) -> str:
        for word, meant in words.items():
            text = text.replace(word, meant)
        return text

    folder = f"src/shop/{rows}"
    future = "from __future__ import annotations\n"
    imported = "from .reports import Counted\n"
    unit = places.get(
        "unit", said("    def ROWS(self) -> Repository[domain.CLASS1]: ...\n")
    )
    query, use_case, maintained = (
        places.get("query", ""),
        f"    async def get_{one}(",
        said("        *part.database.maintenance(CLASSUnitOfWork),\n"),
    )
    rule = said(places["rule"])
    return [
        (
            f"{folder}/domain.py",
            rule,
            rule
            + said("""
    @property
    def loud(self) -> bool:
        return self.TITLE.endswith("!")
"""),
        ),
        (f"{folder}/labels.py", "", said(_LABELS)),
        (f"{folder}/jobs.py", "", said(_JOBS)),
        (f"{folder}/reports.py", "", said(_REPORTS)),
        (
            f"{folder}/background.py",
            future,
            f"{future}from .jobs import {rows.capitalize()}Jobs\n",
        ),
        (
            f"{folder}/background.py",
            maintained,
            maintained + said("        CLASSJobs(part.units(CLASSUnitOfWork)),\n"),
        ),
        (
            f"{folder}/repository.py",
            "import sqlalchemy as sa\n",
            f"import sqlalchemy as sa\n{imported}",
        ),
        (
            f"{folder}/repository.py",
            query,
            said(_QUERY).lstrip("\n") + "\n" + query if query else said(_QUERY),
        ),
        (f"{folder}/service.py", future, future + imported),
        (
            f"{folder}/service.py",
            unit,
            unit + said("\n    async def count_by_BY(self) -> list[Counted]: ...\n"),
        ),
        (f"{folder}/service.py", use_case, said(_USE_CASE) + use_case),
        (
            f"{folder}/api.py",
            said('@router.post("/ROWS"'),
            said(_ROUTE + '@router.post("/ROWS"'),
        ),
        (f"tests/{rows}/test_owner.py", "", said(_TESTS)),
    ]


_OF_PRESET: dict[str, list[Edit]] = {
    "crud": _grow(
        "items", "item", "title", "done", "bool", {"rule": "    done: bool = False\n"}
    ),
    "realtime": [
        *_grow(
            "devices",
            "device",
            "name",
            "owner_id",
            "UUID | None",
            {"rule": "    name: str\n"},
        ),
        # where the preset has code of its own
        (
            "src/shop/aggregates/domain.py",
            "    min: Decimal\n    max: Decimal\n",
            """    min: Decimal
    max: Decimal

    @property
    def spread(self) -> Decimal:
        return self.max - self.min
""",
        ),
        (
            "tests/aggregates/test_owner.py",
            "",
            '''"""What we made of windows."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from shop.aggregates.domain import windows_of
from shop.contracts.stream import Measured


def test_a_window_says_how_far_apart_its_values_are() -> None:
    at = datetime.fromisoformat("2026-01-01T00:00:00Z")
    one = Measured(
        id=UUID(int=1), device_id=UUID(int=2), at=at, kind="heat", value=Decimal(3)
    )
    (window,) = windows_of([one, replace(one, value=Decimal(5))], 60)
    assert window.spread == 2
''',
        ),
    ],
    "social": [
        # where the preset has code of its own
        ("src/shop/feed/domain.py", "MANY_POSTS = 500", "MANY_POSTS = 400"),
        *_grow(
            "posts",
            "post",
            "text",
            "owner_id",
            "UUID | None",
            {
                "rule": "    media: tuple[UUID, ...] = ()\n",
                "query": "    async def liked(",
                "unit": "    def posts(self) -> Repository[Post]: ...\n",
            },
        ),
    ],
    "ecommerce": [
        (
            "src/shop/orders/domain.py",
            "    def check_total(self)",
            '''    @property
    def discount(self) -> Decimal:
        """A tenth, from a hundred on."""
        return self.total / 10 if self.total >= 100 else Decimal("0.00")

    def check_total(self)''',
        ),
        (
            "src/shop/orders/api.py",
            "",
            """

@router.get("/orders/{order_id}/discount", operation_id="order_discount")
async def get_discount(
    order_id: UUID, service: Service, caller: Caller
) -> dict[str, str]:
    order = await service.get_order(caller, order_id)
    return {"discount": f"{order.discount:.2f}"}
""",
        ),
        (
            "src/shop/orders/labels.py",
            "",
            '''"""What is stuck on parcels."""

from __future__ import annotations

from uuid import UUID

from shop.chassis.mechanism import rest
from shop.chassis.mechanism.rest import Caller

from .api import Service

router = rest.Router("labels", "Labels of orders.")


@router.get("/orders/{order_id}/label", operation_id="order_label")
async def get_label(order_id: UUID, service: Service, caller: Caller) -> dict[str, str]:
    order = await service.get_order(caller, order_id)
    return {"label": f"{len(order.lines)} x {order.payment_method}"}
''',
        ),
        (
            "src/shop/inventory/jobs.py",
            "",
            '''"""What the module inventory does by the clock."""

from __future__ import annotations

import logging
from collections.abc import Callable

from shop.chassis.mechanism.background import scheduled
from shop.chassis.mechanism.persistence import Query

from .service import Unit

log = logging.getLogger(__name__)


class InventoryJobs:
    def __init__(self, units: Callable[[], Unit]) -> None:
        self._units = units

    @scheduled("0 3 * * *")
    async def count_first_page(self) -> None:
        page = await self._units().products.page(Query(limit=100))
        log.info("%s products", len(page.items))
''',
        ),
        (
            "src/shop/inventory/background.py",
            "from .event_handlers import InventoryEventHandlers\n",
            "from .event_handlers import InventoryEventHandlers\nfrom .jobs import InventoryJobs\n",
        ),
        (
            "src/shop/inventory/background.py",
            "        InventoryEventHandlers(",
            "        InventoryJobs(part.units(InventoryUnitOfWork)),\n        InventoryEventHandlers(",
        ),
        (
            "src/shop/inventory/repository.py",
            "",
            """
    async def count_by_category(self) -> list[domain.OfCategory]:
        statement = sa.select(
            products.c.category, sa.func.count().label("products")
        ).group_by(products.c.category)
        return await self.select(statement, domain.OfCategory)
""",
        ),
        (
            "src/shop/inventory/domain.py",
            "",
            """

@dataclass(frozen=True)
class OfCategory:
    category: str | None
    products: int
""",
        ),
        (
            "src/shop/inventory/service.py",
            "    def reservations(self) -> Repository[domain.Reservation]: ...\n",
            """    def reservations(self) -> Repository[domain.Reservation]: ...

    async def count_by_category(self) -> list[domain.OfCategory]: ...
""",
        ),
        (
            "src/shop/inventory/service.py",
            "    async def get_product(",
            '''    async def count_by_category(self, caller: Caller) -> list[domain.OfCategory]:
        """For anyone."""
        PRODUCT_ACCESS.to_list(caller)
        return await self._units().count_by_category()

    async def get_product(''',
        ),
        (
            "src/shop/inventory/api.py",
            '@router.post("/products"',
            '''@router.get("/products/by-category", operation_id="product_count")
async def count_by_category(
    service: Service, caller: OptionalCaller
) -> dict[str, int]:
    found = await service.count_by_category(caller)
    return {one.category or "none": one.products for one in found}


@router.post("/products"''',
        ),
        (
            "tests/orders/test_owner.py",
            "",
            '''"""What we made of orders and products."""

from __future__ import annotations

from tests.api import Api
from tests.orders.factories import new_order


def test_an_order_of_a_hundred_is_a_tenth_cheaper_and_has_a_label(
    user: Api, staff: Api
) -> None:
    order = user.create("/api/orders", new_order(staff, quantity=2, price="60.00"))
    place = f"/api/orders/{order['id']}"
    assert user.get(f"{place}/discount").json() == {"discount": "12.00"}
    assert user.get(f"{place}/label").json() == {"label": "1 x card_ok"}


def test_products_are_counted(user: Api, staff: Api) -> None:
    new_order(staff, category="toy")
    assert user.get("/api/products/by-category").json()["toy"] >= 1
''',
        ),
    ],
}
