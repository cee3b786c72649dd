"""A generated project whose owner changes its tables, and the rows that are in them, on
SQLite or PostgreSQL.
"""

from __future__ import annotations

import asyncio
import json
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import create_async_engine
from tests.support.projects import Project, new

AT = "2026-01-01 00:00:00+00:00"
ID = "00000000-0000-0000-0000-00000000000"
DOMAIN = {
    "modules": {
        "lab": {
            "entities": {
                "test": {
                    "lists": [["name"]],
                    "fields": {
                        "name": {"type": "string", "required": True},
                        "price": {"type": "decimal"},
                        "parent": {"type": "reference", "to": "lab.test"},
                    },
                },
                "run": {
                    "fields": {
                        "test": {
                            "type": "reference",
                            "to": "lab.test",
                            "required": True,
                        }
                    }
                },
            }
        }
    }
}


@dataclass(frozen=True)
class Lab:
    """A project with a module of two tables, of which one refers to the other and to
    itself; `url`: of a PostgreSQL.
    """

    project: Project
    url: str = ""

    @property
    def migrations(self) -> list[Path]:
        """The revisions after the first."""
        folder = (
            self.project.folder / "src" / self.project.folder.name / "lab/migrations"
        )
        return sorted(folder.glob("[1-9]*.py"))

    def make(self, target: str, *arguments: str) -> str:
        return self.project.make(
            target, *arguments, *([f"DATABASE_URL={self.url}"] if self.url else [])
        )

    def revise(self, *arguments: str) -> str:
        return self.make("migration", "MODULE=lab", "NAME=a change", *arguments)

    def edit(self, *changes: tuple[str, str]) -> None:
        """Changes of `repository.py`: what stands there, and what stands there then."""
        path = (
            self.project.folder / "src" / self.project.folder.name / "lab/repository.py"
        )
        text = path.read_text()
        for before, after in changes:
            assert before in text, before
            text = text.replace(before, after, 1)
        path.write_text(text)

    def fill(self, *names: str, price: int | str | None = None) -> None:
        """Rows that refer to themselves, and for each one that refers to it. `price`:
        as the database keeps it.
        """
        for n, name in enumerate(names):
            own = f"{ID}{n}" if self.url else f"{ID}{n}".replace("-", "")
            row = f"'{own}', 1, '{AT}', '{AT}'"
            value = "NULL" if price is None else price
            self.run(
                f"INSERT INTO tests (id, version, created_at, updated_at, name, price, parent) VALUES ({row}, '{name}', {value}, '{own}')",
                f"INSERT INTO runs (id, version, created_at, updated_at, test) VALUES ({row}, '{own}')",
            )

    def run(self, *statements: str) -> list[Any]:
        """The rows that the last of these statements gives."""
        if not self.url:
            with (
                closing(
                    sqlite3.connect(self.project.folder / ".data/lab.sqlite")
                ) as connection,
                connection,
            ):
                return [
                    connection.execute(statement).fetchall() for statement in statements
                ][-1]
        return asyncio.run(self._run(statements))

    async def _run(self, statements: tuple[str, ...]) -> list[Any]:
        engine = create_async_engine(self.url)
        found: list[Any] = []
        try:
            async with engine.begin() as connection:
                await connection.execute(sa.text("SET search_path TO lab"))
                for statement in statements:
                    result = await connection.execute(sa.text(statement))
                    found = (
                        [tuple(row) for row in result] if result.returns_rows else []
                    )
        finally:
            await engine.dispose()
        return found


def lab(folder: Path, name: str = "chemistry", url: str = "") -> Lab:
    answers = folder / f"{name}.json"
    answers.write_text(json.dumps(DOMAIN))
    return Lab(
        new(folder, name, "--answers", str(answers), "--architecture", "monolith"), url
    )
