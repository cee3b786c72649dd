"""Files as fields of rows: what a module with such fields tells the one that keeps
files, in the same commit as the row.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, cast
from uuid import UUID

from .events import Event, PublishingUnitOfWork
from .unit_of_work import BaseUnitOfWork


@dataclass(frozen=True, slots=True, kw_only=True)
class RowFilesChanged(Event):
    """A row has come to refer to files, or refers to them no more.

    `owner_id`: whose the row is, where rows have owners. Each module's own event of this
    kind, in its contract, has a type of its own.
    """

    row_id: UUID
    owner_id: UUID | None
    taken: list[UUID]
    left: list[UUID]


class FileFields(BaseUnitOfWork):
    """Stands before a publishing unit of work: `class PostsUnitOfWork(FileFields,
    PublishingSqlUnitOfWork)`.

    `file_fields`: by repository, the fields that hold the id of a file, ids of files or
    None; `files_changed`: the event of the module's contract.
    """

    file_fields: ClassVar[Mapping[str, tuple[str, ...]]]
    files_changed: ClassVar[type[RowFilesChanged]]

    async def commit(self) -> None:
        unit = cast("PublishingUnitOfWork", self)
        for (name, row_id), (before, after) in self.staged.changes.items():
            fields = self.file_fields.get(name, ())
            old, new = _files(before, fields), _files(after, fields)
            if old != new:
                owner = getattr(after, "owner_id", None)
                unit.publish(
                    self.files_changed(
                        row_id=row_id,
                        owner_id=owner,
                        taken=sorted(new - old),
                        left=sorted(old - new),
                    )
                )
        await super().commit()


def _files(row: Any, fields: Iterable[str]) -> set[UUID]:
    found: set[UUID] = set()
    for field in fields:
        value = getattr(row, field, None)
        if isinstance(value, UUID):
            found.add(value)
        elif value is not None:
            found.update(value)
    return found
