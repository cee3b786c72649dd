"""Package of a function: what its handler imports of this project, the locked versions
of what that imports, and the bytecode of both, for its runtime.

What Lambda's runtime has anyway (boto3) is not packaged. SAM calls it through `make build-NAME`, NAME being a function of `deploy/template.yaml`.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterable, Mapping
from importlib import import_module
from importlib.metadata import packages_distributions
from pathlib import Path
from typing import Any

from ..chassis.mechanism.background import asked
from .template import Template

ROOT = Path(__file__).parents[3]
PACKAGE = Path(__file__).parents[1].name
PLATFORMS = {"x86_64": "x86_64-manylinux_2_28", "arm64": "aarch64-manylinux_2_28"}
# of Lambda's runtime for Python
RUNTIME = {
    "boto3",
    "botocore",
    "jmespath",
    "python-dateutil",
    "s3transfer",
    "six",
    "urllib3",
}
HERE = f"{sys.version_info.major}.{sys.version_info.minor}"


def build(name: str, target: Path) -> None:
    """Write the package of the function `name` into `target`; SystemExit where the
    template has none of that name.
    """
    functions = Template(ROOT / "deploy/template.yaml", {}).functions()
    if name not in functions:
        sys.exit(
            f"deploy/template.yaml has no function {name}; it has {', '.join(functions)}"
        )
    function = functions[name]
    processor = os.environ.get("PROCESSOR") or function["Architectures"][0]
    version = function["Runtime"].removeprefix("python")
    target.mkdir(parents=True, exist_ok=True)
    copy_source(function, target)
    install(needed_by(function), target, version, PLATFORMS[processor])
    trim(function, target)
    compile_bytecode(target, version)


def copy_source(function: Mapping[str, Any], target: Path) -> None:
    """Copy what the function's handler needs: composition roots by file, all else by
    whole packages (of which some read files that they do not import).
    """
    for module in sorted(imported_by(roots(function))):
        parts = module.split(".")
        source = ROOT / "src" / Path(*parts)
        if len(parts) == 1 or parts[1] == "apps":
            file = _source(module)
            copied = target / file.relative_to(ROOT / "src")
            copied.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(file, copied)
            if source.is_dir() and len(parts) == 3:
                copy_package(source, copied.parent)
        elif len(parts) == 2:
            copy_package(source, target / Path(*parts))


def roots(function: Mapping[str, Any]) -> list[str]:
    """The handler's module; and what it imports by name where it does the background
    work of a part (`apps/background.py`), migrates all of them (`migration.py`), or makes
    clients of other systems.
    """
    found = [function["Handler"].rpartition(".")[0]]
    parts = import_module(f"{PACKAGE}.apps.event_routes").PARTS
    part = function.get("Environment", {}).get("Variables", {}).get("PART")
    if part:
        found += [f"{PACKAGE}.{module}.background" for module in parts[part]]
        if asked(PACKAGE, parts[part]):
            found.append(f"{PACKAGE}.apps.{part}_asks")
    if found == [f"{PACKAGE}.apps.migration"]:
        for modules in parts.values():
            found += [f"{PACKAGE}.{module}.repository" for module in modules]
    if any(".client(" in _source(module).read_text() for module in imported_by(found)):
        found.append(f"{PACKAGE}.chassis.mechanism.client")
    return found


def _source(module: str) -> Path:
    """The file of a module of this project."""
    place = ROOT / "src" / Path(*module.split("."))
    return place / "__init__.py" if place.is_dir() else place.with_suffix(".py")


def _imports(*others: str) -> Any:
    """The graph of imports of this project, and within other packages."""
    import grimp

    return grimp.build_graph(
        PACKAGE,
        *others,
        include_external_packages=True,
        exclude_type_checking_imports=True,
        cache_dir=None,
    )


def imported_by(modules: Iterable[str]) -> set[str]:
    """Every module of this project that these import, directly or not, with the
    packages that they lie in.
    """
    graph = _imports()
    packages = set()
    for module in modules:
        for found in graph.find_upstream_modules(module) | {module}:
            name = found
            while name.partition(".")[0] == PACKAGE:
                packages.add(name)
                name = name.rpartition(".")[0]
    return packages


def needed_by(function: Mapping[str, Any]) -> set[str]:
    """The locked packages that a function imports, with all that these need.

    A dependency that no file of this project imports by its name is in every function.
    """
    locked = _locked()
    graph = _imports()
    found = set().union(*map(graph.find_upstream_modules, roots(function)))
    imported = _distributions(found)
    anywhere = _distributions(graph.modules)
    wanted = [
        dependency
        for dependency in locked[_project_name()]["dependencies"]
        if dependency["name"] in imported or dependency["name"] not in anywhere
    ]
    wanted += [{"name": name} for name in imported & locked.keys()]
    return with_what_they_need(wanted)


def with_what_they_need(wanted: list[dict[str, Any]]) -> set[str]:
    """These dependencies (`name`, `extra`) and theirs, without what the runtime has, and
    what nothing uses.
    """
    locked = _locked()
    needed: set[str] = set()
    while wanted:
        dependency = wanted.pop()
        package = locked[dependency["name"]]
        following = list(package.get("dependencies", []))
        for extra in dependency.get("extra", []):
            following += package["optional-dependencies"][extra]
        wanted += [each for each in following if each["name"] not in needed]
        needed.add(dependency["name"])
    return needed - RUNTIME - set(_left_out()["unused"])


def _distributions(modules: Iterable[str]) -> set[str]:
    """What these modules are installed from, as the lockfile calls it."""
    known = packages_distributions()
    return {
        name.lower().replace("_", "-")
        for module in modules
        for name in known.get(module, ())
    }


def _locked() -> dict[str, Any]:
    """The packages of `uv.lock`, by name (SystemExit: there is none)."""
    lock = ROOT / "uv.lock"
    if not lock.is_file():
        sys.exit("there is no uv.lock: run `make`, and commit it")
    packages = tomllib.loads(lock.read_text(encoding="utf-8"))["package"]
    return {package["name"]: package for package in packages}


def _pyproject() -> dict[str, Any]:
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def _project_name() -> str:
    return str(_pyproject()["project"]["name"])


def _left_out() -> dict[str, list[str]]:
    """What packages do without: `unused`, distributions, and files of others as patterns;
    `trimmed`, packages of which only what is imported goes along.
    """
    found: dict[str, list[str]] = _pyproject()["tool"]["functions"]
    return found


def copy_package(source: Path, target: Path) -> None:
    if source.is_dir():
        shutil.copytree(
            source,
            target,
            dirs_exist_ok=True,
            ignore=shutil.ignore_patterns("__pycache__"),
        )
    else:
        shutil.copyfile(source.with_suffix(".py"), target.with_suffix(".py"))


def install(
    packages: set[str], target: Path, version: str, platform: str | None = None
) -> None:
    """Install locked packages, as wheels for a Python and a platform (None: this one),
    whatever this machine is.
    """
    others = [f"--no-emit-package={name}" for name in _locked().keys() - packages]
    locked = subprocess.run(
        [uv(), "export", "--frozen", "--no-emit-project", "--quiet", *others],
        cwd=ROOT,
        check=True,
        stdout=subprocess.PIPE,
    ).stdout
    subprocess.run(
        [
            *(uv(), "pip", "install", "--quiet", "--target", str(target)),
            *("--python", sys.executable, "--python-version", version),
            *(("--python-platform", platform) if platform else ()),
            *("--only-binary", ":all:", "--no-deps", "--require-hashes"),
            *("--requirements", "-"),
        ],
        input=locked,
        check=True,
        env={**os.environ, "UV_LINK_MODE": "copy"},
    )
    shutil.rmtree(target / "bin", ignore_errors=True)


def trim(function: Mapping[str, Any], target: Path) -> None:
    """Take out of what was installed what the function cannot reach (`[tool.functions]`
    of pyproject.toml says where to look).
    """
    left_out = _left_out()
    for pattern in left_out["unused"]:
        for path in target.glob(pattern) if "/" in pattern else ():
            path.unlink()
    for package in left_out["trimmed"]:
        if not (target / package).is_dir():
            continue
        kept = {
            target.joinpath(*module.split("."))
            for module in _reached(roots(function), package)
        }
        for file in (target / package).rglob("*.py"):
            place = file.parent if file.stem == "__init__" else file.with_suffix("")
            if place not in kept:
                file.unlink()


def _reached(modules: Iterable[str], package: str) -> set[str]:
    """The modules of another package that these import, directly or not, anywhere in
    their text; the packages that those lie in, with what they import; and all of one that
    imports by names that it makes.
    """
    graph = _imports(package)
    found: set[str] = set()
    todo = set(modules)
    while todo:
        module = todo.pop()
        found.add(module)
        imported = graph.find_modules_directly_imported_by(module)
        todo |= imported | {module.rpartition(".")[0]} & graph.modules
        if "importlib" in imported and module.startswith(package):
            todo |= graph.find_descendants(module)
        todo -= found
    return {name for name in found if name.partition(".")[0] == package}


def compile_bytecode(target: Path, version: str) -> None:
    """Write the bytecode beside the sources: what runs a function cannot write there,
    and would compile it at every start.
    """
    python = [sys.executable]
    if version != HERE:
        python = [uv(), "run", "--quiet", "--no-project", "--python", version, "python"]
    # by their content: an archive changes when files were written
    checked = ("--invalidation-mode", "unchecked-hash")
    done = subprocess.run(
        [*python, "-m", "compileall", "-q", "-f", *checked, str(target)],
        check=False,
        env={**os.environ, "PYTHONPATH": ""},
    )
    if done.returncode:
        print(f"no bytecode of Python {version}: starts take longer", file=sys.stderr)


def uv() -> str:
    return shutil.which("uv") or str(Path(sys.prefix, "bin/uv"))


if __name__ == "__main__":
    build(sys.argv[1], Path(sys.argv[2]))
