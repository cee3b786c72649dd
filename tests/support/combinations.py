"""Every combination of what can be chosen, and the project of each."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from itertools import product
from typing import Any

from archgen.answers.resolve import resolve
from archgen.answers.sources import from_record
from archgen.blueprint.build import TEMPLATES
from archgen.blueprint.schema import Template
from archgen.generator import preview
from archgen.options import offered
from archgen.pipeline import make_plan

Chosen = dict[str, str]


def combinations() -> Iterator[tuple[Template, Chosen]]:
    for template in TEMPLATES:
        keys, choices = zip(*offered(template).items(), strict=True)
        for chosen in product(*choices):
            yield template, dict(zip(keys, chosen, strict=True))


COMBINATIONS = list(combinations())


@cache
def planned(template: Template, auth: str) -> dict[str, Any]:
    """The record of a project, whose other options change nothing but its stack."""
    answers = {"name": "shop", "preset": "ecommerce", "architecture": template, "stack": {"auth": auth}}
    return make_plan(resolve([from_record(answers)])).record


def record_of(template: Template, stack: Mapping[str, str]) -> dict[str, Any]:
    return {**planned(template, stack["auth"]), "stack": dict(stack)}


def tree(template: Template, stack: Mapping[str, str]) -> dict[str, str]:
    return {path: data.decode() for path, data in preview(record_of(template, stack))}


def named(combination: tuple[Template, Chosen]) -> str:
    template, chosen = combination
    return "-".join([template, *(chosen[key] for key in ("auth", "broker", "cache", "database", "observability"))])
