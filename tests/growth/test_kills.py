"""A command that is killed at any point leaves the tree as before or as after, and the
next command works; so does a disk that is full.
"""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from tests.conftest import missing
from tests.growth.conftest import Home
from tests.support.older import released_before
from tests.support.renderings import remember_renderings
from tests.support.samples import times

from archgen.cli.main import run

Copy = Callable[..., Home]
FIELD = ("add", "field", "catalog.book.pages", "--type", "integer")
# Ends the process before its call number POINT of those that change files in the
# project or its repository.
RUNNER = """
import os, sys
from pathlib import Path
point, folder = int(sys.argv[1]), sys.argv[2]
state = {"calls": 0}
def watch(event, arguments):
    if event == "open":
        path, mode, flags = arguments
        changes = isinstance(flags, int) and flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT)
    else:
        changes = event in ("os.rename", "os.remove", "os.mkdir", "os.rmdir", "os.symlink", "os.chmod", "os.link")
        path = arguments[0] if arguments else ""
        if event == "os.symlink":
            path = arguments[1]
    if changes and str(path).startswith(folder) and not str(path).endswith("/lock"):
        state["calls"] += 1
        if state["calls"] == point:
            os._exit(9)
sys.addaudithook(watch)
from archgen.cli.main import main
main(sys.argv[3:])
"""


