"""Where a project comes to another formatter, its owner's code is laid out by it before
the merge; else it stays as it is.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from archgen.growth.merge.merging import merge
from archgen.growth.merge.restyling import lay_out_alike
from archgen.growth.trees.store import Store

RECORD = "name: lib\n"
LAID_OUT = "VALUE = {'a':1}\n"


def settings(ruff: str) -> str:
    return f'[project]\nname = "lib"\n\n[dependency-groups]\ndev = [\n    "pytest>=9",\n    "ruff{ruff}",\n]\n'


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "store")


def keep(store: Store, place: Path, files: dict[str, str]) -> str:
    for path, text in {"archgen.yaml": RECORD, **files}.items():
        (place / path).parent.mkdir(parents=True, exist_ok=True)
        (place / path).write_text(text)
    return store.keep(place)


def test_code_is_laid_out_anew_for_another_formatter_and_what_is_no_python_stays(
    store: Store, tmp_path: Path
) -> None:
    mine = {"src/a.py": LAID_OUT, "src/broken.py": "def (:\n", "notes.md": "a  b\n"}
    base = keep(store, tmp_path / "base", {"pyproject.toml": settings(">=0.16,<0.17")})
    yours = keep(
        store, tmp_path / "yours", {"pyproject.toml": settings(">=0.16,<0.17"), **mine}
    )
    new = keep(store, tmp_path / "new", {"pyproject.toml": settings(">=0.17,<0.18")})
    tree = store.list_files(
        lay_out_alike(store, base, yours, new, tmp_path / "laid-out")
    )
    assert store.read(tree["src/a.py"].blob) == b'VALUE = {"a": 1}\n'
    assert (
        store.read(tree["src/broken.py"].blob) == b"def (:\n"
        and store.read(tree["notes.md"].blob) == b"a  b\n"
    )


def test_code_stays_as_it_is_for_the_same_formatter(
    store: Store, tmp_path: Path
) -> None:
    files = {"pyproject.toml": settings(">=0.17,<0.18")}
    base, new = (
        keep(store, tmp_path / "base", files),
        keep(store, tmp_path / "new", {**files, "more": "x"}),
    )
    yours = keep(store, tmp_path / "yours", {**files, "src/a.py": LAID_OUT})
    assert lay_out_alike(store, base, yours, new, tmp_path / "laid-out") == yours


def test_a_change_of_style_is_nobodys_conflict(store: Store, tmp_path: Path) -> None:
    """What an old formatter laid out otherwise, and its owner edited, meets a change of
    the same lines' neighbours.
    """
    old, styled = (
        "VALUE = {'a':1}\nOTHER = {'b':2}\nLAST = 1\n",
        'VALUE = {"a": 1}\nOTHER = {"b": 2}\nLAST = 1\n',
    )
    pins = [
        {"pyproject.toml": settings(pin)} for pin in (">=0.16,<0.17", ">=0.17,<0.18")
    ]
    # rendered again, by the formatter at hand
    base = keep(store, tmp_path / "base", {**pins[0], "a.py": styled})
    yours = keep(
        store,
        tmp_path / "yours",
        {**pins[0], "a.py": old.replace("LAST = 1", "LAST = 2")},
    )
    new = keep(
        store,
        tmp_path / "new",
        {**pins[1], "a.py": styled.replace('{"a": 1}', '{"a": 3}')},
    )
    laid_out = lay_out_alike(store, base, yours, new, tmp_path / "laid-out")
    outcome = merge(store, base, laid_out, new)
    assert outcome.conflicts == ()
    assert (
        store.read(outcome.result["a.py"].blob)
        == b'VALUE = {"a": 3}\nOTHER = {"b": 2}\nLAST = 2\n'
    )
    as_it_was = merge(store, base, yours, new)
    # which make check would refuse
    assert b"OTHER = {'b':2}" in store.read(as_it_was.result["a.py"].blob)
