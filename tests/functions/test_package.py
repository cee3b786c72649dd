"""The package of a function: what its handler needs, and nothing else of the project."""

from __future__ import annotations

import ast
import json
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from importlib import import_module
from importlib.metadata import packages_distributions, requires
from importlib.util import find_spec
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
        import_module("functions_shop.local.template")
        .Template(shop.folder / "deploy/template.yaml", {})
        .functions()
    )
    return found


def test_every_handler_is_imported_from_its_package_alone(
    shop: Project, packaging: Any, tmp_path: Path
) -> None:
    found = functions(shop)
    assert len(found) == 8
    for name, function in found.items():
        packaging.copy_source(function, tmp_path / name)
        command = [
            sys.executable,
            "-I",
            "-c",
            IMPORT_ALONE,
            tmp_path / name,
            *packaging.roots(function),
        ]
        subprocess.run(command, check=True)


def test_a_package_holds_no_other_part_and_nothing_of_the_local_stage(
    shop: Project, packaging: Any, tmp_path: Path
) -> None:
    packaging.copy_source(functions(shop)["OrdersBackground"], tmp_path)
    package = tmp_path / "functions_shop"
    assert {path.name for path in package.iterdir()} == {
        "__init__.py",
        "apps",
        "chassis",
        "contracts",
        "orders",
    }
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


ASKING = """

class Prices:
    def __init__(self, inventory: Inventory) -> None:
        self._inventory = inventory


def background(part: PartContext, inventory: Inventory) -> Iterable[object]:
"""


def test_a_function_whose_handlers_ask_another_part_has_what_asks_and_what_that_needs(
    shop: Project, packaging: Any, tmp_path: Path
) -> None:
    """As the guide has it: the contract is an argument of `background`. No other
    function has any of it.
    """
    file = shop.folder / "src/functions_shop/orders/background.py"
    before = file.read_text()
    asking = before.replace(
        "\n\ndef background(part: PartContext) -> Iterable[object]:\n", ASKING
    )
    asking = asking.replace(
        "    return [\n", "    return [\n        Prices(inventory),\n"
    )
    asking = asking.replace(
        "from .event",
        "from functions_shop.contracts.inventory import Inventory\nfrom .event",
    )
    lock = shop.folder / "uv.lock"
    lock.write_text(locked(shop.folder / "pyproject.toml"))
    code = (
        "import json, sys; sys.path.insert(0, 'src');"
        "from pathlib import Path; from functions_shop.local import package; from functions_shop.local.template import Template;"
        "found = Template(package.ROOT / 'deploy/template.yaml', {}).functions();"
        "[package.copy_source(found[name], Path(sys.argv[1], name)) for name in ('OrdersBackground', 'PaymentsBackground')];"
        "print(json.dumps({name: sorted(package.needed_by(found[name])) for name in ('OrdersBackground', 'PaymentsBackground')}))"
    )
    try:
        file.write_text(asking)
        done = subprocess.run(
            [sys.executable, "-c", code, str(tmp_path)],
            cwd=shop.folder,
            capture_output=True,
            text=True,
            check=True,
        )
    finally:
        file.write_text(before)
        lock.unlink()
    needed = json.loads(done.stdout)
    apps = tmp_path / "OrdersBackground/functions_shop/apps"
    assert {"orders_asks.py", "calls.py"} <= {path.name for path in apps.iterdir()}
    assert {"fastapi", "pyjwt", "cryptography", "httpx2"} <= set(
        needed["OrdersBackground"]
    )
    names = [
        "functions_shop.apps.background",
        "functions_shop.apps.orders_asks",
        "functions_shop.orders.background",
    ]
    subprocess.run(
        [
            sys.executable,
            "-I",
            "-c",
            IMPORT_ALONE,
            str(tmp_path / "OrdersBackground"),
            *names,
        ],
        check=True,
    )
    assert not (
        tmp_path / "PaymentsBackground/functions_shop/apps/orders_asks.py"
    ).exists()
    assert not {"fastapi", "cryptography"} & set(needed["PaymentsBackground"])


