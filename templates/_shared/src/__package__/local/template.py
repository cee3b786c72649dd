"""Reads `deploy/template.yaml` as CloudFormation does, as far as the local gateway
needs it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml


class _Loader(yaml.SafeLoader):
    """Short forms become long ones: `!GetAtt X.Arn` is {"Fn::GetAtt": "X.Arn"}."""


_Loader.add_multi_constructor(
    "!", lambda loader, tag, node: {f"Fn::{tag}": loader.construct_scalar(node)}
)


class Template:
    """The template's resources.

    `known`: what names stand for; a resource's own are added once it is made.
    """

    def __init__(self, path: Path, known: Mapping[str, str]) -> None:
        text = path.read_text(encoding="utf-8")
        self._document: dict[str, Any] = yaml.load(text, _Loader)  # noqa: S506 - a safe one
        self.known = dict(known)

    def of_type(self, kind: str) -> dict[str, dict[str, Any]]:
        """The properties of each resource of a type, with what is known put in."""
        found = {}
        for name, resource in self._document["Resources"].items():
            if resource["Type"] == kind:
                found[name] = self._resolved(resource["Properties"])
        return found

    def events(self, kind: str) -> list[tuple[str, dict[str, Any]]]:
        """The properties of each event of a type that calls a function, with the
        function's name.
        """
        found = []
        for name, function in self.of_type("AWS::Serverless::Function").items():
            for event in function["Events"].values():
                if event["Type"] == kind:
                    found.append((name, event["Properties"]))
        return found

    def functions(self) -> dict[str, dict[str, Any]]:
        """The properties of each function, with those that all of them share."""
        shared = self._resolved(self._document["Globals"]["Function"])
        return {
            name: {**shared, **own}
            for name, own in self.of_type("AWS::Serverless::Function").items()
        }

    def environment(self, function: Mapping[str, Any]) -> dict[str, str]:
        """A function's environment."""
        shared = self._resolved(self._document["Globals"]["Function"]["Environment"])
        own = function.get("Environment", {})
        return {**shared["Variables"], **own.get("Variables", {})}

    def _resolved(self, value: Any) -> Any:
        match value:
            case list():
                return [self._resolved(item) for item in value]
            case {"Fn::Ref": name} | {"Fn::GetAtt": name}:
                return self.known.get(name, "")
            case {"Fn::Sub": text}:
                return re.sub(
                    r"\$\{([\w.:]+)\}", lambda found: self.known.get(found[1], ""), text
                )
            case dict():
                return {key: self._resolved(item) for key, item in value.items()}
        return value
