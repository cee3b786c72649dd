"""What lies between the version that wrote a project and this one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from archgen import __version__
from archgen.catalog import templates_dir
from archgen.errors import ArchgenError
from archgen.growth.releases.changelog import Section, list_between, read_changelog
from archgen.growth.releases.releases import Releases, parse_version

CHANGELOG = "CHANGELOG.md"


@dataclass(frozen=True, slots=True)
class Ahead:
    """What `written`, the version that wrote a project, is behind of this one;
    `versions`: the oldest first.
    """

    written: str
    versions: tuple[Section, ...]

    @property
    def behind(self) -> bool:
        return self.written != __version__

    @property
    def security(self) -> bool:
        return any(version.security for version in self.versions)


def look_ahead(record: Mapping[str, Any]) -> Ahead:
    """What an update would bring; ArchgenError where there is none to this version."""
    written = str(record["archgen_version"])
    if parse_version(written) > parse_version(__version__):
        raise ArchgenError(
            f"this project was written by archgen {written}, which is newer than this one, {__version__}",
            f'pip install --upgrade "archgen>={written}"',
        )
    if written != __version__:
        Releases().check(written)
    text = (templates_dir() / CHANGELOG).read_text(encoding="utf-8")
    return Ahead(written, list_between(read_changelog(text), written, __version__))
