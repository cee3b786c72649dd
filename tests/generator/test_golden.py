"""What is generated, kept in `tests/golden`, so that a change of a template is seen as
what it changes. `make golden` writes it anew.

Whole trees are kept of the presets: in full of the first, of the others what no tree
before has. Of each option that is not the default, `options/` has the difference to the
project without it; what files any other combination has follows from these. What is
copied (the chassis, `local`) is the same in every project, and stands as hashes and
names.
"""

from __future__ import annotations

import difflib
import hashlib
import json
import os
import shutil
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from pathlib import Path

import pytest
from tests.support.combinations import COMBINATIONS, named, record_of, tree

from archgen.blueprint.schema import TEMPLATES, Template
from archgen.generator import templates_dir
from archgen.generator.manifest import Manifest
from archgen.options import offered

GOLDEN = Path(__file__).parent.parent / "golden"
# the advisor's, and held by its own tests
RECORDED = {"archgen.yaml", "docs/adr/0001-architecture.md"}
TREES = [
    (preset, template) for preset in ("ecommerce", "crud") for template in TEMPLATES
]
Trees = Callable[[str, str], dict[str, bytes]]
Kept = Mapping[str, str]


def compare(folder: Path, now: Kept) -> None:
    """Where this fails on purpose: `make golden`, read the difference, and commit it
    with the change.
    """
    if os.environ.get("ARCHGEN_GOLDEN") == "write":
        shutil.rmtree(folder, ignore_errors=True)
        for path, text in now.items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_text(text)
    was = {
        path.relative_to(folder).as_posix(): path.read_text()
        for path in folder.rglob("*")
        if path.is_file()
    }
    assert sorted(now) == sorted(was)
    for path, text in now.items():
        assert text == was[path], path


def is_copied(path: str) -> bool:
    return "/chassis/" in path or "/local/" in path


@pytest.mark.parametrize(("preset", "template"), TREES)
def test_a_preset_renders_as_it_did(
    preset_tree: Trees, preset: str, template: Template
) -> None:
    tree = preset_tree(preset, template)
    before = [
        preset_tree(*choice) for choice in TREES[: TREES.index((preset, template))]
    ]
    hashed = {
        path
        for path, data in tree.items()
        if is_copied(path) or any(other.get(path) == data for other in before)
    }
    full = {
        path: data.decode()
        for path, data in tree.items()
        if path not in hashed and path not in RECORDED
    }
    hashes = {
        path: hashlib.sha256(tree[path]).hexdigest()[:16] for path in sorted(hashed)
    }
    compare(
        GOLDEN / preset / template,
        {**full, "hashes.json": json.dumps(hashes, indent=1) + "\n"},
    )


def default_of(template: Template) -> dict[str, str]:
    return {key: choices[0] for key, choices in offered(template).items()}


def others(template: Template) -> Iterator[tuple[str, str]]:
    """Each option that is not the default, by its key."""
    for key, choices in offered(template).items():
        for value in choices[1:]:
            yield key, value


@pytest.mark.few(1)
@pytest.mark.parametrize("template", TEMPLATES)
def test_an_option_changes_what_it_did(template: Template) -> None:
    base = tree(template, default_of(template))
    now = {
        f"{key}-{value}.diff": difference(
            base, tree(template, {**default_of(template), key: value})
        )
        for key, value in others(template)
    }
    compare(GOLDEN / "options" / template, now)


def difference(base: Kept, other: Kept) -> str:
    """What goes and what comes, by name; how rendered files change, and those that
    come, by line.
    """
    lines = [f"- {path}" for path in sorted(base.keys() - other.keys())]
    lines += [f"+ {path}" for path in sorted(other.keys() - base.keys())]
    for path in sorted(other.keys() - RECORDED):
        if is_copied(path):
            assert base.get(path, other[path]) == other[path], path
            continue
        before, after = base.get(path, "").splitlines(), other[path].splitlines()
        lines += difflib.unified_diff(before, after, path, path, n=0, lineterm="")
    return "\n".join(lines) + "\n"


# What an option brings only where another choice was made, too; on ECS services have
# keys of their own in any case.
ASKING_ANOTHER = {
    ("monolith", "src/shop/chassis/mechanism/environment_keys.py"): ("auth", "builtin"),
    ("microservices", "src/shop/chassis/mechanism/environment_keys.py"): (
        "auth",
        "builtin",
    ),
    ("monolith", "deploy/ecs/keys.py"): ("auth", "builtin"),
    ("monolith", "deploy/ecs/rotate.py"): ("auth", "builtin"),
    ("serverless", "src/shop/accounts/migrations/0001_initial.py"): ("auth", "builtin"),
    ("serverless", "tests/test_background.py"): ("auth", "builtin"),
}


@pytest.mark.long
def test_what_files_a_combination_has_follows_from_each_of_its_options() -> None:
    """Those of the defaults, without what some option takes away, and with what another
    brings.
    """
    for template, chosen in COMBINATIONS:
        default = default_of(template)
        base = paths(template, default)
        single = [
            paths(template, {**default, key: value})
            for key, value in chosen.items()
            if value != default[key]
        ]
        gone = set().union(*(base - one for one in single))
        come = set().union(*(one - base for one in single))
        asking = [
            (path, *choice)
            for (of, path), choice in ASKING_ANOTHER.items()
            if of == template
        ]
        come -= {path for path, key, value in asking if chosen[key] != value}
        assert paths(template, chosen) == (base - gone) | come, named(
            (template, chosen)
        )


def paths(template: Template, stack: Mapping[str, str]) -> frozenset[str]:
    return _paths(template, *stack.items())


@cache
def _paths(template: Template, *stack: tuple[str, str]) -> frozenset[str]:
    return frozenset(
        file.target
        for file in Manifest(templates_dir(), record_of(template, dict(stack))).files()
    )
