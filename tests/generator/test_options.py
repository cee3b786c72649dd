"""Every combination of options, and rules of what a project of it may hold: written
apart from what renders it.
"""

from __future__ import annotations

import ast
import re
import tomllib
from collections import defaultdict
from functools import cache
from importlib.metadata import packages_distributions
from pathlib import Path
from typing import cast

import pytest
import yaml
from tests.support.combinations import COMBINATIONS, named, tree

from archgen.answers.resolve import resolve
from archgen.answers.sources import from_record
from archgen.blueprint.schema import TEMPLATES, Template
from archgen.catalog import read_options
from archgen.domain import naming
from archgen.generator import templates_dir
from archgen.options import Option, offered, options
from archgen.pipeline import make_plan
from archgen.requirements import StackChoice

# Values that are everyday words; any other is the name of a product.
EVERYDAY = {
    "none",
    "rest",
    "builtin",
    "monolith",
    "microservices",
    "serverless",
    "one_machine",
    "lambda",
}
TELLING = ("archgen.yaml", "docs/adr/")


@cache
def words(key: str, value: str) -> dict[str, re.Pattern[str]]:
    """What is an option's, from its folder: its product, files, settings and packages,
    each as it would be written.
    """
    option = read_options(templates_dir())[key, value]
    folder = templates_dir() / cast(str, option["folder"])
    found = {} if value in EVERYDAY else {value: r"(?i)\b" + "[ -]?".join(value)}
    if header := option.get("otlp", {}).get("header"):
        found[header] = f'"{header}"'
    for place in ("mechanism", "local"):
        for file in folder.glob(f"files/src/**/{place}/*.py"):
            found[file.stem] = rf"\b{place}[./]{file.stem}\b"
    for name in settings_of(folder):
        found[name] = rf"\bsettings\.{name}\b" + (
            rf"|\b{name.upper()}\b" if "_" in name else ""
        )
    for slot in folder.glob("slots/env_*.jinja"):
        for name in re.findall(
            r"^(?!COMPOSE_)([A-Z_]+)=", slot.read_text(), re.MULTILINE
        ):
            found[name.lower()] = rf"\b{name}\b"
    for package in {
        **option.get("dependencies", {}),
        **option.get("dev_dependencies", {}),
    }:
        # which everybody has; here with an extra
        for module in imports()[package] - {"fastapi"}:
            found[module] = rf"\b(import|from) {module}\b"
    return {word: re.compile(pattern) for word, pattern in found.items()}


def settings_of(folder: Path) -> set[str]:
    """The settings of the classes that an option adds to those of the project, wherever
    they are defined.
    """
    slot = folder / "slots/settings.jinja"
    kinds = (
        re.findall(r"^\w+Settings$", slot.read_text(), re.MULTILINE)
        if slot.exists()
        else []
    )
    return {field for kind in kinds for field in fields(kind)}


@cache
def fields(kind: str) -> frozenset[str]:
    """Those of a class of settings, and of those that it stands on."""
    for file in templates_dir().rglob("chassis/*/*.py"):
        if body := re.search(
            rf"^class {kind}\(([\w, ]+)\):\n((?:    .*\n|\n)+)",
            file.read_text(),
            re.MULTILINE,
        ):
            above = [
                fields(base)
                for base in body[1].split(", ")
                if base not in ("BaseModel", "BaseSettings", "CoreSettings")
            ]
            return frozenset().union(*above) | set(
                re.findall(r"^    (\w+): ", body[2], re.MULTILINE)
            )
    raise LookupError(kind)


@cache
def imports() -> dict[str, set[str]]:
    """Package -> what is imported of it."""
    found: dict[str, set[str]] = defaultdict(set)
    for module, packages in packages_distributions().items():
        for package in packages:
            found[package.lower()].add(module)
    return found


