"""Every combination of options, and rules of what a project of it may hold: written apart from what renders it."""

from __future__ import annotations

import ast
import re
import tomllib
from collections.abc import Iterator
from functools import cache
from itertools import product
from typing import Any, cast

import pytest
import yaml

from archgen.answers.resolve import resolve
from archgen.answers.schema import StackAnswers
from archgen.answers.sources import from_record
from archgen.blueprint.build import TEMPLATES
from archgen.blueprint.schema import Stack, Template
from archgen.generator import preview, templates_dir
from archgen.generator.manifest import read_options
from archgen.options import offered
from archgen.pipeline import make_plan
from archgen.requirements import StackChoice

# What is an option's alone: words of its own files, settings and dependencies. Where only the decision record names them, they are not.
WORDS: dict[str, dict[str, tuple[str, ...]]] = {
    "auth": {"builtin": ("argon2", "aiosmtpd"), "oidc": ("chassis.oidc", "OIDC_AUDIENCE")},
    "cache": {"valkey": ("valkey", "redis"), "memcached": ("memcached", "emcache"), "none": ("chassis.no_cache",)},
    "database": {"postgresql": ("asyncpg", "types-zxcvbn"), "dynamodb": ("moto[", "boto3-stubs")},
    "observability": {
        "prometheus": ("prometheus", "/metrics"),
        "opentelemetry": ("chassis.collector",),
        "datadog": ("datadog", "dd-api-key"),
        "newrelic": ("newrelic", "new relic", "nr-data"),
        "none": (),
    },
}
# copied into every project of the kind, and hidden there whatever measures
HIDDEN = re.compile(r'"/metrics"|/internal` and `/metrics`|v1/metrics')
TELLING = ("archgen.yaml", "docs/adr/")


def combinations() -> Iterator[tuple[Template, dict[str, str]]]:
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


def tree(template: Template, stack: dict[str, str]) -> dict[str, str]:
    return {path: data.decode() for path, data in preview({**planned(template, stack["auth"]), "stack": stack})}


def named(combination: tuple[Template, dict[str, str]]) -> str:
    template, chosen = combination
    return "-".join([template, *(chosen[key] for key in WORDS)])


@pytest.mark.parametrize("combination", COMBINATIONS, ids=named)
def test_a_project_holds_what_was_chosen_and_nothing_of_what_was_not(
    combination: tuple[Template, dict[str, str]],
) -> None:
    template, chosen = combination
    files = tree(template, chosen)
    for path, text in files.items():
        if path.endswith(".py"):
            ast.parse(text, path)
        if path.endswith((".yaml", ".yml")) and template != "serverless":
            yaml.safe_load(text)
    everything = {
        path: HIDDEN.sub("", f"{path}\n{text}").lower() for path, text in files.items() if not path.startswith(TELLING)
    }
    for key, options in WORDS.items():
        for value, words in options.items():
            for word in words:
                holding = [path for path, text in everything.items() if word.lower() in text]
                if chosen[key] == value:
                    assert holding, (value, word)
                else:
                    assert not holding, (value, word, holding)
    check_dependencies(files, chosen, template)
    check_settings(files)


def check_dependencies(files: dict[str, str], chosen: dict[str, str], template: str) -> None:
    """Sorted, each once; those of the chosen options are there, and none that only others bring."""
    project = tomllib.loads(files["pyproject.toml"])
    asked = [*project["project"]["dependencies"], *project["dependency-groups"]["dev"]]
    packages = [re.split(r"[\[><=]", requirement)[0] for requirement in project["project"]["dependencies"]]
    assert packages == sorted(set(packages))
    of = {True: set[str](), False: set[str]()}
    for (key, value), option in read_options(templates_dir()).items():
        brings = cast(dict[str, str], {**option.get("dependencies", {}), **option.get("dev_dependencies", {})})
        of[{"architecture": template, **chosen}.get(key) == value] |= {
            f"{name}{range_}" for name, range_ in brings.items()
        }
    assert of[True] <= set(asked)
    assert not (of[False] - of[True]) & set(asked)


def check_settings(files: dict[str, str]) -> None:
    """What the containers are told from `.env` stands in its example, or has a value without it."""
    example = set(re.findall(r"^([A-Z][A-Z0-9_]*)=", files[".env.example"], re.MULTILINE))
    needed = set(re.findall(r"\$\{(\w+):\?", files.get("deploy/compose.yaml", "")))
    assert needed <= example


def test_the_keys_of_the_stack_are_the_folders_of_options() -> None:
    folders = {key for key, _ in read_options(templates_dir())} - {"architecture", "extras"}
    assert set(Stack.model_fields) == set(StackChoice.model_fields) == set(StackAnswers.model_fields) == folders


def test_each_key_has_one_default_for_each_architecture() -> None:
    for template in TEMPLATES:
        for key in Stack.model_fields:
            of_key = [option for (of, _), option in read_options(templates_dir()).items() if of == key]
            assert len([option for option in of_key if template in option.get("default_of", [])]) == 1, (template, key)


KNOWN = {"default_of", "serves", "provides", "dependencies", "dev_dependencies", "when", "cache", "otlp", "profile"}
OF_EXTRAS = {"provides", "scopes", "needs", "brings", "without", "dependencies", "dev_dependencies", "when"}


def test_an_option_says_nothing_that_nobody_reads() -> None:
    shared = "".join(path.read_text() for path in templates_dir().rglob("*.jinja"))
    for option in read_options(templates_dir()).values():
        folder = templates_dir() / cast(str, option["folder"])
        assert set(option) - {"key", "value", "folder"} <= (OF_EXTRAS if option["key"] == "extras" else KNOWN), folder
        assert {path.name for path in folder.iterdir() if path.is_dir()} <= {"files", "slots"}, folder
        for slot in folder.glob("slots/*.jinja"):
            assert f'"/slots/{slot.name}"' in shared, slot


def test_the_reference_lists_what_can_be_taken() -> None:
    reference = (templates_dir().parent / "docs/reference.md").read_text()
    for key in Stack.model_fields:
        choices = [", ".join(f"`{choice}`" for choice in offered(template)[key]) for template in TEMPLATES]
        assert f"| `{key}` | {' | '.join(choices)} |\n" in reference
