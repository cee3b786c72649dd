"""What a templates folder writes for a record: which template becomes which path, as
its `files.yaml` says.

The rules stand in that folder, so that an old one renders an old project again; here is
only how they are read.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from archgen.catalog import read_kinds, read_options, read_yaml, templates_dir
from archgen.errors import ArchgenError

if TYPE_CHECKING:
    from archgen.generator.environment import Environment

Names = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class File:
    """`source` (a path in the templates folder) becomes `target` (one in the project);
    `names`: whose file it is.
    """

    source: str
    target: str
    rendered: bool
    names: Names


@dataclass(frozen=True, slots=True)
class Rule:
    """The files of a pattern are there where the condition holds."""

    pattern: str
    condition: str


class Manifest:
    """`files.yaml` of a templates folder, for one record."""

    def __init__(self, templates: Path, record: Mapping[str, Any]) -> None:
        self._templates = templates
        self._rules = read_yaml(templates / "files.yaml")
        self.context: dict[str, Any] = dict(record)
        offered, kinds = read_options(templates), read_kinds(templates)
        chosen = self._value(self._rules["chosen"], {})
        self.context["options"] = [
            self._option(offered, key, value)
            for key, said in chosen.items()
            for value in ([said] if isinstance(said, str) else said)
        ]
        self.context["kinds"] = kinds
        self._owners = [*self.context["options"], *kinds.values()]
        provided = [
            capability
            for option in self.context["options"]
            for capability in option.get("provides", [])
        ]
        known = [
            capability
            for option in offered.values()
            for capability in option.get("provides", [])
        ]
        self.context["has"] = {
            capability: capability in provided for capability in known
        }
        self.context["facts"] = {
            name: self._value(rule, {})
            for name, rule in self._rules.get("facts", {}).items()
        }

    @cached_property
    def environment(self) -> Environment:
        """Templates are rendered as the folder says; a name that is not there is an
        error.
        """
        from archgen.generator.environment import find_environment

        # those of another version lie somewhere else each time, and nothing would find
        # what is kept of them
        kept = self._templates == templates_dir()
        return find_environment(
            self._templates, tuple(sorted(self._rules["jinja"].items())), kept=kept
        )

    def render(self, file: File) -> str:
        return self.environment.get_template(file.source).render(
            {**self.context, **file.names}
        )

    def files(self) -> list[File]:
        """What is to be written, by target; an error where two templates want to be the
        same file.
        """
        layers = (
            self.environment.from_string(self._rules["layers"])
            .render(self.context)
            .split()
        )
        found: dict[str, File] = {}
        for layer in layers:
            for file in self._of_layer(layer):
                if file.target in found:
                    raise ArchgenError(
                        f"{file.source} and {found[file.target].source} both are {file.target}",
                        "this is a defect of archgen; please report it",
                    )
                found[file.target] = file
        return [found[target] for target in sorted(found)]

    def _of_layer(self, layer: str) -> Iterator[File]:
        root = self._templates / layer
        suffix = self._rules["suffix"]
        rules = self._find_rules(layer)
        for path in sorted(root.rglob("*")):
            inside = path.relative_to(root)
            if path.is_dir() or _leftover(inside):
                continue
            source = path.relative_to(self._templates).as_posix()
            target = inside.as_posix().removesuffix(suffix)
            conditions = [
                rule.condition
                for rule in rules
                if fnmatchcase(source.removesuffix(suffix), rule.pattern)
            ]
            for names, place in self._places(target, {}):
                if all(self._value(condition, names) for condition in conditions):
                    yield File(source, place, source.endswith(suffix), names)

    def _find_rules(self, layer: str) -> list[Rule]:
        """The folder's own, and those of an option or a kind whose layer this is, which
        says its paths from there.
        """
        rules = [(rule, "") for rule in self._rules["when"]]
        for owner in self._owners:
            if layer.startswith(f"{owner['folder']}/"):
                rules += [(rule, f"{layer}/") for rule in owner.get("when", [])]
        return [
            Rule(f"{place}{pattern}", rule["if"])
            for rule, place in rules
            for pattern in rule["files"]
        ]

    def _places(self, path: str, names: Names) -> Iterator[tuple[Names, str]]:
        """The path with each name in it replaced, once for each of what the name runs
        over.
        """
        for word, rule in self._rules["names"].items():
            if word not in path:
                continue
            for value in self._value(rule["in"], names) if "in" in rule else [None]:
                bound = {**names, rule["for"]: value} if "for" in rule else names
                yield from self._places(
                    path.replace(word, self._value(rule["is"], bound)), bound
                )
            return
        yield names, path

    def _value(self, expression: str, names: Names) -> Any:
        return self.environment.expression(expression)({**self.context, **names})

    def _option(
        self, offered: Mapping[tuple[str, str], Any], key: str, value: str
    ) -> Any:
        if (key, value) not in offered:
            raise ArchgenError(
                f"{key} {value} is not among the templates",
                "render it with the archgen that wrote it",
            )
        return offered[key, value]


def _leftover(path: Path) -> bool:
    """What tools leave in a folder where they read."""
    return path.suffix in (".pyc", ".pyo") or any(
        part == "__pycache__" or (part.startswith(".") and part.endswith("_cache"))
        for part in path.parts
    )
