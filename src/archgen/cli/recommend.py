"""`archgen recommend`: the decision alone."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from archgen.cli.options import (
    AnswersFile,
    ArchitectureName,
    Json,
    NoInput,
    PresetName,
    Sets,
    expanded,
    given,
)
from archgen.errors import (
    ArchgenError,
    CheckError,
    InputError,
    Mistake,
    Mistakes,
    TargetError,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from rich.console import Console

    from archgen.advisor import Recommendation
    from archgen.advisor.compare import Comparison
    from archgen.requirements import Requirements


class Format(StrEnum):
    text = "text"
    markdown = "markdown"
    html = "html"
    json = "json"


def recommend(
    answers: AnswersFile = None,
    sets: Sets = None,
    preset: PresetName = None,
    architecture: ArchitectureName = None,
    form: Annotated[
        Format, typer.Option("--format", help="How to print the decision")
    ] = Format.text,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output",
            "-o",
            metavar="FILE",
            callback=expanded,
            help="Write it to a file instead of stdout",
        ),
    ] = None,
    explain: Annotated[
        bool,
        typer.Option("--explain", help="Every point, gate and flip, with its source"),
    ] = False,
    check: Annotated[
        Path | None,
        typer.Option(
            "--check",
            metavar="archgen.yaml",
            callback=expanded,
            help="Exit 5 when the answers now give another architecture than this project has recorded",
        ),
    ] = None,
    compare: Annotated[
        str | None,
        typer.Option(
            "--compare",
            metavar="A,B",
            help="Two of monolith, microservices and serverless, side by side",
        ),
    ] = None,
    prices: Annotated[
        Path | None,
        typer.Option(
            "--prices",
            metavar="FILE",
            callback=expanded,
            help="Your own prices, a TOML file, for those of archgen",
        ),
    ] = None,
    no_input: NoInput = False,
    as_json: Json = False,
) -> None:
    """Recommend an architecture, with reasons; write no project."""
    from archgen.cli.prompts import can_ask
    from archgen.evidence.loader import load_evidence
    from archgen.pipeline import advise, resolve

    form = Format.json if as_json else form
    wrong = Mistakes()
    pair = wrong.of(lambda: _pair(compare, form), None)
    evidence = wrong.of(lambda: load_evidence(prices), None)
    sources = given(answers, sets, preset=preset, architecture=architecture)
    recorded = wrong.of(lambda: _recorded(check), None)
    project = None
    if check is None and answers is None and preset is None and architecture is None:
        from archgen.cli.standing import find_record

        project = find_record()
    if recorded is not None:
        sources = _from_record(recorded, sources, alone=answers is None)
    elif project is not None:
        from archgen.cli.standing import list_sources

        sources = list_sources(project, sources)
    taken = wrong.of(lambda: resolve(sources), None)
    wrong.tell()
    assert evidence is not None and taken is not None
    if (
        form is Format.text
        and not no_input
        and not taken.raw
        and recorded is None
        and can_ask()
    ):
        from archgen.cli.wizard import ask_core

        taken = ask_core(sources, taken, name=False)
    if pair is not None:
        from archgen.advisor.compare import compare as side_by_side

        _give(
            _compared(
                form,
                side_by_side(taken.requirements, evidence, *pair),
                output is not None,
            ),
            output,
        )
        return
    recommendation = advise(taken, evidence)
    if project is not None:
        from archgen.cli.standing import compare as with_what_was

        recommendation = with_what_was(project, taken, recommendation)
    if form is Format.html:
        from archgen.cli.console import utf8_on_stdout
        from archgen.exchange.drawing import list_entities
        from archgen.exchange.svg import draw_svg
        from archgen.reports.html import html

        utf8_on_stdout()
        drawing = (
            draw_svg(taken.requirements.name, taken.domain)
            if any(list_entities(taken.domain))
            else ""
        )
        _give(
            html(
                taken.requirements,
                evidence,
                recommendation,
                taken.domain.names,
                drawing,
            ),
            output,
        )
    else:
        modules = taken.domain.names
        _give(
            _written(
                form,
                taken.requirements,
                recommendation,
                explain,
                output is not None,
                modules,
            ),
            output,
        )
    if recommendation.since is not None and form is not Format.json:
        from archgen.cli.console import note
        from archgen.cli.standing import list_lines

        for line in list_lines(recommendation):
            (print if form is Format.text else note)(line)
    if recorded is not None:
        _compare(recorded, recommendation)


def _written(
    form: Format,
    requirements: Requirements,
    recommendation: Recommendation,
    explain: bool,
    to_file: bool,
    modules: tuple[str, ...],
) -> str:
    """The recommendation in the form that was asked for."""
    if form is Format.json:
        import json

        return json.dumps(recommendation.document(), indent=2) + "\n"
    if form is Format.markdown:
        from archgen.reports.markdown import adr

        return adr(requirements, recommendation, modules)
    from archgen.reports.terminal import print_recommendation

    return _printed(
        lambda console: print_recommendation(console, recommendation, explain=explain),
        to_file,
    )


def _compared(form: Format, comparison: Comparison, to_file: bool) -> str:
    """Two architectures side by side."""
    if form is Format.json:
        return comparison.model_dump_json(indent=2, exclude_none=True) + "\n"
    from archgen.reports.comparison import print_comparison

    return _printed(lambda console: print_comparison(console, comparison), to_file)


def _printed(show: Callable[[Console], None], to_file: bool) -> str:
    """What would be seen on this terminal; without colours where it goes to a file."""
    from archgen.cli.console import on_stdout

    console = on_stdout()
    with console.capture() as captured:
        show(console)
    if not to_file:
        return captured.get()
    from rich.text import Text

    return Text.from_ansi(captured.get()).plain + "\n"


def _pair(compare: str | None, form: Format) -> tuple[str, str] | None:
    """The two architectures of `--compare`."""
    if compare is None:
        return None
    from archgen.advisor.compare import COMPARABLE

    found = tuple(name.strip() for name in compare.split(","))
    if len(found) != 2 or found[0] == found[1] or not set(found) <= set(COMPARABLE):
        mistake = Mistake(
            "--compare",
            f"{compare[:60]!a} is not two of {', '.join(COMPARABLE)}",
            "for example --compare monolith,serverless",
        )
        raise InputError([mistake])
    if form in (Format.markdown, Format.html):
        raise InputError(
            [
                Mistake(
                    "--format",
                    f"{form} is for one recommendation",
                    "use --format text or json",
                )
            ]
        )
    return found[0], found[1]


def _give(text: str, output: Path | None) -> None:
    if output is None:
        import sys

        sys.stdout.write(text)
        return
    try:
        output.write_text(text, encoding="utf-8")
    except OSError as error:
        raise TargetError(
            f"{output} cannot be written: {error.strerror}",
            "give a file in a folder that is there",
        ) from None


def _recorded(path: Path | None) -> dict[str, Any] | None:
    if path is None:
        return None
    from archgen.generator.record import load_record

    try:
        return load_record(path)
    except ArchgenError as error:
        raise InputError([Mistake("--check", error.message, error.hint)]) from error


def _from_record(
    record: dict[str, Any], sources: list[Any], *, alone: bool
) -> list[Any]:
    """The recorded answers below the others, unless an answers file is there to take
    their place.
    """
    from archgen.answers.sources import from_record

    return [from_record(record.get("answers", {})), *sources] if alone else sources


def _compare(record: dict[str, Any], recommendation: Recommendation) -> None:
    then = record.get("recommendation", {}).get(
        "architecture", record.get("architecture")
    )
    if then != recommendation.architecture:
        raise CheckError(
            f"{then} was recommended when the project was made, and {recommendation.architecture} is now",
            "archgen recommend --explain shows why",
        )