def start(project: Home, point: int, *command: str) -> subprocess.Popen[bytes]:
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    return subprocess.Popen(
        [sys.executable, "-c", RUNNER, str(point), str(project.folder), *command],
        cwd=project.folder,
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def seen(project: Home) -> dict[str, tuple[bytes, int]]:
    """The files, but what a kill may leave beside them until the next command."""
    return project.files()


def check_next(
    project: Home,
    before: dict[str, tuple[bytes, int]],
    after: dict[str, tuple[bytes, int]],
    command: Sequence[str] = FIELD,
) -> bool:
    """The next command finds all as before or as after, and works; whether it was
    after.
    """
    done = project.archgen("status", "--json")
    assert done.code == 0, done.err
    now = seen(project)
    assert now in (before, after)
    if now == after:
        assert project.archgen(command[0], "--abort").code == 0
    assert seen(project) == before and project.git("status", "--porcelain") == ""
    return now == after


def outcomes(
    project: Home, command: Sequence[str] = FIELD
) -> tuple[dict[str, tuple[bytes, int]], dict[str, tuple[bytes, int]]]:
    """The files before the command, and after it."""
    before = seen(project)
    assert project.archgen(*command).code == 0
    after = seen(project)
    assert project.archgen(command[0], "--abort").code == 0
    assert seen(project) == before
    return before, after


def test_killed_before_any_change_of_a_file_it_is_as_before_or_as_after(
    home: Copy,
) -> None:
    project = home()
    before, after = outcomes(project)
    found = []
    for point in range(1, 1000, 4):
        code = start(project, point, *FIELD).wait()
        assert code in (0, 9)
        found.append(check_next(project, before, after))
        if code == 0:
            break
    assert found[0] is False and found[-1] is True and len(found) > 8


COMMANDS = {
    "add": FIELD,
    "remove": ("remove", "field", "catalog.book.category"),
    "evolve": ("evolve", "--to", "microservices"),
    "update": ("update",),
}


def fork(command: Sequence[str]) -> int:
    """A process of this one that runs a command, as far as it comes; its number."""
    number = os.fork()
    if number == 0:
        nowhere = os.open(os.devnull, os.O_RDWR)
        for stream in (0, 1, 2):
            os.dup2(nowhere, stream)
        try:
            os._exit(run(command))
        finally:
            os._exit(70)
    return number


@pytest.mark.parametrize("name", COMMANDS)
def test_killed_at_any_time_it_is_as_before_or_as_after(
    home: Copy, name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In processes of this one, where all is imported and rendered, so that most kills
    meet a merge or what is written of it.
    """
    command = COMMANDS[name]
    project = home()
    with (
        released_before(tmp_path / "release") as older,
        remember_renderings(tmp_path / "renderings"),
    ):
        if name == "update":
            older.write(project.folder, tmp_path / "older")
            project = Home(tmp_path / "older", project.archgen)
            monkeypatch.chdir(project.folder)
        before, after = outcomes(project, command)
        begun = time.monotonic()
        _, status = os.waitpid(fork(command), 0)
        took = time.monotonic() - begun
        assert os.waitstatus_to_exitcode(status) == 0 and check_next(
            project, before, after, command
        )
        chance = random.Random(4)
        found = []
        for _ in range(times(12, 8, "ARCHGEN_KILLS") // len(COMMANDS)):
            number = fork(command)
            time.sleep(chance.uniform(0, took))
            os.kill(number, signal.SIGKILL)
            os.waitpid(number, 0)
            found.append(check_next(project, before, after, command))
    print(
        f"{name}: killed {len(found)} times within {took:.1f} s, {sum(found)} of them after it was written"
    )


@pytest.fixture
def small(tmp_path: Path) -> Path:
    """A file system of 12 MB."""
    folder = tmp_path / "small"
    folder.mkdir()
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=12m", "tmpfs", str(folder)], check=False
    )
    if done.returncode != 0:
        missing("The right to mount a file system")
    return folder


def test_a_disk_that_is_full_is_told_and_nothing_is_half_written(
    home: Copy, small: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = home()
    place = small / "lib"
    try:
        shutil.copytree(made.folder, place, symlinks=True)
        monkeypatch.chdir(place)
        project = Home(place, made.archgen)
        before = project.files()
        filler = small / "filler"
        codes = []
        for room in (0, 8, 40, 120, 200, 280, 360, 480, 700):
            with filler.open("wb") as file:
                try:
                    while True:
                        file.write(b"0" * 65536)
                        file.flush()
                except OSError:
                    pass
            free = os.statvfs(small).f_bavail * os.statvfs(small).f_frsize
            os.truncate(filler, max(0, filler.stat().st_size + free - room * 1024))
            done = project.archgen(*FIELD)
            codes.append(done.code)
            if done.code == 0:
                break
            assert (
                done.code == 1
                and "defect" not in done.err
                and "Traceback" not in done.err
            ), done.err
            assert project.files() == before, room
            filler.unlink()
            assert project.archgen("status").code == 0 and project.files() == before
        assert codes[0] == 1 and codes[-1] == 0 and len(codes) > 2
    finally:
        os.chdir("/")
        subprocess.run(["umount", str(small)], check=False)


def bounded(project: Home, *command: str) -> subprocess.CompletedProcess[str]:
    """A command of archgen by somebody who may write only where the modes of folders
    say so, which root may not be.
    """
    runs = [sys.executable, "-c", "from archgen.cli.main import main; main()", *command]
    if os.getuid() == 0:
        setpriv = shutil.which("setpriv")
        if setpriv is None:
            missing("setpriv")
        runs = [str(setpriv), "--bounding-set=-dac_override,-dac_read_search", *runs]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    return subprocess.run(
        runs,
        cwd=project.folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_folder_that_may_not_be_written_to_is_told_and_nothing_is_half_written(
    home: Copy,
) -> None:
    project = home()
    folder = project.folder / "tests/catalog"
    folder.chmod(0o555)
    before = project.files()
    done = bounded(project, *FIELD)
    assert done.returncode == 1, done.stderr
    assert (
        "tests/catalog/" in done.stderr
        and "Permission denied" in done.stderr
        and "nothing was changed" in done.stderr
    )
    assert project.files() == before
    folder.chmod(0o755)
    (project.folder / "src/lib/catalog/domain.py").chmod(0o444)
    done = bounded(project, *FIELD)
    assert done.returncode == 0, done.stderr
    path = project.folder / "src/lib/catalog/domain.py"
    assert "pages" in path.read_text() and path.stat().st_mode & 0o777 == 0o444
