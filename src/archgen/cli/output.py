"""What `archgen new` tells: the plan before it is carried out, the tree of a dry run,
and what was written.
"""

from __future__ import annotations

import shlex
from pathlib import Path
from textwrap import wrap
from typing import TYPE_CHECKING, Any

from archgen.cli.console import note, on_stdout, print_json, size, warn
from archgen.cli.invocation import Invocation, command, shown_parts
from archgen.pipeline import Plan, Resolved

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from rich.console import Console

    from archgen.blueprint.schema import Ownership
    from archgen.exchange.translation import Translated
    from archgen.generator.project import Written


def summary(taken: Resolved) -> str:
    """The system in a sentence."""
    r = taken.requirements
    people = "one engineer" if r.team_size == 1 else f"{r.team_size} engineers"
    groups = "one team" if r.teams == 1 else f"{r.teams} teams"
    rates = f"{r.traffic_rps_avg:g} requests a second on average, {r.traffic_rps_peak:g} at the peak"
    return f"{r.name}: {r.workload} {r.scope} of {people} in {groups}, {rates}"


def other_domain(taken: Resolved) -> str | None:
    """That the domain is another's, where the workload has no preset that can be had;
    None where it has.
    """
    from archgen.domain.presets import PRESETS, missing_preset

    preset, workload = taken.domain.preset, taken.requirements.workload
    if (
        preset is None
        or taken.answers.preset is not None
        or PRESETS[preset].answers["workload"] == workload
    ):
        return None
    entities = [
        f"{module.name}.{name}"
        for module, name, _ in taken.domain.entities()
        if module.kind != "accounts"
    ]
    return (
        f"{missing_preset(workload)}: the project gets the domain of {preset} "
        f"({', '.join(entities)}); say your own under modules"
    )


def assumptions(taken: Resolved, start: str = "") -> Iterator[str]:
    """What was not answered as it is used, a line each: the value taken, and why."""
    for assumed in taken.requirements.assumed:
        if not assumed.field.startswith(start):
            continue
        yield f"{assumed.field} {assumed.value} ({assumed.because})"


def print_plan(plan: Plan, *, explain: bool = False) -> None:
    """The answers in a sentence, what was assumed beside them, and the recommendation."""
    from archgen.reports.terminal import print_recommendation

    console = on_stdout()
    _paragraph(console, "", summary(plan.taken))
    for line in assumptions(plan.taken, "traffic_rps"):
        _paragraph(console, "  ", line)
    if other := other_domain(plan.taken):
        _paragraph(console, "  ", other)
    console.print()
    print_recommendation(console, plan.recommendation, explain=explain)
    if plan.instead:
        _paragraph(
            console,
            "Instead ",
            "; ".join(f"{t.field} {t.value}: {t.because}" for t in plan.instead),
        )
    console.print()
    override = plan.recommendation.override
    if override is not None:
        warn(
            f"{override.asked} was asked for, and {override.advised} is advised: {override.risk}"
        )
    if plan.blueprint.ownership is not None:
        warn(describe_ownership(plan.blueprint.ownership))
        note(f"  {ownership_hint(plan.blueprint.ownership)}")


def describe_ownership(ownership: Ownership) -> str:
    """That there are more services than the teams can own."""
    return (
        f"{ownership.services} services are more than the teams can own, which is {ownership.owned}: "
        "each needs somebody who knows it, deploys it and is woken by it"
    )


def ownership_hint(ownership: Ownership) -> str:
    """What to say on the command line to have no more."""
    if ownership.grouping is None:
        return "--architecture monolith makes one of them"
    return "to group them: " + " ".join(
        f"--set {shlex.quote(one)}" for one in shown_parts(ownership.grouping)
    )


