"""What the tests call the system with."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, TypeVar

import httpx2 as httpx

T = TypeVar("T")


@dataclass
class Api:
    """The API as somebody sees it: whoever has the token, or nobody that it knows."""

    http: httpx.Client
    token: str = ""
    # where the rows are that were created, for the clean-up
    made: list[str] = field(default_factory=list)

    def request(
        self,
        method: str,
        path: str,
        headers: dict[str, str] | None = None,
        **options: Any,
    ) -> httpx.Response:
        bearer = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        answer = self.http.request(
            method, path, headers={**bearer, **(headers or {})}, **options
        )
        if answer.status_code == 201 and "Location" in answer.headers:
            self.made.append(answer.headers["Location"])
        return answer

    def get(self, path: str, **options: Any) -> httpx.Response:
        return self.request("GET", path, **options)

    def post(self, path: str, **options: Any) -> httpx.Response:
        return self.request("POST", path, **options)

    def patch(self, path: str, **options: Any) -> httpx.Response:
        return self.request("PATCH", path, **options)

    def delete(self, path: str, **options: Any) -> httpx.Response:
        return self.request("DELETE", path, **options)

    def create(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        """The document of a new row."""
        answer = self.post(path, json=body)
        assert answer.status_code == 201, answer.text
        return dict(answer.json())

    def every(self, path: str, /, **query: Any) -> list[dict[str, Any]]:
        """All rows of a list, page by page."""
        rows: list[dict[str, Any]] = []
        while True:
            answer = self.get(path, params=query)
            assert answer.status_code == 200, answer.text
            rows += answer.json()["items"]
            query["after"] = answer.json()["next"]
            if query["after"] is None:
                return rows


def ids(rows: Iterable[dict[str, Any]]) -> list[str]:
    return [row["id"] for row in rows]


def eventually(
    ask: Callable[[], T], holds: Callable[[T], bool], seconds: float = 30
) -> T:
    """What `ask` gives as soon as `holds` is true of it: for what settles after the
    answer.
    """
    end = time.monotonic() + seconds
    while not holds(found := ask()):
        assert time.monotonic() < end, f"still {found!r}"
        time.sleep(0.02)
    return found