def test_a_package_has_the_dependencies_of_its_own_code_and_not_what_the_runtime_has(
    shop: Project, packaging: Any
) -> None:
    lock = shop.folder / "uv.lock"
    lock.write_text(locked(shop.folder / "pyproject.toml"))
    try:
        needed = {
            name: packaging.needed_by(function)
            for name, function in functions(shop).items()
        }
    finally:
        lock.unlink()
    web = {"fastapi", "starlette", "mangum"}
    for name, packages in needed.items():
        assert not packages & {"boto3", "botocore", "urllib3", "moto", "grimp"}
        assert (web & packages) == (set() if name.endswith("Background") else web), name
        assert {"pydantic", "pydantic-core", "pydantic-settings"} <= packages
    assert (
        "argon2-cffi" in needed["AccountsFunction"]
        and "argon2-cffi" not in needed["OrdersFunction"]
    )
    assert "aws-lambda-powertools" not in needed["OrdersFunction"]


PARTS = ("Accounts", "Inventory", "Orders", "Payments")
# what is large, or what only some functions may have, and the functions that have it
PACKAGED: dict[str, dict[str, set[str]]] = {
    "functions_media": {
        "pycparser": set(),  # nobody compiles C
        "dnspython": set(),  # nobody asks whether mail arrives
        "pillow": {"FilesBackground"},
        "pypdf": {"FilesBackground"},
        "argon2-cffi": {"AccountsFunction"},
        "email-validator": {"AccountsFunction", "AccountsBackground"},
        "cryptography": {
            f"{part}Function"
            for part in ("Accounts", "Feed", "Files", "Follows", "Posts")
        },
    },
    "functions_sql": {
        "aiosqlite": set(),  # the database of `make dev`
        "asyncpg": {
            *(f"{part}{side}" for part in PARTS for side in ("Function", "Background")),
            "Migration",
        },
        "alembic": {"Migration"},
        "argon2-cffi": {"AccountsFunction", "Migration"},
        "cryptography": {
            f"{part}Function"
            for part in ("Accounts", "Inventory", "Orders", "Payments")
        }
        | {"Migration"},
        "mangum": {
            f"{part}Function"
            for part in ("Accounts", "Inventory", "Orders", "Payments")
        },
        "aws-lambda-powertools": {
            f"{part}Background"
            for part in ("Accounts", "Inventory", "Orders", "Payments")
        },
    },
}


@pytest.mark.long
@pytest.mark.parametrize("package", PACKAGED)
def test_each_distribution_of_a_package_is_imported_by_a_file_that_its_handler_reaches(
    request: pytest.FixtureRequest, package: str
) -> None:
    """Or needed by one that is; or no file names it, as a driver that a URL names."""
    project: Project = request.getfixturevalue(
        {"functions_media": "media", "functions_sql": "sql_shop"}[package]
    )
    packaging = import_module(f"{package}.local.package")
    template = import_module(f"{package}.local.template").Template(
        project.folder / "deploy/template.yaml", {}
    )
    (project.folder / "uv.lock").write_text(locked(project.folder / "pyproject.toml"))
    try:
        found = {
            name: packaging.needed_by(function)
            for name, function in template.functions().items()
        }
        for name, function in template.functions().items():
            named = imports(project, packaging.imported_by(packaging.roots(function)))
            everywhere = imports(project, every_module(project))
            direct = {
                each["name"]
                for each in packaging._locked()[project.folder.name]["dependencies"]
            }
            wanted = [
                {"name": each}
                for each in named & packaging._locked().keys() | (direct - everywhere)
            ]
            assert found[name] == packaging.with_what_they_need(wanted), name
    finally:
        (project.folder / "uv.lock").unlink()
    for distribution, owners in PACKAGED[package].items():
        assert {
            name for name, needed in found.items() if distribution in needed
        } == owners, distribution


