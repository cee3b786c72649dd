"""Jinja, as templates are rendered by it: with one way to look a name up in a mapping,
which is what records are made of.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Any

import jinja2

from archgen.generator.compiled import compiled

_OF_DICTS = frozenset(dir(dict))


class Environment(jinja2.Environment):
    """The same answers as Jinja's own, without an exception for each: that one asks
    `f.name` for an attribute first.
    """

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self._expressions: dict[str, Callable[..., Any]] = {}

    def getattr(self, obj: Any, attribute: str) -> Any:
        if type(obj) is not dict or attribute in _OF_DICTS:
            return super().getattr(obj, attribute)
        return (
            obj[attribute]
            if attribute in obj
            else self.undefined(obj=obj, name=attribute)
        )

    def expression(self, source: str) -> Callable[..., Any]:
        """What an expression is of the names that it is called with."""
        if source not in self._expressions:
            self._expressions[source] = self.compile_expression(
                source, undefined_to_none=False
            )
        return self._expressions[source]


@lru_cache(maxsize=2)
def find_environment(
    templates: Path, settings: tuple[tuple[str, Any], ...], *, kept: bool
) -> Environment:
    """The environment of a templates folder, one for all that is rendered from it: a
    name that is not there is an error.

    `settings`: Jinja's; `kept`: compiled templates are kept for the next process, too.
    A template that is edited is read again.
    """
    return Environment(
        loader=jinja2.FileSystemLoader(templates),
        undefined=jinja2.StrictUndefined,
        bytecode_cache=compiled() if kept else None,
        cache_size=-1,
        **dict(settings),
    )
