"""The command line starts light: `--help` loads nothing that a command alone needs."""

from __future__ import annotations

import subprocess
import sys

import pytest
from tests.cli.conftest import Archgen

HEAVY = {
    "copier",
    "pydantic",
    "jinja2",
    "questionary",
    "prompt_toolkit",
    "rich",
    "yaml",
    "lark",
    "sqlglot",
    "sqlalchemy",
}
COMMANDS = [
    "new",
    "recommend",
    "add",
    "rename",
    "remove",
    "change",
    "contract",
    "evolve",
    "update",
    "status",
    "diff",
    "doctor",
    "presets",
    "schema",
    "import",
    "export",
    "domain",
]


@pytest.mark.few(6)
@pytest.mark.parametrize("command", ["", *COMMANDS])
def test_help_loads_nothing_heavy(command: str) -> None:
    script = (
        "import sys; from archgen.cli.main import run\n"
        f"assert run({[*([command] if command else []), '--help']!r}) == 0\n"
        "print(*sorted({name.partition('.')[0] for name in sys.modules}), file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert "Usage: archgen" in done.stdout
    loaded = HEAVY & set(done.stderr.split())
    # typer itself loads pydantic to read a command's arguments
    assert loaded <= ({"pydantic"} if command else set())


def test_help_names_every_command(archgen: Archgen) -> None:
    told = archgen("--help")
    assert told.code == 0 and all(f"  {command} " in told.out for command in COMMANDS)
    assert "..." not in told.out.partition("Commands:")[2]


def test_nothing_asked_is_help(archgen: Archgen) -> None:
    assert archgen().out == archgen("--help").out


def test_the_version_is_told(archgen: Archgen) -> None:
    from archgen import __version__

    assert archgen("--version").out == f"archgen {__version__}\n"
