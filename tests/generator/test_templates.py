"""The real templates: what they may ask for, and that a project renders again from its
record.
"""

from __future__ import annotations

import ast
import json
import re
import subprocess
import sys
import tomllib
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest
import yaml
from bench.bare_copier import assemble

from archgen.answers.resolve import resolve
from archgen.answers.sources import from_record
from archgen.catalog import read_kinds, read_options
from archgen.domain import naming
from archgen.generator import (
    ARGUMENT,
    RECORD,
    dump_files,
    load_record,
    preview,
    render,
    templates_dir,
)
from archgen.generator.layout import lay_out
from archgen.pipeline import make_plan

Records = Callable[[str, str], dict[str, Any]]
Trees = Callable[[str, str], dict[str, bytes]]
TEMPLATES = templates_dir()


def rendered() -> list[Path]:
    return [path for path in TEMPLATES.rglob("*.jinja") if path.is_file()]


@pytest.mark.few(2)
def test_a_project_renders_again_from_its_record_alone(
    preset_record: Records, choice: tuple[str, str], tmp_path: Path
) -> None:
    render(preset_record(*choice), TEMPLATES, tmp_path / "first")
    again = preview(load_record(tmp_path / "first/archgen.yaml"), TEMPLATES)
    first = sorted(path for path in (tmp_path / "first").rglob("*") if path.is_file())
    assert again == [
        (path.relative_to(tmp_path / "first").as_posix(), path.read_bytes())
        for path in first
    ]


def test_archgen_yaml_holds_the_verdict_and_the_argument_lies_beside_the_decision_record(
    preset_tree: Trees,
) -> None:
    tree = preset_tree("ecommerce", "monolith")
    verdict, argument = (yaml.safe_load(tree[name]) for name in (RECORD, ARGUMENT))
    assert {"architecture", "decisions", "flips"} <= verdict["recommendation"].keys()
    assert {
        "reasons",
        "stack",
        "capacity",
        "cost",
        "precedents",
        "risks",
    } <= argument.keys()
    assert not verdict["recommendation"].keys() & argument.keys()
    assert len(tree[RECORD].splitlines()) < 500


def test_who_deletes_the_argument_keeps_the_decision_record_and_all_else_renders_the_same(
    preset_record: Records, choice: tuple[str, str], tmp_path: Path
) -> None:
    render(preset_record(*choice), TEMPLATES, tmp_path)
    (tmp_path / ARGUMENT).unlink()
    again = dict(preview(load_record(tmp_path / RECORD), TEMPLATES))
    first = {
        path.relative_to(tmp_path).as_posix(): path
        for path in tmp_path.rglob("*")
        if path.is_file()
    }
    # whose budget is one of the argument's figures
    figures = {name for name in first if name == "deploy/stages/example.json"}
    assert first.keys() - again.keys() == {"docs/adr/0001-architecture.md"} | figures
    assert all(first[name].read_bytes() == content for name, content in again.items())


def test_a_module_is_the_same_bytes_in_every_architecture(
    preset_tree: Trees, choice: tuple[str, str]
) -> None:
    """Where calls cross processes, the client that makes them is there as well, in a
    file of its own.
    """

    def modules(architecture: str) -> dict[str, bytes]:
        varies = re.compile(
            r"/apps/|/chassis/|/local/|/migrations/|/repository\.py$|/contracts/\w+_http\.py$"
        )
        tree = preset_tree(choice[0], architecture)
        return {
            path: data
            for path, data in tree.items()
            if path.startswith("src/") and not varies.search(path)
        }

    assert modules(choice[1]) == modules("monolith")


def test_no_template_of_a_module_asks_for_the_architecture() -> None:
    asking = re.compile(
        r"\b(template|architecture|parts|module\.part)\b\s*(==|!=|\||in\b|%}|})"
    )
    of_modules = [
        path
        for path in rendered()
        if "_kinds" in path.parts or "__module__" in path.parts
    ]
    assert of_modules
    for path in of_modules:
        assert not asking.search(path.read_text()), path


PRODUCT = re.compile(r"\bstack\s*(\.\s*\w+|\[[^]]+\])\s*(==|!=|in\b|not in\b)")


def test_no_shared_template_asks_for_a_product() -> None:
    """It asks for a capability (`has.sql`); what only a product knows stands in its
    folder, in `_options/`.
    """
    shared = [
        path
        for path in TEMPLATES.rglob("*")
        if path.is_file() and "_options" not in path.parts
    ]
    asking = [
        path.relative_to(TEMPLATES)
        for path in shared
        if PRODUCT.search(path.read_text(errors="replace"))
    ]
    assert [path.as_posix() for path in asking] == []


