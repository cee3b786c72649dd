"""`archgen schema`: the JSON schemas of the documents that archgen reads and prints."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from archgen.cli.options import Json


class Subject(StrEnum):
    answers = "answers"
    recommendation = "recommendation"


def schema(
    of: Annotated[
        Subject,
        typer.Argument(
            help="answers: the answers file; recommendation: what recommend --json prints"
        ),
    ] = Subject.answers,
    as_json: Json = False,
) -> None:
    """Print the JSON schema of the answers file."""
    from archgen.cli.console import print_json

    if of is Subject.recommendation:
        from archgen.advisor.schema import recommendation_schema

        print_json(recommendation_schema())
    else:
        from archgen.answers.schema import answers_schema

        print_json(answers_schema())
