"""`archgen evolve`: the project in another architecture, or its modules in other parts."""

from __future__ import annotations

import re
import shlex
from typing import TYPE_CHECKING, Annotated, Any

import typer

from archgen.cli.changing import Abort, How, begin, carry_out, changing, take_back
from archgen.cli.options import Sets

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from archgen.growth.evolve.choices import Choice
    from archgen.growth.evolve.evolving import Asked
    from archgen.growth.trees.owner import Project

# of servers, which `make move` goes between
BETWEEN_PARTS = re.compile(r"the database (?!of the functions)")


@changing
def evolve(
    to: Annotated[
        str | None,
        typer.Option(
            "--to", metavar="ARCHITECTURE", help="monolith, microservices or serverless"
        ),
    ] = None,
    extract: Annotated[
        list[str] | None,
        typer.Option(
            "--extract",
            metavar="MODULE",
            help="Let it have a part of its own; may be repeated",
        ),
    ] = None,
    merge: Annotated[
        str | None,
        typer.Option(
            "--merge",
            metavar="PARTS",
            help="Let these parts become one: orders,payments",
        ),
    ] = None,
    database: Annotated[
        str | None,
        typer.Option(
            "--database", metavar="NAME", help="postgresql, or for functions dynamodb"
        ),
    ] = None,
    sets: Sets = None,
    abort: Abort = False,
    *,
    how: How,
) -> None:
    """Give this project another architecture; what is yours stays."""
    from archgen.answers.schema import split_words
    from archgen.cli.console import note
    from archgen.cli.grown import Told
    from archgen.growth.evolve.evolving import evolve as make_record
    from archgen.growth.evolve.rerooting import settle
    from archgen.growth.record.records import list_refused

    if abort:
        take_back()
        return
    asked = _read(
        to,
        extract or (),
        split_words(merge) if merge is not None else (),
        database,
        sets,
    )
    project = begin(how)
    asked = _ask(project, asked, asking=how.asks)
    record = make_record(project.record, asked, project.root)
    for line in tell(project.record, record):
        note(line)
    kept = {
        key: value
        for key, value in record["evolutions"][-1].items()
        if key not in ("former", "aside", "was")
    }
    told = Told(list_refused(project.record, record), besides={"evolution": kept})
    carry_out(
        project,
        asked.what,
        record,
        how,
        told,
        settle=settle(project.record, record, project.root),
    )


def _read(
    to: str | None,
    extract: Sequence[str],
    merge: Sequence[str],
    database: str | None,
    sets: Sequence[str] | None,
) -> Asked:
    """What the command line says; InputError where it says nothing, or too much at
    once.
    """
    from archgen.answers.sources import from_sets
    from archgen.answers.validation import examine
    from archgen.errors import Mistake, Mistakes
    from archgen.growth.evolve.evolving import Asked

    mistakes = Mistakes()
    given = [
        flag
        for flag, said in (("--to", to), ("--extract", extract), ("--merge", merge))
        if said
    ]
    if len(given) > 1:
        mistakes.append(
            Mistake(
                given[1], f"goes not together with {given[0]}", "one after the other"
            )
        )
    stack = [f"stack.database={database}"] if database is not None else []
    source = from_sets([*(sets or ()), *stack])
    mistakes += source.mistakes
    found = examine(source.text.data, example=lambda key, value: f"--set {key}={value}")
    mistakes += found.mistakes
    if not given and not source.text.data:
        hint = "--to monolith, microservices or serverless; --extract MODULE; or --merge PARTS"
        mistakes.append(Mistake("", "nothing is said of what is to become of it", hint))
    mistakes.tell()
    words = ["evolve"]
    words += ["--to", to] if to else []
    words += [word for module in extract for word in ("--extract", module)]
    words += ["--merge", ",".join(merge)] if merge else []
    words += [word for item in (*stack, *(sets or ())) for word in ("--set", item)]
    said: Mapping[str, Any] = found.answers.model_dump(mode="json", exclude_unset=True)
    return Asked(
        shlex.join(words), to=to, extract=tuple(extract), merge=tuple(merge), said=said
    )


def _ask(project: Project, asked: Asked, *, asking: bool) -> Asked:
    """The same, with what the architecture cannot have asked of whoever is there to
    answer.
    """
    from dataclasses import replace

    from archgen.cli.prompts import Back, Option, asker
    from archgen.growth.evolve.evolving import list_choices

    open_ones: Sequence[Choice] = list_choices(project.record, asked)
    if not open_ones or not asking:
        return asked
    by = asker()
    answers: dict[str, str] = {}
    for one in open_ones:
        question = f"{one.word} cannot be had with {one.template}. What is to be the {one.key}?"
        try:
            answers[one.key] = by.select(
                question, [Option(value) for value in one.options], one.options[0]
            )
        except Back:
            return asked
    said = {**asked.said, "stack": {**asked.said.get("stack", {}), **answers}}
    what = " ".join(
        [asked.what, *(f"--set stack.{key}={value}" for key, value in answers.items())]
    )
    return replace(asked, what=what, said=said)


def tell(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[str]:
    """What becomes of the project, before anything is written: its parts, what it runs
    on, extras, rows to be moved, and where that is said.
    """
    evolution = after["evolutions"][-1]
    lines = [
        f"{before['template']} of {_listed(before)} becomes {after['template']} of {_listed(after)}"
    ]
    if len(before["parts"]) > 1 and after["template"] == "monolith":
        lines.append("one part is left: that is a monolith")
    for change in evolution["changes"]:
        if change["what"] == "extras":
            lines += [f"extra that goes: {name}" for name in change["from"]]
            lines += [f"extra that comes: {name}" for name in change["to"]]
        else:
            lines.append(
                f"{change['what']}: {change['to']} in place of {change['from']}"
            )
    ways: dict[tuple[str, str], list[str]] = {}
    for move in evolution["moves"]:
        ways.setdefault((move["from"], move["to"]), []).append(move["module"])
    lines += [
        f"rows of {', '.join(modules)} have to be moved before that is deployed: from {start} to {end}"
        for (start, end), modules in ways.items()
    ]
    if any(
        BETWEEN_PARTS.match(start) and BETWEEN_PARTS.match(end) for start, end in ways
    ):
        if "moving" in after["extras"]:
            lines.append(
                "make move MODULE=... moves them while the version from before serves: docs/moving.md"
            )
        elif after["stack"]["database"] == "postgresql":
            lines.append(
                "with --set extras.moving=true, make move moves them while the version from before serves"
            )
    if any("DynamoDB" in way for way in ways):
        lines.append(
            "make carry FROM=... copies them while the version from before serves: docs/carrying.md"
        )
    return [*lines, f"why, and what changes: docs/adr/{evolution['file']}.md"]


def _listed(record: Mapping[str, Any]) -> str:
    return ", ".join(
        part["name"]
        if part["modules"] == [part["name"]]
        else f"{part['name']} ({', '.join(part['modules'])})"
        for part in record["parts"]
    )
