"""The wizard: five questions that are enough for a recommendation, six where there are
several teams; all else is inferred, and opened on request.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, Literal, get_args, get_origin

from archgen.answers.resolve import Resolved, resolve, say_over
from archgen.answers.schema import Answers
from archgen.answers.sources import Source
from archgen.answers.validation import annotation_at
from archgen.answers.yaml_reader import Text, scalar
from archgen.cli.console import say
from archgen.cli.needs import ask_needs, ask_open
from archgen.cli.prompts import Asker, Back, Option, asker
from archgen.errors import InputError
from archgen.requirements import TEAM_OF

WORKLOADS = {
    "crud": "records that people keep: forms, lists, an office",
    "ecommerce": "a shop: products, orders, payments",
    "social": "posts, media and followers of many users",
    "api": "an interface for other programs",
    "internal": "a tool inside a company",
    "realtime_stream": "events as they happen, aggregated at once",
    "iot": "devices that report",
    "media_processing": "images, sound or video to convert",
    "ml": "predictions of a model",
    "batch": "large jobs now and then",
}
SCOPES = {
    "mvp": "a first version, to learn whether it is wanted",
    "product": "people rely on it",
    "platform": "many teams and products build on it",
}
QUESTIONS = {
    "name": "Name of the project",
    "workload": "Kind of system",
    "scope": "Scope",
    "team_size": "Backend engineers",
    "teams": "Teams that plan and release on their own",
    "traffic": "Traffic, such as 2M requests/month, 50k users/day, 300 rps",
}
PATTERNS = {
    "steady": "about the same at all hours",
    "diurnal": "follows the day",
    "spiky": "in bursts, many times the average",
    "rare": "hardly ever",
}
_MEANINGS = {"workload": WORKLOADS, "scope": SCOPES, "traffic_pattern": PATTERNS}
_SAID_BY = {
    "workload": ("workload", "preset", "modules"),
    "traffic": ("traffic", "traffic_rps_avg", "traffic_rps_peak"),
}
LABEL = "wizard"
NEEDS = ("needs", "experience")
_APART = ("preset", "architecture", *NEEDS)  # what is asked for elsewhere
SAID_BY_YOU = "said by you; it can be changed again, or assumed as before"
FORGET, FORGET_SAYS = "forget", "assume it again"


def ask_core(
    sources: list[Source],
    taken: Resolved,
    *,
    name: bool = True,
    check_name: Callable[[str], str | None] = lambda name: None,
    by: Asker | None = None,
) -> Resolved:
    """Ask what the sources have not said; the answers join the sources as their last."""
    by = by or asker()
    fields = [
        field
        for field in QUESTIONS
        if not any(taken.raw.get(key) for key in _SAID_BY.get(field, (field,)))
        and (field != "name" or name)
    ]
    if not set(fields) - {"teams"}:  # whoever said all of it wants no more questions
        return taken
    steps: list[Callable[[Resolved], Resolved | None]] = [
        partial(_ask_teams, by, sources)
        if field == "teams"
        else partial(_ask_question, by, sources, field, check_name)
        for field in fields
    ]
    if not any(taken.raw.get(key) is not None for key in NEEDS):
        steps.append(partial(_ask_needs, by, sources))
    steps.append(partial(ask_open, by, sources))
    say(by.keys)
    return _go_through(by, steps, taken)


def _go_through(
    by: Asker, steps: Sequence[Callable[[Resolved], Resolved | None]], taken: Resolved
) -> Resolved:
    """Step by step, and back again by Back. A step that gives None has asked nothing."""
    number = 0
    asked: list[
        tuple[int, int]
    ] = []  # steps, and how much stood on the screen before each
    while number < len(steps):
        rows = by.rows
        try:
            after = steps[number](taken)
        except Back:
            number, rows = asked.pop() if asked else (number, rows)
            by.rewind(rows)
            continue
        if after is not None:
            taken = after
            asked.append((number, rows))
        number += 1
    return taken


def _ask_teams(by: Asker, sources: list[Source], taken: Resolved) -> Resolved | None:
    """Only where there are more engineers than one team usually has."""
    usual = drop_answers(sources, "teams")
    if usual.requirements.team_size <= TEAM_OF:
        return None
    return add_answer(
        sources, "teams", ask_field(by, "teams", QUESTIONS["teams"], sources, usual)
    )


def _ask_question(
    by: Asker,
    sources: list[Source],
    field: str,
    check_name: Callable[[str], str | None],
    taken: Resolved,
) -> Resolved:
    check = check_name if field == "name" else lambda typed: None
    return add_answer(
        sources, field, ask_field(by, field, QUESTIONS[field], sources, taken, check)
    )


def _ask_needs(by: Asker, sources: list[Source], taken: Resolved) -> Resolved:
    taken = drop_answers(sources, *NEEDS)
    for field, value in ask_needs(by, taken).items():
        taken = add_answer(sources, field, value)
    return taken


def ask_change(
    by: Asker,
    sources: list[Source],
    taken: Resolved,
    check_name: Callable[[str], str | None],
    *,
    name: bool = True,
) -> Resolved:
    """Let one after another of the wizard's questions be answered anew."""
    fields = [field for field in QUESTIONS if field != "name" or name]
    while True:
        options = [Option("done", "back to the recommendation")]
        options += [Option(field, f"{_current(field, taken)}") for field in fields]
        options.append(Option("needs", "what else holds"))
        try:
            field = by.select("Which answer?", options, "done")
            if field == "done":
                return taken
            if field == "needs":
                taken = _ask_needs(by, sources, taken)
            else:
                taken = _ask_question(by, sources, field, check_name, taken)
        except Back:
            return taken


