"""A release of archgen before this one, in this process: other templates, and projects
that were written from them.

Every part of a project is otherwise in it (`tests/support/releases.py`), so that
`archgen update` has to merge all of them.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from unittest.mock import patch

from tests.support.owner import RECORD
from tests.support.releases import ROOT, Edited, change_templates

from archgen.generator.git import commit_all
from archgen.generator.record import load_record
from archgen.generator.rendering import render
from archgen.growth.releases import releases
from archgen.growth.releases.releases import Releases
from archgen.growth.trees.store import Store

VERSION = "0.0.1"


@dataclass(frozen=True)
class Older:
    templates: Path

    def write(self, project: Path, into: Path) -> None:
        """The same project, as that release would have written it."""
        render(
            {**load_record(project / RECORD), "archgen_version": VERSION},
            self.templates,
            into,
        )
        commit_all(into, "Start")


@contextmanager
def released_before(folder: Path) -> Iterator[Older]:
    """Within it that release is known to this process; its templates and its bundle lie
    in `folder`.
    """
    ignored = shutil.ignore_patterns("__pycache__", ".*_cache")
    shutil.copytree(ROOT / "templates", folder / "templates", ignore=ignored)
    change_templates(Edited(folder))
    store, bundle = Store(folder / "store"), folder / "releases.bundle"
    Releases(bundle).add(store, VERSION, store.keep(folder / "templates"))

    @contextmanager
    def open_templates(version: str) -> Iterator[Path]:
        Releases().check(version)
        yield folder / "templates"  # where Jinja knows them already

    with (
        patch.object(releases, "BUNDLE", bundle),
        patch.object(releases, "open_templates", open_templates),
    ):
        yield Older(folder / "templates")
