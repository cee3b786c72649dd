"""`archgen import`: a domain from elsewhere as an answers file, with a report of what
became of it.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from archgen.cli.options import Json, expanded

if TYPE_CHECKING:
    from archgen.exchange.translation import Translated

AnswersOut = Annotated[
    Path | None,
    typer.Option(
        "--output",
        "-o",
        metavar="FILE",
        callback=expanded,
        help="Write the answers there, and not to stdout",
    ),
]
Force = Annotated[bool, typer.Option("--force", help="Write over a file that is there")]


def import_jdl(
    files: Annotated[
        list[Path],
        typer.Argument(metavar="FILE...", help="Files in JHipster's domain language"),
    ],
    output: AnswersOut = None,
    force: Force = False,
    as_json: Json = False,
) -> None:
    """Make an answers file of a domain in JHipster's language (JDL)."""
    from archgen.exchange.jdl_reader import read_jdl
    from archgen.exchange.translation import translate

    check_file(output, force=force)
    _give(translate(read_jdl(files)), output, as_json=as_json)


def import_sql(
    file: Annotated[
        Path | None,
        typer.Argument(
            metavar="FILE",
            help="DDL of PostgreSQL, MySQL or SQLite, or a dump that has it",
        ),
    ] = None,
    database: Annotated[
        str | None,
        typer.Option(
            "--database",
            metavar="URL",
            help="A database to read, in place of a file; it is not written to",
        ),
    ] = None,
    schema: Annotated[
        str | None,
        typer.Option(
            "--schema",
            metavar="NAME",
            help="Of --database, in place of its default schema",
        ),
    ] = None,
    dialect: Annotated[
        str | None,
        typer.Option(
            "--dialect",
            metavar="NAME",
            help="postgres, mysql or sqlite; told by the file if not said",
        ),
    ] = None,
    output: AnswersOut = None,
    force: Force = False,
    as_json: Json = False,
) -> None:
    """Make an answers file of the tables that DDL defines, or that a database has."""
    from archgen.errors import InputError, Mistake
    from archgen.exchange.translation import translate

    check_file(output, force=force)
    if (file is None) == (database is None):
        raise InputError(
            [
                Mistake(
                    "FILE",
                    "is needed, or --database; not both",
                    "archgen import sql schema.sql",
                )
            ]
        )
    if database is not None:
        from archgen.exchange.reflection import read_database

        domain = read_database(database, schema)
    else:
        from archgen.exchange.sql_reader import read_sql

        assert file is not None
        domain = read_sql(file, dialect)
    _give(translate(domain), output, as_json=as_json)


def import_openapi(
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="An OpenAPI document, JSON or YAML")
    ],
    output: AnswersOut = None,
    force: Force = False,
    as_json: Json = False,
) -> None:
    """Make an answers file of the schemas of an OpenAPI document."""
    from archgen.exchange.openapi_reader import read_openapi
    from archgen.exchange.translation import translate

    check_file(output, force=force)
    _give(translate(read_openapi(file)), output, as_json=as_json)


def check_file(output: Path | None, *, force: bool) -> None:
    """TargetError where a file cannot be written there, or is there already."""
    from archgen.errors import TargetError

    if output is None:
        return
    if output.is_dir():
        raise TargetError(f"{output} is a folder", "give a file")
    if output.exists() and not force:
        raise TargetError(
            f"{output} is there already",
            "give another file, or --force to write over it",
        )


def write_file(output: Path, text: str, *, force: bool) -> None:
    from archgen.errors import TargetError

    check_file(output, force=force)
    try:
        output.write_text(text, encoding="utf-8")
    except OSError as error:
        raise TargetError(
            f"{output} cannot be written: {error.strerror}",
            "give a file in a folder that is there",
        ) from None


def _give(imported: Translated, output: Path | None, *, as_json: bool) -> None:
    """The answers to the file or to stdout; the report to whichever of stdout and
    stderr is free.
    """
    import sys

    from archgen.cli.console import print_json, utf8_on_stdout
    from archgen.cli.imported import document, print_imported, report_console
    from archgen.exchange.answers_file import write_answers

    text = write_answers(imported.document, imported.comments, imported.head)
    if output is not None:
        write_file(output, text, force=True)  # looked at before anything was read
    if as_json:
        print_json(
            {
                "written": None if output is None else str(output.absolute()),
                **document(imported),
            }
        )
        return
    print_imported(report_console(stderr=output is None), imported)
    if output is None:
        utf8_on_stdout()
        sys.stdout.write(text)
    else:
        console = report_console(stderr=False)
        console.print(
            f"Wrote {output}; archgen new -a {output} makes a project of it",
            soft_wrap=True,
        )
