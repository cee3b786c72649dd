"""The migrations that a module has by now, its owner's among them, as they lie in the
project.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from archgen.blueprint.history import Migrations
from archgen.errors import TargetError


def read_migrations(
    root: Path, package: str, module: str, known: Mapping[str, str | None] | None = None
) -> Migrations:
    """Their names, and the one that none follows; TargetError where there is none such,
    or are several.

    `known`: migrations that are not there now, each with the one that it follows.
    """
    folder = root / "src" / package / module / "migrations"
    follows = {
        name: {before} if before else set() for name, before in (known or {}).items()
    }
    found: dict[str, Path] = {}
    for path in sorted(folder.glob("*.py")):
        said = _read_names(path)
        if said is None:
            continue
        name, follows[said[0]] = said
        if name in found:  # two branches of git wrote the next one, each for itself
            raise TargetError(
                f"{folder.relative_to(root)}: {found[name].name} and {path.name} are both called {name}, and alembic would run one of them",
                "give one of them another name (revision), and let it follow the other (down_revision)",
            )
        found[name] = path
    last = sorted(follows.keys() - set().union(*follows.values()))
    if len(last) != 1:
        what = (
            f"{' and '.join(last)} were written apart"
            if last
            else "there is no migration"
        )
        raise TargetError(
            f"{folder.relative_to(root)}: {what}, so the next cannot follow them",
            f'make migration MODULE={module} NAME="merge"'
            if last
            else "restore it from git",
        )
    return Migrations(tuple(follows), last[0])


def _read_names(path: Path) -> tuple[str, set[str]] | None:
    """What a migration is called, and what it follows; None where the file is none."""
    try:
        tree = ast.parse(path.read_bytes())
    except SyntaxError as error:
        line = f", line {error.lineno}" if error.lineno else ""
        raise TargetError(
            f"{path.name} is not Python: {error.msg}{line}", "mend it"
        ) from None
    said = {
        target.id: _read_literal(path, node.value)
        for node in tree.body
        if isinstance(node, ast.Assign | ast.AnnAssign) and node.value is not None
        for target in (node.targets if isinstance(node, ast.Assign) else [node.target])
        if isinstance(target, ast.Name) and target.id in ("revision", "down_revision")
    }
    if not isinstance(said.get("revision"), str):
        return None
    before = said.get("down_revision") or ()
    return said["revision"], {before} if isinstance(before, str) else set(before)


def _read_literal(path: Path, value: ast.expr) -> Any:
    try:
        return ast.literal_eval(value)
    except ValueError:
        raise TargetError(
            f"{path.name}, line {value.lineno}: {ast.unparse(value)} is computed, so that the next migration cannot follow it",
            "write the name itself there",
        ) from None
