"""The inspection as a project has it: the files of the chassis, in a package of their
own.
"""

from __future__ import annotations

import importlib
import shutil
import sys
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from archgen.generator import templates_dir

MECHANISM = "_shared/src/__package__/chassis/mechanism"
Inspect = Callable[..., Any]


def lay_out(folder: Path, package: str, **replaced: str) -> Path:
    """Writes the package; `replaced`: other text in the place of some of its files."""
    mechanism = folder / package / "chassis/mechanism"
    mechanism.mkdir(parents=True)
    for part in (mechanism, mechanism.parent, mechanism.parent.parent):
        part.joinpath("__init__.py").touch()
    for file in templates_dir().joinpath(MECHANISM).glob("media*.py"):
        shutil.copy(file, mechanism)
    for name, text in replaced.items():
        mechanism.joinpath(f"{name}.py").write_text(text)
    return mechanism


@pytest.fixture(scope="session")
def media(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ModuleType]:
    folder = tmp_path_factory.mktemp("project")
    lay_out(folder, "inspecting")
    sys.path.insert(0, str(folder))
    yield importlib.import_module("inspecting.chassis.mechanism.media")
    sys.path.remove(str(folder))


@pytest.fixture
def altered(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., ModuleType]:
    """The inspection with other text in the place of some of its files."""
    numbers = count()

    def load(**replaced: str) -> ModuleType:
        package = f"altered{next(numbers)}_{tmp_path.name}"
        lay_out(tmp_path / "altered", package, **replaced)
        monkeypatch.syspath_prepend(str(tmp_path / "altered"))
        return importlib.import_module(f"{package}.chassis.mechanism.media")

    return load


@pytest.fixture
def inspect(media: ModuleType, tmp_path: Path) -> Inspect:
    """`inspect(data, *accept)`; of any type that archgen offers, unless `accept` says
    which.
    """
    from archgen.domain.file_types import FILE_TYPES

    def run(data: bytes, *accept: str) -> Any:
        path = tmp_path / "sent"
        path.write_bytes(data)
        folder = tmp_path / "inspected"
        folder.mkdir(exist_ok=True)
        return media.inspect(path, frozenset(accept or FILE_TYPES), folder)

    return run
