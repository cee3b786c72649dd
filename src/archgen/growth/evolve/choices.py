"""What becomes of the choices that an owner's answers name, where the architecture
becomes another: kept, put aside, or asked.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from archgen.blueprint.extras import list_possible
from archgen.blueprint.schema import Template
from archgen.options import extras, offered
from archgen.requirements import StackChoice

# Rows lie there, or accounts do: what is there stays, unless another is asked for.
KEPT = ("database", "auth")


@dataclass(frozen=True, slots=True)
class Choice:
    """A choice of the stack that its owner named and the architecture cannot have: one
    of `options` is to take its place.
    """

    key: str
    word: str
    template: Template
    options: tuple[str, ...]


def choose_stack(
    record: Mapping[str, Any],
    answers: dict[str, Any],
    flags: Mapping[str, Any],
    template: Template,
    last: Mapping[str, Any],
) -> tuple[dict[str, str], dict[str, Any], list[Choice]]:
    """What the answers say of the stack, in place: what of it has to come out, what is
    put aside, and what has to be asked.
    """
    words: dict[str, Any] = {
        key: word
        for key, word in (answers.get("stack") or {}).items()
        if word not in (None, "auto")
    }
    wanted, aside, left = {}, {}, []
    for key in StackChoice.model_fields:
        present, choices, flag = (
            record["stack"][key],
            offered(template)[key],
            flags.get(key),
        )
        put = last.get(key)
        if put and (words.get(key, present) if key in KEPT else words.get(key)) in (
            None,
            put["instead"],
        ):
            words[key] = put["word"]
        word = words.get(key, present if key in KEPT else None)
        if flag not in (None, "auto"):
            if word is not None and word not in choices:
                aside[key] = {"word": word, "instead": flag}
            words[key] = wanted[key] = flag
        elif word is None or flag == "auto":
            words.pop(key, None)
        elif word in choices:
            wanted[key] = word
            if (
                key in KEPT
                and key not in (answers.get("stack") or {})
                and word == choices[0]
            ):
                words.pop(key, None)
            else:
                words[key] = word
        elif len(choices) == 1:
            words.pop(key, None)
            aside[key] = {"word": word, "instead": choices[0] if key in KEPT else None}
        else:
            left.append(Choice(key, word, template, choices))
    answers.pop("stack", None)
    if words:
        answers["stack"] = words
    return wanted, aside, left


def choose_extras(
    answers: dict[str, Any],
    flags: Mapping[str, Any],
    template: Template,
    last: Mapping[str, Any],
) -> dict[str, Any]:
    """What the answers say of extras, in place; what of it is put aside."""
    words: dict[str, Any] = {
        name: word
        for name, word in (answers.get("extras") or {}).items()
        if word is not None
    }
    for name, put in last.items():
        if words.get(name) == put["instead"]:
            words[name] = put["word"]
    aside = {}
    for name, flag in flags.items():
        needs = extras()[name].needs if name in extras() else ()
        if (
            flag is False
            and words.get(name)
            and not set(needs) <= list_possible(template)
        ):
            aside[name] = {"word": True, "instead": False}
        words[name] = flag
    answers.pop("extras", None)
    if words:
        answers["extras"] = words
    return aside
