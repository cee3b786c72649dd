"""Each part runs with what it is given: the chassis, the contracts, its own modules and its root."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

SOURCE = Path(__file__).parents[1] / "src" / "shop"


@pytest.mark.parametrize(
    ("part", "modules"),
    [
        ("app", ["accounts", "inventory", "orders", "payments"]),
    ],
)
def test_a_part_needs_no_more_than_its_own(
    part: str, modules: list[str], tmp_path: Path
) -> None:
    package = tmp_path / "shop"
    for folder in ("chassis", "contracts", *modules):
        if (SOURCE / folder).exists():
            shutil.copytree(SOURCE / folder, package / folder)
    (package / "apps").mkdir()
    roots = [
        name
        for name in (part, "settings", "calls", "event_routes", "background")
        if (SOURCE / "apps" / f"{name}.py").exists()
    ]
    for file in (
        "__init__.py",
        "apps/__init__.py",
        *(f"apps/{root}.py" for root in roots),
    ):
        shutil.copy(SOURCE / file, package / file)
    wirings = [
        f"{module}.{file}"
        for module in modules
        for file in ("wiring", "background")
        if (SOURCE / module / f"{file}.py").exists()
    ]
    imports = "; ".join(
        f"import shop.{file}"
        for file in [*(f"apps.{root}" for root in roots), *wirings]
    )
    command = [sys.executable, "-c", imports]
    done = subprocess.run(
        command, cwd=tmp_path, capture_output=True, text=True, check=False
    )
    hint = "a module that this part runs is named above; any other module is reached through its contract"
    assert done.returncode == 0, f"{hint}\n{done.stderr}"
