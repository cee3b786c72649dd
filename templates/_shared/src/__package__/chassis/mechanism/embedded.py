"""Embedded values: parts of a row that have fields of their own and no identity, such as
an address.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, ClassVar

from .fields import Body


class EmbeddingBody(Body):
    """A document from a client with embedded values, whole or not there."""

    # by the name of the field, the class of the model that it makes
    VALUES: ClassVar[Mapping[str, Callable[..., Any]]] = {}

    def model_values(self, *, exclude_unset: bool = False) -> dict[str, Any]:
        """What was sent, with embedded values as the model has them; they are never
        merged with those of a row, so what one lacks is what it has by default.
        """
        found = self.model_dump(exclude_unset=exclude_unset)
        for name, make in self.VALUES.items():
            if found.get(name) is not None:
                found[name] = make(**getattr(self, name).model_dump())
        return found
