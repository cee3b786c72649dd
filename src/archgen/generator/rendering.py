"""Rendering: a record and a templates folder in, a tree of files out; nothing else has
a say.
"""

from __future__ import annotations

import traceback
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from archgen.errors import ArchgenError
from archgen.generator.layout import Known
from archgen.generator.manifest import File, Manifest
from archgen.generator.record import dump_files


def render(
    record: Mapping[str, Any], templates: Path, into: Path, known: Known | None = None
) -> None:
    """Write the tree of `record` to the folder `into` (made if missing), with the files
    that hold the record.

    A pure function of its arguments: no clock, no randomness, no environment, no
    network. `known`: what was laid out before, which need not be again.
    """
    into.mkdir(parents=True, exist_ok=True)
    manifest = Manifest(templates, record)
    for file in manifest.files():
        source, target = templates / file.source, into / file.target
        content = (
            _rendered(manifest, file, templates)
            if file.rendered
            else source.read_bytes()
        )
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)
        if source.stat().st_mode & 0o100:
            _let_run(target)
    for path, content in dump_files(record).items():
        (into / path).parent.mkdir(parents=True, exist_ok=True)
        (into / path).write_bytes(content)
    (known or Known()).lay_out(into)


def _rendered(manifest: Manifest, file: File, templates: Path) -> bytes:
    from jinja2 import TemplateError

    try:
        return manifest.render(file).encode()
    except TemplateError as error:
        place = _place(error, templates) or file.source
        raise ArchgenError(
            f"{place} does not render: {error}",
            "this is a defect of archgen; please report it",
        ) from error


def _place(error: BaseException, templates: Path) -> str | None:
    """The innermost line of a template that the error came from."""
    place = None
    for frame, line in traceback.walk_tb(error.__traceback__):
        path = Path(frame.f_code.co_filename)
        if path.is_relative_to(templates):
            place = f"{path.relative_to(templates)}:{line}"
    return place


def _let_run(path: Path) -> None:
    """Whoever may read it may run it."""
    mode = path.stat().st_mode
    path.chmod(mode | (mode & 0o444) >> 2)
