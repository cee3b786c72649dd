"""Blueprint -> files. The only package that imports copier, and it does so when it renders."""

from archgen.generator.folder import templates_dir
from archgen.generator.project import Written, check_target, preview, write_project
from archgen.generator.record import RECORD, dump_record, load_record, record_of
from archgen.generator.rendering import render

__all__ = [
    "RECORD",
    "Written",
    "check_target",
    "dump_record",
    "load_record",
    "preview",
    "record_of",
    "render",
    "templates_dir",
    "write_project",
]
