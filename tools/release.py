"""`make release VERSION=0.2.0`: the templates, as they are committed, become those of a
version, in the bundle that travels with archgen.

`docs/releasing.md` says what comes before and after. A version that is released never
changes.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
from pathlib import Path

from archgen.errors import ArchgenError
from archgen.growth.releases.changelog import read_changelog
from archgen.growth.releases.releases import Releases, parse_version
from archgen.growth.releases.updating import CHANGELOG
from archgen.growth.trees.owner import Project
from archgen.growth.trees.store import clean_environment, find_git

_VERSION = re.compile(r"\d+\.\d+\.\d+")
_SAID = re.compile(r'__version__ = "(.+)"')


def release(root: Path, version: str) -> Path:
    """Add `version` to the bundle of the archgen at `root`, and let that archgen be it;
    the bundle.

    ArchgenError: something is not committed, no changelog tells of the version, or it
    is not newer than those released.
    """
    if not _VERSION.fullmatch(version):
        raise ArchgenError(
            f"{version or 'nothing'} is no version to release",
            "make release VERSION=0.2.0",
        )
    project = Project(root, root)
    if changed := _git(root, "status", "--porcelain").splitlines():
        raise ArchgenError(
            f"not committed: {', '.join(line[3:] for line in changed[:3])}",
            "commit it, or stash it",
        )
    _check_changelogs(root, version)
    bundle = root / "src/archgen/growth/releases/releases.bundle"
    releases = Releases(bundle)
    tree = _git(root, "rev-parse", "HEAD:templates").strip()
    with tempfile.TemporaryDirectory(prefix="archgen-") as place:
        store = project.open_store(Path(place, "store"))
        if version in releases.versions:
            same = releases.read(store, version) == store.list_files(tree)
            raise ArchgenError(
                f"{version} is released already, {'and nothing has changed since' if same else 'with other templates'}",
                "the next version takes what is new",
            )
        if releases.versions and parse_version(version) < parse_version(
            releases.versions[-1]
        ):
            raise ArchgenError(
                f"{version} is older than {releases.versions[-1]}", "give a newer one"
            )
        releases.add(store, version, tree)
    said = root / "src/archgen/__init__.py"
    said.write_text(
        _SAID.sub(f'__version__ = "{version}"', said.read_text(encoding="utf-8")),
        encoding="utf-8",
    )
    return bundle


def find_changed(root: Path) -> str | None:
    """The version of the archgen at `root`, if it is released and its templates are
    others by now: what is worked on has the next one.
    """
    found = _SAID.search((root / "src/archgen/__init__.py").read_text(encoding="utf-8"))
    assert found, "archgen says no version"
    releases = Releases(root / "src/archgen/growth/releases/releases.bundle")
    if found[1] not in releases.versions:
        return None
    with tempfile.TemporaryDirectory(prefix="archgen-") as place:
        store = Project(root, root).open_store(Path(place, "store"))
        tree = _git(root, "rev-parse", "HEAD:templates").strip()
        return (
            None
            if releases.read(store, found[1]) == store.list_files(tree)
            else found[1]
        )


def _check_changelogs(root: Path, version: str) -> None:
    told = read_changelog((root / "templates" / CHANGELOG).read_text(encoding="utf-8"))
    section = next((section for section in told if section.version == version), None)
    if section is None or not section.title or not section.changes:
        raise ArchgenError(
            f"templates/{CHANGELOG} does not tell what {version} changes in projects",
            f'write "## {version}: What it is about", and its changes in a list, on top',
        )
    if not re.search(
        rf"^## {re.escape(version)} \(\d{{4}}-\d\d-\d\d\)$",
        (root / CHANGELOG).read_text("utf-8"),
        re.M,
    ):
        raise ArchgenError(
            f"{CHANGELOG} does not say when {version} is released",
            f'write "## {version} (2026-12-01)"',
        )


def _git(root: Path, *command: str) -> str:
    done = subprocess.run(
        [find_git(), *command],
        cwd=root,
        env=clean_environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise ArchgenError(f"git {command[0]} failed: {done.stderr.strip()}")
    return done.stdout


def main() -> None:
    root = Path(__file__).resolve().parent.parent
    version = sys.argv[1] if len(sys.argv) > 1 else ""
    try:
        bundle = release(root, version)
    except ArchgenError as error:
        sys.exit(
            f"error: {error.message}" + (f"\nhint: {error.hint}" if error.hint else "")
        )
    size = bundle.stat().st_size
    print(
        f"{version} is in {bundle.relative_to(root)}, now {size:,} bytes with {len(Releases(bundle).versions)} versions"
    )
    print(f'git add --all && git commit -m "archgen {version}" && git tag v{version}')


if __name__ == "__main__":
    main()
