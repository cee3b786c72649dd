"""`archgen update`: a project comes to the templates of this archgen."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from archgen.cli.changing import Abort, How, begin, carry_out, changing, take_back
from archgen.errors import CheckError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from archgen.growth.releases.changelog import Section
    from archgen.growth.releases.updating import Ahead
    from archgen.growth.trees.owner import Project


@changing
def update(
    check: Annotated[
        bool,
        typer.Option(
            "--check",
            help="Write nothing; say what is behind, with exit 5 if a version mends security",
        ),
    ] = False,
    abort: Abort = False,
    *,
    how: How,
) -> None:
    """Bring this project to newer templates; what is yours is kept."""
    from archgen.growth.releases.updating import look_ahead
    from archgen.growth.trees.owner import Project

    if abort:
        take_back()
        return
    project = Project.at(Path.cwd()) if check else begin(how, any_version=True)
    ahead = look_ahead(project.record)
    if ahead.behind and not check:
        _update(project, ahead, how)
        return
    _print_ahead(project, ahead, as_json=how.as_json)
    if check and ahead.security:
        raise typer.Exit(CheckError.exit_code)


def describe_ahead(ahead: Ahead) -> dict[str, Any]:
    """What an update brings, as `--json` tells it."""
    from dataclasses import asdict

    from archgen import __version__

    return {
        "from": ahead.written,
        "to": __version__,
        "behind": ahead.behind,
        "security": ahead.security,
        "versions": [
            {**asdict(version), "security": version.security}
            for version in ahead.versions
        ],
    }


def list_titles(ahead: Ahead) -> list[str]:
    """The versions of an update, a line each."""
    return [
        _head(version) + (" (mends security)" if version.security else "")
        for version in ahead.versions
    ]


def _update(project: Project, ahead: Ahead, how: How) -> None:
    from archgen import __version__
    from archgen.cli.grown import Told
    from archgen.growth.releases.releases import open_templates
    from archgen.growth.releases.upgrades import upgrade

    if not how.as_json:
        # where stdout has the difference
        _print_lines(_list_changes(ahead), to_stderr=how.dry_run)
    record = upgrade(project.record)
    with open_templates(ahead.written) as templates:
        what = f"update to {__version__}"
        carry_out(
            project,
            what,
            record,
            how,
            Told(besides=describe_ahead(ahead)),
            written_by=templates,
        )


def _print_ahead(project: Project, ahead: Ahead, *, as_json: bool) -> None:
    from archgen import __version__
    from archgen.cli.console import print_json

    name = project.record["name"]
    if as_json:
        print_json(
            {
                "name": name,
                "path": str(project.root),
                **describe_ahead(ahead),
                "written": False,
            }
        )
        return
    lines = [
        f"{name} was written by archgen {ahead.written}, which is this one: nothing to update"
    ]
    if ahead.behind:
        lines = [
            f"{name} was written by archgen {ahead.written}, and this is {__version__}",
            *_list_changes(ahead),
        ]
        lines.append("archgen update brings it there, and keeps what is yours")
    _print_lines(lines)


def _list_changes(ahead: Ahead) -> list[str]:
    """What changed between the versions, and why."""
    return [
        line
        for version in ahead.versions
        for line in (
            _head(version),
            *(
                f"  {'Security: ' if change.security else ''}{change.text}"
                for change in version.changes
            ),
        )
    ]


def _print_lines(lines: Sequence[str], *, to_stderr: bool = False) -> None:
    from archgen.cli.console import note, on_stdout

    console = on_stdout()
    for line in lines:
        if to_stderr:
            note(line)
        else:
            console.print(line, soft_wrap=True)


def _head(version: Section) -> str:
    return f"{version.version}: {version.title}" if version.title else version.version
