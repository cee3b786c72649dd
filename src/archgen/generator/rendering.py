"""Rendering: a record and a templates folder in, a tree of files out; nothing else has a say."""

from __future__ import annotations

import os
import traceback
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from archgen.errors import ArchgenError
from archgen.generator.layout import lay_out
from archgen.generator.record import RECORD, dump_record


def render(record: Mapping[str, Any], templates: Path, into: Path) -> None:
    """Write the tree of `record` to the folder `into` (made if missing), `archgen.yaml` included.

    A pure function of its arguments: no clock, no randomness, no environment, no network.
    """
    into.mkdir(parents=True, exist_ok=True)
    for layer in ("_shared", record["template"]):
        _render_layer(record, templates, into, layer)
    (into / RECORD).write_bytes(dump_record(record))
    lay_out(into)
    _tidy(into)


def _render_layer(record: Mapping[str, Any], templates: Path, into: Path, layer: str) -> None:
    from copier import Settings, run_copy
    from copier.errors import CopierError
    from jinja2 import TemplateError
    from plumbum import local

    try:
        # copier starts a git process for every file that it writes, to mirror mode bits into an index that does
        # not exist here; without git on its path it does not, which halves the time
        with local.env(PATH=os.devnull):
            run_copy(
                str(templates),
                into,
                data={**record, "layer": layer},
                settings=Settings(),
                defaults=True,
                overwrite=True,
                quiet=True,
            )
    except (CopierError, TemplateError) as error:
        place = _place(error, templates) or f"layer {layer} of {templates}"
        raise ArchgenError(
            f"{place} does not render: {error}", "this is a defect of archgen; please report it"
        ) from error


def _place(error: BaseException, templates: Path) -> str | None:
    """The innermost line of a template that the error came from."""
    place = None
    for frame, line in traceback.walk_tb(error.__traceback__):
        path = Path(frame.f_code.co_filename)
        if path.is_relative_to(templates):
            place = f"{path.relative_to(templates)}:{line}"
    return place


def _tidy(tree: Path) -> None:
    """Drop folders in which nothing was rendered, and modes that only the installed templates have."""
    mask = os.umask(0)
    os.umask(mask)
    for folder, _, names in os.walk(tree, topdown=False):
        for name in names:
            path = Path(folder, name)
            bits = 0o777 if path.stat().st_mode & 0o100 else 0o666
            path.chmod(bits & ~mask)
        if not os.listdir(folder) and Path(folder) != tree:
            os.rmdir(folder)
