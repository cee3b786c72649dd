"""Lambda runtime: a function's settings, the one event loop of its process, what it is built from.

Nothing is built before the first call. A background function imports neither FastAPI nor the modules' `api.py`.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import Any, Generic, Self, TypeVar

from .settings import Settings

T = TypeVar("T")
Event = dict[str, Any]
THREADS = 32  # calls to AWS at once
SECRET_AGE = 60  # seconds until a secret is asked for again


class FunctionSettings(Settings):
    stack: str = "local"  # what the names of tables and functions begin with
    part: str = ""  # whose background work this function does
    dead_letters: str = ""  # the URL of the queue for what need not be tried again
    jwt_secret: str = ""  # the secret that holds the signing keys; empty: the folder `jwt_keys`

    def signing_pems(self) -> bytes:
        if not self.jwt_secret:
            return b""
        from aws_lambda_powertools.utilities import parameters  # only the function that signs needs it

        pems: str = parameters.get_secret(self.jwt_secret, max_age=SECRET_AGE)
        return pems.encode()


class Function(Generic[T]):
    """A Lambda handler. `build` makes what it stands on, given settings and how to reach other functions."""

    def __init__(self, build: Callable[[FunctionSettings, Mapping[str, Any] | None], T]) -> None:
        self._build = build
        self._arguments: tuple[FunctionSettings | None, Mapping[str, Any] | None] = None, None
        self._lock = threading.Lock()
        self._built: T | None = None

    def within(self, settings: FunctionSettings, transports: Mapping[str, Any]) -> Self:
        """The same function for another environment than this process's."""
        other = type(self)(self._build)
        other._arguments = settings, transports
        return other

    @property
    def built(self) -> T:
        with self._lock:
            if self._built is None:
                settings, transports = self._arguments
                self._built = self._build(settings or FunctionSettings(), transports)
            return self._built


@cache
def loop() -> asyncio.AbstractEventLoop:
    """The loop that everything runs on, whichever thread calls: clients belong to the loop that first used them."""
    made = asyncio.new_event_loop()
    made.set_default_executor(ThreadPoolExecutor(THREADS, "aws"))
    threading.Thread(target=made.run_forever, name="loop", daemon=True).start()
    return made


def run(work: Coroutine[Any, Any, T]) -> T:
    """Waits, in a thread that is not the loop's, for what runs on the loop."""
    return asyncio.run_coroutine_threadsafe(work, loop()).result()
