"""The package of a function: what its handler needs, and nothing else of the project."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from importlib import import_module
from importlib.metadata import requires
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement
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


def test_a_package_has_the_dependencies_of_its_own_code_and_not_what_the_runtime_has(
    shop: Project, packaging: Any
) -> None:
    lock = shop.folder / "uv.lock"
    lock.write_text(locked(shop.folder / "pyproject.toml"))
    try:
        needed = {name: packaging.needed_by(function) for name, function in functions(shop).items()}
    finally:
        lock.unlink()
    web = {"fastapi", "starlette", "mangum"}
    for name, packages in needed.items():
        assert not packages & {"boto3", "botocore", "urllib3", "moto", "grimp"}
        assert (web & packages) == (set() if name.endswith("Background") else web), name
        assert {"pydantic", "pydantic-core", "pydantic-settings"} <= packages
    assert "argon2-cffi" in needed["AccountsFunction"] and "argon2-cffi" not in needed["OrdersFunction"]
    assert "aws-lambda-powertools" not in needed["OrdersFunction"]


def locked(pyproject: Path) -> str:
    """A lockfile of what these tests run in."""
    project = tomllib.loads(pyproject.read_text())["project"]
    lines: list[str] = []
    todo = [Requirement(each) for each in project["dependencies"]]
    entries = {project["name"]: list(todo)}
    while todo:
        requirement = todo.pop()
        name = requirement.name.lower().replace("_", "-")
        extras = {"", *requirement.extras}
        following = [Requirement(each) for each in requires(name) or ()]
        wanted = [
            each for each in following if not each.marker or any(each.marker.evaluate({"extra": e}) for e in extras)
        ]
        new = [each for each in wanted if each.name not in {known.name for known in entries.get(name, ())}]
        entries.setdefault(name, []).extend(new)
        todo += new
    for name, wanted in entries.items():
        names = ", ".join(f'{{ name = "{each.name.lower().replace("_", "-")}" }}' for each in wanted)
        lines.append(f'[[package]]\nname = "{name}"\ndependencies = [{names}]\n')
    return "\n".join(lines)


def test_a_function_that_the_template_does_not_name_is_refused_with_those_that_it_names(shop: Project) -> None:
    with pytest.raises(AssertionError, match="has no function OrderFunction; it has AccountsFunction"):
        shop.make("build-OrderFunction")
