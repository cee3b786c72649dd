"""The templates of every version that was released, as they travel with archgen: a
bundle of git, with a ref for each version.

`make release` (`tools/release.py`) adds one. Reading it needs git and no network.
"""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from archgen import __version__
from archgen.catalog import templates_dir
from archgen.errors import ArchgenError
from archgen.growth.trees.store import Store, Tree, clean_environment, find_git

if TYPE_CHECKING:
    from packaging.version import Version

BUNDLE = Path(__file__).with_name("releases.bundle")
_REFS = "refs/releases/"


class Releases:
    """The released versions in a bundle; none where there is no such file."""

    def __init__(self, bundle: Path | None = None) -> None:
        self._bundle = (bundle or BUNDLE).resolve()

    @cached_property
    def versions(self) -> tuple[str, ...]:
        """The oldest first."""
        if not self._bundle.is_file():
            return ()
        command = [find_git(), "bundle", "list-heads", str(self._bundle)]
        done = subprocess.run(
            command,
            capture_output=True,
            text=True,
            check=False,
            env=clean_environment(),
        )
        if done.returncode != 0:
            raise ArchgenError(
                f"{self._bundle} cannot be read: {done.stderr.strip()}",
                "install archgen again",
            )
        found = (
            line.partition(" ")[2].removeprefix(_REFS)
            for line in done.stdout.splitlines()
        )
        return tuple(sorted(found, key=parse_version))

    def check(self, version: str) -> None:
        """ArchgenError where a version was never released."""
        if version not in self.versions:
            raise ArchgenError(
                f"archgen {version}, which wrote this project, was never released: what it wrote then cannot be told",
                f"use that archgen {version}",
            )

    def read(self, store: Store, version: str) -> Tree:
        """The templates of a version, kept in `store`; ArchgenError: it was never
        released.
        """
        self.check(version)
        return store.list_files(store.unbundle(self._bundle)[_REFS + version])

    def add(self, store: Store, version: str, tree: str) -> None:
        """Let the bundle have one more version, of a tree in `store`."""
        refs = store.unbundle(self._bundle) if self.versions else {}
        beside = self._bundle.with_suffix(".new")
        store.bundle({**refs, _REFS + version: store.commit(tree)}, beside)
        beside.replace(self._bundle)


@contextmanager
def open_templates(version: str) -> Iterator[Path]:
    """The templates folder of a version, this or a released one, within the context;
    ArchgenError: it was never released.
    """
    if version == __version__:
        yield templates_dir()
        return
    with tempfile.TemporaryDirectory(prefix="archgen-templates-") as place:
        store = Store(Path(place, "store"))
        folder = Path(place, "templates")
        store.check_out(Releases().read(store, version), folder)
        yield folder


def parse_version(version: str) -> Version:
    """ArchgenError: it is none."""
    from packaging.version import InvalidVersion, Version

    try:
        return Version(version)
    except InvalidVersion:
        raise ArchgenError(
            f"{version} is no version of archgen", "restore archgen.yaml from git"
        ) from None


def is_updatable(version: str) -> bool:
    """Whether a project that this version wrote can be brought to this archgen's
    templates.
    """
    return (
        parse_version(version) < parse_version(__version__)
        and version in Releases().versions
    )
