"""The commands, put together. Typer alone is loaded here."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

import typer

from archgen import __version__
from archgen.cli.doctor import doctor
from archgen.cli.evolving import evolve
from archgen.cli.exporting import (
    domain,
    export_dbml,
    export_jdl,
    export_mermaid,
    export_openapi,
)
from archgen.cli.growing import (
    add_entity,
    add_field,
    add_list,
    add_module,
    add_option,
    add_reaction,
    add_reference,
    change,
    rename_field,
)
from archgen.cli.importing import import_jdl, import_openapi, import_sql
from archgen.cli.listing import Listing
from archgen.cli.new import new
from archgen.cli.presets import presets
from archgen.cli.recommend import recommend
from archgen.cli.removing import (
    change_field,
    contract,
    remove_entity,
    remove_field,
    remove_list,
    remove_module,
    remove_option,
    remove_reaction,
    remove_reference,
    rename_entity,
)
from archgen.cli.renaming import rename_module
from archgen.cli.schema import schema
from archgen.cli.state import diff, status
from archgen.cli.updating import update


def _version(value: bool) -> None:
    if value:
        typer.echo(f"archgen {__version__}")
        raise typer.Exit


def _root(
    context: typer.Context,
    version: Annotated[
        bool,
        typer.Option(
            "--version",
            callback=_version,
            is_eager=True,
            help="Print the version and exit",
        ),
    ] = False,
) -> None:
    """Recommend a backend architecture, with reasons, and write a project of it that
    runs.
    """
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())


def build() -> Callable[..., Any]:
    """The application, to be called with `args`."""
    app = typer.Typer(
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
        context_settings={
            "help_option_names": ["-h", "--help"],
            "max_content_width": 100,
        },
    )
    app.callback(invoke_without_command=True)(_root)
    for command in (
        new,
        recommend,
        evolve,
        update,
        contract,
        status,
        diff,
        domain,
        doctor,
        presets,
        schema,
    ):
        app.command()(command)
    groups: tuple[tuple[str, str, dict[str, Callable[..., None]]], ...] = (
        (
            "import",
            "Make an answers file of a domain that another tool has",
            {"jdl": import_jdl, "sql": import_sql, "openapi": import_openapi},
        ),
        (
            "export",
            "Write the domain of an answers file for another tool",
            {
                "jdl": export_jdl,
                "mermaid": export_mermaid,
                "dbml": export_dbml,
                "openapi": export_openapi,
            },
        ),
    )
    for name, says, commands in groups:
        group = typer.Typer(rich_markup_mode=None, help=says)
        for form, function in commands.items():
            group.command(form)(function)
        app.add_typer(group, name=name, no_args_is_help=True)
    additions = (
        add_module,
        add_entity,
        add_field,
        add_reference,
        add_list,
        add_reaction,
        add_option,
    )
    removals = (
        remove_module,
        remove_entity,
        remove_field,
        remove_reference,
        remove_list,
        remove_reaction,
        remove_option,
    )
    for name, says, changes in (
        ("add", "Add to this project; what its owner wrote is kept", additions),
        ("remove", "Remove from this project; what its owner wrote is kept", removals),
        (
            "change",
            "Change what is in this project; what its owner wrote is kept",
            (change_field,),
        ),
        (
            "rename",
            "Rename in this project; what its owner wrote is kept",
            (rename_module, rename_entity, rename_field),
        ),
    ):
        group = typer.Typer(rich_markup_mode=None, help=says)
        group.callback(invoke_without_command=True)(change)
        for function in changes:
            word = function.__name__.removeprefix(f"{name}_")
            group.command(word, cls=Listing if word == "list" else None)(function)
        app.add_typer(group, name=name)
    return typer.main.get_command(app)
