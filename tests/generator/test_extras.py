"""What a scope brings, each extra by itself and without it: held to rules written apart
from what renders it.
"""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from archgen.answers.resolve import resolve
from archgen.answers.schema import ExtrasAnswers
from archgen.answers.sources import from_record, from_sets
from archgen.blueprint.schema import TEMPLATES, Template
from archgen.errors import IncompatibleError, InputError
from archgen.generator import preview, templates_dir
from archgen.options import extras, options, provided
from archgen.pipeline import make_plan

# Words of what is an extra's alone; where only the record or the decision names them,
# they are not.
WORDS = {
    "backups": ("make backup", "backups/", "pg_restore"),
    "copies": ("replicas:", "two copies of"),
    "database_servers": ("-postgres", "48MB"),
    "dead_letters": ("dead-letters", "apps.dead_letters"),
    "edge": ("EDGE_UPSTREAM", "EDGE_PROXIES", "network_mode: host"),
    "group_commit": ("group_commit", "Group commit"),
    "guided_migrations": ("RENAME=", "apps/alembic/history.py", "--rename"),
    "key_rotation": ("FOLDER rotate", "KEY_OVERLAP", "make rotate"),
    "load_test": ("locust", "make seed", "tests/load", "tests.load"),
    "moving": ("make move", "wal_level", "deploy/moving", "docs/moving.md"),
    "rollout": ("make deploy", "rollout", "it takes leave"),
    "s3_files": ("FILES_BUCKET", "s3_files"),
    "staff_command": ("make staff", "TAKE=1", "role_taken"),
    "worker": ("BACKGROUND:", "a worker", "WorkerSettings"),
}
# what functions have anyhow, by means of their own
ANYHOW = {"serverless": ("dead_letters", "rollout")}
TELLING = ("archgen.yaml", "docs/adr/")
NAMES = tuple(extras())
# in no scope by default
ASKED_FOR = {"database_servers", "edge", "s3_files"}
PLATFORM = {"moving"}
DEFAULT = set(NAMES) - ASKED_FOR - PLATFORM


@cache
def record(
    template: Template, chosen: tuple[str, ...], preset: str = "ecommerce"
) -> dict[str, Any]:
    """A project whose scope is the smallest, with these extras: as many of them as have
    something to do in it.
    """
    answers = {
        "name": "shop",
        "preset": preset,
        "architecture": template,
        "scope": "mvp",
    }
    plan = make_plan(resolve([from_record(answers)])).record
    capabilities = provided({"architecture": template, **plan["stack"]})
    types = (
        {"file"}
        if any(module["kind"] == "files" for module in plan["modules"])
        else set()
    )
    fitting = [name for name in chosen if capabilities.issuperset(extras()[name].needs)]
    return {
        **plan,
        "extras": [
            name for name in fitting if types.issuperset(extras()[name].field_types)
        ],
    }


def choices() -> Iterator[tuple[Template, tuple[str, ...]]]:
    """None and all of them, each alone and each missing: so every two are there
    together, without each other, and not at all.
    """
    for template in TEMPLATES:
        names = tuple(record(template, NAMES)["extras"])
        yield template, ()
        yield template, names
        for name in names:
            yield template, (name,)
            if len(names) > 2:
                yield template, tuple(other for other in names if other != name)


def named(choice: tuple[Template, tuple[str, ...]]) -> str:
    return "-".join([choice[0], *choice[1]])


