"""Dependency container of a part: each module's `wiring.py` and `background.py`
make from it what the module consists of.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from importlib import import_module
from typing import TYPE_CHECKING, Any, TypeVar

from pydantic_settings import BaseSettings

from .cache import Cache
from .settings import CoreSettings
from .tracing import Tracing

if TYPE_CHECKING:
    from .client import Client

U = TypeVar("U")
S = TypeVar("S", bound=BaseSettings)


@dataclass(slots=True)
class PartContext:
    """`transports`: how to reach other systems, by name, if not over the network.

    `closing`: called in the end.
    """

    settings: CoreSettings
    database: Any  # of the adapter that was chosen
    cache: Cache
    events: Any = None  # who takes the events that units publish
    transports: Mapping[str, Any] = field(default_factory=dict)
    log: Any = None  # of events, where the project has one
    files: Any = None  # the store of files, where the project has them
    closing: list[Callable[[], Awaitable[None]]] = field(default_factory=list)
    tracing: Tracing = field(default_factory=Tracing)

    def units(self, unit: Callable[..., U]) -> Callable[[], U]:
        """Makes units of work of this kind, one for each use case."""
        if hasattr(unit, "publish"):
            return partial(unit, self.database, self.cache, self.events)
        return partial(unit, self.database, self.cache)

    def read(self, kind: type[S]) -> S:
        """A module's own settings: this part's, where they are among them, else from
        where this part's come from.
        """
        if isinstance(self.settings, kind):
            return self.settings
        return kind(_env_file=self.settings.modules_env or None)

    def client(
        self, name: str, url: str, headers: Mapping[str, str] | None = None
    ) -> Client:
        """A client of another system; tests reach another by its name."""
        # by its name, so that packages of functions that call nobody lack what it needs
        kind: type[Client] = import_module(f"{__package__}.client").Client
        made = kind(
            name,
            url,
            headers=headers,
            transport=self.transports.get(name),
            trace=self.tracing.headers,
        )
        self.closing.append(made.close)
        return made
