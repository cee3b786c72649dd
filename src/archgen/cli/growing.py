"""`archgen add` and `rename`: what a project is to have besides, or to call otherwise, by flags, `--set` or a file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from archgen.cli.options import Json, NoInput, expanded

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from archgen.growth.edits import Answers
    from archgen.growth.owner import Project

DryRun = Annotated[bool, typer.Option("--dry-run", help="Show the difference, and write nothing")]
Sets = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="KEY=VALUE", help="What it says, as in an answers file; may be repeated"),
]
SpecFile = Annotated[
    Path | None,
    typer.Option(
        "--file", "-f", metavar="FILE", callback=expanded, help="What it says, as YAML or JSON, below all --set"
    ),
]
FieldName = Annotated[str, typer.Argument(metavar="MODULE.ENTITY.FIELD", help="Where it goes, and its name")]
EntityName = Annotated[str, typer.Argument(metavar="MODULE.ENTITY", help="Where it goes, and its name")]
Required = Annotated[bool, typer.Option("--required", help="No row may lack it")]
Value = Annotated[
    str | None, typer.Option("--value", metavar="VALUE", help="What rows that are there get, where none may lack it")
]


def change(
    context: typer.Context,
    abort: Annotated[
        bool, typer.Option("--abort", help="Take back what the last command wrote, byte for byte")
    ] = False,
) -> None:
    if abort:
        from archgen.cli.grown import print_aborted
        from archgen.growth.growing import abort as take_back
        from archgen.growth.owner import Project

        print_aborted(*take_back(Project.at(Path.cwd())))
    elif context.invoked_subcommand is None:
        typer.echo(context.get_help())


def add_module(
    name: Annotated[str, typer.Argument(metavar="MODULE", help="Its name")],
    part: Annotated[
        str | None,
        typer.Option("--part", metavar="PART", help="The part that it runs in; a part of its own if not said"),
    ] = None,
    sets: Sets = None,
    file: SpecFile = None,
    dry_run: DryRun = False,
    no_input: NoInput = False,
    as_json: Json = False,
) -> None:
    """Add a module, with its entities (--set entities.book.fields.title.type=string)."""
    from archgen.growth.edits import split_place

    project, answers = _begin()
    (name,) = split_place(name, "module")
    answers.add_module(name, _said(("modules", name), sets, file), part)
    _grow(project, answers, f"add module {name}", dry_run=dry_run, as_json=as_json)


def add_entity(
    name: EntityName,
    sets: Sets = None,
    file: SpecFile = None,
    dry_run: DryRun = False,
    no_input: NoInput = False,
    as_json: Json = False,
) -> None:
    """Add an entity to a module (--set fields.title.type=string, --set access.read=public)."""
    from archgen.growth.edits import split_place

    project, answers = _begin()
    module, entity = split_place(name, "module", "entity")
    answers.add_entity(module, entity, _said(("modules", module, "entities", entity), sets, file))
    _grow(project, answers, f"add entity {name}", dry_run=dry_run, as_json=as_json)


def add_field(
    name: FieldName,
    kind: Annotated[str | None, typer.Option("--type", metavar="TYPE", help="string, integer, decimal, ...")] = None,
    required: Required = False,
    unique: Annotated[bool, typer.Option("--unique", help="No two rows have the same")] = False,
    indexed: Annotated[bool, typer.Option("--indexed", help="Lists filter by it")] = False,
    value: Value = None,
    sets: Sets = None,
    file: SpecFile = None,
    dry_run: DryRun = False,
    no_input: NoInput = False,
    as_json: Json = False,
) -> None:
    """Add a field to an entity, and the migration that gives rows its column."""
    flags = {"type": kind, "required": required or None, "unique": unique or None, "indexed": indexed or None}
    _add_field(name, flags, value, sets, file, dry_run=dry_run, no_input=no_input, as_json=as_json)


def add_reference(
    name: FieldName,
    to: Annotated[str | None, typer.Option("--to", metavar="MODULE.ENTITY", help="What it refers to")] = None,
    required: Required = False,
    indexed: Annotated[bool, typer.Option("--indexed", help="Lists filter by it")] = False,
    value: Value = None,
    sets: Sets = None,
    file: SpecFile = None,
    dry_run: DryRun = False,
    no_input: NoInput = False,
    as_json: Json = False,
) -> None:
    """Add a field that refers to another entity's rows."""
    flags = {"type": "reference", "to": to, "required": required or None, "indexed": indexed or None}
    _add_field(name, flags, value, sets, file, dry_run=dry_run, no_input=no_input, as_json=as_json)


def add_list(
    name: EntityName,
    fields: Annotated[
        str, typer.Argument(metavar="FIELDS", help="Filters, and last what it is sorted by: category,-price")
    ],
    dry_run: DryRun = False,
    no_input: NoInput = False,
    as_json: Json = False,
) -> None:
    """Add a list to an entity, and its index."""
    from archgen.answers.schema import split_words
    from archgen.growth.edits import split_place

    project, answers = _begin()
    module, entity = split_place(name, "module", "entity")
    answers.add_list(module, entity, split_words(fields))
    _grow(project, answers, f"add list {name} {fields}", dry_run=dry_run, as_json=as_json)