@pytest.mark.few(30)
@pytest.mark.parametrize("combination", COMBINATIONS, ids=named)
def test_a_project_holds_what_was_chosen_and_nothing_of_what_was_not(
    combination: tuple[Template, dict[str, str]],
) -> None:
    template, chosen = combination
    files = tree(template, chosen)
    for path, text in files.items():
        if path.endswith(".py"):
            ast.parse(text, path)
        if (
            path.endswith((".yaml", ".yml"))
            and template != "serverless"
            and "deploy/ecs/" not in path
        ):
            yaml.safe_load(text)
    everything = {
        path: f"{path}\n{text}"
        for path, text in files.items()
        if not path.startswith(TELLING)
    }
    has = {**chosen, "architecture": template}
    # test_extras.py
    of = {
        option: words(*option)
        for option in read_options(templates_dir())
        if option[0] != "extras"
    }
    ours = {
        word: pattern
        for (key, value), its in of.items()
        if has[key] == value
        for word, pattern in its.items()
    }
    theirs = {
        word: pattern
        for its in of.values()
        for word, pattern in its.items()
        if word not in ours
    }
    low = {
        path: f"{text} {re.sub('[ -]', '', text)}".lower()
        for path, text in everything.items()
    }
    found = {
        word: {
            path: hit[0]
            for path, text in low.items()
            if word in text and (hit := pattern.search(everything[path]))
        }
        for word, pattern in (ours | theirs).items()
    }
    assert {
        word: places for word, places in found.items() if word in theirs and places
    } == {}
    for (key, value), its in of.items():
        assert has[key] != value or not its or any(found[word] for word in its), (
            key,
            value,
        )
    check_dependencies(files, chosen, template)
    check_settings(files)


def check_dependencies(
    files: dict[str, str], chosen: dict[str, str], template: str
) -> None:
    """Sorted, each once; those of the chosen options are there, and none that only
    others bring.
    """
    project = tomllib.loads(files["pyproject.toml"])
    asked = [*project["project"]["dependencies"], *project["dependency-groups"]["dev"]]
    packages = [
        re.split(r"[\[><=]", requirement)[0]
        for requirement in project["project"]["dependencies"]
    ]
    assert packages == sorted(set(packages))
    of = {True: set[str](), False: set[str]()}
    for (key, value), option in read_options(templates_dir()).items():
        brings = cast(
            dict[str, str],
            {**option.get("dependencies", {}), **option.get("dev_dependencies", {})},
        )
        of[{"architecture": template, **chosen}.get(key) == value] |= {
            f"{name}{range_}" for name, range_ in brings.items()
        }
    assert of[True] <= set(asked)
    assert not (of[False] - of[True]) & set(asked)


def check_settings(files: dict[str, str]) -> None:
    """What the containers are told from `.env` stands in its example, or has a value
    without it.
    """
    example = set(
        re.findall(r"^([A-Z][A-Z0-9_]*)=", files[".env.example"], re.MULTILINE)
    )
    needed = set(re.findall(r"\$\{(\w+):\?", files.get("deploy/compose.yaml", "")))
    assert needed <= example


def test_the_keys_of_the_stack_are_the_folders_of_options() -> None:
    folders = {key for key, _ in read_options(templates_dir())} - {
        "architecture",
        "extras",
    }
    assert set(StackChoice.model_fields) == folders


def test_each_key_has_one_default_for_each_architecture() -> None:
    for template in TEMPLATES:
        for key in StackChoice.model_fields:
            of_key = [
                option
                for (of, _), option in read_options(templates_dir()).items()
                if of == key
            ]
            assert (
                len(
                    [
                        option
                        for option in of_key
                        if template in option.get("default_of", [])
                    ]
                )
                == 1
            ), (template, key)


KNOWN = {
    "stands_for",
    "default_of",
    "serves",
    "provides",
    "by_name",
    "face",
    "face_of_links",
    "face_of_expansions",
    "dependencies",
    "dev_dependencies",
    "when",
    "broker",
    "cache",
    "otlp",
    "profile",
    "reserves",
    "trimmed",
    "unused",
}
OF_EXTRAS = {
    "provides",
    "scopes",
    "needs",
    "brings",
    "without",
    "dependencies",
    "dev_dependencies",
    "when",
    "field_types",
    "reserves",
    "taken_with",
}


