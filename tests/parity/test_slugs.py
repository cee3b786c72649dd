"""Slugs: the form of what any words make, on its own, and made by many at once on every
database.
"""

from __future__ import annotations

import importlib
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from tests.parity.systems import (
    KEY_VALUE,
    SERVERS,
    System,
    on_sql,
    running,
    write_project,
)

DOMAIN: dict[str, Any] = {
    "modules": {
        "lab": {
            "entities": {
                "blog_post": {
                    "access": {"read": "public", "write": "user"},
                    "keys": ["slug"],
                    "fields": {
                        "title": {"type": "string", "max_length": 100},
                        "slug": {"type": "slug", "from": "title", "max_length": 20},
                        "code": {"type": "integer", "unique": True},
                    },
                },
            }
        }
    }
}
FORM = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*", re.ASCII)
PATH = "/api/blog_posts"


@pytest.fixture(scope="module", params=["sqlite", "dynamodb", *SERVERS])
def system(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[System]:
    folder = tmp_path_factory.mktemp("slugs")
    if request.param == "dynamodb":
        with running(
            write_project(
                folder, "slugs-dynamodb", "serverless", {**DOMAIN, **KEY_VALUE}
            )
        ) as made:
            yield made
        return
    with on_sql(request, folder, "slugs", DOMAIN) as made:
        yield made


@pytest.fixture(scope="module")
def slugs(tmp_path_factory: pytest.TempPathFactory) -> Any:
    write_project(tmp_path_factory.mktemp("slugs"), "slugs-alone", "monolith", DOMAIN)
    return importlib.import_module("slugs_alone.chassis.mechanism.slugs")


def post(system: System, who: str = "ann", **body: Any) -> dict[str, Any]:
    return system.ask(who, "POST", PATH, body)


def posted(system: System, **body: Any) -> dict[str, Any]:
    answer = post(system, **body)
    assert answer["status"] == 201, answer
    return dict(answer["body"])


@given(
    words=st.text(max_size=200),
    most=st.integers(12, 255),
    number=st.sampled_from(["", "-2", "-0123abcd"]),
)
@example("x" * 300, 12, "-0123abcd")
@example("a" * 11 + " b", 12, "")
@example("-" * 300 + "a", 12, "")
def test_a_slug_is_of_one_form_and_no_longer_than_it_may_be(
    slugs: Any, words: str, most: int, number: str
) -> None:
    """Whatever the words are; without any it is empty, and what is a slug already stays
    as it is.
    """
    slug = slugs.slug_of(words, most, number)
    assert slug == "" or (
        FORM.fullmatch(slug) and slug.endswith(number) and len(slug) <= most
    )
    plain = slugs.slug_of(words, most)
    assert slugs.slug_of(plain, most) == plain
    assert (plain == "") == (slug == "")


@pytest.mark.parametrize(
    ("words", "slug"),
    [
        ("How to do it", "how-to-do-it"),
        ("  It's  Ann\u2019s -- 2nd!  ", "its-anns-2nd"),
        ("Größe der Straße", "grosse-der-strasse"),
        ("e\u0301cole École ﬁn", "ecole-ecole-fin"),
        ("Привет, мир", "privet-mir"),
        ("北京 天安门", "beijing-tiananmen"),
        ("한국어", "hangugeo"),
        ("Ελλάδα", "ellada"),
        ("हिन्दी", "hindi"),
        ("½ 😀", "1-2-grinning"),
        ("!!! \u200b", ""),
    ],
)
def test_words_of_any_script_are_written_in_latin_letters(
    slugs: Any, words: str, slug: str
) -> None:
    assert slugs.slug_of(words, 40) == slug


def test_a_slug_that_is_taken_gets_an_end_within_its_length(system: System) -> None:
    title = "one two three four five six"
    made = [posted(system, title=title)["slug"] for _ in range(7)]
    assert made[:5] == [
        "one-two-three-four-f",
        *(f"one-two-three-four-{n}" for n in (2, 3, 4, 5)),
    ]
    assert len(set(made)) == 7
    assert all(re.fullmatch(r"one-two-thr-[0-9a-f]{8}", slug) for slug in made[5:])


def test_what_has_no_words_is_called_after_its_kind(system: System) -> None:
    assert posted(system)["slug"] == "blog-post"
    assert posted(system, title="?!")["slug"] == "blog-post-2"


def test_many_who_make_the_same_slug_at_once_get_each_one_of_their_own(
    system: System,
) -> None:
    with ThreadPoolExecutor(12) as pool:
        answers = list(pool.map(lambda _: post(system, title="At once"), range(24)))
    assert {answer["status"] for answer in answers} == {201}
    assert len({answer["body"]["slug"] for answer in answers}) == 24
    assert all(answer["body"]["slug"].startswith("at-once") for answer in answers)


def test_a_slug_that_was_sent_is_kept_or_refused(system: System) -> None:
    assert posted(system, title="A title", slug="my-own")["slug"] == "my-own"
    again = post(system, title="A title", slug="my-own")
    assert (again["status"], [error["field"] for error in again["body"]["errors"]]) == (
        409,
        ["slug"],
    )
    for wrong in (
        "",
        "My-own",
        "my_own",
        "-a",
        "a-",
        "a--b",
        "é",
        "x" * 21,
        None,
        1,
        "a\n",
        "\na",
        "a\0",
        "\uff41",
        "a\u0301",
        "\u0663",
        ["a"],
    ):
        answer = post(system, title="A title", slug=wrong)
        assert (
            answer["status"],
            [error["field"] for error in answer["body"]["errors"]],
        ) == (422, ["slug"]), wrong


def test_what_else_is_taken_is_told_whoever_made_the_slug(system: System) -> None:
    posted(system, title="With a code", code=7)
    answer = post(system, title="With a code", code=7)
    assert (
        answer["status"],
        [error["field"] for error in answer["body"]["errors"]],
    ) == (409, ["code"])


def test_a_slug_stays_when_the_title_changes_and_finds_its_row(system: System) -> None:
    row = posted(system, title="First name")
    url = f"{PATH}/{row['id']}"
    changed = system.ask("ann", "PATCH", url, {"title": "Second name"})["body"]
    assert (changed["title"], changed["slug"]) == ("Second name", "first-name")
    assert system.ask("nobody", "GET", f"{PATH}/by-slug/first-name")["body"] == changed
    assert (
        system.ask("ann", "PATCH", url, {"slug": "second-name"})["body"]["slug"]
        == "second-name"
    )
    assert system.ask("nobody", "GET", f"{PATH}/by-slug/first-name")["status"] == 404
    assert system.ask("ann", "PATCH", url, {"slug": None})["status"] == 422


def test_a_request_that_is_sent_again_has_the_slug_of_the_first(system: System) -> None:
    body, once = {"title": "Sent twice"}, {"Idempotency-Key": "twice-sent"}
    first, second = (system.ask("ann", "POST", PATH, body, once) for _ in range(2))
    assert first["status"] == second["status"] == 201
    assert first["body"] == second["body"] and first["body"]["slug"] == "sent-twice"


def test_of_many_who_say_the_same_slug_at_once_one_has_it(system: System) -> None:
    """As it is said by a new row and by one that is there."""
    rows = [posted(system, title=f"Row {number}")["id"] for number in range(6)]
    calls: list[tuple[Any, ...]] = [
        ("ann", "PATCH", f"{PATH}/{row}", {"slug": "wanted"}) for row in rows
    ]
    calls += [("ann", "POST", PATH, {"title": "x", "slug": "wanted"})] * 6
    calls += [("ann", "POST", PATH, {"title": "Wanted"})] * 6
    with ThreadPoolExecutor(len(calls)) as pool:
        answers = list(pool.map(lambda call: system.ask(*call), calls))
    assert {answer["status"] for answer in answers} <= {200, 201, 409, 503}
    made = [answer["body"]["slug"] for answer in answers if answer["status"] < 300]
    assert len(made) == len({*made}) and made.count("wanted") == 1
    assert all(answer["status"] in (201, 503) for answer in answers[12:])
    found = system.ask("nobody", "GET", f"{PATH}/by-slug/wanted")
    assert found["status"] == 200 and found["body"]["slug"] == "wanted"


@pytest.mark.parametrize(
    "odd",
    [
        "%00",
        "a%00",
        "%ed%a0%80",
        "%ff",
        "a%0a",
        "%20a",
        "A",
        "a%2Fb",
        "..",
        "%2e%2e",
        "é",
        "a" * 5000,
        "a?b",
        "a%3Fb",
        "*",
        "%25",
    ],
)
def test_what_is_no_slug_finds_no_row_and_is_no_fault(system: System, odd: str) -> None:
    posted(system, title="a")
    status = system.ask("nobody", "GET", f"{PATH}/by-slug/{odd}")["status"]
    assert (
        status in (404, 422)
        or (odd == "a?b" and status == 422)
        or (odd, status) == ("..", 200)
    )
