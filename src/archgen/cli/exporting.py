"""`archgen export` and `archgen domain`: a domain for other tools, and to look at."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from archgen.cli.importing import Force
from archgen.cli.options import AnswersFile, Json, PresetName, Sets, expanded, given

if TYPE_CHECKING:
    from collections.abc import Callable

    from rich.console import Console

    from archgen.domain.schema import Domain
    from archgen.pipeline import Resolved

Out = Annotated[
    Path | None,
    typer.Option(
        "--output",
        "-o",
        metavar="FILE",
        callback=expanded,
        help="Write it to a file instead of stdout",
    ),
]


class View(StrEnum):
    text = "text"
    mermaid = "mermaid"
    svg = "svg"


def export_jdl(
    answers: AnswersFile = None,
    sets: Sets = None,
    preset: PresetName = None,
    output: Out = None,
    force: Force = False,
    as_json: Json = False,
) -> None:
    """Write the domain in JHipster's language (JDL)."""
    from archgen.exchange.jdl_writer import write_jdl

    taken = _resolved(answers, sets, preset)
    _give(
        "jdl",
        write_jdl(taken.requirements.name, taken.domain),
        output,
        force=force,
        as_json=as_json,
    )


def export_mermaid(
    answers: AnswersFile = None,
    sets: Sets = None,
    preset: PresetName = None,
    output: Out = None,
    force: Force = False,
    as_json: Json = False,
) -> None:
    """Write the domain as a diagram in Mermaid's language."""
    from archgen.exchange.mermaid import write_mermaid

    taken = _resolved(answers, sets, preset)
    _give("mermaid", write_mermaid(taken.domain), output, force=force, as_json=as_json)


def export_dbml(
    answers: AnswersFile = None,
    sets: Sets = None,
    preset: PresetName = None,
    output: Out = None,
    force: Force = False,
    as_json: Json = False,
) -> None:
    """Write the domain as tables, in DBML."""
    from archgen.exchange.dbml import write_dbml

    taken = _resolved(answers, sets, preset)
    _give(
        "dbml",
        write_dbml(taken.requirements.name, taken.domain),
        output,
        force=force,
        as_json=as_json,
    )


def export_openapi(
    answers: AnswersFile = None,
    sets: Sets = None,
    preset: PresetName = None,
    output: Out = None,
    force: Force = False,
    as_json: Json = False,
) -> None:
    """Write the domain as the schemas and paths of an OpenAPI document."""
    import json

    from archgen.exchange.openapi_writer import describe_openapi

    taken = _resolved(answers, sets, preset)
    text = (
        json.dumps(describe_openapi(taken.requirements.name, taken.domain), indent=2)
        + "\n"
    )
    _give("openapi", text, output, force=force, as_json=as_json)


def domain(
    answers: AnswersFile = None,
    sets: Sets = None,
    preset: PresetName = None,
    view: Annotated[View, typer.Option("--format", help="How to show it")] = View.text,
    output: Out = None,
    force: Force = False,
    as_json: Json = False,
) -> None:
    """Show modules and entities, and what refers to what."""
    taken = _resolved(answers, sets, preset)
    if as_json:
        from archgen.cli.console import print_json

        print_json(_document(taken.domain))
        return
    if view is View.text:
        text = _printed(lambda console: _print_domain(console, taken.domain))
    elif view is View.mermaid:
        from archgen.exchange.mermaid import write_mermaid

        text = write_mermaid(taken.domain)
    else:
        from archgen.exchange.svg import draw_svg

        text = draw_svg(taken.requirements.name, taken.domain)
    _give(view, text, output, force=force, as_json=False)


def _resolved(
    answers: Path | None, sets: list[str] | None, preset: str | None
) -> Resolved:
    from archgen.pipeline import resolve

    return resolve(given(answers, sets, preset=preset))


def _give(
    form: str, text: str, output: Path | None, *, force: bool, as_json: bool
) -> None:
    import sys

    from archgen.cli.console import note, print_json, utf8_on_stdout
    from archgen.cli.importing import write_file

    if output is not None:
        write_file(output, text, force=force)
    if as_json:
        print_json(
            {
                "format": form,
                "written": output and str(output.absolute()),
                "content": text,
            }
        )
    elif output is None:
        utf8_on_stdout()
        sys.stdout.write(text)
    else:
        note(f"wrote {output}")


def _printed(show: Callable[[Console], None]) -> str:
    from archgen.cli.console import on_stdout

    console = on_stdout()
    with console.capture() as captured:
        show(console)
    return captured.get()


def _print_domain(console: Console, domain: Domain) -> None:
    """Each entity with its fields; an arrow leads to what a field refers to, and from
    what refers to it.
    """
    from archgen.exchange.drawing import describe, list_entities, list_lines

    coming: dict[str, list[str]] = {}
    for line in list_lines(domain):
        coming.setdefault(line.target, []).append(f"{line.source}.{line.field}")
    before = ""
    for module, name, entity in list_entities(domain):
        if module != before:
            console.print(f"{module}", style="bold")
            before = module
        console.print(f"  {name}  /api/{entity.pluralize(name)}", soft_wrap=True)
        for key, spec in entity.fields.items():
            arrow = f"-> {spec.to}" if spec.to is not None else ""
            words = (
                describe(spec).replace(f" to {spec.to}", f" {arrow}")
                if arrow
                else describe(spec)
            )
            console.print(f"    {key:<28} {words}", soft_wrap=True)
        for source in coming.get(f"{module}.{name}", ()):
            console.print(f"    <- {source}", soft_wrap=True)


def _document(domain: Domain) -> dict[str, Any]:
    from archgen.exchange.drawing import list_entities, list_lines

    return {
        "entities": [
            {
                "module": module,
                "name": name,
                "path": f"/api/{entity.pluralize(name)}",
                "fields": {
                    key: spec.model_dump(mode="json", exclude_unset=True)
                    for key, spec in entity.fields.items()
                },
            }
            for module, name, entity in list_entities(domain)
        ],
        "relations": [
            {
                "from": line.source,
                "field": line.field,
                "to": line.target,
                "required": line.required,
                "one": line.one,
                "many": line.many,
            }
            for line in list_lines(domain)
        ],
    }
