"""`archgen rename module`: another name for a module, wherever it is said, on the
tables that are there.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Any

import typer

from archgen.cli.changing import How, apply, begin, changing


@changing
def rename_module(
    name: Annotated[str, typer.Argument(metavar="MODULE", help="Its name")],
    new: Annotated[str, typer.Argument(metavar="NEW", help="What it is to be called")],
    *,
    how: How,
) -> None:
    """Give a module another name; its tables keep theirs, and all rows in them."""
    from archgen.growth.record.called import move_files
    from archgen.growth.record.edits import split_place
    from archgen.growth.record.records import Wanted
    from archgen.growth.record.renaming import Renames

    project = begin(how)
    answers = Renames(project.record)
    (name,), (new,) = split_place(name, "module"), split_place(new, "module")
    answers.rename_module(name, new)
    wanted = Wanted(answers.document, f"rename module {name} {new}", called=(name, new))

    def tell(record: Mapping[str, Any]) -> list[str]:
        return list(_tell(project.record, record, name, new))

    package = project.record["package"]
    apply(
        project,
        wanted,
        how,
        more=tell,
        words=list(_list_words(name)),
        moved=lambda tree: move_files(tree, package, name, new),
    )


def _tell(
    before: Mapping[str, Any], after: Mapping[str, Any], old: str, new: str
) -> Iterator[str]:
    """What keeps the former name, and what does not go on under it."""
    module = next(one for one in after["modules"] if one["name"] == new)
    if "stored_as" in module:
        yield f"tables stay in {module['stored_as']}, which is what the database calls it (stored_as in archgen.yaml)"
    if module["part"] == old:
        yield f"the part {old} keeps its name, and what is called by it: database, roles, containers or functions, queues"
    if any(entity["publishes"] for entity in module["entities"]):
        yield (
            f"events {old}.* are {new}.* from now on: those that wait under the former name are not handled; "
            "let them arrive before, and roll out who reacts first"
        )
    if module["subscribes"]:
        yield f"handlers {old}.* are {new}.* from now on: events that wait for the former are not handled; let them arrive before"
    parts = sorted(
        {one["part"] for one in before["modules"] if old in one["uses"]}
        - {module["part"]}
    )
    if parts:
        yield f"{', '.join(parts)}: asks {module['part']} by another path from now on; roll both out together"


def _list_words(name: str) -> Iterator[str]:
    """What generated code makes of a module's name."""
    from archgen.domain.naming import to_class_name

    cls = to_class_name(name)
    yield name
    yield from (
        f"{name}_{word}"
        for word in ("service", "router", "wiring", "client", "contract", "factories")
    )
    yield from (
        f"{cls}{word}" for word in ("Service", "UnitOfWork", "EventHandlers", "Client")
    )
