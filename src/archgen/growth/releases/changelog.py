"""What versions change in projects, as `CHANGELOG.md` of the templates tells it.

Each has a section, `## 0.2.0: What it is about`, and in it a list; what mends security
begins with `**Security**:`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from archgen.growth.releases.releases import parse_version

_HEADING = re.compile(r"## (?P<version>[0-9][^\s:]*)(?:: (?P<title>.+))?")
_SECURITY = re.compile(r"\*\*Security\*\*:? *")


@dataclass(frozen=True, slots=True)
class Change:
    """`text`: a line of Markdown; `security`: it mends what somebody may exploit."""

    text: str
    security: bool


@dataclass(frozen=True, slots=True)
class Section:
    """What a version changes in projects."""

    version: str
    title: str
    changes: tuple[Change, ...]

    @property
    def security(self) -> bool:
        return any(change.security for change in self.changes)


def read_changelog(text: str) -> list[Section]:
    """Its versions, in the order in which it tells of them."""
    sections = []
    for part in re.split(r"^(?=## )", text, flags=re.MULTILINE):
        head, _, body = part.partition("\n")
        if heading := _HEADING.fullmatch(head.strip()):
            sections.append(
                Section(
                    heading["version"],
                    heading["title"] or "",
                    tuple(_read_changes(body)),
                )
            )
    return sections


def list_between(
    sections: list[Section], after: str, until: str
) -> tuple[Section, ...]:
    """Those of the versions after one, until another and with it, the oldest first."""
    first, last = parse_version(after), parse_version(until)
    found = [
        section
        for section in sections
        if first < parse_version(section.version) <= last
    ]
    return tuple(sorted(found, key=lambda section: parse_version(section.version)))


def _read_changes(body: str) -> Iterator[Change]:
    for item in re.split(r"^- ", body, flags=re.MULTILINE)[1:]:
        text = " ".join(item.split())
        mark = _SECURITY.match(text)
        yield Change(text[mark.end() :] if mark else text, mark is not None)
