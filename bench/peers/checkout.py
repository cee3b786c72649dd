"""An order settled by bare code: the five transactions that the generated modules make
of it, one after the other.

Each takes the event of the one before and leaves the next, in SQLAlchemy Core, within
the request: no relay, no inbox, no retry, no cache, nobody to ask who it is. Its rows
lie in tables of its own beside those of the generated project.
"""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import sqlalchemy as sa
from pydantic import BaseModel
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

metadata = sa.MetaData(schema="bare")
orders = sa.Table(
    "orders",
    metadata,
    sa.Column("id", sa.Uuid(), primary_key=True),
    sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
    sa.Column("lines", sa.JSON(), nullable=False),
    sa.Column("total", sa.Numeric(18, 2), nullable=False),
    sa.Column("payment_method", sa.String(64), nullable=False),
    sa.Column("status", sa.String(16), nullable=False),
)
reservations = sa.Table(
    "reservations",
    metadata,
    sa.Column("id", sa.Uuid(), primary_key=True),
    sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
    sa.Column("lines", sa.JSON(), nullable=False),
)
payments = sa.Table(
    "payments",
    metadata,
    sa.Column("id", sa.Uuid(), primary_key=True),
    sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
    sa.Column("order_id", sa.Uuid(), nullable=False, unique=True),
    sa.Column("amount", sa.Numeric(18, 2), nullable=False),
)
events = sa.Table(
    "events",
    metadata,
    sa.Column("id", sa.Uuid(), primary_key=True),
    sa.Column("type", sa.String(200), nullable=False),
    sa.Column("order_id", sa.Uuid(), nullable=False),
)


class LineIn(BaseModel):
    product_id: UUID
    quantity: int


class OrderIn(BaseModel):
    lines: list[LineIn]
    payment_method: str


class OrderOut(BaseModel):
    id: UUID
    status: str
    total: Decimal


async def settle(engine: AsyncEngine, products: Any, body: OrderIn) -> OrderOut:
    order_id, wanted, now = uuid4(), body.lines[0], datetime.now(UTC)
    lines = [{"product_id": str(wanted.product_id), "quantity": wanted.quantity}]
    async with engine.begin() as connection:
        price = sa.select(products.c.price).where(products.c.id == wanted.product_id)
        total = (await connection.execute(price)).scalar_one() * wanted.quantity
        row = {
            "id": order_id,
            "created_at": now,
            "lines": lines,
            "total": total,
            "status": "pending",
        }
        await connection.execute(
            orders.insert().values(**row, payment_method=body.payment_method)
        )
        event = await _leave(connection, "placed", order_id)
    async with engine.begin() as connection:
        await _take(connection, event)
        left = products.c.stock - wanted.quantity
        take = products.update().values(
            stock=left, version=products.c.version + 1, updated_at=now
        )
        changed = await connection.execute(
            take.where(products.c.id == wanted.product_id, left >= 0)
        )
        assert changed.rowcount == 1
        await connection.execute(
            reservations.insert().values(id=order_id, created_at=now, lines=lines)
        )
        event = await _leave(connection, "reserved", order_id)
    async with engine.begin() as connection:
        await _take(connection, event)
        order = (
            await connection.execute(sa.select(orders).where(orders.c.id == order_id))
        ).one()
        event = await _leave(connection, "payment_requested", order_id)
    async with engine.begin() as connection:
        await _take(connection, event)
        payment = {
            "id": uuid4(),
            "created_at": now,
            "order_id": order_id,
            "amount": order.total,
        }
        await connection.execute(payments.insert().values(payment))
        event = await _leave(connection, "captured", order_id)
    async with engine.begin() as connection:
        await _take(connection, event)
        await connection.execute(
            orders.update().values(status="confirmed").where(orders.c.id == order_id)
        )
    return OrderOut(id=order_id, status="confirmed", total=total)


async def _leave(connection: AsyncConnection, kind: str, order_id: UUID) -> UUID:
    event = uuid4()
    await connection.execute(
        events.insert().values(id=event, type=kind, order_id=order_id)
    )
    return event


async def _take(connection: AsyncConnection, event: UUID) -> None:
    taken = await connection.execute(events.delete().where(events.c.id == event))
    assert taken.rowcount == 1
