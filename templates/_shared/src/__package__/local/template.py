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


def _long_form(loader: _Loader, tag: str, node: yaml.Node) -> dict[str, Any]:
    if isinstance(node, yaml.SequenceNode):
        return {f"Fn::{tag}": loader.construct_sequence(node, deep=True)}
    return {f"Fn::{tag}": loader.construct_scalar(node)}  # type: ignore[arg-type]


_Loader.add_multi_constructor("!", _long_form)
NOTHING = object()  # `!Ref AWS::NoValue`: the property is not there


class Template:
    """The template's resources.

    `known`: what names stand for; a resource's own are added once it is made.
    """

    def __init__(self, path: Path, known: Mapping[str, str]) -> None:
        text = path.read_text(encoding="utf-8")
        self._document: dict[str, Any] = yaml.load(text, _Loader)  # noqa: S506 - a safe one
        self._conditions: dict[str, Any] = self._document.get("Conditions", {})
        self.known = {
            "AWS::NoValue": "",
            "AWS::Partition": "aws",
            "AWS::AccountId": "123456789012",
        }
        for name, parameter in self._document.get("Parameters", {}).items():
            self.known[name] = str(parameter.get("Default", ""))
        self.known.update(known)

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
            for event in function.get("Events", {}).values():
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
            case {"Fn::Ref": "AWS::NoValue"}:
                return NOTHING
            case {"Fn::Ref": name} | {"Fn::GetAtt": name}:
                return self.known.get(name, "")
            case {"Fn::If": [condition, then, otherwise]}:
                if self._holds(self._conditions[condition]):
                    return self._resolved(then)
                return self._resolved(otherwise)
            case {"Fn::Split": [mark, text]}:
                return self._resolved(text).split(mark)
            case {"Fn::Sub": text}:
                return re.sub(
                    r"\$\{([\w.:]+)\}", lambda found: self.known.get(found[1], ""), text
                )
            case dict():
                resolved = {key: self._resolved(item) for key, item in value.items()}
                return {
                    key: item for key, item in resolved.items() if item is not NOTHING
                }
        return value

    def _holds(self, condition: Any) -> bool:
        match condition:
            case {"Fn::Equals": [one, other]}:
                return str(self._resolved(one)) == str(self._resolved(other))
            case {"Fn::Not": [other]}:
                return not self._holds(other)
            case {"Fn::And": [*others]}:
                return all(self._holds(other) for other in others)
            case {"Fn::Condition": name}:
                return self._holds(self._conditions[name])
        raise ValueError(f"a condition that is not understood: {condition}")
