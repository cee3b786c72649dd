"""A change of many files is there or not, whenever the process that makes it ends; and
it can be taken back.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from archgen.errors import TargetError
from archgen.growth.trees.journal import Change, File, Journal, Note, read_file

OLD = {
    "a.txt": File(b"a\n", "100644"),
    "run": File(b"#!/bin/sh\n", "100755"),
    "deep/er/gone.txt": File(b"gone\n", "100644"),
    "link": File(b"a.txt", "120000"),
    "stays": File(b"stays\n", "100644"),
}
NEW = {
    "a.txt": File(b"another\r\n", "100644"),
    "run": File(b"#!/bin/sh\n", "100644"),
    "new/folder/b.bin": File(bytes(range(256)), "100755"),
    "link": File(b"stays", "120000"),
    "stays": OLD["stays"],
}


def lay(root: Path) -> None:
    for name, file in OLD.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if file.mode == "120000":
            path.symlink_to(file.content.decode())
        else:
            path.write_bytes(file.content)
            path.chmod(int(file.mode[-3:], 8))


def found(root: Path) -> dict[str, File | None]:
    return {
        path.relative_to(root).as_posix(): read_file(path)
        for path in root.rglob("*")
        if path.is_symlink() or path.is_file()
    }


def note(root: Path, head: str | None = "c1") -> Note:
    names = sorted(OLD.keys() | NEW.keys())
    changes = [
        Change(root / name, OLD.get(name), NEW.get(name))
        for name in names
        if OLD.get(name) != NEW.get(name)
    ]
    return Note("add field a.b.c", head, changes)


@pytest.fixture
def project(tmp_path: Path) -> tuple[Path, Journal]:
    root = tmp_path / "project"
    root.mkdir()
    lay(root)
    state = tmp_path / "state"
    state.mkdir()
    return root, Journal(root, state)


def killed_at(point: int, action: Any) -> bool:
    """Do it in a process that ends before its call of the system number `point`;
    whether it came to its end.
    """
    child = os.fork()
    if child == 0:
        calls = iter(range(point, -1, -1))

        def counted(of: Any, name: str) -> None:
            real = getattr(of, name)

            def call(*arguments: Any, **options: Any) -> Any:
                if next(calls) == 0:
                    os._exit(9)
                return real(*arguments, **options)

            setattr(of, name, call)

        for name in ("replace", "rename", "symlink", "fsync"):
            counted(os, name)
        for name in ("open", "write_bytes", "unlink", "mkdir", "rmdir", "chmod"):
            counted(Path, name)
        try:
            action()
        except BaseException:  # noqa: BLE001 - the child ends here, whatever it was
            os._exit(8)
        os._exit(0)
    _, status = os.waitpid(child, 0)
    code = os.waitstatus_to_exitcode(status)
    assert code in (0, 9)
    return code == 0


def points() -> Iterator[int]:
    yield from range(1000)


def test_killed_at_any_point_the_next_command_finds_it_as_before_or_makes_it_as_after(
    tmp_path: Path,
) -> None:
    outcomes = []
    for point in points():
        root, state = tmp_path / f"{point}" / "project", tmp_path / f"{point}" / "state"
        root.mkdir(parents=True)
        state.mkdir()
        lay(root)
        journal = Journal(root, state)
        done = killed_at(
            point, lambda journal=journal, root=root: journal.write(note(root))
        )
        said = journal.recover()
        outcomes.append(found(root) == NEW)
        assert found(root) in (OLD, NEW), point
        assert (said is not None) <= (found(root) == NEW), point
        assert journal.recover() is None, point
        if done:
            break
    assert outcomes[0] is False and outcomes[-1] is True and len(outcomes) > 20


def test_taking_back_that_is_killed_at_any_point_is_done_by_the_next_command(
    tmp_path: Path,
) -> None:
    for point in points():
        root, state = tmp_path / f"{point}" / "project", tmp_path / f"{point}" / "state"
        root.mkdir(parents=True)
        state.mkdir()
        lay(root)
        journal = Journal(root, state)
        journal.write(note(root))
        done = killed_at(point, lambda journal=journal: journal.abort("c1"))
        journal.recover()
        assert found(root) in (OLD, NEW), point
        if done:
            break
    assert found(root) == OLD and point > 5


def test_what_was_written_is_taken_back_byte_for_byte_with_its_empty_folders(
    project: tuple[Path, Journal],
) -> None:
    root, journal = project
    journal.write(note(root))
    assert found(root) == NEW and not (root / "deep").exists()
    assert journal.abort("c1") == []
    assert found(root) == OLD and not (root / "new").exists()


def test_what_was_edited_since_is_kept_aside_when_all_is_taken_back(
    project: tuple[Path, Journal],
) -> None:
    root, journal = project
    journal.write(note(root))
    (root / "a.txt").write_text("edited\n")
    (said,) = journal.abort("c1")
    assert found(root) == OLD
    assert Path(said.rpartition(" ")[2]).read_text() == "edited\n"


def test_after_a_commit_nothing_is_taken_back(project: tuple[Path, Journal]) -> None:
    root, journal = project
    journal.write(note(root))
    with pytest.raises(TargetError, match="commits since"):
        journal.abort("c2")
    assert found(root) == NEW


def test_a_file_that_was_changed_after_a_kill_is_not_written_over(
    project: tuple[Path, Journal],
) -> None:
    root, journal = project
    for point in points():
        killed_at(point, lambda: journal.write(note(root)))
        if (root.parent / "state/journal").exists():
            break
    (root / "a.txt").write_text("edited\n")
    with pytest.raises(TargetError, match="changed after"):
        journal.recover()
    assert (root / "a.txt").read_text() == "edited\n"
    (said,) = journal.abort("c1")
    assert found(root) == OLD and "a.txt" in said


def test_two_commands_do_not_change_a_project_at_once(
    project: tuple[Path, Journal],
) -> None:
    root, journal = project
    other = Journal(root, journal._state)
    with (
        journal.alone(),
        pytest.raises(TargetError, match="another archgen"),
        other.alone(),
    ):
        pass


def test_what_was_written_is_taken_back_where_the_project_lies_now(
    project: tuple[Path, Journal],
) -> None:
    root, journal = project
    journal.write(note(root))
    moved = root.rename(root.with_name("moved"))
    assert Journal(moved, journal._state).abort("c1") == []
    assert found(moved) == OLD and not root.exists()
