"""Every combination of what can be chosen, and the project of each."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from itertools import product
from typing import Any

from archgen.answers.resolve import resolve
from archgen.answers.sources import from_record
from archgen.blueprint.schema import TEMPLATES, Template
from archgen.generator import preview
from archgen.options import offered
from archgen.pipeline import make_plan

Chosen = dict[str, str]


def combinations() -> Iterator[tuple[Template, Chosen]]:
    """Every combination; where it is deployed meets each other choice, and not each
    combination of them.
    """
    for template in TEMPLATES:
        keys, choices = zip(*offered(template).items(), strict=True)
        usual = {key: values[0] for key, values in offered(template).items()}
        for values in product(*choices):
            chosen = dict(zip(keys, values, strict=True))
            unusual = [key for key in keys if chosen[key] != usual[key]]
            if chosen["deployment"] == usual["deployment"] or len(unusual) <= 2:
                yield template, chosen


COMBINATIONS = list(combinations())


@cache
def planned(
    template: Template, auth: str, cache: str, deployment: str
) -> dict[str, Any]:
    """The record of a project, whose other options change nothing but its stack."""
    stack = {"auth": auth, "cache": cache, "deployment": deployment}
    answers = {
        "name": "shop",
        "preset": "ecommerce",
        "architecture": template,
        "stack": stack,
    }
    return make_plan(resolve([from_record(answers)])).record


def record_of(template: Template, stack: Mapping[str, str]) -> dict[str, Any]:
    return {
        **planned(template, stack["auth"], stack["cache"], stack["deployment"]),
        "stack": dict(stack),
    }


def tree(template: Template, stack: Mapping[str, str]) -> dict[str, str]:
    return {path: data.decode() for path, data in preview(record_of(template, stack))}


def named(combination: tuple[Template, Chosen]) -> str:
    template, chosen = combination
    keys = ("auth", "broker", "cache", "database", "observability", "deployment")
    return "-".join([template, *(chosen[key] for key in keys)])
