"""Blueprint -> files. The only package that renders, with jinja2, which it imports when
it does.
"""

from archgen.catalog import templates_dir
from archgen.generator.project import Written, check_target, preview, write_project
from archgen.generator.record import (
    ARGUMENT,
    RECORD,
    build_record,
    dump_files,
    dump_record,
    load_record,
)
from archgen.generator.rendering import render

__all__ = [
    "ARGUMENT",
    "RECORD",
    "Written",
    "build_record",
    "check_target",
    "dump_files",
    "dump_record",
    "load_record",
    "preview",
    "render",
    "templates_dir",
    "write_project",
]