def add_reaction(
    module: Annotated[str, typer.Argument(metavar="MODULE", help="The module that is to react")],
    event: Annotated[str, typer.Argument(metavar="EVENT", help="To what: inventory.product.deleted")],
    dry_run: DryRun = False,
    no_input: NoInput = False,
    as_json: Json = False,
) -> None:
    """Let a module react to an event of another."""
    project, answers = _begin()
    answers.add_reaction(module, event)
    _grow(project, answers, f"add reaction {module} {event}", dry_run=dry_run, as_json=as_json)


def add_option(
    name: Annotated[str, typer.Argument(metavar="NAME", help="An extra (worker), or cache, broker, observability")],
    value: Annotated[str | None, typer.Argument(metavar="VALUE", help="Of the latter, what it is to be")] = None,
    dry_run: DryRun = False,
    no_input: NoInput = False,
    as_json: Json = False,
) -> None:
    """Add an extra, or let the project run on something else."""
    project, answers = _begin()
    answers.add_option(name, value)
    what = f"add option {name}" + (f" {value}" if value else "")
    _grow(project, answers, what, dry_run=dry_run, as_json=as_json)


def rename_field(
    name: FieldName,
    new: Annotated[str, typer.Argument(metavar="NEW", help="What it is to be called")],
    dry_run: DryRun = False,
    no_input: NoInput = False,
    as_json: Json = False,
) -> None:
    """Give a field another name; rows keep what is in it."""
    from archgen.growth.edits import split_place

    project, answers = _begin()
    module, entity, field = split_place(name, "module", "entity", "field")
    answers.rename_field(module, entity, field, new)
    _grow(project, answers, f"rename field {name} {new}", renamed={name: new}, dry_run=dry_run, as_json=as_json)


def _add_field(
    name: str,
    flags: Mapping[str, Any],
    value: str | None,
    sets: Sequence[str] | None,
    file: Path | None,
    *,
    dry_run: bool,
    no_input: bool,
    as_json: bool,
) -> None:
    from archgen.growth.edits import split_place

    project, answers = _begin()
    module, entity, field = split_place(name, "module", "entity", "field")
    said = _said(("modules", module, "entities", entity, "fields", field), sets, file)
    said = {**said, **{key: flag for key, flag in flags.items() if flag is not None}}
    answers.add_field(module, entity, field, said)
    if value is None and said.get("required") and said.get("default") is None and not (no_input or as_json):
        value = _ask_value(name)
    values = {name: _read_value(value, said.get("type"))} if value is not None else {}
    what = f"add {'reference' if flags['type'] == 'reference' else 'field'} {name}"
    _grow(project, answers, what, values, dry_run=dry_run, as_json=as_json)


def _ask_value(name: str) -> str | None:
    """What rows that are there get in a field that none may lack; None where nobody can be asked."""
    from archgen.cli.prompts import Back, asker, can_ask

    if not can_ask():
        return None
    question = f"Rows that are there have no {name}. What do they get?"
    try:
        return asker().text(question, "", lambda said: None if said else "say a value")
    except Back:
        return None


def _begin() -> tuple[Project, Answers]:
    from archgen.cli.console import note
    from archgen.growth.edits import Answers
    from archgen.growth.growing import prepare
    from archgen.growth.owner import Project

    project = Project.at(Path.cwd())
    if recovered := prepare(project):
        note(recovered)
    return project, Answers(project.record)


def _said(place: tuple[str, ...], sets: Sequence[str] | None, file: Path | None) -> dict[str, Any]:
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
            raise InputError([Mistake("--file", "is not a mapping of keys to values", "write key: value")])
        say_over(found, source.text.data)
    source = from_sets([".".join((*place, item)) for item in sets or ()])
    mistakes += source.mistakes
    mistakes.tell()
    data: Any = source.text.data
    for step in place:
        data = data.get(step, {})
    return say_over(found, data)


def _read_value(text: str, kind: Any) -> Any:
    from archgen.answers.yaml_reader import read_yaml

    return text if kind in ("string", "text", "enum", "decimal") else read_yaml(text, "--value").data


def _grow(
    project: Project,
    answers: Answers,
    what: str,
    values: Mapping[str, Any] | None = None,
    renamed: Mapping[str, str] | None = None,
    *,
    dry_run: bool,
    as_json: bool,
) -> None:
    from archgen.cli.console import steps
    from archgen.cli.grown import print_grown
    from archgen.cli.signals import too_late
    from archgen.growth.growing import grow
    from archgen.growth.migrations import read_migrations
    from archgen.growth.records import Wanted, follow, list_refused

    def read(module: str) -> Any:
        return read_migrations(project.root, project.record["package"], module)

    record = follow(project.record, Wanted(answers.document, what, values or {}, renamed or {}), read)
    with steps(quiet=as_json) as progress:
        grown = grow(project, what, record, dry_run=dry_run, progress=progress, at_last=too_late)
    alone = list_refused(project.record, record)
    code = print_grown(project, grown, alone, dry_run=dry_run, as_json=as_json)
    if code:
        raise typer.Exit(code)
