"""One OpenAPI document of several parts'."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from operator import itemgetter
from typing import Any


def merged(documents: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    tags = [tag for document in documents for tag in document["tags"]]
    whole: dict[str, Any] = {**documents[0], "paths": {}, "components": {}}
    whole["tags"] = sorted(tags, key=itemgetter("name"))
    for document in documents:
        whole["paths"].update(document["paths"])
        for kind, components in document["components"].items():
            whole["components"].setdefault(kind, {}).update(components)
    return whole
