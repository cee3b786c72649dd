"""docs/reference.md names all that users may rely on."""

from __future__ import annotations

import re
from pathlib import Path
from typing import get_args

from archgen import errors, requirements
from archgen.answers.resolve import resolve
from archgen.answers.schema import Answers, LevelAnswers
from archgen.answers.sources import from_record
from archgen.answers.yaml_reader import read_yaml
from archgen.cli.main import INTERRUPTED
from archgen.domain.presets import PRESETS
from archgen.domain.schema import LEVELS, TYPES

TEXT = (Path(__file__).parents[2] / "docs/reference.md").read_text()
WORDS = set(re.findall(r"`([a-z0-9_]+)`", TEXT))


def test_every_answer_is_named() -> None:
    assert (
        set(Answers.model_fields)
        | set(requirements.StackChoice.model_fields)
        | set(LevelAnswers.model_fields)
        <= WORDS
    )


def test_every_choice_is_named() -> None:
    kinds = (
        requirements.Scope,
        requirements.Pattern,
        requirements.Workload,
        requirements.Grade,
        requirements.Compliance,
    )
    words = {
        word
        for kind in (*kinds, requirements.ArchitectureChoice)
        for word in get_args(kind)
    }
    assert words | set(LEVELS) | set(TYPES) | set(PRESETS) <= WORDS


def test_every_exit_code_is_named() -> None:
    told = {int(code) for code in re.findall(r"^\| (\d+) \|", TEXT, re.MULTILINE)}
    raised = {
        kind.exit_code
        for kind in vars(errors).values()
        if isinstance(kind, type) and hasattr(kind, "exit_code")
    }
    assert told == raised | {0, INTERRUPTED}


def test_the_example_is_a_domain() -> None:
    example = re.findall(r"```yaml\n(.*?)```", TEXT, re.DOTALL)[0]
    assert resolve([from_record(read_yaml(example, "example").data)]).domain.names == (
        "accounts",
        "inventory",
        "reviews",
    )
