"""What lies where in `src/archgen`, and who may import whom."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest
from importlinter.cli import lint_imports

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "src/archgen"
AT_THE_ROOT = {
    "__init__",
    "catalog",
    "doctor",
    "errors",
    "options",
    "pipeline",
    "requirements",
    "text",
}
STEPS = {
    "answers",
    "advisor",
    "blueprint",
    "cli",
    "domain",
    "evidence",
    "exchange",
    "generator",
    "growth",
    "reports",
}


def test_packages_import_each_other_in_one_direction(
    capsys: pytest.CaptureFixture[str],
) -> None:
    broken = lint_imports(
        config_filename=str(ROOT / "pyproject.toml"), no_cache=True, no_logo=True
    )
    assert broken == 0, capsys.readouterr().out


def test_the_root_has_the_line_and_what_all_of_it_stands_on_and_a_package_for_each_step() -> (
    None
):
    assert {path.stem for path in PACKAGE.glob("*.py")} == AT_THE_ROOT
    assert {path.parent.name for path in PACKAGE.glob("*/__init__.py")} == STEPS


def test_the_page_on_architecture_names_every_package_and_no_module_that_is_not_there() -> (
    None
):
    page = (ROOT / "docs/architecture.md").read_text(encoding="utf-8")
    drawn = page.partition("    src/archgen/\n")[2].partition("\n\n")[0].splitlines()
    files, packages = drawn[0].split(), {line.split()[0]: line for line in drawn[1:]}
    assert set(files) == {f"{name}.py" for name in AT_THE_ROOT - {"__init__"}}
    assert set(packages) == {f"{step}/" for step in STEPS}
    for package, line in packages.items():
        there = {path.stem for path in PACKAGE.joinpath(package).glob("*.py")}
        assert set(re.findall(r"\w+", line.partition(", and ")[0])[1:]) <= there, line


def test_no_module_imports_a_private_name_of_another() -> None:
    found = [
        f"{path.relative_to(ROOT)}: {name.name} of {node.module}"
        for path in PACKAGE.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.ImportFrom)
        and (node.module or "").startswith("archgen")
        for name in node.names
        if name.name.startswith("_") and not name.name.startswith("__")
    ]
    assert not found


def test_functions_are_named_by_verbs() -> None:
    found = [
        f"{path.relative_to(ROOT)}: {node.name}"
        for path in PACKAGE.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and node.name.endswith("_of")
    ]
    assert not found


@pytest.mark.parametrize("step", sorted(STEPS))
def test_every_package_has_its_tests(step: str) -> None:
    assert list((ROOT / "tests" / step).glob("test_*.py"))