def _current(field: str, taken: Resolved) -> Any:
    if field == "traffic":
        return taken.answers.traffic or f"{taken.requirements.traffic_rps_avg:g} rps"
    return getattr(taken.requirements, field)


def add_answer(sources: list[Source], field: str, value: Any) -> Resolved:
    """Take one more answer into the wizard's own source, and everything that follows
    from it.
    """
    with_answer = _with(sources, field, value)
    taken = resolve(with_answer)
    sources[:] = with_answer
    return taken


def drop_answers(sources: list[Source], *fields: str) -> Resolved:
    """Take answers of the wizard back: what they were about is inferred again, or as
    other sources say.
    """
    kept = [source for source in sources if source.label != LABEL]
    data = {key: value for key, value in answered(sources).items() if key not in fields}
    sources[:] = [*kept, Source(LABEL, Text(data), "set")] if data else kept
    return resolve(sources)


def answered(sources: Sequence[Source]) -> dict[str, Any]:
    """What was asked for and answered, flat."""
    return {
        key: value
        for source in sources
        if source.label == LABEL
        for key, value in source.text.data.items()
    }


def _with(sources: Sequence[Source], field: str, value: Any) -> list[Source]:
    others = [source for source in sources if source.label != LABEL]
    return [
        *others,
        Source(LABEL, Text(say_over(answered(sources), {field: value})), "set"),
    ]


def ask_field(
    by: Asker,
    field: str,
    question: str,
    sources: Sequence[Source],
    taken: Resolved,
    check: Callable[[str], str | None] = lambda typed: None,
) -> Any:
    """Ask for one key of the answers, with what was taken so far as its default, until
    it fits the others.
    """
    requirements = taken.requirements
    default = (
        f"{requirements.traffic_rps_avg:g} rps"
        if field == "traffic"
        else getattr(requirements, field)
    )
    annotation = annotation_at((field,))
    if get_origin(annotation) is Literal:
        words: Sequence[str] = get_args(annotation)
        meanings = _MEANINGS.get(field, {})
        options = [Option(word, meanings.get(word, "")) for word in meanings or words]
        return by.select(question, options, default)
    shown = f"{default:g}" if isinstance(default, float) else str(default)
    typed = by.text(
        question,
        shown,
        lambda text: _wrong(sources, field, _value(annotation, text)) or check(text),
    )
    return _value(annotation, typed)


def ask_assumption(by: Asker, sources: list[Source], taken: Resolved) -> Resolved:
    """Show what was assumed, and let one after another be changed; what was changed
    stays in the list.
    """
    while True:
        assumed = [
            a
            for a in taken.requirements.assumed
            if a.field in Answers.model_fields and a.field not in _APART
        ]
        changed = {
            key: value
            for key, value in answered(sources).items()
            if key not in (*QUESTIONS, *_APART)
        }
        options = [Option("done", detail="back to the recommendation")]
        options += [Option(f"{a.field}: {a.value}", detail=a.because) for a in assumed]
        options += [
            Option(f"{key}: {value}", detail=SAID_BY_YOU)
            for key, value in changed.items()
        ]
        try:
            field = by.select(
                "What was assumed; choose one to change it", options, "done"
            ).partition(":")[0]
            if field == "done":
                return taken
            if (
                field in changed
                and by.select(field, [Option("change"), Option(FORGET, FORGET_SAYS)])
                == FORGET
            ):
                taken = drop_answers(sources, field)
                continue
            described = Answers.model_fields[field].description or field
            taken = add_answer(
                sources, field, ask_field(by, field, described, sources, taken)
            )
        except Back:
            return taken


def _value(annotation: Any, text: str) -> Any:
    return text if annotation is str else scalar(text)


def _wrong(sources: Sequence[Source], field: str, value: Any) -> str | None:
    """What is wrong with an answer, by itself or with the others, in the words of the
    errors.
    """
    if value is None:
        return "an answer is needed"
    try:
        resolve(_with(sources, field, value))
    except InputError as error:
        return error.mistakes[0].message
    return None
