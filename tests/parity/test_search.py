"""Full-text search, held against a model in plain Python: the same words find the same
rows on SQLite and PostgreSQL.
"""

from __future__ import annotations

from collections.abc import Iterator
from random import Random
from typing import Any
from unicodedata import category, name, normalize

import pytest
from tests.parity.systems import SERVERS, System, on_sql
from tests.parity.test_lists import Lab, walked

DOMAIN: dict[str, Any] = {
    "modules": {
        "lab": {
            "entities": {
                "article": {
                    "access": {"read": "user", "write": "user"},
                    "totals": True,
                    "filters": ["stars"],
                    "search": ["title", "body"],
                    "table": "Articles_of_old",
                    "fields": {
                        "title": {
                            "type": "string",
                            "max_length": 200,
                            "required": True,
                        },
                        "body": {"type": "text"},
                        "stars": {"type": "integer"},
                    },
                },
                "note": {
                    "access": {"read": "owner", "write": "owner"},
                    "search": ["topic"],
                    "fields": {
                        "topic": {"type": "string", "max_length": 200, "required": True}
                    },
                },
            }
        }
    }
}
# in scripts, cases and forms that parsers of databases read each in its own way
TEXT = """
    Fox fox's foxes QUICK quick-brown snake_case x_y a.b@example.com https://example.com/a/b?c=d 1.5e10 -7 10,000 0x1F
    東京都庁 京都へ行く カタカナ ｶﾅ สวัสดีชาวโลก ສະບາຍດີ မြန်မာ ខ្មែរ नमस्ते தமிழ் भाषा2漢字x ❤️ 한국어 한국
    Straße STRASSE ÉCOLE école e\u0301cole İstanbul ΣΊΣΥΦΟΣ σίσυφος НОВЫЙ новый 漢字 かな हिन्दी العربية ﬁn ① ² ½ 😀 🦊fox
    and OR NOT NEAR the & | ! <-> :* * "quoted" 'single' ( ) \\ % _ ; -- a I
"""
WORDS = TEXT.split()
HOSTILE = ["", " \t\n", "\x00", "a\x00b", '"', "'", '"a', "a' OR '1'='1", "a & ", "a:*", "NOT", "a NEAR/2 b", "(a", "^a", "{a}: b",
           "a" * 1000, "é" * 1000, "x" * 10_000, "a " * 500, "\\", "a\\", "%", "title:fox", "-fox", "+fox", "\ufffe", "<b>fox</b>"]  # fmt: skip


@pytest.fixture(scope="module", params=["sqlite", *SERVERS])
def lab(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Lab]:
    with on_sql(request, tmp_path_factory.mktemp("search"), "search", DOMAIN) as system:
        yield filled(system, f"search-{request.param}")


def filled(system: System, name: str) -> Lab:
    """Rows that were written, changed and deleted."""
    drawn = Random(13)
    lab = Lab(system, name.replace("-", "_"), {"articles": [], "notes": []}, {})
    for _ in range(80):
        said, who = (
            " ".join(drawn.choices(WORDS, k=drawn.randint(1, 6))),
            drawn.choice(["ann", "bob"]),
        )
        body = drawn.choice([None, " ".join(drawn.choices(WORDS, k=20))])
        for plural, sent in (
            ("articles", {"title": said, "body": body, "stars": 1}),
            ("notes", {"topic": said}),
        ):
            row = system.ask(who, "POST", f"/api/{plural}", sent)["body"]
            where = f"/api/{plural}/{row['id']}"
            change = drawn.random()
            if change < 0.2:
                assert system.ask(who, "DELETE", where)["status"] == 204
                continue
            if change < 0.5:
                changed = {
                    "title" if plural == "articles" else "topic": drawn.choice(WORDS)
                }
                row = system.ask(who, "PATCH", where, changed)["body"]
            lab.rows[plural].append(row)
            lab.owner[row["id"]] = who
    return lab


UNPARTED = {
    "CJK",
    "HIRAGANA",
    "KATAKANA",
    "KATAKANA-HIRAGANA",
    "HALFWIDTH",
    "THAI",
    "LAO",
    "KHMER",
    "MYANMAR",
}


def runs_of(text: str) -> list[tuple[str, bool]]:
    """Letters and digits in a row, and whether they are of a script without spaces, as
    the names of its letters say.
    """
    found: list[tuple[str, bool]] = []
    before = None
    for sign in normalize("NFC", text).casefold():
        unparted = name(sign, "").split(" ")[0] in UNPARTED
        kind = unparted if sign.isalnum() or category(sign) in ("Mn", "Mc") else None
        if kind is not None:
            run = found.pop()[0] if before is kind else ""
            found.append((run + sign, kind))
        before = kind
    return [
        (run, unparted)
        for run, unparted in found
        if any(sign.isalnum() for sign in run)
    ]


def words_of(text: str) -> list[str]:
    """The words of a search."""
    found = []
    for run, unparted in runs_of(text):
        if not unparted or len(run) < 3:
            found.append(run)
            continue
        pairs = [run[at] + run[at + 1] for at in range(len(run) - 1)]
        found += [
            pair for at, pair in enumerate(pairs) if at % 2 == 0 or at == len(pairs) - 1
        ]
    return found


