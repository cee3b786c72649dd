"""The names that a domain declares, so that what is broken in form does not make other
mistakes.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Declared:
    """The names that a `modules:` mapping has, whatever the state of what stands under
    them.
    """

    modules: Mapping[str, Mapping[str, Collection[str]]] = field(default_factory=dict)

    @classmethod
    def of(cls, raw: object) -> Declared:
        return cls(
            {
                str(module): {
                    str(entity): tuple(map(str, _inside(spec, "fields")))
                    for entity, spec in _inside(content, "entities").items()
                }
                for module, content in (raw if isinstance(raw, dict) else {}).items()
            }
        )

    def has_entity(self, module: str, entity: str) -> bool:
        return entity in self.modules.get(module, {})

    def has_field(self, module: str, entity: str, name: str) -> bool:
        return name in self.modules.get(module, {}).get(entity, ())


def _inside(raw: Any, key: str) -> dict[Any, Any]:
    found = raw.get(key) if isinstance(raw, dict) else None
    return found if isinstance(found, dict) else {}
