"""Reads `deploy/template.yaml` as CloudFormation does, as far as the local gateway needs it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

SUBSTITUTED = re.compile(r"\$\{([\w.:]+)\}")
Resources = dict[str, dict[str, Any]]


class _Loader(yaml.SafeLoader):
    """Short forms become long ones: `!GetAtt X.Arn` is {"Fn::GetAtt": "X.Arn"}."""


def _short(loader: _Loader, suffix: str, node: yaml.Node) -> dict[str, Any]:
    name = suffix if suffix in {"Ref", "Condition"} else f"Fn::{suffix}"
    if isinstance(node, yaml.ScalarNode):
        return {name: loader.construct_scalar(node)}
    return {name: loader.construct_object(node, deep=True)}


_Loader.add_multi_constructor("!", _short)


class Template:
    """The template's resources. `known`: what names stand for; a resource adds its own once it is made."""

    def __init__(self, path: Path, known: Mapping[str, str]) -> None:
        self._document: dict[str, Any] = yaml.load(path.read_text(encoding="utf-8"), _Loader)  # noqa: S506 - safe
        defaults = {name: str(p.get("Default", "")) for name, p in self._document.get("Parameters", {}).items()}
        self.known = {**defaults, **known}

    def of_type(self, kind: str) -> Resources:
        """The properties of each resource of a type, with what is known put in."""
        found = {name: r for name, r in self._document["Resources"].items() if r["Type"] == kind}
        return {name: self._resolved(resource.get("Properties", {})) for name, resource in found.items()}

    def environment(self, function: Mapping[str, Any]) -> dict[str, str]:
        """A function's environment; what only AWS can look up is left out."""
        shared = self._document.get("Globals", {}).get("Function", {}).get("Environment", {}).get("Variables", {})
        own = function.get("Environment", {}).get("Variables", {})
        values = {name: str(self._resolved(value)) for name, value in {**shared, **own}.items()}
        return {name: value for name, value in values.items() if not value.startswith("{{resolve:")}

    def _resolved(self, value: Any) -> Any:
        if isinstance(value, list):
            return [self._resolved(item) for item in value]
        if not isinstance(value, dict):
            return value
        if "Ref" in value:
            return self._known(value["Ref"])
        if "Fn::GetAtt" in value:
            return self._known(value["Fn::GetAtt"])
        if "Fn::Sub" in value:
            return SUBSTITUTED.sub(lambda match: self._known(match[1]), value["Fn::Sub"])
        return {key: self._resolved(item) for key, item in value.items()}

    def _known(self, name: str) -> str:
        return self.known.get(name, f"<{name}>")