def test_an_option_names_no_other_option_of_its_key() -> None:
    for path in (TEMPLATES / "_options").rglob("*"):
        if path.is_file():
            assert not PRODUCT.search(path.read_text()), path


def test_a_kind_of_module_asks_for_no_other_kind() -> None:
    """What another one adds to its code stands in that one's slots."""
    names = {path.name for path in (TEMPLATES / "_kinds").iterdir() if path.is_dir()}
    for kind in names:
        others = "|".join(sorted(names - {kind}))
        asking = re.compile(rf"module\.kind\s*(==|!=|in\b)|_kinds/({others})/")
        for path in (TEMPLATES / "_kinds" / kind).rglob("*.jinja"):
            assert not asking.search(path.read_text()), path


REFUSED = re.compile(r'[<>:"|?*\\\x00-\x1f]|[. ]$')  # by Windows
DEVICES = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\.|$)", re.IGNORECASE)


def check_paths(paths: Iterable[str]) -> None:
    """Every system takes them; of a drive and a folder around them there is room for
    100 more.
    """
    seen: dict[str, str] = {}
    for path in paths:
        assert len(path) <= 150, path
        assert seen.setdefault(path.lower(), path) == path
        for part in path.split("/"):
            assert not REFUSED.search(part) and not DEVICES.match(part), path


def test_every_system_takes_the_names_of_all_files() -> None:
    """Of what is cloned and of what the wheel unpacks."""
    root = TEMPLATES.parent
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=root, capture_output=True, text=True, check=False
    ).stdout
    paths = [path for path in listed.split("\0") if path and (root / path).exists()]
    check_paths(paths)
    check_paths(
        f"archgen/{path.relative_to(root).as_posix()}"
        for path in TEMPLATES.rglob("*")
        if path.is_file()
    )


@pytest.mark.parametrize("architecture", ["monolith", "microservices", "serverless"])
def test_every_system_takes_the_files_of_a_project_with_the_longest_names(
    architecture: str,
) -> None:
    modules = [f"m{number}".ljust(naming.PART_MOST, "x") for number in range(2)]
    first = f"{modules[0]}.{'e' * naming.PART_MOST}"
    entities = {
        modules[0]: {
            "e" * naming.PART_MOST: {
                "plural": "p" * naming.PLURAL_MOST,
                "fields": {"size": {"type": "integer"}},
            }
        },
        modules[1]: {
            "f" * naming.PART_MOST: {
                "fields": {"r": {"type": "reference", "to": first}}
            }
        },
    }
    answers: dict[str, Any] = {
        "name": "n" * naming.MOST,
        "architecture": architecture,
        "modules": {name: {"entities": entities[name]} for name in modules},
    }
    answers["modules"][modules[1]]["reacts_to"] = [f"{first}.deleted"]
    paths = [
        path for path, _ in preview(make_plan(resolve([from_record(answers)])).record)
    ]
    assert any("p" * naming.PLURAL_MOST in path for path in paths)
    check_paths(paths)


def test_no_path_is_a_template() -> None:
    assert not [path for path in TEMPLATES.rglob("*") if re.search(r"[{}%]", path.name)]


def test_templates_stand_on_jinja_s_own_filters_and_tests() -> None:
    """Those of an extension would be gone where the folder is rendered without it."""
    from jinja2 import Environment, nodes

    environment = Environment(trim_blocks=True, lstrip_blocks=True)
    for path in rendered():
        for node in environment.parse(path.read_text()).find_all(
            (nodes.Filter, nodes.Test)
        ):
            known = (
                environment.filters
                if isinstance(node, nodes.Filter)
                else environment.tests
            )
            assert node.name in known, path
            if node.name == "map" and node.args:
                assert isinstance(node.args[0], nodes.Const)
                assert node.args[0].value in environment.filters, path


@pytest.mark.few(2)
def test_bare_copier_writes_the_same_bytes(
    preset_record: Records, choice: tuple[str, str], tmp_path: Path
) -> None:
    """A second opinion of the renderer: copier, given each file where it is to be, from
    the same templates.
    """
    from copier import Settings, run_copy

    record = preset_record(*choice)
    data = assemble(TEMPLATES, record, tmp_path / "assembled")
    run_copy(
        str(tmp_path / "assembled"),
        tmp_path / "copied",
        data=json.loads(data.read_text()),
        settings=Settings(),
        defaults=True,
        quiet=True,
    )
    for name, content in dump_files(record).items():
        (tmp_path / "copied" / name).write_bytes(content)
    lay_out(tmp_path / "copied")
    copied = {
        path.relative_to(tmp_path / "copied").as_posix(): path.read_bytes()
        for path in (tmp_path / "copied").rglob("*")
        if path.is_file()
    }
    assert copied == dict(preview(record))


