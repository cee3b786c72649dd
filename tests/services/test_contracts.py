"""Contracts and events are held to their last release, and two versions of a part work
side by side.
"""

from __future__ import annotations

import shutil
import sys
import time
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from tests.support.projects import Project, new

PASSWORD = "correct horse battery staple"
# of the contracts: what an owner changes, and the sentence that the test says
CHANGES: dict[str, tuple[str, str, str, str]] = {
    "a field of an answer goes": (
        "inventory",
        "    price: Decimal\n",
        "",
        "Inventory.products.answers.price is gone",
    ),
    "a field of an answer may be missing": (
        "inventory",
        "    price: Decimal\n",
        "    price: Decimal = Decimal(0)\n",
        "price may be missing now",
    ),
    "a field of an answer is narrower": (
        "inventory",
        "    name: str\n",
        "    name: UUID\n",
        "Inventory.products.answers.name was",
    ),
    "a field of an answer is needed that none had": (
        "inventory",
        "    price: Decimal\n",
        "    price: Decimal\n    colour: str\n",
        "colour is required now",
    ),
    "a request needs more": (
        "inventory",
        "product_ids: Sequence[UUID])",
        "product_ids: Sequence[UUID], shop: str)",
        "Inventory.products.asks.shop is required now",
    ),
    "a method goes": (
        "inventory",
        "async def products",
        "async def goods",
        "Inventory.products.asks is gone",
    ),
    "an event's field goes": (
        "orders",
        "    lines: tuple[OrderedLine, ...]\n",
        "",
        "orders.order.placed.lines is gone",
    ),
    "an event has another type": (
        "orders",
        '"orders.order.placed"',
        '"orders.order.made"',
        "orders.order.placed is gone",
    ),
    "an event's words are others": (
        "inventory",
        '"out_of_stock", ',
        "",
        "inventory.stock.refused.reason was",
    ),
}
MORE = [
    (
        "inventory",
        "    price: Decimal\n",
        "    price: Decimal\n    colour: str | None = None\n",
    ),
    (
        "inventory",
        "product_ids: Sequence[UUID])",
        'product_ids: Sequence[UUID], shop: str = "")',
    ),
    (
        "orders",
        "    lines: tuple[OrderedLine, ...]\n",
        '    lines: tuple[OrderedLine, ...]\n    note: str = ""\n',
    ),
]


def edit(folder: Path, module: str, before: str, after: str) -> None:
    (path,) = folder.glob(f"src/*/contracts/{module}.py")
    text = path.read_text()
    assert before in text
    path.write_text(text.replace(before, after, 1))


@pytest.fixture(scope="module")
def released(tmp_path_factory: pytest.TempPathFactory) -> Project:
    return new(
        tmp_path_factory.mktemp("released"),
        "shop",
        "--preset",
        "ecommerce",
        "--architecture",
        "microservices",
    )


@pytest.fixture
def edited(released: Project, tmp_path: Path) -> Project:
    shutil.copytree(
        released.folder, tmp_path / "shop", ignore=shutil.ignore_patterns("__pycache__")
    )
    return Project(tmp_path / "shop", released.urls)


DOMAIN = """
modules:
  catalogue:
    entities:
      book: {fields: {title: {type: string, required: true}}}
  reviews:
    entities:
      review: {fields: {book: {type: reference, to: catalogue.book, required: true, indexed: true}}}
    reacts_to: [catalogue.book.updated, catalogue.book.deleted, accounts.account.deleted]
"""


