"""The flags that several commands share, and the sources of answers that they make."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from archgen.answers.sources import Source


def expanded(path: Path | None) -> Path | None:
    """The path with its `~` replaced, which the shell leaves alone in `--output=~/x`."""
    try:
        return path and path.expanduser()
    except RuntimeError:
        name = str(path).partition("/")[0].removeprefix("~")
        raise typer.BadParameter(f"nobody here is called {name}") from None


AnswersFile = Annotated[
    Path | None,
    typer.Option(
        "--answers",
        "-a",
        metavar="FILE",
        callback=expanded,
        help="A YAML or JSON file of answers (archgen schema)",
    ),
]
Sets = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="KEY=VALUE",
        help="One answer: a dotted key and a YAML value; may be repeated",
    ),
]
PresetName = Annotated[
    str | None,
    typer.Option(
        "--preset",
        metavar="NAME",
        help="A domain that comes with archgen (archgen presets)",
    ),
]
ArchitectureName = Annotated[
    str | None,
    typer.Option(
        "--architecture",
        metavar="NAME",
        help="monolith, microservices or serverless in place of the advice; auto: as advised",
    ),
]
JdlFiles = Annotated[
    list[Path] | None,
    typer.Option(
        "--jdl",
        metavar="FILE",
        help="A domain in JHipster's language, below all other answers; may be repeated",
    ),
]
NoInput = Annotated[
    bool, typer.Option("--no-input", help="Ask nothing, whatever the terminal")
]
Json = Annotated[
    bool,
    typer.Option(
        "--json", help="Print one JSON document on stdout, and nothing else there"
    ),
]


def given(
    answers: Path | None,
    sets: Sequence[str] | None,
    *,
    name: str | None = None,
    preset: str | None = None,
    architecture: str | None = None,
) -> list[Source]:
    """What the command line says, the weakest first."""
    from archgen.answers.sources import from_file, from_flags, from_sets

    sources = []
    if answers is not None:
        sources.append(from_file(answers))
    if sets:
        sources.append(from_sets(sets))
    sources.append(
        from_flags({"name": name, "preset": preset, "architecture": architecture})
    )
    return sources
