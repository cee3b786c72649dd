"""`archgen add` alone, in a terminal: what is to be added, where, and what is said of
it, asked step by step.

What comes out is the command that says the same without questions.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, get_args

from archgen.cli.prompts import Asker, Back, Option
from archgen.domain.naming import check_entity, check_field, check_module
from archgen.domain.schema import FieldType
from archgen.options import extras

KINDS = {
    "field": "one more of an entity, with a migration for rows that are there",
    "entity": "a table, with its API, in a module that is there",
    "reference": "a field that refers to rows of another entity",
    "list": "an entity listed by some fields and sorted by one, with its index",
    "module": "entities that belong together, apart from the others",
    "reaction": "a module does something when rows elsewhere come, change or go",
    "option": "something more that the project has, such as a worker",
}
# What these say besides, and with what.
_MORE = {
    "enum": ("values", "Its values, with commas between"),
    "slug": ("from", "The field that it is made from"),
    "list": ("of", "What it lists: string, integer, date, ..."),
}
# What has a command of its own, or says more than questions like these ask.
_APART = {"reference", "references", "object", "file"}
_CHECKS = {"module": check_module, "entity": check_entity, "field": check_field}
_FIRST = {
    "string": 0,
    "text": 1,
    "integer": 2,
    "decimal": 3,
    "boolean": 4,
    "date": 5,
    "datetime": 6,
    "enum": 7,
}
DONE = "that is all"


def ask_addition(by: Asker, record: Mapping[str, Any]) -> list[str]:
    """The arguments of `archgen add`; Back where whoever is asked goes back before the
    first question.
    """
    given: list[tuple[int, str]] = []
    while True:
        try:
            return _Addition(by, record, given).ask()
        except Back:
            if not given:
                raise
            rows, _ = given.pop()
            by.rewind(rows)


class _Addition:
    """The questions in their order; those that are answered in `given` (rows on the
    screen before, answer) are not asked again.
    """

    def __init__(
        self, by: Asker, record: Mapping[str, Any], given: list[tuple[int, str]]
    ) -> None:
        self._by = by
        self._record = record
        self._given = given
        self._at = 0

    def ask(self) -> list[str]:
        kind = self._select(
            "What is to be added?", [Option(name, says) for name, says in KINDS.items()]
        )
        ways: Mapping[str, Callable[[], list[str]]] = {
            "field": self._field,
            "entity": lambda: [
                f"{self._module()}.{self._name('entity')}",
                *self._fields("fields"),
            ],
            "reference": self._reference,
            "list": lambda: [
                self._entity(),
                self._text(
                    "Filters, and last what it is sorted by, as in category,-price"
                ),
            ],
            "module": self._new_module,
            "reaction": self._reaction,
            "option": self._option,
        }
        return [kind, *ways[kind]()]

    def _field(self) -> list[str]:
        entity, name = self._entity(), self._name("field")
        said = self._type()
        flags = ["--type", said.pop("type")]
        for key, value in said.items():
            flags += ["--set", f"{key}={value}"]
        return [
            f"{entity}.{name}",
            *flags,
            *(["--required"] if self._required() else []),
        ]

    def _reference(self) -> list[str]:
        entity, name = self._entity(), self._name("field")
        to = self._select(
            "To which entity does it refer?", [Option(one) for one in self._entities()]
        )
        return [
            f"{entity}.{name}",
            "--to",
            to,
            *(["--required"] if self._required() else []),
        ]

    def _new_module(self) -> list[str]:
        name = self._name("module")
        entity = self._name("entity", "Name of its first entity")
        return [name, *self._fields(f"entities.{entity}.fields")]

    def _reaction(self) -> list[str]:
        module = self._module()
        entity = self._select(
            "To rows of which entity?", [Option(one) for one in self._entities()]
        )
        event = self._select(
            "When they are", [Option(one) for one in ("deleted", "created", "updated")]
        )
        return [module, f"{entity}.{event}"]

    def _option(self) -> list[str]:
        offered = [
            name
            for name, extra in extras().items()
            if name not in self._record["extras"]
        ]
        return [self._select("Which?", [Option(name) for name in offered])]

    def _fields(self, place: str) -> list[str]:
        """`--set` of one field after the other."""
        flags: list[str] = []
        while True:
            name = self._text(
                "Name of a field" + (f" ({DONE}: Enter)" if flags else ""),
                DONE if flags else "",
                _check_field,
            )
            if name == DONE:
                return flags
            said = {
                **self._type(),
                **({"required": "true"} if self._required() else {}),
            }
            for key, value in said.items():
                flags += ["--set", f"{place}.{name}.{key}={value}"]

    def _type(self) -> dict[str, str]:
        """The type, and what it cannot be without."""
        types = sorted(
            (one for one in get_args(FieldType) if one not in _APART),
            key=lambda one: _FIRST.get(one, 99),
        )
        kind = self._select("Its type", [Option(str(one)) for one in types])
        if kind not in _MORE:
            return {"type": kind}
        key, question = _MORE[kind]
        said = self._text(question)
        return {"type": kind, key: f"[{said}]" if kind == "enum" else said}

    def _required(self) -> bool:
        options = [
            Option("no", "a row may lack it"),
            Option("yes", "no row may lack it"),
        ]
        return self._select("Is it required?", options) == "yes"

    def _module(self) -> str:
        return self._select(
            "In which module?", [Option(name) for name in self._modules()]
        )

    def _entity(self) -> str:
        return self._select(
            "Of which entity?", [Option(name) for name in self._entities()]
        )

    def _modules(self) -> list[str]:
        return [
            module["name"]
            for module in self._record["modules"]
            if module["name"] != "accounts"
        ]

    def _entities(self) -> list[str]:
        modules = [
            module for module in self._record["modules"] if module["name"] != "accounts"
        ]
        return [
            f"{module['name']}.{entity['name']}"
            for module in modules
            for entity in module["entities"]
        ]

    def _name(self, what: str, question: str = "") -> str:
        return self._text(question or f"Name of the {what}", "", _CHECKS[what])

    def _text(
        self,
        question: str,
        default: str = "",
        check: Callable[[str], str | None] | None = None,
    ) -> str:
        return self._once(
            lambda: self._by.text(
                question,
                default,
                check or (lambda said: None if said else "say something"),
            )
        )

    def _select(self, question: str, options: Sequence[Option]) -> str:
        return self._once(lambda: self._by.select(question, options))

    def _once(self, ask: Callable[[], str]) -> str:
        if self._at == len(self._given):
            rows = self._by.rows
            self._given.append((rows, ask()))
        self._at += 1
        return self._given[self._at - 1][1]


def _check_field(name: str) -> str | None:
    return None if name == DONE else check_field(name)
