"""What becomes of stored values when their column gets another type, the same on each
database; `migrate.py` brings it in.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic.ddl.postgresql import PostgresqlImpl
from alembic.ddl.sqlite import SQLiteImpl

from ...chassis.mechanism.sql import FixedDecimal


class Postgres(PostgresqlImpl):
    """Casts what PostgreSQL would not cast by itself; what is too long is refused, and
    not cut.
    """

    __dialect__ = "postgresql"

    def alter_column(self, table_name: str, column_name: str, **kw: Any) -> None:
        old = kw.get("existing_type")
        new = kw.get("type_")
        if (
            old is not None
            and new is not None
            and old._type_affinity is not new._type_affinity
        ):
            target = "text"
            if not isinstance(new, sa.String):
                target = new.compile(self.dialect)
            column = self.dialect.identifier_preparer.quote(column_name)
            kw.setdefault("postgresql_using", f"{column}::{target}")
        super().alter_column(table_name, column_name, **kw)


class Sqlite(SQLiteImpl):
    """Knows FixedDecimal, whose smallest unit depends on its scale, and refuses what
    PostgreSQL would refuse.
    """

    __dialect__ = "sqlite"

    def requires_recreate_in_batch(self, batch_op: Any) -> bool:
        # the types that the migration says, which SQLite itself does not know
        self._told: dict[str, Any] = {}
        for name, arguments, keywords in batch_op.batch:
            told = keywords.get("existing_type")
            if name == "alter_column" and told is not None:
                self._told[arguments[1]] = told
        return bool(super().requires_recreate_in_batch(batch_op))

    def cast_for_batch_migrate(
        self, existing: Any, existing_transfer: Any, new_type: Any
    ) -> None:
        stored = existing_transfer["expr"]
        old = self._told.get(stored.name, existing.type)
        if isinstance(new_type, sa.String) and new_type.length is not None:
            self._refuse(stored, sa.func.length(stored) > new_type.length, new_type)
        if isinstance(old, FixedDecimal) or isinstance(new_type, FixedDecimal):
            existing_transfer["expr"] = self._of_money(stored, old, new_type)
        elif isinstance(old, sa.Double) and isinstance(new_type, sa.Integer):
            self._refuse(stored, sa.func.abs(stored) >= 2.0**63, new_type)
            existing_transfer["expr"] = _whole(stored, new_type)
        else:
            super().cast_for_batch_migrate(existing, existing_transfer, new_type)

    def _of_money(self, stored: Any, old: Any, new: Any) -> Any:
        before = _scale(old)
        after = _scale(new)
        if before is None:
            number = sa.cast(stored, sa.REAL)
            return sa.cast(sa.func.round(number * 10**after), sa.BigInteger)
        if before == 0 and after is None:
            return sa.cast(stored, new)
        units = sa.func.abs(stored, type_=sa.BigInteger)
        if after is None:
            one = 10**before
            minus = sa.case((stored < 0, "-"), else_="")
            digits = sa.func.printf(
                f"%s%d.%0{before}d", minus, units // one, units % one
            )
            return sa.cast(digits, new)
        if after < before:
            sign = sa.case((stored < 0, -1), else_=1)
            unit = 10 ** (before - after)
            return (units + unit // 2) // unit * sign
        more = after - before
        self._refuse(stored, units >= 10 ** (18 - more), new)
        return stored * 10**more

    def _refuse(self, stored: Any, unfit: Any, new: Any) -> None:
        connection: Any = self.connection
        unfitting = sa.select(sa.func.count()).select_from(stored.table).where(unfit)
        count = connection.scalar(unfitting)
        if count:
            raise SystemExit(
                f"Nothing was changed: {count} values of {stored.table.name}.{stored.name} do not fit {new!r}"
            )


def _whole(stored: Any, new: Any) -> Any:
    """A double as PostgreSQL makes it whole: the nearest, and of two the even one."""
    halfway = stored - sa.cast(stored, sa.BigInteger)
    even = sa.func.round(stored / 2) * 2
    nearest = sa.case((sa.func.abs(halfway) == 0.5, even), else_=sa.func.round(stored))
    return sa.cast(nearest, new)


def _scale(kind: Any) -> Any:
    """The digits behind the point of what is stored as a whole number; None where it is
    not.
    """
    if isinstance(kind, FixedDecimal):
        return kind.scale
    if isinstance(kind, sa.Integer):
        return 0
    return None
