"""A release adds its templates to what travels with archgen, and never changes one that
is there.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.support.releases import ROOT, Source
from tools.release import find_changed, release

from archgen.errors import ArchgenError
from archgen.growth.releases.changelog import list_between, read_changelog
from archgen.growth.releases.releases import Releases
from archgen.growth.trees.store import Store

BUNDLE = "src/archgen/growth/releases/releases.bundle"


@pytest.fixture
def source(tmp_path: Path) -> Source:
    return Source(tmp_path / "source")


def told(source: Source, version: str) -> Source:
    source.tell(version, "Words", "- A word.")
    source.commit()
    return source


def test_a_release_has_the_templates_as_they_are_committed_byte_for_byte(
    source: Source, tmp_path: Path
) -> None:
    told(source, "9.0.0")
    done = source.release("9.0.0")
    assert done.code == 0 and "9.0.0 is in" in done.out and "git tag v9.0.0" in done.out
    store = Store(tmp_path / "store")
    store.check_out(
        Releases(source.root / BUNDLE).read(store, "9.0.0"), tmp_path / "templates"
    )
    assert read_all(tmp_path / "templates") == read_all(source.root / "templates")
    assert (
        '__version__ = "9.0.0"' in (source.root / "src/archgen/__init__.py").read_text()
    )


def read_all(folder: Path) -> dict[str, tuple[bytes, bool]]:
    """Content, and whether it can be run."""
    return {
        path.relative_to(folder).as_posix(): (
            path.read_bytes(),
            bool(path.stat().st_mode & 0o100),
        )
        for path in folder.rglob("*")
        if path.is_file()
    }


def test_a_version_more_adds_little_and_takes_nothing_away(source: Source) -> None:
    release(told(source, "9.0.0").root, "9.0.0")
    first = (source.root / BUNDLE).stat().st_size
    release(told(source, "9.0.1").root, "9.0.1")
    assert Releases(source.root / BUNDLE).versions == ("9.0.0", "9.0.1")
    assert (source.root / BUNDLE).stat().st_size - first < 10_000


@pytest.mark.parametrize("version", ["", "9.0", "9.0.0.dev1", "v9.0.0"])
def test_what_is_no_version_is_refused(source: Source, version: str) -> None:
    with pytest.raises(ArchgenError, match="no version to release"):
        release(source.root, version)


def test_a_dirty_tree_is_refused(source: Source) -> None:
    (told(source, "9.0.0").root / "templates/more.md").write_text("more\n")
    with pytest.raises(ArchgenError, match=r"not committed: templates/more\.md"):
        release(source.root, "9.0.0")
    assert not (source.root / BUNDLE).exists()


def test_a_version_without_a_changelog_is_refused(source: Source) -> None:
    with pytest.raises(
        ArchgenError, match=r"does not tell what 9\.0\.0 changes in projects"
    ):
        release(source.root, "9.0.0")
    told(source, "9.0.0").edit(
        "CHANGELOG.md", "## 9.0.0 (2030-01-01)", "## 9.0.0 (not released yet)"
    )
    source.commit()
    with pytest.raises(ArchgenError, match=r"does not say when 9\.0\.0 is released"):
        release(source.root, "9.0.0")


def test_a_version_that_is_released_never_changes(source: Source) -> None:
    release(told(source, "9.0.1").root, "9.0.1")
    source.commit()
    with pytest.raises(
        ArchgenError, match="released already, and nothing has changed since"
    ):
        release(source.root, "9.0.1")
    assert find_changed(source.root) is None
    source.edit("templates/_shared/README.md.jinja", "# ", "# The ")
    source.commit()
    with pytest.raises(ArchgenError, match="released already, with other templates"):
        release(source.root, "9.0.1")
    assert find_changed(source.root) == "9.0.1"
    told(source, "9.0.0")
    with pytest.raises(ArchgenError, match=r"9\.0\.0 is older than 9\.0\.1"):
        release(source.root, "9.0.0")


def test_what_is_worked_on_here_has_a_version_that_is_not_released_yet() -> None:
    assert find_changed(ROOT) is None


def test_the_changelog_tells_versions_titles_and_what_mends_security() -> None:
    text = "# What\n\nSaid.\n\n## 0.3.0: Two\n\n- A change\n  over lines.\n- **Security**: a hole.\n\n## 0.2.0\n\n- Another.\n\n## 0.1.0: One\n\n- First.\n"
    newest, second, _ = sections = read_changelog(text)
    assert (newest.version, newest.title, newest.security, second.title) == (
        "0.3.0",
        "Two",
        True,
        "",
    )
    assert [(change.text, change.security) for change in newest.changes] == [
        ("A change over lines.", False),
        ("a hole.", True),
    ]
    assert [one.version for one in list_between(sections, "0.1.0", "0.3.0")] == [
        "0.2.0",
        "0.3.0",
    ]
    assert [one.version for one in list_between(sections, "0.1.0", "0.3.0.dev1")] == [
        "0.2.0"
    ]


def test_the_changelog_of_these_templates_tells_a_title_and_changes_of_each_version() -> (
    None
):
    sections = read_changelog((ROOT / "templates/CHANGELOG.md").read_text())
    assert sections and all(section.title and section.changes for section in sections)