def every_module(project: Project) -> set[str]:
    source = project.folder / "src"
    return {
        ".".join(file.relative_to(source).with_suffix("").parts)
        for file in source.rglob("*.py")
    }


def imports(project: Project, modules: set[str]) -> set[str]:
    """The distributions that these files import, read from their text."""
    known = packages_distributions()
    found: set[str] = set()
    for module in modules:
        place = project.folder / "src" / Path(*module.split("."))
        file = place / "__init__.py" if place.is_dir() else place.with_suffix(".py")
        for node in running(ast.parse(file.read_text())):
            names = (
                [each.name for each in node.names]
                if isinstance(node, ast.Import)
                else []
            )
            if isinstance(node, ast.ImportFrom) and node.module and not node.level:
                names = [node.module]
            found |= {
                each for name in names for each in known.get(name.partition(".")[0], ())
            }
    return {name.lower().replace("_", "-") for name in found}


def running(node: ast.AST) -> Iterator[ast.AST]:
    """All that runs: not what is there for types alone."""
    yield node
    for child in ast.iter_child_nodes(node):
        if not (
            isinstance(child, ast.If) and ast.unparse(child.test) == "TYPE_CHECKING"
        ):
            yield from running(child)


def test_a_function_that_calls_another_system_has_a_client_and_no_other_has(
    shop: Project, packaging: Any
) -> None:
    """As the guide has it: `part.client(...)`."""
    file = shop.folder / "src/functions_shop/orders/background.py"
    before = file.read_text()
    lock = shop.folder / "uv.lock"
    lock.write_text(locked(shop.folder / "pyproject.toml"))
    client = "functions_shop.chassis.mechanism.client"
    try:
        function = functions(shop)["OrdersBackground"]
        assert client not in packaging.roots(function)
        assert not {"httpx2", "anyio", "h11"} & packaging.needed_by(function)
        calling = before.replace(
            "    return [\n",
            '    part.client("rates", "https://rates.example.com")\n    return [\n',
        )
        assert calling != before
        file.write_text(calling)
        assert client in packaging.roots(function)
        assert {"httpx2", "anyio", "h11"} <= packaging.needed_by(function)
        assert not {"httpx2", "anyio"} & packaging.needed_by(
            functions(shop)["PaymentsBackground"]
        )
    finally:
        file.write_text(before)
        lock.unlink()


WITHOUT = """
import sys
from importlib.metadata import packages_distributions
left_out = set(sys.argv[1:])
for name, distributions in packages_distributions().items():
    if left_out & {each.lower() for each in distributions} and not name.startswith("_cffi"):
        sys.modules[name] = None
import argon2, email_validator, jwt
from cryptography.hazmat.primitives.asymmetric import ec, rsa
hasher = argon2.PasswordHasher()
assert hasher.verify(hasher.hash("secret"), "secret")
email_validator.validate_email("ann@example.com", check_deliverability=False)
for key, kind in ((rsa.generate_private_key(65537, 2048), "RS256"), (ec.generate_private_key(ec.SECP256R1()), "ES256")):
    assert jwt.decode(jwt.encode({"sub": "ann"}, key, kind), key.public_key(), [kind]) == {"sub": "ann"}
assert sys.modules["dns"] is None and sys.modules["cffi"] is None
"""


def test_what_packages_leave_out_is_used_by_nothing_that_stays(shop: Project) -> None:
    """Passwords, addresses and tokens of either kind, where what is left out cannot be
    imported.
    """
    unused = tomllib.loads((shop.folder / "pyproject.toml").read_text())["tool"][
        "functions"
    ]["unused"]
    whole = {
        each.partition("/")[0]
        for each in unused
        if "/" not in each or each.startswith("cffi/")
    }
    assert {"cffi", "dnspython", "pycparser"} <= whole
    subprocess.run([sys.executable, "-c", WITHOUT, *whole], check=True)


