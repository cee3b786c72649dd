"""`archgen status` and `archgen diff`: what of a project is its owner's."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from archgen.cli.options import Json


def status(as_json: Json = False) -> None:
    """Say what its owner changed in this project, and what is open."""
    from dataclasses import asdict

    from archgen import __version__
    from archgen.cli.console import note, on_stdout, print_json
    from archgen.cli.updating import describe_ahead, list_titles
    from archgen.growth.status import examine
    from archgen.growth.trees.owner import Project

    project = Project.at(Path.cwd())
    found = examine(project)
    if as_json:
        about = {
            "name": project.record["name"],
            "path": str(project.root),
            "archgen": __version__,
        }
        print_json({**about, **asdict(found), "ahead": describe_ahead(found.ahead)})
        return
    if found.recovered:
        note(found.recovered)
    console = on_stdout()
    written = (
        found.version
        if found.version == __version__
        else f"{found.version}, and this is {__version__}"
    )
    console.print(
        f"{project.record['name']}: {project.record['architecture']}, written by archgen {written}"
    )
    if found.ahead.behind:
        console.print("archgen update would bring", style="bold")
        for line in list_titles(found.ahead):
            console.print(f"  {line}", soft_wrap=True)
    for kind, head in (
        ("changed", "Changed by you"),
        ("yours", "Added by you"),
        ("deleted", "Deleted by you"),
        ("ignored", "Ignored by git, so that no command of archgen changes it"),
    ):
        paths = [path for path, what in found.files.items() if what == kind]
        if paths:
            console.print(head, style="bold")
        for path in paths:
            console.print(f"  {path}", soft_wrap=True)
    if not found.files:
        console.print("All of it is as it was generated")
    if found.drift:
        console.print(
            "Said in the answers of archgen.yaml, and generated otherwise", style="bold"
        )
        for name in found.drift:
            console.print(f"  {name}", soft_wrap=True)
    if found.waiting:
        console.print(
            "Removed or narrower in the code, and not yet in the database", style="bold"
        )
        for name in found.waiting:
            console.print(f"  {name}    archgen contract {name}", soft_wrap=True)
    if found.conflicts:
        console.print("Conflicts that stand", style="bold")
        for path in found.conflicts:
            console.print(f"  {path}", soft_wrap=True)
    if found.last:
        console.print(
            f"archgen {found.last.split()[0]} --abort takes back: archgen {found.last}",
            soft_wrap=True,
        )


def diff(
    paths: Annotated[
        list[str] | None,
        typer.Argument(metavar="[PATH]...", help="Of these files or folders alone"),
    ] = None,
    as_json: Json = False,
) -> None:
    """Show what its owner changed in this project, as git would."""
    import os

    from archgen.cli.console import print_json
    from archgen.growth.status import show_diff
    from archgen.growth.trees.owner import Project

    project = Project.at(Path.cwd())
    asked = [
        os.path.relpath(Path(path).absolute(), project.root) for path in paths or ()
    ]
    text = show_diff(project, asked)
    if as_json:
        print_json(
            {"name": project.record["name"], "path": str(project.root), "diff": text}
        )
    else:
        typer.echo(text, nl=False)
