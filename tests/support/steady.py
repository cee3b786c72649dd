"""A steady load: so many clients that each keep a connection and ask one thing after
another, and what they got.
"""

from __future__ import annotations

import http.client
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import NamedTuple
from urllib.parse import urlsplit


class Request(NamedTuple):
    method: str
    path: str
    headers: dict[str, str]
    body: str | None = None


class Outcome(NamedTuple):
    at: float  # seconds since the load began
    request: Request
    status: int  # 0: no answer
    headers: dict[str, str]
    seconds: float
    text: str


@dataclass
class Steady:
    """What came of the load, in the order in which it ended."""

    begun: float = field(default_factory=time.monotonic)
    outcomes: list[Outcome] = field(default_factory=list)

    @property
    def failed(self) -> list[Outcome]:
        return [outcome for outcome in self.outcomes if not 200 <= outcome.status < 400]

    def now(self) -> float:
        return time.monotonic() - self.begun

    def figures(self) -> str:
        """One line about it all."""
        took = sorted(outcome.seconds for outcome in self.outcomes)
        spent = self.outcomes[-1].at
        writes = sum(outcome.request.method != "GET" for outcome in self.outcomes)
        return (
            f"{len(took)} requests in {spent:.0f} s ({len(took) / spent:.0f} a second), {writes} of them writes; "
            f"{len(self.failed)} failed; p95 {took[int(len(took) * 0.95)] * 1000:.0f} ms, slowest {took[-1]:.2f} s"
        )


@contextmanager
def steady(
    url: str, request: Callable[[int], Request], clients: int = 8, pause: float = 0.04
) -> Iterator[Steady]:
    """`request(n)`: the n-th thing to ask for. Each client waits `pause` seconds
    between two requests.
    """
    load, stop = Steady(), threading.Event()
    counter, lock = iter(range(10**9)), threading.Lock()

    def client() -> None:
        connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=15)
        while not stop.is_set():
            with lock:
                asked = request(next(counter))
            begun, status, headers, text = time.monotonic(), 0, {}, ""
            try:
                connection.request(asked.method, asked.path, asked.body, asked.headers)
                answer = connection.getresponse()
                text = answer.read().decode(errors="replace")
                status, headers = (
                    answer.status,
                    {name.lower(): value for name, value in answer.getheaders()},
                )
            except (OSError, http.client.HTTPException) as error:
                text = repr(error)
                connection.close()
            ended = time.monotonic()
            load.outcomes.append(
                Outcome(
                    ended - load.begun,
                    asked,
                    status,
                    headers,
                    ended - begun,
                    text[:300],
                )
            )
            stop.wait(pause)
        connection.close()

    threads = [threading.Thread(target=client) for _ in range(clients)]
    for thread in threads:
        thread.start()
    try:
        yield load
    finally:
        stop.set()
        for thread in threads:
            thread.join()
