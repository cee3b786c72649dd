"""`archgen add` and `rename`: what a project is to have besides, or to call otherwise,
by flags, `--set` or a file.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from archgen.cli.changing import Abort, How, apply, begin, changing, take_back
from archgen.cli.options import expanded

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from archgen.growth.record.edits import Answers
    from archgen.growth.trees.owner import Project

Sets = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="KEY=VALUE",
        help="What it says, as in an answers file; may be repeated",
    ),
]
SpecFile = Annotated[
    Path | None,
    typer.Option(
        "--file",
        "-f",
        metavar="FILE",
        callback=expanded,
        help="What it says, as YAML or JSON, below all --set",
    ),
]
FieldName = Annotated[
    str,
    typer.Argument(metavar="MODULE.ENTITY.FIELD", help="Where it goes, and its name"),
]
EntityName = Annotated[
    str, typer.Argument(metavar="MODULE.ENTITY", help="Where it goes, and its name")
]
Required = Annotated[bool, typer.Option("--required", help="No row may lack it")]
Value = Annotated[
    str | None,
    typer.Option(
        "--value",
        metavar="VALUE",
        help="What rows that are there get, where none may lack it",
    ),
]


def change(
    context: typer.Context,
    abort: Abort = False,
) -> None:
    if abort:
        take_back()
    elif context.invoked_subcommand is None:
        from archgen.cli.prompts import can_ask

        if context.info_name == "add" and can_ask():
            raise typer.Exit(_add_as_asked())
        typer.echo(context.get_help())


def _add_as_asked() -> int:
    """Ask what is to be added, say the command for it, and run that: its exit code."""
    import shlex

    from archgen.cli.addition import ask_addition
    from archgen.cli.app import build
    from archgen.cli.console import note
    from archgen.cli.prompts import Back, asker

    by = asker()
    project = begin(How())
    by.tell(by.keys)
    try:
        arguments = ["add", *ask_addition(by, project.record)]
    except Back:
        return 0
    note(f"archgen {shlex.join(arguments)}")
    code = build()(args=arguments, prog_name="archgen", standalone_mode=False)
    return code if isinstance(code, int) else 0


@changing
def add_module(
    name: Annotated[str, typer.Argument(metavar="MODULE", help="Its name")],
    part: Annotated[
        str | None,
        typer.Option(
            "--part",
            metavar="PART",
            help="The part that it runs in; a part of its own if not said",
        ),
    ] = None,
    sets: Sets = None,
    file: SpecFile = None,
    *,
    how: How,
) -> None:
    """Add a module, with its entities (--set entities.book.fields.title.type=string)."""
    from archgen.growth.record.edits import split_place

    project, answers = _begin(how)
    (name,) = split_place(name, "module")
    answers.add_module(name, read_said(("modules", name), sets, file), part)
    _grow(project, answers, f"add module {name}", how)


@changing
def add_entity(
    name: EntityName,
    sets: Sets = None,
    file: SpecFile = None,
    *,
    how: How,
) -> None:
    """Add an entity to a module (--set fields.title.type=string, --set
    access.read=public).
    """
    from archgen.growth.record.edits import split_place

    project, answers = _begin(how)
    module, entity = split_place(name, "module", "entity")
    answers.add_entity(
        module, entity, read_said(("modules", module, "entities", entity), sets, file)
    )
    _grow(project, answers, f"add entity {name}", how)


@changing
def add_field(
    name: FieldName,
    kind: Annotated[
        str | None,
        typer.Option("--type", metavar="TYPE", help="string, integer, decimal, ..."),
    ] = None,
    required: Required = False,
    unique: Annotated[
        bool, typer.Option("--unique", help="No two rows have the same")
    ] = False,
    indexed: Annotated[
        bool, typer.Option("--indexed", help="Lists filter by it")
    ] = False,
    value: Value = None,
    sets: Sets = None,
    file: SpecFile = None,
    *,
    how: How,
) -> None:
    """Add a field to an entity, and the migration that gives rows its column."""
    flags = {
        "type": kind,
        "required": required or None,
        "unique": unique or None,
        "indexed": indexed or None,
    }
    _add_field(name, flags, value, sets, file, how)


@changing
def add_reference(
    name: FieldName,
    to: Annotated[
        str | None,
        typer.Option("--to", metavar="MODULE.ENTITY", help="What it refers to"),
    ] = None,
    required: Required = False,
    indexed: Annotated[
        bool, typer.Option("--indexed", help="Lists filter by it")
    ] = False,
    value: Value = None,
    sets: Sets = None,
    file: SpecFile = None,
    *,
    how: How,
) -> None:
    """Add a field that refers to another entity's rows."""
    flags = {
        "type": "reference",
        "to": to,
        "required": required or None,
        "indexed": indexed or None,
    }
    _add_field(name, flags, value, sets, file, how)


