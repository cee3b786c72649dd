"""`archgen add` alone, as a person at a terminal meets it: what is asked, and the
command that comes out.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from tests.cli.terminal import DOWN, ENTER, Terminal
from tests.growth.conftest import Home, home, made  # noqa: F401 - fixtures

from archgen.cli.addition import DONE, ask_addition
from archgen.cli.prompts import Back, Check, Option
from archgen.generator import load_record

RECORD = {
    "extras": [],
    "modules": [
        {"name": "accounts", "entities": [{"name": "account"}]},
        {"name": "catalog", "entities": [{"name": "book"}]},
        {"name": "reviews", "entities": [{"name": "review"}]},
    ],
}


class Typist:
    """Answers in turn; what a question refuses or does not offer fails, and `BACK` goes
    back.
    """

    keys = ""
    BACK = "<"

    def __init__(self, *answers: str) -> None:
        self._answers = iter(answers)
        self.asked: list[str] = []
        self.rewound: list[int] = []
        self.rows = 0

    def rewind(self, rows: int) -> None:
        self.rewound.append(rows)
        self.rows = rows

    def tell(self, message: str) -> None:
        pass

    def text(self, question: str, default: str, check: Check) -> str:
        answer = self._next(question) or default
        assert check(answer) is None, (question, answer, check(answer))
        return answer

    def select(
        self, question: str, options: Sequence[Option], default: str | None = None
    ) -> str:
        answer = self._next(question)
        assert answer in [option.value for option in options], (question, answer)
        return answer

    def tick(self, question: str, options: Sequence[Option | str]) -> list[str]:
        raise AssertionError(question)

    def _next(self, question: str) -> str:
        self.asked.append(question)
        answer = next(self._answers)
        if answer == self.BACK:
            raise Back
        self.rows += 1
        return answer


@pytest.mark.parametrize(
    ("answers", "command"),
    [
        (
            ("field", "catalog.book", "pages", "integer", "yes"),
            "field catalog.book.pages --type integer --required",
        ),
        (
            ("field", "catalog.book", "kind", "enum", "novel, essay", "no"),
            "field catalog.book.kind --type enum --set values=[novel, essay]",
        ),
        (
            ("entity", "catalog", "author", "name", "string", "yes", ""),
            "entity catalog.author --set fields.name.type=string --set fields.name.required=true",
        ),
        (
            (
                "module",
                "clubs",
                "club",
                "name",
                "text",
                "no",
                "founded",
                "date",
                "no",
                DONE,
            ),
            "module clubs --set entities.club.fields.name.type=text --set entities.club.fields.founded.type=date",
        ),
        (
            ("reference", "reviews.review", "about", "catalog.book", "no"),
            "reference reviews.review.about --to catalog.book",
        ),
        (
            ("list", "catalog.book", "category,-price"),
            "list catalog.book category,-price",
        ),
        (
            ("reaction", "reviews", "catalog.book", "deleted"),
            "reaction reviews catalog.book.deleted",
        ),
        (("option", "worker"), "option worker"),
    ],
)
def test_what_is_answered_is_a_command(answers: tuple[str, ...], command: str) -> None:
    assert " ".join(ask_addition(Typist(*answers), RECORD)) == command


def test_going_back_asks_the_question_before_once_more_and_no_other() -> None:
    by = Typist("field", "catalog.book", "pages", "<", "isbn", "string", "no")
    by_again = Typist(
        "field",
        "catalog.book",
        "<",
        "reviews.review",
        "pages",
        "<",
        "isbn",
        "string",
        "no",
    )
    assert (
        ask_addition(by, RECORD)[0] == "field"
        and by.asked.count("Of which entity?") == 1
    )
    assert ask_addition(by_again, RECORD)[1] == "reviews.review.isbn"
    assert by.rewound == [2] and by_again.rewound == [1, 2]


def test_going_back_from_the_first_question_leaves() -> None:
    with pytest.raises(Back):
        ask_addition(Typist("<"), RECORD)


def test_at_a_terminal_a_field_is_added_and_rows_get_a_value(
    home: Callable[..., Home],  # noqa: F811
) -> None:
    project = home()
    command = [sys.executable, "-c", "from archgen.cli.main import main; main()", "add"]
    screen = Terminal(
        command, Path(project.folder), {"TERM": "xterm", "NO_COLOR": "1"}, 80
    )
    try:
        screen.wait_for("What is to be added?", 200)
        screen.type(ENTER)
        screen.wait_for("Of which entity?")
        screen.type(ENTER)
        screen.wait_for("Name of the field")
        screen.type(f"pages{ENTER}")
        screen.wait_for("Its type")
        screen.type(DOWN * 2 + ENTER)
        screen.wait_for("Is it required?")
        screen.type(DOWN + ENTER)
        screen.wait_for(
            "archgen add field catalog.book.pages --type integer --required"
        )
        screen.wait_for(
            "Rows that are there have no catalog.book.pages. What do they get?"
        )
        screen.type(f"7{ENTER}")
        screen.wait_for("Run make check and make test now?", 200)
        screen.type(ENTER)
        assert screen.finish(100) == 0
    finally:
        screen.close()
    assert "    pages: int\n" in project.read("src/lib/catalog/domain.py")
    assert load_record(project.folder / "archgen.yaml")["modules"]
