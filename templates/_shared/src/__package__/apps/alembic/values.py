"""What becomes of stored values when their column gets another type, the same on each database; `env.py` brings it in."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic.ddl.postgresql import PostgresqlImpl
from alembic.ddl.sqlite import SQLiteImpl

from ...chassis.sql import FixedDecimal


class Postgres(PostgresqlImpl):
    """Casts what PostgreSQL would not cast by itself; what is too long is refused, and not cut."""

    __dialect__ = "postgresql"

    def alter_column(self, table_name: str, column_name: str, **kw: Any) -> None:
        old, new = kw.get("existing_type"), kw.get("type_")
        if old is not None and new is not None and old._type_affinity is not new._type_affinity:
            target = "text" if isinstance(new, sa.String) else new.compile(self.dialect)
            column = self.dialect.identifier_preparer.quote(column_name)
            kw.setdefault("postgresql_using", f"{column}::{target}")
        super().alter_column(table_name, column_name, **kw)


class Sqlite(SQLiteImpl):
    """Knows FixedDecimal, whose smallest unit depends on its scale, and refuses what PostgreSQL would refuse."""

    __dialect__ = "sqlite"

    def requires_recreate_in_batch(self, batch_op: Any) -> bool:
        self._told: dict[str, Any] = {}  # the types that the migration says, which SQLite itself does not know
        for name, arguments, keywords in batch_op.batch:
            if name == "alter_column" and keywords.get("existing_type") is not None:
                self._told[arguments[1]] = keywords["existing_type"]
        return bool(super().requires_recreate_in_batch(batch_op))

    def cast_for_batch_migrate(self, existing: Any, existing_transfer: Any, new_type: Any) -> None:
        stored = existing_transfer["expr"]
        old = self._told.get(stored.name, existing.type)
        if isinstance(new_type, sa.String) and new_type.length is not None:
            self._refuse(stored, sa.func.length(stored) > new_type.length, new_type)
        if isinstance(old, FixedDecimal) or isinstance(new_type, FixedDecimal):
            existing_transfer["expr"] = self._of_money(stored, old, new_type)
        else:
            super().cast_for_batch_migrate(existing, existing_transfer, new_type)

    def _of_money(self, stored: Any, old: Any, new: Any) -> Any:
        before, after = _scale(old), _scale(new)
        if before is None:
            return sa.cast(sa.func.round(sa.cast(stored, sa.REAL) * 10**after), sa.BigInteger)
        units, sign = sa.func.abs(stored, type_=sa.BigInteger), sa.case((stored < 0, -1), else_=1)
        if after is None:
            one = 10**before
            digits = sa.func.printf(
                f"%s%d.%0{before}d", sa.case((stored < 0, "-"), else_=""), units // one, units % one
            )
            return sa.cast(digits if before else stored, new)
        if after < before:
            unit = 10 ** (before - after)
            return (units + unit // 2) // unit * sign
        more = after - before
        self._refuse(stored, units >= 10 ** (18 - more), new)
        return stored * 10**more

    def _refuse(self, stored: Any, unfit: Any, new: Any) -> None:
        connection: Any = self.connection
        count = connection.scalar(sa.select(sa.func.count()).select_from(stored.table).where(unfit))
        if count:
            raise SystemExit(
                f"Nothing was changed: {count} values of {stored.table.name}.{stored.name} do not fit {new!r}"
            )


def _scale(kind: Any) -> Any:
    """The digits behind the point of what is stored as a whole number; None where it is not."""
    if isinstance(kind, FixedDecimal):
        return kind.scale
    return 0 if isinstance(kind, sa.Integer) else None
