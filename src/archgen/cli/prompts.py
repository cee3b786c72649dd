"""Asking one question: with menus where the terminal can draw them, else line by line."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from archgen.cli.console import say

if TYPE_CHECKING:
    from questionary import Question

ARROWS = "(arrows and Enter)"
TICKS = "(Space ticks, Enter goes on)"
BACK = "<"  # what is typed to go back where there are no keys for it
Check = Callable[[str], str | None]  # what is wrong with what was typed, if anything


@dataclass(frozen=True, slots=True)
class Option:
    """A choice of a menu: its value, what it means, and what is told of it while it is
    pointed at.
    """

    value: str
    meaning: str = ""
    detail: str | None = None

    @property
    def title(self) -> str:
        return f"{self.value:<17} {self.meaning}" if self.meaning else self.value


class Back(Exception):
    """Whoever is asked wants to answer the question before once more."""


class Asker(Protocol):
    """Each question may end in Back. `keys` says how one answers and goes back; `rows`
    counts what stands on the screen of questions and answers, and `rewind` takes what
    came after so many of them away, where the terminal can.
    """

    keys: str
    rows: int

    def rewind(self, rows: int) -> None: ...

    def tell(self, message: str) -> None: ...

    def text(self, question: str, default: str, check: Check) -> str: ...

    def select(
        self, question: str, options: Sequence[Option], default: str | None = None
    ) -> str: ...

    def tick(self, question: str, options: Sequence[Option | str]) -> list[str]: ...


def can_ask() -> bool:
    """Whether a person is there to answer."""
    return sys.stdin.isatty() and sys.stdout.isatty()


def asker() -> Asker:
    return Lines() if os.environ.get("TERM", "") in ("", "dumb", "unknown") else Menus()


class Menus:
    """Arrow keys, by questionary."""

    keys = "Enter takes what stands in brackets, Esc goes back, Ctrl-C stops"

    def __init__(self) -> None:
        self.rows = 0

    def rewind(self, rows: int) -> None:
        from prompt_toolkit.output import create_output

        output = create_output()
        if self.rows > rows:
            output.cursor_up(self.rows - rows)
            output.erase_down()
            output.flush()
        self.rows = rows

    def tell(self, message: str) -> None:
        say(message)
        self._count(message)

    def _count(self, line: str) -> None:
        """That one more line stands there, which may take several rows."""
        from prompt_toolkit.utils import get_cwidth

        self.rows += -(-get_cwidth(line) // shutil.get_terminal_size().columns) or 1

    def text(self, question: str, default: str, check: Check) -> str:
        import questionary

        # the default is shown, not filled in: whoever types a name should not have to
        # delete one first
        instruction = f"[{default}] " if default else None
        line = questionary.text(
            question,
            instruction=instruction,
            validate=lambda typed: check(typed.strip() or default) or True,
        )
        typed = str(_answer(line))
        self._count(f"? {question}  {instruction or ''}{typed}")
        return typed.strip() or default

    def select(
        self, question: str, options: Sequence[Option], default: str | None = None
    ) -> str:
        import questionary

        choices = [
            questionary.Choice(
                option.title, value=option.value, description=option.detail
            )
            for option in options
        ]
        start = next((choice for choice in choices if choice.value == default), None)
        menu = questionary.select(
            question,
            choices=choices,
            default=start,
            instruction=ARROWS,
            erase_when_done=True,
        )
        chosen = str(_answer(menu))
        self._said(question, chosen)
        return chosen

    def tick(self, question: str, options: Sequence[Option | str]) -> list[str]:
        """Boxes to tick, under headings that are plain strings; Enter takes what is
        ticked, which may be nothing.
        """
        import questionary

        rows = [
            questionary.Separator(option)
            if isinstance(option, str)
            else questionary.Choice(
                option.meaning, value=option.value, description=option.detail
            )
            for option in options
        ]
        boxes = questionary.checkbox(
            question, choices=rows, instruction=TICKS, erase_when_done=True
        )
        chosen = [str(value) for value in _answer(boxes)]
        self._said(question, ", ".join(chosen) or "nothing more")
        return chosen

    def _said(self, question: str, answer: str) -> None:
        """The menu goes with its meanings, and the answer stays, as it does for what is
        typed.
        """
        import questionary

        styles = dict(questionary.constants.DEFAULT_STYLE.style_rules)
        for text, style in (("? ", "qmark"), (f"{question}  ", "question")):
            questionary.print(text, style=styles[style], end="")
        questionary.print(answer, style=styles["answer"])
        self._count(f"? {question}  {answer}")


def _answer(question: Question) -> Any:
    """What is answered; Back where Esc is pressed, KeyboardInterrupt at Ctrl-C."""
    from prompt_toolkit.key_binding import (
        KeyBindings,
        KeyPressEvent,
        merge_key_bindings,
    )
    from prompt_toolkit.keys import Keys

    keys = KeyBindings()

    @keys.add(Keys.Escape)
    def _(event: KeyPressEvent) -> None:
        event.app.erase_when_done = True
        event.app.exit(exception=Back())

    application = question.application
    application.key_bindings = merge_key_bindings(
        [application.key_bindings or KeyBindings(), keys]
    )
    application.ttimeoutlen = (
        0.1  # seconds until an Esc is no longer the beginning of an arrow key
    )
    return question.unsafe_ask()


class Lines:
    """A number or a line at a time, for terminals that cannot move the cursor."""

    keys = f"Enter takes what stands in brackets, {BACK} goes back, Ctrl-C stops"
    rows = 0  # what was printed stays

    def rewind(self, rows: int) -> None:
        pass

    def tell(self, message: str) -> None:
        say(message)

    def text(self, question: str, default: str, check: Check) -> str:
        while True:
            typed = self._read(f"{question} [{default}]: ") or default
            wrong = check(typed)
            if wrong is None:
                return typed
            print(wrong)

    def select(
        self, question: str, options: Sequence[Option], default: str | None = None
    ) -> str:
        print(question)
        for number, option in enumerate(options, 1):
            print(f"  {number}. {option.title}")
        start = next(
            (str(n) for n, option in enumerate(options, 1) if option.value == default),
            "1",
        )
        while True:
            typed = self._read(f"Number [{start}]: ") or start
            if typed.isdecimal() and 1 <= int(typed) <= len(options):
                return options[int(typed) - 1].value
            named = [option.value for option in options if option.value == typed]
            if named:
                return named[0]
            print(f"say a number from 1 to {len(options)}")

    def tick(self, question: str, options: Sequence[Option | str]) -> list[str]:
        print(question)
        offered = [option for option in options if not isinstance(option, str)]
        for option in options:
            if isinstance(option, str):
                print(option)
            else:
                print(
                    f"  {offered.index(option) + 1}. {option.meaning}: {option.detail}"
                )
        while True:
            typed = (
                self._read("Numbers, with commas between them [none]: ")
                .replace(",", " ")
                .split()
            )
            if all(
                word.isdecimal() and 1 <= int(word) <= len(offered) for word in typed
            ):
                return [offered[int(word) - 1].value for word in dict.fromkeys(typed)]
            print(f"say numbers from 1 to {len(offered)}")

    def _read(self, prompt: str) -> str:
        try:
            typed = input(prompt).strip()
        except EOFError:
            raise KeyboardInterrupt from None
        if typed == BACK:
            raise Back
        return typed