def test_no_template_asks_for_what_the_record_does_not_hold() -> None:
    """A clock or a random value would render another tree another day."""
    foreign = re.compile(r"\b(now\(|random|environ\b|lookup\()")
    for path in rendered():
        blocks = re.findall(r"{[{%].*?[}%]}", path.read_text(), re.DOTALL)
        assert not any(foreign.search(block) for block in blocks), path


DISTRIBUTIONS = {
    "argon2": "argon2-cffi",
    "aws_lambda_powertools": "aws-lambda-powertools",
    "botocore": "boto3",
    "cryptography": "pyjwt",
    "fastapi_csp_docs": "fastapi-csp-docs",
    "fastapi_offline": "fastapi-offline",
    "PIL": "pillow",
    "jwt": "pyjwt",
    "opentelemetry": "opentelemetry-api",
    "prometheus_client": "prometheus-client",
    "pydantic_core": "pydantic",
    "email_validator": "email-validator",
    "pydantic_settings": "pydantic-settings",
    "python_multipart": "python-multipart",
    "pythonjsonlogger": "python-json-logger",
    "starlette": "fastapi",
    "uuid_utils": "uuid-utils",
    "werkzeug": "moto",
    "yaml": "pyyaml",
}
# named in a setting or on a command line, imported by another, or a tool
NOT_IMPORTED = {
    "aiosqlite",
    "asyncpg",
    "uvicorn",
    "mypy",
    "mypy-boto3-dynamodb",
    "ruff",
    "import-linter",
    "httpx2",
    "opentelemetry-exporter-otlp-proto-http",
    "opentelemetry-sdk",
}


@pytest.mark.parametrize("auth", ["builtin", "oidc"])
def test_a_project_asks_for_what_it_imports_and_for_nothing_else(
    preset_tree: Callable[..., dict[str, bytes]], choice: tuple[str, str], auth: str
) -> None:
    tree = preset_tree(*choice, auth)
    imported = set()
    for path, data in tree.items():
        if path.endswith(".py"):
            for node in ast.walk(ast.parse(data)):
                if isinstance(node, ast.Import):
                    imported |= {alias.name.split(".")[0] for alias in node.names}
                elif (
                    isinstance(node, ast.ImportFrom) and node.level == 0 and node.module
                ):
                    imported.add(node.module.split(".")[0])
    imported -= {*sys.stdlib_module_names, "shop", "tests"}
    project = tomllib.loads(tree["pyproject.toml"].decode())
    asked = {
        re.split(r"[\[><=]", requirement)[0]
        for group in (
            project["project"]["dependencies"],
            *project["dependency-groups"].values(),
        )
        for requirement in group
    }
    if "opentelemetry-sdk" in asked:  # which brings its API
        asked.add("opentelemetry-api")
    assert {DISTRIBUTIONS.get(name, name) for name in imported} <= asked
    needless = (
        asked - {DISTRIBUTIONS.get(name, name) for name in imported} - NOT_IMPORTED
    )
    assert not {
        name
        for name in needless
        if not name.startswith("types-") and not name.endswith("-stubs")
    }


def test_the_samples_environment_is_what_projects_ask_for(preset_tree: Trees) -> None:
    asked: set[str] = set()
    for architecture in ("monolith", "microservices", "serverless"):
        project = tomllib.loads(
            preset_tree("ecommerce", architecture)["pyproject.toml"].decode()
        )
        asked |= {
            *project["project"]["dependencies"],
            *project["dependency-groups"]["dev"],
        }
    for option in read_options(TEMPLATES).values():
        for kind in ("dependencies", "dev_dependencies"):
            asked |= {
                f"{package}{versions}"
                for package, versions in option.get(kind, {}).items()
            }
    for kind_of_module in read_kinds(TEMPLATES).values():
        for packages in (
            kind_of_module.get("dependencies", {}),
            *kind_of_module.get("dependencies_with", {}).values(),
        ):
            asked |= {f"{package}{versions}" for package, versions in packages.items()}
    own = tomllib.loads((TEMPLATES.parent / "pyproject.toml").read_text())
    assert set(own["dependency-groups"]["samples"]) == asked


@pytest.mark.parametrize("auth", ["builtin", "oidc"])
def test_selinux_lets_containers_read_what_is_mounted_into_them(
    preset_tree: Callable[..., dict[str, bytes]], auth: str
) -> None:
    compose = preset_tree("crud", "monolith", auth)["deploy/compose.yaml"].decode()
    mounts = re.findall(r"\./[^\s\"]+:/[^\s\"]+", compose)
    assert mounts and all(mount.endswith(":ro,z") for mount in mounts)
