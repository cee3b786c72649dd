"""Sources of answers -> one set of requirements and a domain, or every mistake in all
of them at once.

A later source wins. Each is checked by itself first, so a bad value is an error even
where another overrides it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any

from archgen.answers.inference import infer
from archgen.answers.schema import Answers
from archgen.answers.sources import Source
from archgen.answers.traffic import Traffic, parse_traffic
from archgen.answers.validation import examine, told
from archgen.domain import naming
from archgen.domain.declared import Declared
from archgen.domain.extending import extend
from archgen.domain.name_rules import check_names
from archgen.domain.parts import check_parts
from archgen.domain.presets import PRESETS, assemble_domain, preset_for
from archgen.domain.rules import check_domain
from archgen.domain.schema import Domain
from archgen.domain.sizes import check_sizes
from archgen.errors import InputError, Mistake
from archgen.requirements import Requirements


@dataclass(frozen=True, slots=True)
class Resolved:
    """`raw`: the answers as given, merged; with the requirements and the domain that
    follow from them.
    """

    raw: Mapping[str, Any]
    answers: Answers
    requirements: Requirements
    domain: Domain
    labels: tuple[str, ...] = field(default=())


def resolve(sources: Sequence[Source]) -> Resolved:
    """Everything that follows from the sources, the last of them the strongest;
    InputError with all mistakes.
    """
    mistakes: list[Mistake] = []
    merged: dict[str, Any] = {}
    declared: dict[str, Any] = {}
    for source in sources:
        mistakes += source.mistakes
        for data in (*source.before, source.text.data):
            examined = examine(
                data,
                label=source.label if source.kind == "file" else "",
                line_of=source.text.lines.get,
                example=_EXAMPLES[source.kind],
            )
            mistakes += examined.mistakes
        say_over(merged, examined.answers.model_dump(mode="json", exclude_unset=True))
        if isinstance(source.text.data, dict) and isinstance(
            source.text.data.get("modules"), dict
        ):
            _merge(declared, source.text.data["modules"])
    preset = PRESETS.get(merged.get("preset") or "")
    if preset is not None:
        merged = say_over(deepcopy(dict(preset.answers)), merged)
    answers, found = _whole(merged)
    mistakes += found
    if preset is None and not answers.modules:
        preset = preset_for(answers.workload or "crud", answers.architecture or "auto")
    mistakes += _followers(mistakes, _together(answers))
    package = naming.to_package_name(answers.name) if answers.name else None
    known = Declared.of(declared)
    modules, found_added = extend(preset, answers.modules)
    mistakes += _followers(mistakes, found_added)
    mistakes += _followers(mistakes, check_domain(preset, modules, package, known))
    # a name's mistake follows from nothing that is under it
    told_of = {mistake.where for mistake in mistakes}
    mistakes += [
        mistake
        for mistake in check_names(known, package)
        if mistake.where not in told_of
    ]
    mistakes += check_sizes(known)
    domain = assemble_domain(preset, modules)
    mistakes += _followers(mistakes, check_parts(answers.parts, domain, known))
    if mistakes:
        raise InputError(told(mistakes))
    labels = tuple(
        source.label for source in sources if source.label and source.text.data
    )
    return Resolved(merged, answers, infer(answers, domain), domain, labels)


def say_over(below: dict[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    """The answers `above` over those `below`, in place. The same traffic is said in one
    way only.
    """
    if above.get("traffic") is not None:
        below.pop("traffic_rps_avg", None)
        below.pop("traffic_rps_peak", None)
    elif (
        below.get("traffic") is not None
        and above.get(_figure(parse_traffic(below["traffic"]))) is not None
    ):
        del below["traffic"]
    return _merge(below, above)


def _merge(below: dict[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    """`above` over `below`, in place: mappings key by key, all else as a whole."""
    for key, value in above.items():
        if isinstance(value, Mapping) and isinstance(below.get(key), dict):
            _merge(below[key], value)
        else:
            below[key] = deepcopy(value)
    return below


def _figure(traffic: Traffic) -> str:
    """The answer that says in figures what was said in words."""
    return "traffic_rps_peak" if traffic.is_peak else "traffic_rps_avg"


def _whole(merged: dict[str, Any]) -> tuple[Answers, tuple[Mistake, ...]]:
    """The merged answers; each source was good by itself, so what is wrong now comes of
    the merge.
    """
    examined = examine(merged)
    return examined.answers, examined.mistakes


def _together(answers: Answers) -> Iterator[Mistake]:
    """What answers say of each other."""
    average, peak = answers.traffic_rps_avg, answers.traffic_rps_peak
    if answers.traffic is not None:
        said = parse_traffic(answers.traffic)
        other = peak if said.is_peak else average
        key = _figure(said)
        if other is not None and abs(other - said.rps) > 0.05 * said.rps:
            yield Mistake(
                "traffic",
                f"{answers.traffic} is {said.rps:g} requests a second, and {key} says {other:g}",
                "say one of them",
            )
        elif not said.is_peak:
            average = said.rps
    if average is not None and peak is not None and peak < average:
        yield Mistake(
            "traffic_rps_peak",
            f"{peak:g} is less than the average, {average:g}",
            f"for example --set traffic_rps_peak={average * 3:g}",
        )
    if (
        answers.teams is not None
        and answers.team_size is not None
        and answers.teams > answers.team_size
    ):
        yield Mistake(
            "teams",
            f"{answers.teams} teams of {answers.team_size} engineers: a team has at least one",
            f"for example --set teams={max(1, answers.team_size // 8)}",
        )


def _followers(mistakes: Sequence[Mistake], found: Iterable[Mistake]) -> list[Mistake]:
    """What was found, but for what only follows from a field or an answer that is
    broken already.
    """
    broken = [mistake.where for mistake in mistakes if mistake.where]
    return [
        mistake
        for mistake in found
        if not any(_same_field(mistake.where, where) for where in broken)
    ]


def _same_field(where: str, broken: str) -> bool:
    place = where.split(".")
    depth = 6 if place[0] == "modules" and len(place) >= 6 else len(place)
    return broken.split(".")[:depth] == place[:depth]


def _set_example(key: str, value: str) -> str:
    return f"--set '{key}={value}'" if " " in value else f"--set {key}={value}"


_FLAGS = {
    "name": "the argument NAME",
    "preset": "--preset {value}",
    "architecture": "--architecture {value}",
}
_EXAMPLES = {
    "file": lambda key, value: f"{key}: {value}",
    "set": lambda key, value: _set_example(
        key, ",".join(value) if isinstance(value, list) else str(value)
    ),
    "flags": lambda key, value: _FLAGS.get(key, "--set {key}={value}").format(
        key=key, value=value
    ),
}
