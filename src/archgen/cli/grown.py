"""What the commands that change a project tell: files, conflicts, and what comes next."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from archgen.cli.console import note, on_stdout, print_json
from archgen.errors import TargetError

if TYPE_CHECKING:
    from archgen.growth.growing import Grown
    from archgen.growth.owner import Project
    from archgen.growth.store import Conflict

_SIGNS = {"added": "+", "changed": "~", "removed": "-"}


def print_grown(project: Project, grown: Grown, alone: Sequence[str], *, dry_run: bool, as_json: bool) -> int:
    """The exit code, after all has been told: 4 where conflicts stand. `alone`: fields without which the database adds no rows."""
    code = TargetError.exit_code if grown.conflicts else 0
    if as_json:
        print_json(_document(project, grown, alone, written=not dry_run))
        return code
    console = on_stdout()
    if dry_run:
        console.print(grown.diff, end="", soft_wrap=True)
    else:
        for path, kind in grown.files.items():
            console.print(f"{_SIGNS[kind]} {path}", soft_wrap=True)
    for path in grown.stays_deleted:
        note(f"{path} is not there any more, as you left it; what is new in it was left out")
    for conflict in grown.conflicts:
        note(f"conflict: {conflict.path}: {describe(conflict)}")
    for name in alone:
        note(
            f"{name}: once this is migrated, the former version of the code writes no rows, since it does not know that column; "
            "stop it before"
        )
    if dry_run:
        return code
    console.print()
    for step in _next(project, grown):
        console.print(step, soft_wrap=True)
    return code


def describe(conflict: Conflict) -> str:
    """What each side of a conflict wants."""
    has = set(conflict.stages)
    if has == {1, 2}:
        return "you changed it, and archgen has it no more"
    if has == {1, 3}:
        return "you deleted or renamed it, and archgen changes it"
    if has == {2, 3}:
        return "both you and archgen add it"
    if has == {1, 2, 3}:
        return "both you and archgen change the same lines"
    return "both you and archgen move it"


def print_aborted(what: str, said: Sequence[str]) -> None:
    print(f"Taken back: {what}")
    for line in said:
        note(line)


def _next(project: Project, grown: Grown) -> list[str]:
    if grown.conflicts:
        return [
            "Settle the conflicts, git add each file, and commit; or",
            f"archgen {grown.what.split()[0]} --abort    # as if nothing had been",
        ]
    if not grown.files:
        return ["Nothing is to be changed"]
    command = grown.what.split()[0]
    steps = ["make check && make test"]
    steps += ["make migrate"] if _migrations(grown) else []
    steps += [f'git add --all && git commit -m "archgen {grown.what}"'] if project.home else []
    return [*steps, f"archgen {command} --abort    # as if nothing had been"]


def _migrations(grown: Grown) -> list[str]:
    """The migrations that came."""
    return [path for path, kind in grown.files.items() if kind == "added" and "/migrations/" in path]


def _document(project: Project, grown: Grown, alone: Sequence[str], *, written: bool) -> dict[str, Any]:
    return {
        "what": grown.what,
        "path": str(project.root),
        "written": written,
        "files": [{"path": path, "what": kind} for path, kind in grown.files.items()],
        "conflicts": [
            {"path": one.path, "says": describe(one), "sides": [_SIDES[stage] for stage in sorted(one.stages)]}
            for one in grown.conflicts
        ],
        "stays_deleted": list(grown.stays_deleted),
        "migrations": _migrations(grown),
        "refused_meanwhile": list(alone),
        "next": _next(project, grown),
    }


_SIDES = {1: "generated", 2: "yours", 3: "new"}