@pytest.mark.few(16)
@pytest.mark.parametrize("choice", list(choices()), ids=named)
def test_a_project_holds_the_extras_that_were_chosen_and_nothing_of_the_others(
    choice: tuple[Template, tuple[str, ...]], tmp_path: Path
) -> None:
    template = choice[0]
    rendered = record(*choice)
    files = {path: data.decode() for path, data in preview(rendered)}
    for path, text in files.items():
        if path.endswith(".py"):
            ast.parse(text, path)
        elif path.endswith((".yaml", ".yml")) and template != "serverless":
            yaml.safe_load(text)
        elif path.endswith(".md"):
            assert not re.search(r"^ [A-Z]", text, re.MULTILINE), path
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text)
    everything = {
        p: f"{p}\n{text}" for p, text in files.items() if not p.startswith(TELLING)
    }
    for name, words in WORDS.items():
        if name in ANYHOW.get(template, ()):
            continue
        holding = {
            word: [p for p, text in everything.items() if word in text]
            for word in words
        }
        if name in rendered["extras"]:
            assert any(holding.values()), name
        else:
            assert not any(holding.values()), (name, holding)
    for command in (("format", "--check"), ("check",)):
        done = subprocess.run(
            [sys.executable, "-m", "ruff", *command, "--quiet", "."],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr


def test_the_extras_are_the_folders_and_each_says_what_it_brings() -> None:
    assert set(ExtrasAnswers.model_fields) == set(NAMES) == set(WORDS)
    capabilities = {
        capability for option in options() for capability in option.provides
    }
    for extra in extras().values():
        assert extra.provides == (extra.value,)
        assert extra.brings and extra.without
        scopes = (
            ()
            if extra.value in ASKED_FOR
            else ("platform",)
            if extra.value in PLATFORM
            else ("product", "platform")
        )
        assert extra.scopes[-2:] == scopes
        assert {*extra.needs, *extra.taken_with} <= capabilities


@pytest.mark.parametrize(
    ("scope", "template", "expected"),
    [
        ("mvp", "monolith", {"staff_command"}),
        ("product", "monolith", DEFAULT),
        ("platform", "monolith", DEFAULT | PLATFORM),
        ("product", "microservices", DEFAULT),
        ("product", "serverless", {"key_rotation", "load_test", "staff_command"}),
    ],
)
def test_a_scope_brings_the_extras_that_have_something_to_do(
    scope: str, template: Template, expected: set[str]
) -> None:
    answers = {"scope": scope, "architecture": template, "preset": "crud"}
    assert set(make_plan(resolve([from_record(answers)])).blueprint.extras) == expected


def test_each_extra_can_be_had_or_left_out_in_any_scope() -> None:
    few = make_plan(
        resolve([from_sets(["scope=mvp", "preset=crud", "extras.worker=true"])])
    )
    most = make_plan(
        resolve([from_sets(["scope=platform", "preset=crud", "extras.worker=false"])])
    )
    assert few.blueprint.extras == ("staff_command", "worker")
    assert set(most.blueprint.extras) == (DEFAULT | PLATFORM) - {"worker"}
    assert few.record["answers"]["extras"] == {"worker": True}


def test_keys_of_a_provider_are_not_ours_to_rotate() -> None:
    answers = ["preset=crud", "architecture=monolith", "stack.auth=oidc"]
    assert (
        "key_rotation" not in make_plan(resolve([from_sets(answers)])).blueprint.extras
    )
    with pytest.raises(
        IncompatibleError, match=r"extras.key_rotation: .* with monolith, auth oidc"
    ) as refused:
        make_plan(resolve([from_sets([*answers, "extras.key_rotation=true"])]))
    assert (
        refused.value.hint
        == "leave extras.key_rotation out, or say --set stack.auth=builtin"
    )


def test_all_that_an_architecture_cannot_have_is_told_at_once_with_where_it_can_be_had() -> (
    None
):
    asked = [
        "preset=crud",
        "architecture=serverless",
        "stack.cache=valkey",
        "extras.backups=true",
        "extras.worker=true",
    ]
    with pytest.raises(IncompatibleError) as refused:
        make_plan(resolve([from_sets(asked)]))
    for place in ("stack.cache: ", "extras.backups: ", "extras.worker: "):
        assert place in refused.value.message
    hint = str(refused.value.hint)
    assert (
        "leave extras.backups out (it comes with --architecture monolith or microservices)"
        in hint
    )
    assert (
        "leave extras.worker out (it comes with --architecture monolith or microservices)"
        in hint
    )


@pytest.mark.parametrize(
    ("said", "wrong", "hint"),
    [
        (
            "extras.worker=yes",
            "must be true or false, not 'yes'",
            "for example --set extras.worker=true",
        ),
        ("extras.workers=true", "is not a key", "did you mean worker?"),
        ("extras=[worker]", "must be a mapping of keys to values", None),
    ],
)
def test_what_is_wrong_with_an_extra_is_said(
    said: str, wrong: str, hint: str | None
) -> None:
    with pytest.raises(InputError) as refused:
        resolve([from_sets(["preset=crud", said])])
    (mistake,) = refused.value.mistakes
    assert wrong in mistake.message
    if hint is not None:
        assert mistake.hint == hint


def test_an_mvp_on_servers_measures_nothing_unless_it_is_asked_to() -> None:
    def chosen(*more: str) -> str:
        return make_plan(
            resolve([from_sets(["preset=crud", "architecture=monolith", *more])])
        ).blueprint.stack.observability

    assert chosen("scope=mvp") == "none"
    assert chosen("scope=product") == "prometheus"
    assert chosen("scope=mvp", "stack.observability=prometheus") == "prometheus"


def test_the_reference_says_which_scope_brings_what() -> None:
    reference = (templates_dir().parent / "docs/reference.md").read_text()
    table = (
        reference.partition("| extra | brings |")[2]
        .partition("\n\n")[0]
        .splitlines()[2:]
    )
    assert table == [row(name) for name in NAMES]


def row(name: str) -> str:
    extra = extras()[name]
    templates = [
        template
        for template in TEMPLATES
        if name in record(template, NAMES, "social")["extras"]
    ]
    return f"| `{name}` | {extra.brings} | {extra.without} | {', '.join(extra.scopes) or 'none'} | {', '.join(templates)} |"


def test_the_tests_of_the_http_face_are_the_same_in_every_scope() -> None:
    few, all_of_it = (
        dict(preview(record("monolith", chosen, "crud"))) for chosen in ((), NAMES)
    )
    of_the_face = [
        path for path in all_of_it if path.startswith("tests/") and path in few
    ]
    different = {path for path in of_the_face if few[path] != all_of_it[path]}
    gone = {path for path in all_of_it if path.startswith("tests/") and path not in few}
    of_extras = {"tests/accounts/test_keys.py", "tests/accounts/test_staff_command.py"}
    assert {path for path in gone if not path.startswith("tests/load/")} <= of_extras
    assert different <= {"tests/test_background.py"}
