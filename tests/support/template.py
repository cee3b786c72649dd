"""Additions to a template of functions, made where its project's test says that they belong."""

from __future__ import annotations

import re

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
    elif "Properties" in place:
        head = "\n    Properties:\n"
    else:
        head = "                Resource:\n"
    block = block.replace(head, head + lines, 1)
    return template[:begin] + block + template[end.start() :]
