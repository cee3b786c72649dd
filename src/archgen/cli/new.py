"""`archgen new`: from answers, or questions, to a project."""

from __future__ import annotations

import os
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from archgen.cli.options import (
    AnswersFile,
    ArchitectureName,
    JdlFiles,
    Json,
    NoInput,
    PresetName,
    Sets,
    expanded,
    given,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from archgen.answers.sources import Source
    from archgen.cli.invocation import Invocation
    from archgen.cli.prompts import Asker, Option
    from archgen.exchange.translation import Translated
    from archgen.pipeline import Plan, Resolved


def new(
    name: Annotated[
        str | None,
        typer.Argument(
            metavar="NAME",
            help="Name of the project and of its folder; . is this folder, and its name",
        ),
    ] = None,
    answers: AnswersFile = None,
    sets: Sets = None,
    jdl: JdlFiles = None,
    preset: PresetName = None,
    architecture: ArchitectureName = None,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output",
            "-o",
            metavar="DIR",
            callback=expanded,
            help="Where the project's folder goes; made if missing",
        ),
    ] = None,
    defaults: Annotated[
        bool,
        typer.Option(
            "--defaults", "-y", help="Take the defaults for all that is not answered"
        ),
    ] = False,
    no_input: NoInput = False,
    dry_run: Annotated[
        bool,
        typer.Option("--dry-run", help="Show what would be written, and write nothing"),
    ] = False,
    no_git: Annotated[
        bool, typer.Option("--no-git", help="Make no repository")
    ] = False,
    as_json: Json = False,
) -> None:
    """Write a new project, of the architecture that fits best."""
    from archgen.cli.invocation import Invocation
    from archgen.cli.output import print_dry_run, print_plan
    from archgen.cli.prompts import can_ask
    from archgen.generator.project import check_target
    from archgen.pipeline import make_plan, resolve

    here = name == "."
    if here:
        name = _name_here(output, sets or ())
    sources = given(answers, sets, name=name, preset=preset, architecture=architecture)
    imported = _imported(jdl, name, sources) if jdl else None
    taken = resolve(sources)
    place = partial(_place, None if here else output or Path())
    said = Invocation(
        answers,
        sets or (),
        preset,
        architecture,
        output,
        no_git,
        here=here,
        jdl=jdl or (),
    )
    if imported is not None and not as_json:
        from archgen.cli.imported import print_imported, report_console

        print_imported(report_console(stderr=True), imported)
    if no_input or defaults or as_json or not can_ask():
        check_target(place(taken.requirements.name))
        plan = make_plan(taken)
        if not as_json:
            print_plan(plan)
    else:
        from dataclasses import replace

        from archgen.cli.wizard import answered

        plan = _asked(sources, place)
        said = replace(said, wizard=answered(sources))
    if dry_run:
        print_dry_run(
            plan, place(plan.blueprint.name), said, as_json=as_json, imported=imported
        )
        return
    _write(
        plan,
        place(plan.blueprint.name),
        said,
        git=not no_git,
        as_json=as_json,
        imported=imported,
    )


def _imported(
    files: Sequence[Path], name: str | None, sources: list[Source]
) -> Translated:
    """What the files declare, as the weakest source of answers."""
    from archgen.answers.sources import Source
    from archgen.answers.yaml_reader import Text
    from archgen.exchange.jdl_reader import read_jdl
    from archgen.exchange.translation import translate

    imported = translate(read_jdl(files), name)
    lines = {path: place.line for path, place in imported.places.items()}
    sources.insert(
        0,
        Source(
            ", ".join(path.name for path in files),
            Text(imported.document, lines),
            "file",
        ),
    )
    return imported


def _place(folder: Path | None, name: str) -> Path:
    """Where the project of that name goes: into `folder`, or, without one, it is the
    current folder.
    """
    return Path.cwd() if folder is None else folder / name


def _name_here(output: Path | None, sets: Sequence[str]) -> str | None:
    """The name of a project that is the current folder: the folder's, unless another is
    said.
    """
    from archgen.domain.naming import check_project
    from archgen.errors import InputError, Mistake

    if output is not None:
        raise InputError(
            [
                Mistake(
                    "--output",
                    "does not go with . as the name, which is this folder",
                    "leave one out",
                )
            ]
        )
    if any(one.startswith("name=") for one in sets):
        return None
    name = Path.cwd().name
    if wrong := check_project(name):
        raise InputError(
            [
                Mistake(
                    "NAME",
                    f". is this folder, whose name will not do: {wrong}",
                    "add --set name=NAME",
                )
            ]
        )
    return name


