"""The database of a generated project gives its domain again, whatever that is: of
domains that are drawn from all of the language.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from tests.exchange.test_reflected import reflected, same, write
from tests.parity.systems import create_database
from tests.strategies import draw_one
from tests.support.postgres import postgres
from tests.support.samples import times

COUNT = times(8, 2, "ARCHGEN_EXAMPLES")


def drawn(number: int) -> dict[str, Any]:
    """Answers, every third with files."""
    return {"modules": draw_one(number, in_sql=True, with_files=number % 3 == 0)}


@pytest.mark.few(1)
@pytest.mark.parametrize("number", [11, 13, 18])
def test_sqlite_gives_a_domain_again_that_was_drawn(
    number: int, tmp_path: Path
) -> None:
    answers, folder = drawn(number), tmp_path / "data"
    made = write(tmp_path, f"drawn_{number}", answers)
    found = reflected(made, f"sqlite+aiosqlite:///{folder}", f"sqlite:///{folder}")
    same(answers, found, "sqlite")


@pytest.mark.real
@pytest.mark.timeout(1800)
def test_postgresql_gives_each_domain_again_that_was_drawn(
    tmp_path: Path, containers: None
) -> None:
    with postgres() as server:
        plain = server.replace("+asyncpg", "+psycopg")
        for number in range(COUNT):
            case, answers = f"drawn_{number}", drawn(number)
            create_database(server, case)
            folder = tmp_path / case
            folder.mkdir()
            made = write(folder, case, answers)
            found = reflected(made, f"{server}/{case}", f"{plain}/{case}")
            same(answers, found, "postgresql")


def test_a_plural_of_ones_own_is_found_by_what_another_module_calls_its_rows(
    tmp_path: Path,
) -> None:
    """`crate_id` of a table of links goes to a row of `crate_list`, where no table is
    called as crates are.
    """
    crate = {"plural": "crate_list", "fields": {"code": {"type": "string"}}}
    held = {"type": "references", "to": "store.crate", "max": 4, "ordered": True}
    ship = {"fields": {"crates": held}}
    answers = {
        "modules": {
            "store": {"entities": {"crate": crate}},
            "fleet": {"entities": {"ship": ship}},
        }
    }
    made = write(tmp_path, "plural", answers)
    folder = tmp_path / "data"
    found = reflected(made, f"sqlite+aiosqlite:///{folder}", f"sqlite:///{folder}")
    same(answers, found, "sqlite")
    stored = found.document["modules"]["store"]["entities"]["crate"]
    assert stored["plural"] == "crate_list"
