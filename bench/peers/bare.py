"""What an endpoint costs with FastAPI and nothing else: the same work on the same data
as the generated project.

`uvicorn bench.peers.bare:create_app --factory`, with DATABASE_URL, CACHE_URL and TOKEN
of the environment. Nobody would run this: it checks no token, bounds nothing and counts
nothing.
"""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from bench.peers import checkout
from fastapi import FastAPI, Response
from pydantic import BaseModel, ConfigDict
from redis import asyncio as redis
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    pass


class Product(Base):
    __tablename__ = "products"
    __table_args__ = {"schema": "inventory"}  # noqa: RUF012 - as SQLAlchemy has it

    id: Mapped[UUID] = mapped_column(primary_key=True)
    version: Mapped[int]
    created_at: Mapped[datetime] = mapped_column(sa.DateTime(timezone=True))
    updated_at: Mapped[datetime] = mapped_column(sa.DateTime(timezone=True))
    sku: Mapped[str]
    name: Mapped[str]
    description: Mapped[str | None]
    price: Mapped[Decimal]
    category: Mapped[str | None]
    stock: Mapped[int]


class ProductOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    id: UUID
    sku: str
    name: str
    description: str | None
    price: Decimal
    category: str | None
    stock: int
    created_at: datetime
    updated_at: datetime


def create_app() -> FastAPI:
    engine = create_async_engine(
        os.environ["DATABASE_URL"], pool_size=10, max_overflow=0
    )
    reading = engine.execution_options(isolation_level="AUTOCOMMIT")
    sessions = async_sessionmaker(engine, class_=AsyncSession)
    cache: Any = redis.Redis.from_url(
        os.environ["CACHE_URL"].replace("valkey://", "redis://")
    )
    table = Product.__table__

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        yield
        await engine.dispose()
        await cache.aclose()

    app = FastAPI(lifespan=lifespan)

    @app.get("/cached/{product_id}")
    async def cached(product_id: UUID) -> Response:
        return Response(
            await cache.get(f"bare:{product_id}"), media_type="application/json"
        )

    @app.get("/core/{product_id}")
    async def core(product_id: UUID) -> ProductOut:
        async with reading.connect() as connection:
            row = (
                await connection.execute(
                    sa.select(table).where(table.c.id == product_id)
                )
            ).one()
        return ProductOut.model_validate(row)

    @app.get("/orm")
    async def orm() -> list[ProductOut]:
        async with sessions() as session:
            found = await session.scalars(
                sa.select(Product).order_by(Product.id.desc()).limit(20)
            )
        return [ProductOut.model_validate(row) for row in found]

    @app.post("/orders", status_code=201)
    async def order(body: checkout.OrderIn) -> checkout.OrderOut:
        return await checkout.settle(engine, table, body)

    return app
