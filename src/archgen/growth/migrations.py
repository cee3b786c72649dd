"""The migrations that a module has by now, its owner's among them, as they lie in the project."""

from __future__ import annotations

import ast
from pathlib import Path

from archgen.blueprint.history import Migrations
from archgen.errors import TargetError


def read_migrations(root: Path, package: str, module: str) -> Migrations:
    """Their names, and the one that none follows; TargetError where there is none such, or are several."""
    folder = root / "src" / package / module / "migrations"
    follows: dict[str, set[str]] = {}
    for path in sorted(folder.glob("*.py")):
        said = _read_names(path)
        if said is not None:
            follows[said[0]] = said[1]
    last = sorted(follows.keys() - set().union(*follows.values()))
    if len(last) != 1:
        found = f"{' and '.join(last)} were written apart" if last else "there is no migration"
        raise TargetError(
            f"{folder.relative_to(root)}: {found}, so the next cannot follow them",
            f'make migration MODULE={module} NAME="merge"' if last else "restore it from git",
        )
    return Migrations(tuple(follows), last[0])


def _read_names(path: Path) -> tuple[str, set[str]] | None:
    """What a migration is called, and what it follows; None where the file is none."""
    try:
        tree = ast.parse(path.read_bytes())
    except SyntaxError as error:
        raise TargetError(f"{path.name} is not Python: {error.msg}, line {error.lineno}", "mend it") from None
    said = {
        target.id: ast.literal_eval(node.value)
        for node in tree.body
        if isinstance(node, ast.Assign | ast.AnnAssign) and node.value is not None
        for target in (node.targets if isinstance(node, ast.Assign) else [node.target])
        if isinstance(target, ast.Name) and target.id in ("revision", "down_revision")
    }
    if not isinstance(said.get("revision"), str):
        return None
    before = said.get("down_revision") or ()
    return said["revision"], {before} if isinstance(before, str) else set(before)
