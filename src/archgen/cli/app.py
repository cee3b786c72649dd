"""The commands, put together. Typer alone is loaded here."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

import typer

from archgen import __version__
from archgen.cli.doctor import doctor
from archgen.cli.importing import import_jdl
from archgen.cli.new import new
from archgen.cli.presets import presets
from archgen.cli.recommend import recommend
from archgen.cli.schema import schema


def _version(value: bool) -> None:
    if value:
        typer.echo(f"archgen {__version__}")
        raise typer.Exit


def _root(
    context: typer.Context,
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and exit")
    ] = False,
) -> None:
    """Recommend a backend architecture, with reasons, and write a project of it that runs."""
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())


def build() -> Callable[..., Any]:
    """The application, to be called with `args`."""
    app = typer.Typer(
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    )
    app.callback(invoke_without_command=True)(_root)
    for command in (new, recommend, doctor, presets, schema):
        app.command()(command)
    imports = typer.Typer(rich_markup_mode=None, help="Make an answers file of a domain that another tool has")
    imports.command("jdl")(import_jdl)
    app.add_typer(imports, name="import", no_args_is_help=True)
    return typer.main.get_command(app)
