"""Tables that a project of archgen has made: what they tell of its answers, beyond what
those of others do.

A schema tells entities, fields with types as the database has them, references and
references to several within a module, what is unique, by which indexes rows are listed,
who owns and who changed them. What it does not tell stands in `docs/reference.md`
(Domains from elsewhere), and is what `tests/exchange/test_reflected.py` leaves out when
it compares.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from archgen.domain import naming
from archgen.domain.schema import AUDIT, OWNER, SEARCH_WORDS, TIMES

if TYPE_CHECKING:
    from archgen.exchange.tables import Table

EVERY_ROW = ("id", "version", "created_at", "updated_at")
OWNER_ID = "owner_id"
BY_ITSELF = ("accounts", "files")  # modules that a project brings
# columns of a table of links, beside the two ids
BESIDE_LINKS = ("position", "row_owner_id")


class Link(NamedTuple):
    """A table of links: the field of `table` that it keeps, and the table or (across
    modules) the entity that it goes to.
    """

    table: str
    field: str
    to: str | None
    entity: str
    ordered: bool


def is_module(names: Collection[str]) -> bool:
    """Whether these are the tables of a module of a project."""
    return {"alembic_version", "processed"} <= set(names)


def settle(tables: Mapping[str, Table]) -> None:
    """Ids as a project's own code keeps them in SQLite, which has no type for them."""
    if not any(
        table.key == ["id"] and set(table.columns) >= set(EVERY_ROW)
        for table in tables.values()
    ):
        return
    for table in tables.values():
        for column in table.columns.values():
            if column.written.upper() == "CHAR(32)":
                column.type, column.length = "uuid", None


def is_own(table: Table) -> bool:
    """Whether a project has made it for an entity."""
    return (
        table.key == ["id"]
        and set(table.columns) >= set(EVERY_ROW)
        and table.columns["id"].type == "uuid"
    )


def find_link(table: Table, tables: Mapping[str, Table]) -> Link | None:
    """What the table keeps, where it is one of links."""
    beside = set(table.columns) - set(table.key)
    if len(table.key) != 2 or not beside <= set(BESIDE_LINKS):
        return None
    goes = {
        key.columns[0]: key.table for key in table.references if len(key.columns) == 1
    }
    holder = tables.get(goes.get(table.key[0], ""))
    if (
        holder is None
        or not is_own(holder)
        or not table.name.startswith(f"{holder.name}_")
    ):
        return None
    entity = table.key[1].removeprefix("other_").removesuffix("_id")
    return Link(
        holder.name,
        table.name[len(holder.name) + 1 :],
        goes.get(table.key[1]),
        entity,
        "position" in beside,
    )


def find_names(tables: Mapping[str, Table]) -> dict[str, str]:
    """What entities are called, by table, as far as columns of links say it: `dock_id`
    goes to a row of a `dock`.
    """
    found = {}
    for table in tables.values():
        if (link := find_link(table, tables)) is not None:
            found[link.table] = table.key[0].removesuffix("_id")
            if link.to is not None:
                found[link.to] = link.entity
    return found


def kept_by_itself(table: Table) -> Iterator[str]:
    """The columns of no field: those of every row, and those of what `describe` says."""
    yield from EVERY_ROW
    yield OWNER_ID
    if is_audited(table):
        yield from AUDIT
    if SEARCH_WORDS in table.columns:
        yield SEARCH_WORDS


def is_audited(table: Table) -> bool:
    return all(
        name in table.columns and table.columns[name].type == "uuid" for name in AUDIT
    )


def describe(table: Table, tables: Mapping[str, Table]) -> dict[str, Any]:
    """What its entity says in the answers: access, where rows have owners, lists, what
    is unique together, and audit.
    """
    by_itself = set(kept_by_itself(table))
    said: dict[str, Any] = {
        "order": [name for name in table.columns if name not in by_itself]
    }
    if access := _access(table, tables):
        said["access"] = access
    if lists := [list(one) for one in _lists(table)]:
        said["lists"] = lists[:8]
    rules = [
        [OWNER if name == OWNER_ID else name for name in columns]
        for columns in table.uniques
        if len(columns) > 1
    ]
    if rules:
        said["unique"] = rules
    if is_audited(table):
        said["audit"] = True
    return said


def is_indexed(table: Table, column: str) -> bool:
    """Whether rows may be listed by this field alone."""
    return [column, "id"] in table.indexes and naming.check_filter(column) is None


def is_unlisted(table: Table, reference: str, tables: Mapping[str, Table]) -> bool:
    """Whether rows are surely not listed by a reference within the module, which has an
    index anyway: an owner's have none for it.
    """
    return (
        _access(table, tables).get("read") == "owner"
        and [OWNER_ID, reference, "id"] not in table.indexes
    )


def _lists(table: Table) -> Iterator[list[str]]:
    """What an index of several fields serves; that it may be the other way round, none
    of them tells.
    """
    for *columns, last in table.indexes:
        alone = len(columns) == 1 and (
            columns[0] in TIMES or naming.check_filter(columns[0]) is not None
        )
        if last == "id" and OWNER_ID not in columns and (len(columns) > 1 or alone):
            yield columns


def _access(table: Table, tables: Mapping[str, Table]) -> dict[str, str]:
    """`read: owner` where each list has an index for an owner's rows besides, or
    nothing says that there is none.
    """
    if OWNER_ID not in table.columns:
        return {}
    for_owners = [columns for columns in table.indexes if columns[0] == OWNER_ID]
    links = [
        one
        for one in tables.values()
        if (link := find_link(one, tables)) and link.table == table.name
    ]
    linked = any("row_owner_id" in one.columns for one in links)
    local = {key.columns[0] for key in table.references}
    others = [
        columns for columns in table.indexes if columns[0] not in {OWNER_ID, *local}
    ]
    if (
        linked
        or any(len(columns) > 2 for columns in for_owners)
        or (for_owners and not others)
    ):
        return {"read": "owner", "write": "owner"}
    return {"write": "owner"}
