"""What `archgen import` and `archgen new --jdl` tell: what was taken, renamed and
changed, and what could not be said, with its place.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from textwrap import wrap
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.console import Console

    from archgen.exchange.model import Note
    from archgen.exchange.translation import Renamed, Translated

_HEADS = {
    "changed": "Changed",
    "unsaid": "Could not be said",
    "left": "Needs nothing here",
}
_SHOWN = 8  # places of one message that is no loss; those of a loss are all shown


def document(imported: Translated) -> dict[str, Any]:
    """The report for programs."""
    return {
        "answers": imported.document,
        "taken": dict(imported.taken),
        "renamed": [
            {**_place(one), "was": one.was, "name": one.name, "because": one.because}
            for one in imported.renamed
        ],
        **{
            kind: [
                {**_place(note), "what": note.what, "message": note.message}
                for note in imported.notes
                if note.kind == kind
            ]
            for kind in _HEADS
        },
    }


def report_console(*, stderr: bool) -> Console:
    from rich.console import Console

    from archgen.cli.console import on_stdout

    return (
        Console(stderr=True, highlight=False, emoji=False, markup=False)
        if stderr
        else on_stdout()
    )


def print_imported(console: Console, imported: Translated) -> None:
    """The report for people: each kind of note once, with all that it holds of."""
    taken = ", ".join(
        _count(number, what) for what, number in imported.taken.items() if number
    )
    console.print(f"Took {taken}", soft_wrap=True)
    modules = imported.document["modules"]
    sizes = (
        f"module {name}: {_count(len(content['entities']), 'entities')}"
        for name, content in modules.items()
    )
    _print_indented(console, "; ".join(sizes))
    _print_renamed(console, imported.renamed)
    for kind, head in _HEADS.items():
        _print_notes(
            console,
            head,
            [note for note in imported.notes if note.kind == kind],
            whole=kind == "unsaid",
        )
    console.print()


def _print_renamed(console: Console, renamed: Sequence[Renamed]) -> None:
    forced = [one for one in renamed if one.because]
    plain = [one for one in renamed if not one.because]
    if renamed:
        console.print("Renamed", style="bold")
    for one in forced:
        _print_indented(
            console, f"{one.was} ({one.place}) is {one.name}: {one.because}"
        )
    if plain:
        first = plain[0]
        others = len(plain) - 1
        more = (
            f", and so {'is' if others == 1 else 'are'} {others} more" if others else ""
        )
        _print_indented(
            console, f"{first.was} is {first.name}{more}: names are lower-case words"
        )


def _print_notes(
    console: Console, head: str, notes: Sequence[Note], *, whole: bool
) -> None:
    if not notes:
        return
    console.print(head, style="bold")
    for message, inside in _grouped(notes, lambda note: note.message).items():
        places = [
            f"{', '.join(dict.fromkeys(note.what for note in there))} ({place})"
            for place, there in _grouped(inside, lambda note: str(note.place)).items()
        ]
        shown = places if whole else places[:_SHOWN]
        left = len(places) - len(shown)
        rest = (
            f", and {left} line{'s' * (left > 1)} more (--json lists all)"
            if left
            else ""
        )
        _print_indented(console, f"{message}: {', '.join(shown)}{rest}")


def _print_indented(console: Console, text: str) -> None:
    """Broken between words, at the console's width."""
    for line in wrap(
        text,
        console.width,
        initial_indent="  ",
        subsequent_indent="    ",
        break_on_hyphens=False,
    ):
        console.print(line, soft_wrap=True)


def _grouped(
    notes: Iterable[Note], key: Callable[[Note], str]
) -> Mapping[str, list[Note]]:
    """The notes by what they have in common, in the order in which that is said first."""
    found: dict[str, list[Note]] = {}
    for note in notes:
        found.setdefault(key(note), []).append(note)
    return found


def _count(number: int, plural: str) -> str:
    one = {"entities": "entity"}.get(plural, plural.removesuffix("s"))
    return f"{number} {plural if number != 1 else one}"


def _place(one: Any) -> dict[str, Any]:
    return {"file": one.place.file, "line": one.place.line}
