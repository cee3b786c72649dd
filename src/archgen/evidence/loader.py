"""The knowledge of the advisor, loaded from data files and checked: nothing in it lacks
a source.

The files lie in `data/`. The advisor itself opens no file: what is loaded here is
handed to it.
"""

from __future__ import annotations

import tomllib
from decimal import Decimal
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from archgen.errors import ArchgenError, InputError, Mistake
from archgen.evidence.schema import Evidence, PriceBook

FOLDER = Path(__file__).parent / "data"


def read_table(name: str) -> dict[str, Any]:
    """One data file of the package, parsed and not yet checked."""
    return tomllib.loads(FOLDER.joinpath(name).read_text(encoding="utf-8"))


def load_evidence(prices: Path | None = None) -> Evidence:
    """The evidence that archgen ships with, checked; with the prices of a file of the
    user's in place of its own.
    """
    book = tomllib.loads(
        FOLDER.joinpath("prices.toml").read_text(encoding="utf-8"), parse_float=Decimal
    )
    sources = read_table("sources.toml")
    if prices is not None:
        _replace_prices(book, sources, prices)
    try:
        risks = read_table("risks.toml")
        return Evidence.model_validate(
            {
                "sources": sources,
                "criteria": read_table("criteria.toml")["criterion"],
                "weighing": read_table("weights.toml"),
                "gates": read_table("gates.toml")["gate"],
                "parameters": read_table("parameters.toml"),
                "options": read_table("stack.toml")["option"],
                "risks": risks["risk"],
                "steps": risks["step"],
                "signing": read_table("signing.toml")["entry"],
                "precedents": read_table("precedents.toml")["precedent"],
                "machines": read_table("machines.toml"),
                "prices": book,
            }
        )
    except (ValidationError, tomllib.TOMLDecodeError) as error:
        raise ArchgenError(
            f"The evidence that archgen ships with is damaged: {error}",
            "install archgen again",
        ) from error


def _replace_prices(book: dict[str, Any], sources: dict[str, Any], path: Path) -> None:
    """Put the user's prices into the book; a price that the file leaves out stays, one
    that no bill knows is refused.
    """
    try:
        own = tomllib.loads(path.read_text(encoding="utf-8"), parse_float=Decimal)
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise InputError(
            f"{path} cannot be read: {reason}",
            "a price book is a TOML file like archgen's own prices.toml",
        ) from error
    given = own.pop("price", {})
    table = given if isinstance(given, dict) else {}
    mistakes = [
        Mistake(f"price.{name}", "no such price", _nearest(name, book))
        for name in table.keys() - book["price"]
    ]
    mistakes += [
        Mistake(key, "no such key", "currency, region, as_of, price")
        for key in own.keys() - book.keys()
    ]
    if table is not given:
        mistakes.append(
            Mistake("price", "is a table of prices", "[price.fargate_vcpu]")
        )
    source = f"{path.name}, given by the user"
    merged = {**book, **own, "price": {**book["price"]}}
    for name in table.keys() & book["price"].keys():
        entry = (
            table[name] if isinstance(table[name], dict) else {"tiers": [[table[name]]]}
        )
        merged["price"][name] = {
            "unit": book["price"][name]["unit"],
            "source": source,
            "as_of": own.get("as_of", "given"),
            "note": "The user's own price.",
            **entry,
        }
        if entry.get("source", source) != source:
            merged["price"][name]["source"] = source
    try:
        PriceBook.model_validate(merged)
    except ValidationError as error:
        told = {mistake.where for mistake in mistakes}
        found = [
            Mistake(".".join(map(str, e["loc"])), e["msg"]) for e in error.errors()
        ]
        mistakes += [mistake for mistake in found if mistake.where not in told]
    if mistakes:
        raise InputError(mistakes, f"mend {path}")
    sources[source] = {
        "title": path.name,
        "url": str(path),
        "date": str(merged["as_of"]),
    }
    book.update(merged)


def _nearest(name: str, book: dict[str, Any]) -> str:
    from difflib import get_close_matches

    close = get_close_matches(name, book["price"], 1)
    return f"did you mean {close[0]}" if close else f"one of {', '.join(book['price'])}"