def words_in(text: str) -> set[str]:
    """What a text is found by."""
    found = {run for run, unparted in runs_of(text) if not unparted}
    for run, unparted in runs_of(text):
        if unparted:
            found |= {*run} | {run[at : at + 2] for at in range(len(run) - 1)}
    return found


def found(lab: Lab, plural: str, who: str, search: str) -> list[str]:
    """The ids that a search is to have: all words, the last one as a beginning; the
    newest first.
    """
    *whole, last = words_of(search)
    texts = ("title", "body") if plural == "articles" else ("topic",)
    ids = []
    for row in lab.visible(plural, who):
        has = {word for text in texts for word in words_in(row[text] or "")}
        if {*whole} <= has and any(word.startswith(last) for word in has):
            ids.append(row["id"])
    return ids[::-1]


@pytest.mark.parametrize("number", range(80))
def test_a_search_has_the_rows_of_the_model(lab: Lab, number: int) -> None:
    """Whatever the script and the case of its words; page by page and by number; and
    never another owner's rows.
    """
    drawn = Random(number)
    plural, who = (
        drawn.choice(["articles", "notes"]),
        drawn.choice(["ann", "bob", "staff"]),
    )
    words = [
        word
        for text in drawn.choices(WORDS, k=drawn.choice([1, 1, 2]))
        for word in words_of(text)
    ]
    if not words:
        words = ["fox"]
    words[-1] = words[-1][: drawn.randint(1, len(words[-1]))]
    search = drawn.choice([" ", ", ", " & ", "' \""]).join(
        drawn.choice([word, word.upper()]) for word in words
    )
    expected = found(lab, plural, who, search)
    assert (
        walked(lab, plural, who, {"search": search, "limit": drawn.randint(1, 5)})
        == expected
    )
    if plural == "articles":
        page = lab.system.ask(
            who, "GET", "/api/articles", query={"search": search, "page": 1, "size": 3}
        )["body"]
        assert ([row["id"] for row in page["items"]], page["total"]) == (
            expected[:3],
            len(expected),
        )


def test_rows_are_found_at_all(lab: Lab) -> None:
    """What the model is asked for above is there."""
    for search in (
        "fox",
        "straß",
        "NOT",
        "漢",
        "новый",
        "example com",
        "京都",
        "ชาว",
        "हिन्",
        "한",
    ):
        assert found(lab, "articles", "ann", search), search


@pytest.mark.parametrize("search", HOSTILE, ids=range(len(HOSTILE)))
def test_a_hostile_search_finds_what_its_words_say_or_is_refused(
    lab: Lab, search: str
) -> None:
    answer = lab.system.ask(
        "ann", "GET", "/api/articles", query={"search": search, "limit": 100}
    )
    if len(search) > 1000 or not 0 < len(words_of(search)) <= 20:
        assert (
            answer["status"],
            [error["field"] for error in answer["body"]["errors"]],
        ) == (422, ["search"])
    else:
        assert [row["id"] for row in answer["body"]["items"]] == found(
            lab, "articles", "ann", search
        )


@pytest.mark.parametrize(
    "beside", [{"stars": 1}, {"stars_from": 0}, {"sort": "stars"}, {"nonsense": 1}]
)
def test_a_search_goes_with_no_filter_and_says_so(
    lab: Lab, beside: dict[str, Any]
) -> None:
    answer = lab.system.ask(
        "ann", "GET", "/api/articles", query={"search": "fox", **beside}
    )
    assert (
        answer["status"],
        [error["field"] for error in answer["body"]["errors"]],
    ) == (422, [*beside])
    assert "goes with no filter" in answer["body"]["detail"]


def test_a_cursor_of_an_order_of_several_may_be_long(lab: Lab) -> None:
    """Beside pages by number and a search it was refused for its length."""
    answer = lab.system.ask("ann", "GET", "/api/articles", query={"after": "x" * 7000})
    assert (answer["status"], answer["body"]["detail"]) == (
        422,
        "Not a cursor of this list",
    )


def test_texts_of_any_size_are_written_and_found(lab: Lab) -> None:
    """Words without end, and more of them than an index takes of one row."""
    long = "ﷺ" * 100_000
    many = " ".join(
        chr(0x20000 + number) + chr(0x20000 + number // 7) for number in range(33_000)
    )
    for body, search in ((long, "ﷺ" * 300), (many, chr(0x20000 + 5))):
        row = lab.system.ask(
            "ann", "POST", "/api/articles", {"title": "large", "body": body}
        )
        assert row["status"] == 201
        answer = lab.system.ask("ann", "GET", "/api/articles", query={"search": search})
        assert row["body"]["id"] in [each["id"] for each in answer["body"]["items"]]
        assert (
            lab.system.ask("ann", "DELETE", f"/api/articles/{row['body']['id']}")[
                "status"
            ]
            == 204
        )
