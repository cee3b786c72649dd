"""Lists that both the owner and archgen add to are merged as lists; what a person would not join stays a conflict."""

from __future__ import annotations

from pathlib import Path

import pytest

from archgen.growth.lists import merge_lists
from archgen.growth.store import Store

ROOT = """\
from fastapi import FastAPI

from lib import accounts, catalog
from lib.apps.settings import Settings
from lib.chassis.mechanism.sql import Database

app = FastAPI()
"""
PROJECT = '[project]\ndependencies = [\n    "alembic>=1.20,<2",\n    "zxcvbn>=4.5,<5",\n]\n'
COMPOSE = "services:\n  app:\n    image: lib\n\nvolumes:\n  data: {}\n"
MODEL = "class Book:\n    title: str\n    price: Decimal\n\n\nLISTS = ()\n"
TABLE = 'books = sa.Table(\n    "books",\n    sa.Column("title", sa.String(9)),\n)\n'


def merged(tmp_path: Path, path: str, base: str, yours: str, new: str) -> str | None:
    found = merge_lists(Store(tmp_path / "store"), path, yours.encode(), base.encode(), new.encode())
    return None if found is None else found.decode()


def test_imports_are_merged_by_the_names_that_they_import(tmp_path: Path) -> None:
    yours = ROOT.replace("accounts, catalog\n", "accounts, catalog\nfrom lib.audit import Audit\n")
    new = ROOT.replace("accounts, catalog\n", "accounts, catalog, clubs\n")
    found = merged(tmp_path, "src/lib/apps/app.py", ROOT, yours, new)
    assert found == ROOT.replace("accounts, catalog\n", "accounts, catalog, clubs\nfrom lib.audit import Audit\n")


def test_names_that_both_import_from_one_module_are_there_and_what_one_side_drops_is_not(tmp_path: Path) -> None:
    yours = ROOT.replace("accounts, catalog\n", "accounts, audit, catalog\n")
    new = ROOT.replace("accounts, catalog\n", "catalog, clubs\n")
    assert "from lib import audit, catalog, clubs\n" in (merged(tmp_path, "a.py", ROOT, yours, new) or "")


@pytest.mark.parametrize(
    ("path", "base", "after", "mine", "theirs"),
    [
        ("pyproject.toml", PROJECT, '<2",\n', '    "boto3>=1",\n', '    "aiokafka>=0.14,<0.15",\n'),
        ("deploy/compose.yaml", COMPOSE, "lib\n", "  mailer:\n    image: mine\n", "  worker:\n    image: lib\n"),
        ("domain.py", MODEL, "Decimal\n", "    shelf: str | None = None\n", "    pages: int | None = None\n"),
        (
            "repository.py",
            TABLE,
            "(9)),\n",
            '    sa.Column("shelf", sa.Text()),\n',
            '    sa.Column("pages", sa.Date()),\n',
        ),
    ],
    ids=["dependencies", "services", "fields", "columns"],
)
def test_items_that_both_add_at_one_place_are_both_there(
    tmp_path: Path, path: str, base: str, after: str, mine: str, theirs: str
) -> None:
    found = merged(tmp_path, path, base, base.replace(after, after + mine, 1), base.replace(after, after + theirs, 1))
    assert found == base.replace(after, after + mine + theirs, 1)


@pytest.mark.parametrize(
    ("path", "base", "old", "mine", "theirs"),
    [
        ("pyproject.toml", PROJECT, "alembic>=1.20,<2", "alembic>=1.21,<2", "alembic>=1.22,<2"),
        ("deploy/compose.yaml", COMPOSE, "image: lib", "image: mine", "image: other"),
        ("domain.py", MODEL, "price: Decimal", "price: int", "price: float"),
        ("domain.py", MODEL, "LISTS = ()", "LISTS = (1,)", "LISTS = (2,)"),
        (
            "a.py",
            ROOT,
            "from lib import accounts, catalog",
            "from lib import accounts  # ours",
            "from lib import clubs",
        ),
        ("README.md", "one\n", "one", "two", "three"),
    ],
)
def test_what_both_say_otherwise_stays_a_conflict(
    tmp_path: Path, path: str, base: str, old: str, mine: str, theirs: str
) -> None:
    assert merged(tmp_path, path, base, base.replace(old, mine), base.replace(old, theirs)) is None


def test_a_service_that_both_add_under_one_name_stays_a_conflict(tmp_path: Path) -> None:
    mine, theirs = (COMPOSE.replace("lib\n", f"lib\n  worker:\n    image: {name}\n", 1) for name in ("a", "b"))
    assert merged(tmp_path, "compose.yaml", COMPOSE, mine, theirs) is None
