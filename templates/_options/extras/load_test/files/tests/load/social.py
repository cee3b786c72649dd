"""What people do beside making rows: they post, follow each other, like, and read their feed."""

from __future__ import annotations

import random
import sys
from collections.abc import Callable
from typing import Any

from tests.load.people import PEOPLE
from tests.load.shapes import Prose

POSTS = 60
FOLLOWS = 3  # of each person
TEXT = Prose("text", length=280)


def seed(site: Any) -> None:
    """Again it adds nothing; `site`: the running instance, as `tests.load.seed` has it."""

    def ask(
        method: str,
        path: str,
        body: object = None,
        who: int = 0,
        key: str = "",
        **_: Any,
    ) -> Any:
        status, answer = site.ask(method, path, body, who, key)
        if status not in (200, 201, 204, 404):  # what was made once may be gone
            sys.exit(f"{method} {path}: {status} {answer}")
        return answer if status in (200, 201) else None

    names = [ask("GET", "/api/me", who=who)["id"] for who in range(PEOPLE)]
    site.rows["people"] = list(enumerate(names))
    for who in range(PEOPLE):
        for step in range(1, FOLLOWS + 1):
            ask("PUT", f"/api/follows/{names[(who + step) % PEOPLE]}", who=who)
    made = site.rows["posts"] = []
    for n in range(POSTS):
        post = ask(
            "POST", "/api/posts", {"text": TEXT.value(n)}, n % PEOPLE, f"seed-posts-{n}"
        )
        if post is not None:
            made.append((n % PEOPLE, post["id"]))
            for fan in range(n % 4):
                ask("PUT", f"/api/posts/{post['id']}/like", who=fan)
    print(f"{len(made)} posts")


def tasks(site: Any) -> dict[Callable[[Any], None], int]:
    """What a person does, and how often in proportion."""

    def feed(person: Any) -> None:
        person.ask("GET", "/api/feed", "/api/feed", person.who)

    def timeline(person: Any) -> None:
        _, author = random.choice(site.rows["people"])
        person.ask(
            "GET",
            f"/api/posts?author_id={author}",
            "/api/posts?author_id=ID",
            person.who,
        )

    def read(person: Any) -> None:
        _, post = random.choice(site.rows["posts"])
        person.ask("GET", f"/api/posts/{post}", "/api/posts/ID", person.who)

    def like(person: Any) -> None:
        _, post = random.choice(site.rows["posts"])
        person.ask(
            random.choice(("PUT", "DELETE")),
            f"/api/posts/{post}/like",
            "/api/posts/ID/like",
            person.who,
        )

    def follow(person: Any) -> None:
        who, name = random.choice(site.rows["people"])
        if who != person.who:
            person.ask("PUT", f"/api/follows/{name}", "/api/follows/ID", person.who)

    def post(person: Any) -> None:
        body = {"text": TEXT.value(random.randrange(10**6))}
        person.ask("POST", "/api/posts", "/api/posts", person.who, body)

    return {feed: 8, timeline: 3, read: 4, like: 2, follow: 1, post: 1}
