"""The package of a function: what its handler needs, and nothing else of the project."""

from __future__ import annotations

import subprocess
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from tests.support.projects import Project

IMPORT_ALONE = """
import importlib, sys
sys.path.insert(0, sys.argv[1])
for name in sys.argv[2:]:
    assert importlib.import_module(name).__file__.startswith(sys.argv[1])
assert callable(sys.modules[sys.argv[2]].handler)
"""


@pytest.fixture
def packaging(shop: Project) -> Any:
    return import_module("functions_shop.local.package")


def functions(shop: Project) -> dict[str, Any]:
    """Each function that the template names."""
    found: dict[str, Any] = (
        import_module("functions_shop.local.template").Template(shop.folder / "deploy/template.yaml", {}).functions()
    )
    return found


def test_every_handler_is_imported_from_its_package_alone(shop: Project, packaging: Any, tmp_path: Path) -> None:
    found = functions(shop)
    assert len(found) == 8
    for name, function in found.items():
        packaging.copy_source(function, tmp_path / name)
        command = [sys.executable, "-I", "-c", IMPORT_ALONE, tmp_path / name, *packaging.roots(function)]
        subprocess.run(command, check=True)


def test_a_package_holds_no_other_part_and_nothing_of_the_local_stage(
    shop: Project, packaging: Any, tmp_path: Path
) -> None:
    packaging.copy_source(functions(shop)["OrdersBackground"], tmp_path)
    package = tmp_path / "functions_shop"
    assert {path.name for path in package.iterdir()} == {"__init__.py", "apps", "chassis", "contracts", "orders"}
    apps = {"__init__.py", "background.py", "event_routes.py", "settings.py"}
    assert {path.name for path in (package / "apps").iterdir()} == apps
    assert not [path for path in tmp_path.rglob("*") if path.name == "__pycache__"]


def test_a_package_of_the_owners_own_goes_along_once_a_handler_imports_it(
    shop: Project, packaging: Any, tmp_path: Path
) -> None:
    own = shop.folder / "src/functions_shop/labels"
    service = shop.folder / "src/functions_shop/payments/service.py"
    before = service.read_text()
    own.mkdir()
    try:
        (own / "__init__.py").write_text("")
        (own / "printer.py").write_text("PRINTER = 'first floor'\n")
        (own / "data.json").write_text("{}")
        service.write_text(before.replace("from __future__ import annotations\n", (
            "from __future__ import annotations\n\nfrom functions_shop.labels.printer import PRINTER  # noqa: F401\n"
        ), 1))  # fmt: skip
        packaging.copy_source(functions(shop)["PaymentsFunction"], tmp_path)
    finally:
        service.write_text(before)
        for file in own.iterdir():
            file.unlink()
        own.rmdir()
    assert (tmp_path / "functions_shop/labels/printer.py").is_file()
    assert (tmp_path / "functions_shop/labels/data.json").is_file()


def test_a_function_that_the_template_does_not_name_is_refused_with_those_that_it_names(shop: Project) -> None:
    with pytest.raises(AssertionError, match="has no function OrderFunction; it has AccountsFunction"):
        shop.make("build-OrderFunction")
