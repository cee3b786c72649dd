"""Package of a function: what its handler imports of this project, and the locked
dependencies, built for its runtime.

SAM calls it through `make build-NAME`, NAME being a function of `deploy/template.yaml`.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

from .template import Template

ROOT = Path(__file__).parents[3]
PACKAGE = Path(__file__).parents[1].name
PLATFORMS = {"x86_64": "x86_64-manylinux_2_28", "arm64": "aarch64-manylinux_2_28"}


def build(name: str, target: Path) -> None:
    """Write the package of the function `name` into `target`; SystemExit where the
    template has none of that name.
    """
    functions = Template(ROOT / "deploy/template.yaml", {}).functions()
    if name not in functions:
        sys.exit(
            f"deploy/template.yaml has no function {name}; it has {', '.join(functions)}"
        )
    target.mkdir(parents=True, exist_ok=True)
    copy_source(functions[name], target)
    install_dependencies(functions[name], target)


def copy_source(function: Mapping[str, Any], target: Path) -> None:
    """Copy what the function's handler needs: composition roots by file, all else by
    whole packages.
    """
    for module in sorted(set().union(*map(imported_by, roots(function)))):
        parts = module.split(".")
        source = ROOT / "src" / Path(*parts)
        if len(parts) == 1 or parts[1] == "apps":
            file = source.with_suffix(".py")
            if source.is_dir():
                file = source / "__init__.py"
            copied = target / file.relative_to(ROOT / "src")
            copied.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(file, copied)
        elif len(parts) == 2:
            copy_package(source, target / Path(*parts))


def roots(function: Mapping[str, Any]) -> list[str]:
    """The handler's module; and what it imports by name where it does the background
    work of a part (`apps/background.py`).
    """
    found = [function["Handler"].rpartition(".")[0]]
    part = function.get("Environment", {}).get("Variables", {}).get("PART")
    if part:
        parts = import_module(f"{PACKAGE}.apps.event_routes").PARTS
        found += [f"{PACKAGE}.{module}.wiring" for module in parts[part]]
    return found


def imported_by(module: str) -> set[str]:
    """Every module of this project that `module` imports, directly or not, with the
    packages that they lie in.
    """
    import grimp

    graph = grimp.build_graph(PACKAGE, cache_dir=None)
    found = graph.find_upstream_modules(module) | {module}
    packages = set()
    for name in found:
        while name:
            packages.add(name)
            name = name.rpartition(".")[0]
    return packages


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


def install_dependencies(function: Mapping[str, Any], target: Path) -> None:
    """Install what `uv.lock` names, as wheels for the function's Python and processor,
    whatever this machine is.
    """
    uv = shutil.which("uv") or str(Path(sys.prefix, "bin/uv"))
    if not (ROOT / "uv.lock").is_file():
        sys.exit("there is no uv.lock: run `make`, and commit it")
    locked = subprocess.run(
        [uv, "export", "--frozen", "--no-dev", "--no-emit-project", "--quiet"],
        cwd=ROOT,
        check=True,
        stdout=subprocess.PIPE,
    ).stdout
    architecture = function.get("Architectures", ["x86_64"])[0]
    subprocess.run(
        [
            *(
                uv,
                "pip",
                "install",
                "--quiet",
                "--target",
                str(target),
                "--python",
                sys.executable,
            ),
            *("--python-version", function["Runtime"].removeprefix("python")),
            *("--python-platform", PLATFORMS[architecture], "--only-binary", ":all:"),
            *("--no-deps", "--require-hashes", "--requirements", "-"),
        ],
        input=locked,
        check=True,
        env={**os.environ, "UV_LINK_MODE": "copy"},
    )


if __name__ == "__main__":
    build(sys.argv[1], Path(sys.argv[2]))