@changing
def add_list(
    name: EntityName,
    fields: Annotated[
        str,
        typer.Argument(
            metavar="FIELDS",
            help="Filters, and last what it is sorted by: category,-price",
        ),
    ],
    *,
    how: How,
) -> None:
    """Add a list to an entity, and its index."""
    from archgen.answers.schema import split_words
    from archgen.growth.record.edits import split_place

    project, answers = _begin(how)
    module, entity = split_place(name, "module", "entity")
    answers.add_list(module, entity, split_words(fields))
    _grow(project, answers, f"add list {name} {fields}", how)


@changing
def add_reaction(
    module: Annotated[
        str, typer.Argument(metavar="MODULE", help="The module that is to react")
    ],
    event: Annotated[
        str, typer.Argument(metavar="EVENT", help="To what: inventory.product.deleted")
    ],
    *,
    how: How,
) -> None:
    """Let a module react to an event of another."""
    project, answers = _begin(how)
    answers.add_reaction(module, event)
    _grow(project, answers, f"add reaction {module} {event}", how)


@changing
def add_option(
    name: Annotated[
        str,
        typer.Argument(
            metavar="NAME", help="An extra (worker), or cache, broker, observability"
        ),
    ],
    value: Annotated[
        str | None,
        typer.Argument(metavar="VALUE", help="Of the latter, what it is to be"),
    ] = None,
    *,
    how: How,
) -> None:
    """Add an extra, or let the project run on something else."""
    project, answers = _begin(how)
    answers.add_option(name, value)
    what = f"add option {name}" + (f" {value}" if value else "")
    _grow(project, answers, what, how)


@changing
def rename_field(
    name: FieldName,
    new: Annotated[str, typer.Argument(metavar="NEW", help="What it is to be called")],
    *,
    how: How,
) -> None:
    """Give a field another name; rows keep what is in it."""
    from archgen.growth.record.edits import split_place

    project, answers = _begin(how)
    module, entity, field = split_place(name, "module", "entity", "field")
    answers.rename_field(module, entity, field, new)
    _grow(
        project,
        answers,
        f"rename field {name} {new}",
        how,
        renamed={name: new},
        words=[field],
    )


def _add_field(
    name: str,
    flags: Mapping[str, Any],
    value: str | None,
    sets: Sequence[str] | None,
    file: Path | None,
    how: How,
) -> None:
    from archgen.growth.record.edits import split_place

    project, answers = _begin(how)
    module, entity, field = split_place(name, "module", "entity", "field")
    said = read_said(
        ("modules", module, "entities", entity, "fields", field), sets, file
    )
    said = {**said, **{key: flag for key, flag in flags.items() if flag is not None}}
    answers.add_field(module, entity, field, said)
    if (
        value is None
        and said.get("required")
        and said.get("default") is None
        and how.asks
    ):
        value = _ask_value(name)
    values = {name: read_value(value, said.get("type"))} if value is not None else {}
    what = f"add {'reference' if flags['type'] == 'reference' else 'field'} {name}"
    _grow(project, answers, what, how, values)


def _ask_value(name: str) -> str | None:
    """What rows that are there get in a field that none may lack; None where nobody
    says.
    """
    from archgen.cli.prompts import Back, asker

    question = f"Rows that are there have no {name}. What do they get?"
    try:
        return asker().text(question, "", lambda said: None if said else "say a value")
    except Back:
        return None


def _begin(how: How) -> tuple[Project, Answers]:
    from archgen.growth.record.edits import Answers

    project = begin(how)
    return project, Answers(project.record)


def read_said(
    place: tuple[str, ...], sets: Sequence[str] | None, file: Path | None
) -> dict[str, Any]:
    """What a file and `--set` say of what is at a place of the answers."""
    from archgen.answers.resolve import say_over
    from archgen.answers.sources import from_file, from_sets
    from archgen.errors import InputError, Mistake, Mistakes

    found: dict[str, Any] = {}
    mistakes = Mistakes()
    if file is not None:
        source = from_file(file)
        mistakes += source.mistakes
        if not isinstance(source.text.data, dict):
            raise InputError(
                [
                    Mistake(
                        "--file",
                        "is not a mapping of keys to values",
                        "write key: value",
                    )
                ]
            )
        say_over(found, source.text.data)
    source = from_sets([".".join((*place, item)) for item in sets or ()])
    mistakes += source.mistakes
    mistakes.tell()
    data: Any = source.text.data
    for step in place:
        data = data.get(step, {})
    return say_over(found, data)


def read_value(text: str, kind: Any) -> Any:
    from archgen.answers.yaml_reader import read_yaml

    return (
        text
        if kind in ("string", "text", "enum", "decimal")
        else read_yaml(text, "--value").data
    )


def _grow(
    project: Project,
    answers: Answers,
    what: str,
    how: How,
    values: Mapping[str, Any] | None = None,
    renamed: Mapping[str, str] | None = None,
    words: Sequence[str] = (),
) -> None:
    from archgen.growth.record.records import Wanted

    apply(
        project,
        Wanted(answers.document, what, values or {}, renamed or {}),
        how,
        words=words,
    )
