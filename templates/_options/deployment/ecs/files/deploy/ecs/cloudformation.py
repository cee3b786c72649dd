"""Reads a template of CloudFormation, and puts in what is known."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml


class _Loader(yaml.SafeLoader):
    """Short forms become long ones: `!GetAtt X.Arn` is {"Fn::GetAtt": "X.Arn"}."""


def _long(loader: _Loader, tag: str, node: yaml.Node) -> dict[str, Any]:
    if isinstance(node, yaml.SequenceNode):
        return {f"Fn::{tag}": loader.construct_sequence(node, deep=True)}
    return {f"Fn::{tag}": loader.construct_scalar(node)}


_Loader.add_multi_constructor("!", _long)


def read_template(path: Path) -> dict[str, Any]:
    text = path.read_text(encoding="utf-8")
    document: dict[str, Any] = yaml.load(text, _Loader)  # noqa: S506 - a safe one
    return document


def resolve(value: Any, known: Mapping[str, Any]) -> Any:
    """`known`: what names stand for (KeyError: one that is not known)."""
    match value:
        case {"Fn::Ref": name} | {"Fn::GetAtt": name}:
            return known[name]
        case {"Fn::Sub": str(text)}:
            return re.sub(r"\$\{([\w.:]+)\}", lambda found: str(known[found[1]]), text)
        case {"Fn::Join": [between, parts]}:
            return between.join(resolve(part, known) for part in parts)
        case {"Fn::Select": [index, choices]}:
            return resolve(choices, known)[index]
        case {"Fn::GetAZs": _}:
            return known["AvailabilityZones"]
        case dict():
            return {key: resolve(item, known) for key, item in value.items()}
        case list():
            return [resolve(item, known) for item in value]
    return value
