"""What all commands that change a project are told in the same way: a command takes it
as one `how`.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from archgen.cli.options import Json, NoInput

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from archgen.cli.grown import Told
    from archgen.growth.merge.merging import Settle
    from archgen.growth.record.records import Wanted
    from archgen.growth.trees.owner import Project
    from archgen.growth.trees.store import Tree

_FLAGS: dict[str, Any] = {
    "dry_run": Annotated[
        bool, typer.Option("--dry-run", help="Show the difference, and write nothing")
    ],
    "force": Annotated[
        bool,
        typer.Option(
            "--force",
            help="Merge with what is not committed too, and keep that in a ref first",
        ),
    ],
    "verify": Annotated[
        bool,
        typer.Option(
            "--verify",
            help="Run make check and make test after, and take all back if one fails",
        ),
    ],
    "no_input": NoInput,
    "as_json": Json,
}


Abort = Annotated[
    bool,
    typer.Option(
        "--abort", help="Take back what the last command wrote, byte for byte"
    ),
]


@dataclass(frozen=True, slots=True)
class How:
    """How a project is to be changed, whatever is to be changed in it."""

    dry_run: bool = False
    force: bool = False
    verify: bool = False
    no_input: bool = False
    as_json: bool = False

    @property
    def asks(self) -> bool:
        """Whether a person may be asked."""
        from archgen.cli.prompts import can_ask

        return not (self.no_input or self.as_json) and can_ask()


def changing(command: Callable[..., None]) -> Callable[..., None]:
    """The command as typer reads it: with these flags where it takes a `how`."""

    @functools.wraps(command)
    def call(**given: Any) -> None:
        how = How(**{name: given.pop(name) for name in _FLAGS})
        command(**given, how=how)

    said = inspect.signature(command, eval_str=True)
    own = [parameter for name, parameter in said.parameters.items() if name != "how"]
    flags = [
        inspect.Parameter(
            name, inspect.Parameter.KEYWORD_ONLY, default=False, annotation=kind
        )
        for name, kind in _FLAGS.items()
    ]
    call.__signature__ = said.replace(parameters=[*own, *flags])  # type: ignore[attr-defined]
    call.__annotations__ = {one.name: one.annotation for one in (*own, *flags)} | {
        "return": None
    }
    return call


def take_back() -> None:
    """What `--abort` does, and tells."""
    from archgen.cli.grown import print_aborted
    from archgen.growth.growing import abort
    from archgen.growth.trees.owner import Project

    print_aborted(*abort(Project.at(Path.cwd())))


def begin(how: How, *, any_version: bool = False) -> Project:
    """The project to be changed, in this folder or above it, after it is known that it
    can be.
    """
    from archgen.cli.console import note
    from archgen.errors import InputError
    from archgen.growth.growing import prepare
    from archgen.growth.trees.owner import Project
    from archgen.growth.verifying import find_make

    if how.verify and how.dry_run:
        raise InputError(
            "--verify: what --dry-run does not write cannot be tested",
            "leave one of them out",
        )
    if how.verify:
        find_make()
    project = Project.at(Path.cwd())
    if recovered := prepare(project, force=how.force, any_version=any_version):
        note(recovered)
    return project


def apply(
    project: Project,
    wanted: Wanted,
    how: How,
    *,
    says: Sequence[str] = (),
    more: Callable[[Mapping[str, Any]], list[str]] = lambda record: [],
    words: Sequence[str] = (),
    moved: Callable[[Tree], Tree] | None = None,
) -> None:
    """Make the project what its answers are to be, and tell what else there is to know
    of it. `more`: what of the record that follows; `words`, `moved`: as `grow` has
    them.
    """
    from archgen.cli.grown import Told
    from archgen.growth.record.key_value import list_behind
    from archgen.growth.record.migrations import read_migrations
    from archgen.growth.record.records import follow, list_refused
    from archgen.growth.record.retiring import list_unreadable, list_waiting

    def read(module: str) -> Any:
        return read_migrations(project.root, project.record["package"], module)

    record = follow(project.record, wanted, read)
    waited = set(list_waiting(project.record))
    new = [place for place in list_waiting(record) if place not in waited]
    told = [
        *says,
        *more(record),
        *(["the journey of the preset asks for it, and goes: tests/journey"] if record["preset"] != project.record["preset"] else []),
        *(f"{name}: the version of the code that runs now cannot read rows that the new one adds; stop it before"
          for name in list_unreadable(project.record, record)),
        *(f"{place} is in the database as before: once no copy of the code runs that needs it so, archgen contract {place}"
          for place in new),
        *(f"{place}: rows that are there are brought up by make backfill, once make deploy has returned (docs/deploying.md)"
          for place in list_behind(project.record, record)),
    ]  # fmt: skip
    # what is contracted has a value since before in all rows that the code writes
    refused = [] if wanted.contracted else list_refused(project.record, record)
    carry_out(
        project, wanted.says, record, how, Told(refused, told), words=words, moved=moved
    )


def carry_out(
    project: Project,
    what: str,
    record: Mapping[str, Any],
    how: How,
    told: Told,
    *,
    settle: Settle | None = None,
    written_by: Path | None = None,
    words: Sequence[str] = (),
    moved: Callable[[Tree], Tree] | None = None,
) -> None:
    """Make the project that of the record, and tell; exits with 4 where conflicts
    stand. All others as `grow` and `print_grown` have it.
    """
    from archgen.cli.console import note, steps
    from archgen.cli.grown import print_grown
    from archgen.cli.signals import too_late
    from archgen.growth.growing import grow
    from archgen.growth.verifying import verify

    with steps(quiet=how.as_json) as progress:
        grown = grow(
            project,
            what,
            record,
            settle=settle,
            written_by=written_by,
            words=words,
            moved=moved,
            dry_run=how.dry_run,
            force=how.force,
            progress=progress,
            at_last=too_late,
        )
        whole = not how.dry_run and not grown.conflicts and bool(grown.files)
        if how.verify and whole:
            verify(project, grown, progress)
    code = print_grown(
        project,
        grown,
        told,
        dry_run=how.dry_run,
        as_json=how.as_json,
        verified=how.verify and whole,
    )
    if how.verify and grown.conflicts:
        note("Nothing was verified, since there are conflicts")
    if code:
        raise typer.Exit(code)
    if whole and not how.verify and how.asks and _wants_verified():
        with steps() as progress:
            verify(project, grown, progress)
        note("make check and make test passed")


def _wants_verified() -> bool:
    from archgen.cli.prompts import Back, Option, asker

    options = [Option("no"), Option("yes", "if one fails, all of this is taken back")]
    try:
        return (
            asker().select("Run make check and make test now?", options, "no") == "yes"
        )
    except (Back, KeyboardInterrupt):
        return False