def test_an_option_says_nothing_that_nobody_reads() -> None:
    shared = "".join(path.read_text() for path in templates_dir().rglob("*.jinja"))
    for option in read_options(templates_dir()).values():
        folder = templates_dir() / cast(str, option["folder"])
        assert set(option) - {"key", "value", "folder"} <= (
            OF_EXTRAS if option["key"] == "extras" else KNOWN
        ), folder
        assert {path.name for path in folder.iterdir() if path.is_dir()} <= {
            "files",
            "slots",
        }, folder
        for slot in folder.glob("slots/*.jinja"):
            assert f'"/slots/{slot.name}"' in shared, slot


def test_what_an_option_takes_is_refused_as_a_name_and_told_by_what_it_is_taken() -> (
    None
):
    for option in options():
        name = f"{option.key} {option.value}"
        for package in list_dependencies(option):
            for module in imports()[package]:
                assert not module.isidentifier() or naming.check_project(
                    module.replace("_", "-")
                ), (name, module)
        for setting in settings_of(
            templates_dir() / f"_options/{option.key}/{option.value}"
        ):
            if setting.endswith("_url"):  # where a part is, PART_URL says
                told = f"the name that {setting.upper()} has"
                assert told in str(naming.check_part(setting.removesuffix("_url"))), (
                    name,
                    setting,
                )
        for file in templates_dir().glob(
            f"_options/{option.key}/{option.value}/files/src/*/apps/*.py*"
        ):
            assert naming.check_part(file.name.partition(".")[0]), (name, file)
        for file in templates_dir().glob(
            f"_options/{option.key}/{option.value}/files/tests/*.py*"
        ):
            assert naming.check_module(file.name.partition(".")[0], "shop"), (
                name,
                file,
            )


def list_dependencies(option: Option) -> set[str]:
    document = read_options(templates_dir())[option.key, option.value]
    return {*document.get("dependencies", {}), *document.get("dev_dependencies", {})}


@pytest.mark.long
def test_every_file_of_apps_is_refused_as_the_name_of_a_part() -> None:
    seen: dict[tuple[str, str], tuple[Template, dict[str, str]]] = {}
    for (
        template,
        chosen,
    ) in COMBINATIONS:  # each option once: what two bring, one of them brings
        for key, value in chosen.items():
            seen.setdefault((key, value), (template, chosen))
        seen.setdefault(("architecture", template), (template, chosen))
    distinct = {named(combination): combination for combination in seen.values()}
    roots = {
        path
        for combination in distinct.values()
        for path in tree(*combination)
        if "/apps/" in path
    }
    names = {
        path.split("/apps/")[1].split("/")[0].removesuffix(".py") for path in roots
    }
    own = {"__init__", "app", "accounts", "inventory", "orders", "payments"}
    assert [name for name in names - own if not naming.check_part(name)] == []


def test_a_part_whose_name_is_taken_gets_another() -> None:
    """CACHE_URL is where the cache is, and would be where the part `cache` is."""
    modules = {
        "cache": {"entities": {"entry": {"fields": {"size": {"type": "integer"}}}}}
    }
    answers = {"name": "shop", "architecture": "microservices", "modules": modules}
    parts = make_plan(resolve([from_record(answers)])).record["parts"]
    assert [part["name"] for part in parts] == ["accounts", "cache_part"]


def test_the_reference_lists_what_can_be_taken() -> None:
    reference = (templates_dir().parent / "docs/reference.md").read_text()
    for key in StackChoice.model_fields:
        choices = [
            ", ".join(f"`{choice}`" for choice in offered(template)[key])
            for template in TEMPLATES
        ]
        assert f"| `{key}` | {' | '.join(choices)} |\n" in reference
