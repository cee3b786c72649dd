"""Lambda runtime: a function's settings, the one event loop of its process, what it is
built from.

Nothing is built before the first call. A background function imports neither FastAPI
nor the modules' `api.py`. So a snapshot (SnapStart) holds imports alone; what else is
in one is renewed in each copy that starts from it.
"""

from __future__ import annotations

import asyncio
import os
import random
import threading
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from importlib import import_module
from typing import Any, Generic, Self, TypeVar

from .settings import CoreSettings

Event = dict[str, Any]
BY_NAME = "secret:"  # the environment names a secret of Secrets Manager
THREADS = 32  # calls to AWS at once


class FunctionSettings(CoreSettings):
    stack: str = "local"  # what the names of tables and functions begin with
    part: str = ""  # whose background work this function does
    dead_letters: str = ""  # the URL of the queue for what need not be tried again


S = TypeVar("S", bound=FunctionSettings)
T = TypeVar("T")


class Function(Generic[S, T]):
    """A Lambda handler.

    `build` makes what it stands on, given settings (of this kind) and how to reach
    other functions.
    """

    def __init__(
        self, build: Callable[[S, Mapping[str, Any] | None], T], kind: type[S]
    ) -> None:
        self._build = build
        self._kind = kind
        self._arguments: tuple[S | None, Mapping[str, Any] | None] = None, None
        self._lock = threading.Lock()
        self._built: T | None = None
        if os.environ.get("AWS_LAMBDA_INITIALIZATION_TYPE") == "snap-start":
            # the runtime's own, which no package has
            hooks: Any = import_module("snapshot_restore_py")
            hooks.register_after_restore(self.restored)

    def within(self, settings: S, transports: Mapping[str, Any]) -> Self:
        """The same function for another environment than this process's."""
        other = type(self)(self._build, self._kind)
        other._arguments = settings, transports
        return other

    def restored(self) -> None:
        """Of a copy that starts from a snapshot: other random numbers than the other
        copies, and clients and secrets of its own.
        """
        random.seed()
        self._built = None

    async def close(self) -> None:
        """Lets go of what it was built from, where the process goes on without it."""
        built, self._built = self._built, None
        if built is not None:
            for close in self.closing(built):
                await close()

    def closing(self, built: T) -> Iterable[Callable[[], Awaitable[None]]]:
        return ()

    @property
    def built(self) -> T:
        with self._lock:
            if self._built is None:
                settings, transports = self._arguments
                if settings is None:
                    read_secrets()
                    settings = self._kind()
                self._built = self._build(settings, transports)
            return self._built


def read_secret(name: str) -> str:
    from .aws import client  # not every function has secrets

    text: str = client("secretsmanager").get_secret_value(SecretId=name)["SecretString"]
    return text


def read_secrets() -> None:
    """Puts secrets in the place of their names, in this process's environment alone."""
    for name, value in os.environ.items():
        if value.startswith(BY_NAME):
            os.environ[name] = read_secret(value.removeprefix(BY_NAME))


@cache
def loop() -> asyncio.AbstractEventLoop:
    """The loop that everything runs on, whichever thread calls: clients belong to the
    loop that first used them.
    """
    made = asyncio.new_event_loop()
    made.set_default_executor(ThreadPoolExecutor(THREADS, "aws"))
    threading.Thread(target=made.run_forever, name="loop", daemon=True).start()
    return made


def run(work: Coroutine[Any, Any, T]) -> T:
    """Waits, in a thread that is not the loop's, for what runs on the loop."""
    return asyncio.run_coroutine_threadsafe(work, loop()).result()
