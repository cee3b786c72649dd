"""Stored names: what the tables of a module are kept under, which is its name, or the
one that it had when they were made.
"""

from __future__ import annotations

from importlib import import_module


def stored_name(package: str, module: str) -> str:
    """The name of the module's schema, file or table; `package`: that it is in."""
    found = import_module(f"{package}.{module}")
    return str(getattr(found, "STORED_AS", module))
