"""What a field has whatever it was made from: a name that is free, keys that go
together, and those that annotations give it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from pydantic import ValidationError

from archgen.domain import naming
from archgen.domain.field_rules import check_field
from archgen.domain.schema import FIELDS_MOST, SEARCH_WORDS, FieldSpec
from archgen.errors import InputError, Mistake
from archgen.exchange.draft import Draft, Home
from archgen.exchange.jdl_writer import ANNOTATION, read_annotation
from archgen.exchange.model import Annotation, Place
from archgen.exchange.naming import find_name, to_words

NAMED_MOST = 1_000  # fields of which each gets a name
FIELD_KEYS = {field.alias or name for name, field in FieldSpec.model_fields.items()}


def read_own(annotations: Sequence[Annotation]) -> dict[str, Any]:
    """What `archgen export jdl` wrote beside the words of JDL."""
    return next(
        (read_annotation(one.value) for one in annotations if one.name == ANNOTATION),
        {},
    )


def name_field(
    draft: Draft,
    home: Home,
    written: str,
    place: Place,
    was: str,
    also: tuple[str, ...] = (),
    *,
    filtered: bool = False,
) -> str:
    """A name that the entity has not; `also`: the next to try. `filtered`: lists go by
    it.

    InputError where it has far more fields than an entity takes: each would be held
    against all before it.
    """
    if len(home.fields) >= NAMED_MOST:
        what = f"{home.name} has more than {NAMED_MOST:,} fields, and {FIELDS_MOST} are the most"
        raise InputError([Mistake(f"{place.file}, line {place.line}", what)])

    def check(name: str) -> str | None:
        if name in home.fields:
            return f"{home.name} has a field {name} already"
        if "search" in home.asked and name in ("search", SEARCH_WORDS):
            return f"{name} is what lists are searched by"
        if filtered or "filters" in home.asked:
            wrong = naming.check_filter(name, numbered="totals" in home.asked)
            return naming.check_field(name) or wrong
        return naming.check_field(name)

    words = to_words(written)
    longer = (f"{home.name}_{words}", f"{words}_value") if words else ()
    found = find_name(written, check, (*also, *longer), "field")
    if to_words(written) != found.name or written != found.name:
        draft.rename(place, was, found.name, found.because)
    return found.name


def fit_keys(
    draft: Draft, document: dict[str, Any], what: str, place: Place
) -> dict[str, Any]:
    """Without the keys that its type does not take together, each told."""
    for _ in range(len(document)):
        # the values of a shared enum stand with its module: a default is held to them
        # at the end
        passed = ("type", "default") if "enum" in document else ("type",)
        wrong = [
            (key, message)
            for key, message in _check(document)
            if key in document and key not in passed
        ]
        if not wrong:
            break
        key, message = wrong[0]
        value = document.pop(key)
        draft.note(
            "unsaid",
            place,
            what,
            f"{key if value is True else f'{key} {value}'}: {message}",
        )
    return document


def _check(document: dict[str, Any]) -> list[tuple[str, str]]:
    """Keys that are wrong, and why."""
    try:
        mistakes = check_field("f", FieldSpec.model_validate(document))
        return [
            (mistake.where.rpartition(".")[2], mistake.message) for mistake in mistakes
        ]
    except ValidationError as error:
        return [
            (str(found["loc"][0]), str(found["msg"]).lower())
            for found in error.errors(include_url=False)
        ]


def annotate(
    draft: Draft, annotation: Annotation, document: dict[str, Any], what: str
) -> None:
    """What one annotation says of a field goes into its document."""
    if annotation.name == ANNOTATION:
        _take_own(document, read_annotation(annotation.value))
    elif annotation.name == "defaultValue" and document["type"] not in (
        "file",
        "reference",
    ):
        document["default"] = _read_default(annotation.value, document["type"])
    else:
        draft.note("unsaid", annotation.place, what, show_annotation(annotation))
        return
    fit_keys(draft, document, what, annotation.place)


def show_annotation(annotation: Annotation) -> str:
    return f"@{annotation.name}({annotation.value})".replace("()", "")


def _take_own(document: dict[str, Any], said: dict[str, Any]) -> None:
    document |= {key: value for key, value in said.items() if key in FIELD_KEYS}
    if document.get("enum") is not None:
        document.pop("values", None)
        document.pop("labels", None)
    for key in ("indexed", "unique", "required"):
        if document.get(key) is False:
            del document[key]


def _read_default(written: str, kind: str) -> Any:
    if kind not in ("integer", "boolean"):
        return written
    whole = int(written) if re.fullmatch(r"-?[0-9]{1,20}", written) else written
    return {"true": True, "false": False}.get(written, whole)