@pytest.mark.parametrize(
    "options",
    [("--preset", "ecommerce"), ("--preset", "realtime"), ("--answers", "domain.yaml")],
    ids=" ".join,
)
def test_a_project_begins_with_a_release_of_all_that_its_contracts_have(
    options: tuple[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("domain.yaml").write_text(DOMAIN)
    project = new(tmp_path, "shop", *options)
    released = {
        path: path.read_text()
        for path in project.folder.glob("src/shop/contracts/released/*.json")
    }
    assert released
    project.make("release-contracts")
    again = {
        path: path.read_text()
        for path in project.folder.glob("src/shop/contracts/released/*.json")
    }
    assert again == released


SAY = "from shop.local.contracts import broken; print('\\n'.join(broken()))"


@pytest.mark.parametrize("change", CHANGES)
def test_what_older_versions_would_not_understand_is_said(
    change: str, edited: Project
) -> None:
    module, before, after, said = CHANGES[change]
    assert edited.python(SAY).strip() == ""
    edit(edited.folder, module, before, after)
    assert said in edited.python(SAY)


def test_the_project_s_own_test_fails_and_says_what_to_do(edited: Project) -> None:
    module, before, after, said = CHANGES["an event's field goes"]
    edit(edited.folder, module, before, after)
    done = edited.pytest("-p", "no:schemathesis", "tests/test_contracts.py")
    assert done.returncode == 1
    assert said in done.stdout
    assert "put it back as it was, and add a field that may" in done.stdout
    edited.make("release-contracts")
    assert (
        edited.pytest("-p", "no:schemathesis", "tests/test_contracts.py").returncode
        == 0
    )


def test_what_is_added_and_may_be_missing_passes(edited: Project) -> None:
    for change in MORE:
        edit(edited.folder, *change)
    assert edited.python(SAY).strip() == ""


class System:
    """Parts of two packages as one system, in this process; `versions`: each part's
    package.
    """

    def __init__(self, versions: dict[str, str], folder: Path) -> None:
        self._versions = versions
        self._folder = folder
        first = versions["accounts"]
        load = import_module
        load(f"{first}.accounts.keys").make_key(folder / "keys")
        calls = load(f"{first}.apps.calls").CALLS
        pairs = load(f"{first}.chassis.mechanism.service_tokens").pairs_of(calls)
        load(f"{first}.chassis.mechanism.service_keys").make_keys(
            folder / "service-keys", pairs
        )
        parts: dict[str, Any] = {}
        between = {
            name: load(f"{first}.apps.dev").InProcess(parts, name) for name in versions
        }
        for name, package in versions.items():
            settings = self._settings(package)
            own = load(f"{package}.apps.migrate").part_settings(name, settings)
            parts[name] = load(f"{package}.apps.{name}").create_app(own, between)
        gateway = load(f"{first}.local.dev_gateway").DevGateway(parts, self._prepare)
        self.client = load("starlette.testclient").TestClient(gateway)

    def _settings(self, package: str) -> Any:
        return import_module(f"{package}.apps.settings").Settings(
            _env_file=None,
            database_url=f"sqlite+aiosqlite:///{self._folder}/data",
            jwt_keys=self._folder / "keys",
            service_keys=self._folder / "service-keys",
            mail_url=f"file:{self._folder}/mails",
            admin_email="staff@example.com",
            admin_password=PASSWORD,
        )

    async def _prepare(self) -> None:
        for name, package in self._versions.items():
            migrate = import_module(f"{package}.apps.migrate")
            await migrate.prepare(
                name, migrate.part_settings(name, self._settings(package))
            )


@pytest.fixture(scope="module")
def versions(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, str]:
    """The packages of two versions: the second has more in its contracts and events,
    and sends it.
    """
    for name in ("version-one", "version-two"):
        folder = tmp_path_factory.mktemp(name)
        project = new(
            folder, name, "--preset", "ecommerce", "--architecture", "microservices"
        )
        if name == "version-two":
            for change in (MORE[0], MORE[2]):
                edit(project.folder, *change)
            for module, before, after in (
                ("inventory", "price=row.price", 'price=row.price, colour="red"'),
                (
                    "orders",
                    "lines=_by_product(order)",
                    'lines=_by_product(order), note="in haste"',
                ),
            ):
                path = project.folder / f"src/version_two/{module}/service.py"
                text = path.read_text()
                assert before in text
                path.write_text(text.replace(before, after))
        sys.path.append(str(project.folder / "src"))
    return "version_one", "version_two"


@pytest.mark.parametrize(
    "newer",
    [{"inventory"}, {"orders"}, {"payments"}, {"accounts", "orders", "payments"}],
)
def test_an_order_ends_well_while_some_parts_are_of_the_newer_version(
    newer: set[str], versions: tuple[str, str], tmp_path: Path
) -> None:
    old, new_ = versions
    parts = {
        name: new_ if name in newer else old
        for name in ("accounts", "inventory", "orders", "payments")
    }
    with System(parts, tmp_path).client as http:
        login = {"email": "staff@example.com", "password": PASSWORD}
        token = http.post("/api/auth/login", json=login).json()["access_token"]
        http.headers["Authorization"] = f"Bearer {token}"
        body = {
            "sku": "h",
            "name": "hammer",
            "price": "19.99",
            "category": "tool",
            "stock": 3,
        }
        product = http.post("/api/products", json=body).json()
        line = {"product_id": product["id"], "quantity": 2}
        placed = http.post(
            "/api/orders", json={"lines": [line], "payment_method": "card_ok"}
        )
        assert placed.status_code == 201, placed.text
        order = eventually(
            lambda: http.get(placed.headers["Location"]).json(),
            lambda found: found["status"] != "pending",
        )
        assert (order["status"], order["total"]) == ("confirmed", "39.98")


def eventually(ask: Callable[[], Any], enough: Callable[[Any], bool]) -> Any:
    end = time.monotonic() + 20
    while True:
        found = ask()
        if enough(found) or time.monotonic() > end:
            return found
        time.sleep(0.05)
