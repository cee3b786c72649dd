"""The trees of the presets, kept as files in `tests/golden`, so that a change of a template is seen as what it changes.

`make golden` writes them anew. What is copied (the chassis, `local`) is the same in every project and stands as hashes; one tree in full is the
monolith's, and of the others what differs from it.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path

GOLDEN = Path(__file__).parent.parent / "golden"
RECORDED = {"archgen.yaml", "docs/adr/0001-architecture.md"}  # the advisor's, and held by its own tests
Trees = Callable[[str, str], dict[str, bytes]]


def kept(trees: Trees, preset: str, architecture: str) -> dict[str, str]:
    """What is kept of a tree, by path; in `hashes.json` stands what is kept elsewhere."""
    tree = trees(preset, architecture)
    base = {} if architecture == "monolith" else trees(preset, "monolith")
    hashed = {path for path, data in tree.items() if "/chassis/" in path or "/local/" in path or base.get(path) == data}
    full = {path: data.decode() for path, data in tree.items() if path not in hashed and path not in RECORDED}
    hashes = {path: hashlib.sha256(tree[path]).hexdigest()[:16] for path in sorted(hashed)}
    return {**full, "hashes.json": json.dumps(hashes, indent=1) + "\n"}


def test_a_preset_renders_as_it_did(preset_tree: Trees, choice: tuple[str, str]) -> None:
    """Where this fails on purpose: `make golden`, read the difference, and commit it with the change."""
    folder = GOLDEN.joinpath(*choice)
    now = kept(preset_tree, *choice)
    if os.environ.get("ARCHGEN_GOLDEN") == "write":
        shutil.rmtree(folder, ignore_errors=True)
        for path, text in now.items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_text(text)
    was = {path.relative_to(folder).as_posix(): path.read_text() for path in folder.rglob("*") if path.is_file()}
    assert sorted(now) == sorted(was)
    for path, text in now.items():
        assert text == was[path], path