def print_dry_run(
    plan: Plan,
    target: Path,
    said: Invocation,
    *,
    as_json: bool,
    imported: Translated | None = None,
) -> None:
    """The tree that would be written, with sizes in bytes."""
    from archgen.generator.project import preview

    files = [(path, len(content)) for path, content in preview(plan.record)]
    if as_json:
        tree = [{"path": path, "bytes": count} for path, count in files]
        print_json(
            {
                **_document(plan, target, said, len(files), imported),
                "dry_run": True,
                "tree": tree,
            }
        )
        return
    console = on_stdout()
    console.print(f"{target}/", style="bold")
    _print_tree(console, files)
    console.print(f"{len(files)} files, {size(sum(count for _, count in files))}")
    note("dry run: nothing was written")


def print_written(
    plan: Plan,
    written: Written,
    shown: Path,
    said: Invocation,
    *,
    as_json: bool,
    imported: Translated | None = None,
) -> None:
    """Where the project is, what to do next, and how to have it again without
    questions.
    """
    for line in written.notes:
        note(f"note: {line}")
    urls = _urls(written.env)
    if as_json:
        print_json(
            {
                **_document(plan, written.path, said, written.files, imported),
                "urls": urls,
                "next": _next(shown),
            }
        )
        return
    console = on_stdout()
    blueprint = plan.blueprint
    built = blueprint.architecture.replace("_", " ")
    console.print(
        f"Wrote {blueprint.name} ({built}, {written.files} files) to {written.path}",
        soft_wrap=True,
    )
    console.print()
    console.print("Next", style="bold")
    for step in _next(shown):
        says = f"    # {urls['dev']}" if step == "make dev" and "dev" in urls else ""
        console.print(f"  {step}{says}", soft_wrap=True)
    if "up" in urls:
        console.print(f"  make up     # {urls['up']}, with containers", soft_wrap=True)
    if email := written.env.get("ADMIN_EMAIL"):
        console.print(
            f"  Staff logs in as {email}, with the ADMIN_PASSWORD of .env",
            soft_wrap=True,
        )
    console.print()
    console.print("The same without questions", style="bold")
    console.print(f"  {command(blueprint.name, said)}", soft_wrap=True)


def _document(
    plan: Plan, path: Path, said: Invocation, files: int, imported: Translated | None
) -> dict[str, Any]:
    from archgen.cli.imported import document

    blueprint = plan.blueprint
    return {
        "name": blueprint.name,
        "path": str(path.absolute()),
        "architecture": blueprint.architecture,
        "template": blueprint.template,
        "files": files,
        "command": command(blueprint.name, said),
        "assumed": [
            assumed.model_dump(mode="json")
            for assumed in plan.taken.requirements.assumed
        ],
        "instead": [taken.model_dump(mode="json") for taken in plan.instead],
        "recommendation": plan.recommendation.document(),
        **(
            {"ownership": blueprint.ownership.model_dump(mode="json")}
            if blueprint.ownership
            else {}
        ),
        **({"imported": document(imported)} if imported is not None else {}),
    }


def _urls(env: Mapping[str, str]) -> dict[str, str]:
    ports = {"dev": "DEV_PORT", "up": "HTTP_PORT"}
    return {
        name: f"http://127.0.0.1:{env[key]}"
        for name, key in ports.items()
        if key in env
    }


def _next(shown: Path) -> list[str]:
    return (
        ["make dev"]
        if shown == Path()
        else [f"cd {shlex.quote(str(shown))}", "make dev"]
    )


def _print_tree(console: Console, files: Sequence[tuple[str, int]]) -> None:
    """Files below their folders, each folder named once."""
    before: tuple[str, ...] = ()
    for path, count in files:
        *folders, name = path.split("/")
        for depth, folder in enumerate(folders):
            if before[: depth + 1] != tuple(folders[: depth + 1]):
                console.print(f"{'  ' * (depth + 1)}{folder}/", soft_wrap=True)
        before = tuple(folders)
        indented = f"{'  ' * (len(folders) + 1)}{name}"
        console.print(f"{indented:<60} {size(count):>9}", soft_wrap=True)


def _paragraph(console: Console, head: str, text: str) -> None:
    """Wrapped below its head."""
    for line in wrap(
        text, console.width, initial_indent=head, subsequent_indent=" " * len(head)
    ):
        console.print(line, soft_wrap=True)