def _write(
    plan: Plan,
    target: Path,
    said: Invocation,
    *,
    git: bool,
    as_json: bool,
    imported: Translated | None,
) -> None:
    from archgen.cli.console import steps
    from archgen.cli.output import print_written
    from archgen.cli.signals import too_late
    from archgen.generator.project import write_project

    with steps(quiet=as_json) as progress:
        written = write_project(
            plan.record, target, git=git, progress=progress, at_last=too_late
        )
    print_written(
        plan,
        written,
        Path(os.path.relpath(written.path)),
        said,
        as_json=as_json,
        imported=imported,
    )


def _asked(sources: list[Source], place: Callable[[str], Path]) -> Plan:
    """Questions, then the recommendation, until it is confirmed."""
    from archgen.cli.console import complain, note
    from archgen.cli.output import print_plan
    from archgen.cli.prompts import Back, Option, asker
    from archgen.cli.wizard import add_answer, ask_assumption, ask_change, ask_core
    from archgen.errors import IncompatibleError, TargetError
    from archgen.generator.project import check_target
    from archgen.pipeline import make_plan, resolve

    def check_name(name: str) -> str | None:
        try:
            check_target(place(name))
        except TargetError as error:
            return error.message
        return None

    by = asker()
    taken = resolve(sources)
    if taken.answers.name:
        check_target(place(taken.answers.name))
    taken = ask_core(sources, taken, check_name=check_name, by=by)
    explain = False
    while True:
        try:
            plan = make_plan(taken)
        except IncompatibleError as error:
            complain(error)
            taken = add_answer(
                sources, "architecture", by.select("Build", _possible(taken), None)
            )
            continue
        print_plan(plan, explain=explain)
        explain = False
        options = [
            Option("write", f"the project, to {place(plan.blueprint.name)}"),
            Option("assumptions", "show and change what was not asked"),
            Option("architecture", "build another one than advised"),
            Option("answers", "change what was answered"),
            Option("explain", "every point behind the advice"),
            Option("stop", "write nothing"),
        ]
        question = (
            f"{plan.blueprint.architecture.replace('_', ' ').capitalize()}: what next?"
        )
        try:
            choice = by.select(question, options, "write")
        except Back:
            choice = "answers"
        if choice == "write":
            grouping = _confirmed(by, plan)
            if grouping is None:
                return plan
            if grouping:
                taken = add_answer(sources, "parts", grouping)
        elif choice == "answers":
            taken = ask_change(by, sources, taken, check_name)
        elif choice == "assumptions":
            taken = ask_assumption(by, sources, taken)
        elif choice == "architecture":
            override = plan.recommendation.override
            advised = (
                override.advised
                if override is not None
                else plan.recommendation.architecture
            )
            offered = [
                Option("auto", f"as advised: {advised.replace('_', ' ')}"),
                *_possible(taken),
            ]
            with suppress(Back):
                taken = add_answer(
                    sources,
                    "architecture",
                    by.select("Build", offered, plan.blueprint.template),
                )
        elif choice == "explain":
            explain = True
        else:
            note("nothing was written")
            raise typer.Exit(1)


def _confirmed(by: Asker, plan: Plan) -> Mapping[str, tuple[str, ...]] | None:
    """None to go ahead, which is asked where there are more services than the teams can
    own; else the parts to have instead, if any.
    """
    from archgen.cli.prompts import Back, Option

    ownership = plan.blueprint.ownership
    if ownership is None:
        return None
    options = [
        Option("as it is", f"{ownership.services} services"),
        Option("back", "to what else there is"),
    ]
    grouping = ownership.grouping
    if grouping is not None:
        told = "; ".join(
            part if modules == (part,) else f"{part}: {', '.join(modules)}"
            for part, modules in grouping.items()
        )
        options.insert(0, Option("group", f"{len(grouping)} services: {told}"))
    question = (
        f"{ownership.services} services, and the teams can own {ownership.owned}: how?"
    )
    try:
        choice = by.select(question, options, options[0].value)
    except Back:
        choice = "back"
    if choice == "group":
        return grouping
    return {} if choice == "back" else None


def _possible(taken: Resolved) -> list[Option]:
    """The architectures that go with all other answers."""
    from archgen.blueprint.build import build_blueprint
    from archgen.blueprint.schema import TEMPLATES
    from archgen.cli.prompts import Option
    from archgen.errors import IncompatibleError
    from archgen.pipeline import advise

    advice = advise(taken)

    def fits(architecture: str) -> bool:
        requirements = taken.requirements.model_copy(
            update={"architecture": architecture}
        )
        try:
            build_blueprint(requirements, taken.domain, advice)
        except IncompatibleError:
            return False
        return True

    found = [Option(template) for template in TEMPLATES if fits(template)]
    if not found:
        raise IncompatibleError(
            "no architecture goes with parts and stack together",
            "leave parts or stack out",
        )
    return found
