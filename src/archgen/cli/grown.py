"""What the commands that change a project tell: files, conflicts, and what comes next."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from archgen.cli.console import note, on_stdout, print_json
from archgen.errors import TargetError

if TYPE_CHECKING:
    from archgen.growth.growing import Grown
    from archgen.growth.trees.owner import Project
    from archgen.growth.trees.store import Conflict

_MOST_NAMED = 20  # lines of the owner's that are shown
_SIGNS = {"added": "+", "changed": "~", "removed": "-"}


@dataclass(frozen=True, slots=True)
class Told:
    """What a command has to say beside what it did. `alone`: fields without which the
    database adds no rows; `says`: what its user should know; `besides`: what `--json`
    tells too.
    """

    alone: Sequence[str] = ()
    says: Sequence[str] = ()
    besides: Mapping[str, Any] = field(default_factory=dict)


def print_grown(
    project: Project,
    grown: Grown,
    told: Told,
    *,
    dry_run: bool,
    as_json: bool,
    verified: bool,
) -> int:
    """The exit code, after all has been told: 4 where conflicts stand."""
    code = TargetError.exit_code if grown.conflicts else 0
    if as_json:
        document = _document(
            project, grown, told.alone, written=not dry_run, verified=verified
        )
        print_json({**document, "says": list(told.says), **told.besides})
        return code
    console = on_stdout()
    if dry_run:
        console.print(grown.diff, end="", soft_wrap=True)
    else:
        for path, kind in grown.files.items():
            console.print(f"{_SIGNS[kind]} {path}", soft_wrap=True)
    if grown.kept:
        note(
            f"What was not committed is kept: git stash apply {grown.kept} brings it back"
        )
    for path in grown.stays_deleted:
        note(
            f"{path} is not there any more, as you left it; what is new in it was left out"
        )
    for path in grown.ignored:
        note(
            f"git ignores {path}, and no clone would have it: git add --force {shlex.quote(path)}"
        )
    for conflict in grown.conflicts:
        note(f"conflict: {conflict.path}: {describe(conflict)}")
    for name in told.alone:
        note(
            f"{name}: once this is migrated, the former version of the code writes no rows, since it does not know that column; "
            "stop it before"
        )
    for path, kind in grown.files.items():
        if kind == "changed" and _is_migration(path):
            note(
                f"{path}: a migration that was there reads otherwise now; databases that have run it stay as they are"
            )
    for line in told.says:
        note(line)
    for line in grown.named[:_MOST_NAMED]:
        note(f"still names what is gone: {line}")
    if len(grown.named) > _MOST_NAMED:
        note(
            f"and {len(grown.named) - _MOST_NAMED} lines more of yours (--json has all)"
        )
    if dry_run:
        return code
    console.print()
    for step in _next(project, grown, verified):
        console.print(step, soft_wrap=True)
    return code


def describe(conflict: Conflict) -> str:
    """What each side of a conflict wants."""
    if conflict.says:
        return conflict.says
    has = set(conflict.stages)
    if has == {1, 2}:
        return "you changed or moved it, and archgen has it no more"
    if has == {1, 3}:
        return "you deleted or renamed it, and archgen changes it"
    if has == {2, 3}:
        return "both you and archgen add it"
    if has == {1, 2, 3}:
        return "both you and archgen change the same lines"
    if has == {2}:
        return "yours, in a folder whose files archgen moves: git add it where it is to lie"
    return "both you and archgen move it"


def print_aborted(what: str, said: Sequence[str]) -> None:
    print(f"Taken back: {what}")
    for line in said:
        note(line)


def _next(project: Project, grown: Grown, verified: bool) -> list[str]:
    if grown.conflicts:
        return [
            "Settle the conflicts, git add each file, and commit; or",
            f"archgen {grown.what.split()[0]} --abort    # as if nothing had been",
        ]
    if not grown.files:
        return ["Nothing is to be changed"]
    command = grown.what.split()[0]
    steps = [] if verified else ["make check && make test"]
    steps += ["make migrate"] if _migrations(grown) else []
    steps += (
        [f'git add --all && git commit -m "archgen {grown.what}"']
        if project.home
        else []
    )
    return [*steps, f"archgen {command} --abort    # as if nothing had been"]


def _migrations(grown: Grown) -> list[str]:
    """The migrations that came; one that lies elsewhere now is none."""
    moved = {
        Path(path).name
        for path, kind in grown.files.items()
        if kind == "removed" and _is_migration(path)
    }
    came = (
        path
        for path, kind in grown.files.items()
        if kind == "added" and _is_migration(path)
    )
    return [path for path in came if Path(path).name not in moved]


def _is_migration(path: str) -> bool:
    return "/migrations/" in path


def _document(
    project: Project,
    grown: Grown,
    alone: Sequence[str],
    *,
    written: bool,
    verified: bool,
) -> dict[str, Any]:
    return {
        "what": grown.what,
        "path": str(project.root),
        "written": written,
        "files": [{"path": path, "what": kind} for path, kind in grown.files.items()],
        "conflicts": [
            {
                "path": one.path,
                "says": describe(one),
                "sides": [_SIDES[stage] for stage in sorted(one.stages)],
            }
            for one in grown.conflicts
        ],
        "stays_deleted": list(grown.stays_deleted),
        "migrations": _migrations(grown),
        "refused_meanwhile": list(alone),
        "still_named": list(grown.named),
        "kept": grown.kept,
        "ignored": list(grown.ignored),
        "verified": verified,
        "next": _next(project, grown, verified),
    }


_SIDES = {1: "generated", 2: "yours", 3: "new"}