MEASURE = """
import contextlib, io, json, sys
sys.path[:0] = sys.argv[1:]
from aws_lambda_powertools.metrics import Metrics, MetricUnit
import aws_lambda_powertools
assert aws_lambda_powertools.__file__.startswith(sys.argv[1])
written = io.StringIO()
with contextlib.redirect_stdout(written):
    metrics = Metrics(namespace="shop", service="orders")
    metrics.add_metric("EventLag", MetricUnit.Seconds, 1.5)
    metrics.flush_metrics()
assert json.loads(written.getvalue())["EventLag"] == [1.5]
"""


def trimmed(shop: Project, packaging: Any, target: Path) -> Path:
    """Powertools, as it lies in the package of a function that reacts."""
    whole = Path(find_spec("aws_lambda_powertools").origin).parent  # type: ignore[union-attr, arg-type]
    shutil.copytree(
        whole,
        target / "aws_lambda_powertools",
        ignore=shutil.ignore_patterns("__pycache__"),
    )
    packaging.trim(functions(shop)["OrdersBackground"], target)
    return target / "aws_lambda_powertools"


def test_of_powertools_goes_along_what_is_imported_and_it_works(
    shop: Project, packaging: Any, tmp_path: Path
) -> None:
    """As the runtime has it: with boto3 beside it, and nothing else of this environment
    in the way.
    """
    found = trimmed(shop, packaging, tmp_path)
    left = sum(path.stat().st_size for path in found.rglob("*") if path.is_file())
    assert left < 1_000_000, "the whole is four times as much"
    assert not (found / "utilities/parser/parser.py").exists() and not list(
        found.rglob("*.min.js")
    )
    others = Path(pytest.__file__).parents[1]
    subprocess.run([sys.executable, "-I", "-c", MEASURE, tmp_path, others], check=True)


def test_more_of_powertools_goes_along_once_a_handler_imports_it(
    shop: Project, packaging: Any, tmp_path: Path
) -> None:
    handlers = shop.folder / "src/functions_shop/orders/background.py"
    before = handlers.read_text()
    own = "def price() -> object:\n    from aws_lambda_powertools.utilities.parser.models import SqsModel\n\n    return SqsModel\n"
    try:
        handlers.write_text(f"{before}\n\n{own}")
        found = trimmed(shop, packaging, tmp_path)
    finally:
        handlers.write_text(before)
    assert (found / "utilities/parser/models/sqs.py").exists()


def test_what_migrates_has_the_migrations_of_every_module(
    sql_shop: Project, tmp_path: Path
) -> None:
    packaging = import_module("functions_sql.local.package")
    template = import_module("functions_sql.local.template").Template(
        sql_shop.folder / "deploy/template.yaml", {}
    )
    packaging.copy_source(template.functions()["Migration"], tmp_path)
    source = sql_shop.folder / "src"
    kept = {
        path.relative_to(source)
        for path in source.rglob("*.py")
        if {"migrations", "alembic"} & set(path.parts)
    }
    assert len(kept) > 4
    assert kept <= {path.relative_to(tmp_path) for path in tmp_path.rglob("*.py")}
    command = [
        sys.executable,
        "-I",
        "-c",
        IMPORT_ALONE,
        str(tmp_path),
        "functions_sql.apps.migration",
    ]
    subprocess.run(command, check=True)


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
            each
            for each in following
            if not each.marker
            or any(each.marker.evaluate({"extra": e}) for e in extras)
        ]
        new = [
            each
            for each in wanted
            if each.name not in {known.name for known in entries.get(name, ())}
        ]
        entries.setdefault(name, []).extend(new)
        todo += new
    for name, wanted in entries.items():
        names = ", ".join(
            f'{{ name = "{each.name.lower().replace("_", "-")}" }}' for each in wanted
        )
        lines.append(f'[[package]]\nname = "{name}"\ndependencies = [{names}]\n')
    return "\n".join(lines)


def test_a_function_that_the_template_does_not_name_is_refused_with_those_that_it_names(
    shop: Project,
) -> None:
    with pytest.raises(
        AssertionError, match="has no function OrderFunction; it has AccountsFunction"
    ):
        shop.make("build-OrderFunction")
