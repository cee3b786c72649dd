"""A template of functions: as SAM translates it; additions to it, made where its project's test says that they belong."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from samtranslator.translator.transform import transform
from samtranslator.yaml_helper import yaml_parse

PLACE = re.compile(r"^(?:and )?in (\w+), as (.*)$", re.MULTILINE)


def add(template: str, text: str) -> str:
    """The template with what the text has for it: whole resources, then additions to others, each under a line that says where."""
    whole, *others = re.split(r"^(?=(?:and )?in \w+, as )", text, flags=re.MULTILINE)
    if whole.strip():
        template = template.replace("\nOutputs:", "\n" + whole.strip("\n") + "\n\nOutputs:")
    for other in others:
        heading, _, lines = other.partition("\n")
        found = PLACE.match(heading)
        assert found, heading
        template = _within(template, found[1], found[2], lines.rstrip() + "\n")
    return template


def _within(template: str, resource: str, place: str, lines: str) -> str:
    begin = template.index(f"\n  {resource}:\n")
    end = re.compile(r"\n  \w+:\n|\nOutputs:").search(template, begin + 1)
    assert end, resource
    block = template[begin : end.start()]
    block = block.replace("      Events: {}\n", "      Events:\n").replace("Resource: []\n", "Resource:\n")
    if "Events" in place:
        head = "\n      Events:\n"
    elif "statements" in place:
        head = "\n            Statement:\n"
    elif "Properties" in place:
        head = "\n    Properties:\n"
    else:
        head = "                Resource:\n"
    block = block.replace(head, head + lines, 1)
    return template[:begin] + block + template[end.start() :]


def translated(path: Path, told: Mapping[str, str]) -> dict[str, Any]:
    """What SAM makes of a template for CloudFormation, with these parameters; the code lies in the bucket `code`."""
    document = yaml_parse(path.read_text())
    shared = document["Globals"]["Function"]
    shared["CodeUri"] = "s3://code/package.zip"
    defaults = {name: str(each.get("Default", "")) for name, each in document["Parameters"].items()}
    policies = SimpleNamespace(load=dict)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
        found: dict[str, Any] = transform(document, {**defaults, **told}, policies)
    return found
