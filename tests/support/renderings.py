"""Projects rendered once in this process and not again: a command that finds one here
writes the same bytes.

What is tested by sequences is how an owner's edits are merged; that rendering is a
function of its arguments is tested elsewhere.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from hashlib import sha256
from pathlib import Path
from typing import Any
from unittest.mock import patch

from archgen.generator.layout import Known
from archgen.growth import growing, status
from archgen.growth.evolve import rerooting
from archgen.growth.merge import merging
from archgen.growth.trees.store import Store, quoted


class Renderings:
    """Trees by their records, in a store in `folder` that those of commands read."""

    def __init__(self, folder: Path) -> None:
        self._store = Store(folder)
        self._trees: dict[bytes, str] = {}
        self._known = Known()
        self._keep = merging.keep_rendering
        self.found = self.made = 0

    def keep(
        self,
        store: Store,
        record: Mapping[str, Any],
        templates: Path,
        folder: Path,
        known: Known | None = None,
    ) -> str:
        """As `keep_rendering`."""
        key = sha256(json.dumps([record, str(templates)]).encode()).digest()
        self.found, self.made = (
            self.found + (key in self._trees),
            self.made + (key not in self._trees),
        )
        if key not in self._trees:
            self._trees[key] = self._keep(
                self._store, record, templates, folder, self._known
            )
        with (store.objects / "info/alternates").open("ab") as file:
            file.write(quoted(str(self._store.objects)) + b"\n")
        return self._trees[key]


@contextmanager
def remember_renderings(folder: Path) -> Iterator[Renderings]:
    """Within it commands of this process render each record once; what was rendered is
    kept in `folder`.
    """
    renderings = Renderings(folder)
    with ExitStack() as stack:
        for module in (growing, rerooting, merging, status):
            stack.enter_context(patch.object(module, "keep_rendering", renderings.keep))
        yield renderings
