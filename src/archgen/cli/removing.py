"""`archgen remove`, `change` and `contract`: what a project is to have no more, or less
of, first in its code and later in its database.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from archgen.cli.changing import Abort, How, apply, begin, changing, take_back

if TYPE_CHECKING:
    from collections.abc import Mapping

    from archgen.growth.record.removing import Removals
    from archgen.growth.trees.owner import Project

Cascade = Annotated[
    bool, typer.Option("--cascade", help="Remove what names it, too, and say what")
]
Yes = Annotated[bool, typer.Option("--yes", help="What is lost may be lost")]
FieldName = Annotated[
    str, typer.Argument(metavar="MODULE.ENTITY.FIELD", help="Its name")
]


@changing
def remove_module(
    name: Annotated[str, typer.Argument(metavar="MODULE", help="Its name")],
    cascade: Cascade = False,
    yes: Yes = False,
    *,
    how: How,
) -> None:
    """Remove a module from the code; its tables stay as they are."""
    from archgen.growth.record.edits import split_place

    project, answers = _begin(how, cascade=cascade)
    (name,) = split_place(name, "module")
    answers.remove_module(name)
    part = next(one for one in project.record["parts"] if name in one["modules"])
    if len(project.record["parts"]) > 1 and len(part["modules"]) == 1:
        answers.told_later = f"{part['name']} ran {name} alone: its container and its database are yours to stop and to drop"
    _remove(project, answers, f"remove module {name}", how, yes=yes)


@changing
def remove_entity(
    name: Annotated[str, typer.Argument(metavar="MODULE.ENTITY", help="Its name")],
    cascade: Cascade = False,
    yes: Yes = False,
    *,
    how: How,
) -> None:
    """Remove an entity from the code; archgen contract drops its table later."""
    from archgen.growth.record.edits import split_place

    project, answers = _begin(how, cascade=cascade)
    answers.remove_entity(*split_place(name, "module", "entity"))
    _remove(project, answers, f"remove entity {name}", how, yes=yes)


@changing
def remove_field(
    name: FieldName,
    cascade: Cascade = False,
    yes: Yes = False,
    *,
    how: How,
) -> None:
    """Remove a field from the code; archgen contract drops its column later."""
    from archgen.growth.record.edits import split_place

    project, answers = _begin(how, cascade=cascade)
    answers.remove_field(*split_place(name, "module", "entity", "field"))
    _remove(project, answers, f"remove field {name}", how, yes=yes)


@changing
def remove_reference(
    name: FieldName,
    cascade: Cascade = False,
    yes: Yes = False,
    *,
    how: How,
) -> None:
    """Remove a field that refers to rows of an entity, as any other field."""
    from archgen.growth.record.edits import split_place

    project, answers = _begin(how, cascade=cascade)
    module, entity, field = split_place(name, "module", "entity", "field")
    answers.remove_field(module, entity, field, ("reference", "references"))
    _remove(project, answers, f"remove reference {name}", how, yes=yes)


@changing
def remove_list(
    name: Annotated[str, typer.Argument(metavar="MODULE.ENTITY", help="Where it is")],
    fields: Annotated[
        str, typer.Argument(metavar="FIELDS", help="As they were said: category,-price")
    ],
    *,
    how: How,
) -> None:
    """Remove a list of an entity, and its index."""
    from archgen.answers.schema import split_words
    from archgen.growth.record.edits import split_place

    project, answers = _begin(how)
    module, entity = split_place(name, "module", "entity")
    answers.remove_list(module, entity, split_words(fields))
    _remove(project, answers, f"remove list {name} {fields}", how)


@changing
def remove_reaction(
    module: Annotated[
        str, typer.Argument(metavar="MODULE", help="The module that reacts")
    ],
    event: Annotated[
        str, typer.Argument(metavar="EVENT", help="To what: inventory.product.deleted")
    ],
    *,
    how: How,
) -> None:
    """Let a module react to an event no more."""
    project, answers = _begin(how)
    answers.remove_reaction(module, event)
    answers.told_later = f"deliveries of {event} to {module} that wait are made no more: let them arrive before"
    _remove(project, answers, f"remove reaction {module} {event}", how)


@changing
def remove_option(
    name: Annotated[
        str,
        typer.Argument(
            metavar="NAME", help="An extra (worker), or cache, broker, observability"
        ),
    ],
    *,
    how: How,
) -> None:
    """Remove an extra, or let the project do without a cache, a broker or a place for
    what is observed.
    """
    project, answers = _begin(how)
    answers.remove_option(name)
    if name == "broker":
        answers.told_later = "events that wait in the broker are delivered no more: let them arrive before"
    _remove(project, answers, f"remove option {name}", how)


@changing
def change_field(
    name: FieldName,
    sets: Annotated[
        list[str] | None,
        typer.Option(
            "--set",
            metavar="KEY=VALUE",
            help="What is to be otherwise; null: said no more; may be repeated",
        ),
    ] = None,
    value: Annotated[
        str | None,
        typer.Option(
            "--value",
            metavar="VALUE",
            help="What rows get that lack it, where none may any more",
        ),
    ] = None,
    *,
    how: How,
) -> None:
    """Let a field take more at once, or less: in the code now, and after archgen
    contract in the database.
    """
    from archgen.cli.growing import read_said, read_value
    from archgen.growth.record.changing import Changes, list_read_otherwise
    from archgen.growth.record.edits import split_place
    from archgen.growth.record.records import Wanted

    project = begin(how)
    answers = Changes(project.record)
    module, entity, field = split_place(name, "module", "entity", "field")
    answers.change_field(
        module,
        entity,
        field,
        read_said(("modules", module, "entities", entity, "fields", field), sets, None),
    )
    spec = answers.document["modules"][module]["entities"][entity]["fields"][field]
    values = {name: read_value(value, spec.get("type"))} if value is not None else {}
    wanted = Wanted(
        answers.document, f"change field {name}", values, changed=frozenset([name])
    )
    apply(
        project,
        wanted,
        how,
        more=lambda record: list_read_otherwise(project.record, record, [name]),
    )


@changing
def rename_entity(
    name: Annotated[str, typer.Argument(metavar="MODULE.ENTITY", help="Its name")],
    new: Annotated[str, typer.Argument(metavar="NEW", help="What it is to be called")],
    plural: Annotated[
        str | None,
        typer.Option(
            "--plural",
            metavar="PLURAL",
            help="Its path, as it is now to keep it; else made from NEW",
        ),
    ] = None,
    *,
    how: How,
) -> None:
    """Give an entity another name; its table stays, and all rows in it."""
    from archgen.growth.record.edits import split_place
    from archgen.growth.record.records import Wanted, find_entity
    from archgen.growth.record.renaming import Renames

    project = begin(how)
    answers = Renames(project.record)
    module, entity = split_place(name, "module", "entity")
    gone = [word for word in answers.list_names(module, entity) if word != plural]
    answers.rename_entity(module, entity, new, plural)
    wanted = Wanted(answers.document, f"rename entity {name} {new}", moved={name: new})

    def tell(record: Mapping[str, Any]) -> list[str]:
        old, now = (
            find_entity(one, module, called)
            for one, called in ((project.record, entity), (record, new))
        )
        told = [
            f"/api/{old['plural']} is /api/{now['plural']}: clients that ask for the former find nothing"
        ]
        if old["plural"] == now["plural"]:
            told = []
        if old["publishes"]:
            told.append(
                f"events {name}.* are {module}.{new}.* from now on: those that wait under the former name are not handled; "
                "let them arrive before, and roll out who reacts first"
            )
        return told

    apply(project, wanted, how, more=tell, words=gone)


@changing
def contract(
    places: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="NAME", help="What archgen status says waits; all of it if not said"
        ),
    ] = None,
    abort: Abort = False,
    yes: Yes = False,
    *,
    how: How,
) -> None:
    """Drop from the database what was removed from the code."""
    from archgen.errors import InputError
    from archgen.growth.record.records import Wanted, own_answers
    from archgen.growth.record.retiring import list_waiting
    from archgen.text import shown, suggest

    if abort:
        take_back()
        return
    project = begin(how)
    waiting = list(list_waiting(project.record))
    unknown = [place for place in places or () if place not in waiting]
    if unknown or not waiting:
        hint = suggest(
            unknown[0] if unknown else "", waiting, "archgen status says what does"
        )
        what = (
            f"{shown(unknown[0])} does not wait"
            if unknown
            else "nothing was removed that waits"
        )
        raise InputError.at("NAME", what, hint)
    dropped = sorted(set(places or waiting))
    what = f"contract {' '.join(dropped)}"
    loss = (
        f"{', '.join(dropped)}: once this is migrated, what was removed is dropped with what is in it, and rows do not fit any more that have "
        "more than the code takes; the version of the code that needs it as before must not run any more"
    )
    wanted = Wanted(own_answers(project.record), what, contracted=frozenset(dropped))
    if not how.dry_run:
        _confirm(loss, yes=yes, ask=how.asks)
    apply(project, wanted, how, says=[loss])


def _begin(how: How, *, cascade: bool = False) -> tuple[Project, Removals]:
    from archgen.growth.record.removing import Removals

    project = begin(how)
    return project, Removals(project.record, cascade=cascade)


def _remove(
    project: Project, answers: Removals, what: str, how: How, *, yes: bool = False
) -> None:
    from archgen.growth.record.records import Wanted
    from archgen.options import provided

    says = [f"removed with it: {name}" for name in answers.told]
    if answers.told_later:
        says.append(answers.told_later)
    if answers.places and "sql" not in provided(project.record["stack"]):
        loss = (
            f"{', '.join(answers.places)}: a table that leaves the stack is kept, and yours to delete; items of this database keep what is in it until they are written again, and lose it then; "
            "the version of the code that runs now may not read items that the new one writes"
        )
        says.append(loss)
        if not how.dry_run:
            _confirm(loss, yes=yes, ask=how.asks)
    wanted = Wanted(answers.document, what, removed=frozenset(answers.places))
    apply(project, wanted, how, says=says, words=answers.words)


def _confirm(loss: str, *, yes: bool, ask: bool) -> None:
    """InputError where nobody says that what is lost may be."""
    from archgen.cli.console import note
    from archgen.cli.prompts import Back, Option, asker
    from archgen.errors import InputError

    if yes:
        return
    if not ask:
        raise InputError.at("--yes", loss, "say --yes if it may be lost")
    note(loss)
    try:
        answer = asker().select(
            "Go on?", [Option("no", "nothing is written"), Option("yes")], "no"
        )
    except Back:
        answer = "no"
    if answer != "yes":
        note("nothing was written")
        raise typer.Exit(1)
