"""`make migrate`: the tables of every part, in the database that `make dev` gives it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from shop.apps.migrate import PARTS


def test_each_part_is_migrated_in_a_database_of_its_own(tmp_path: Path) -> None:
    environment = {
        **os.environ,
        "PYTHONPATH": str(Path("src").absolute()),
        "DATABASE_URL": f"sqlite+aiosqlite:///{tmp_path}/data",
    }
    subprocess.run(
        [sys.executable, "-m", "shop.apps.migrate"],
        cwd=tmp_path,
        env=environment,
        check=True,
    )
    found = {
        path.parent.relative_to(tmp_path / "data").as_posix()
        for path in tmp_path.rglob("*.sqlite")
    }
    assert found == set(PARTS)
