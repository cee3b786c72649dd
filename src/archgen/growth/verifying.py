"""The project's own checks and tests after it was changed, and all taken back where one
of them fails.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable

from archgen.errors import ArchgenError, CheckError
from archgen.growth.growing import Grown, abort
from archgen.growth.trees.journal import put_file, read_file
from archgen.growth.trees.owner import Project

TARGETS = ("check", "test")
_TOLD = 30  # lines of what failed
# what make says to the makes that it calls
_OF_MAKE = {"MAKEFLAGS", "MFLAGS", "MAKELEVEL", "MAKEOVERRIDES"}


def find_make() -> str:
    """Where make is; ArchgenError where it is not."""
    make = shutil.which("make")
    if make is None:
        raise ArchgenError(
            "make was not found, and the project's checks and tests are run by it",
            "install it",
        )
    return make


def verify(
    project: Project, grown: Grown, progress: Callable[[str], None] = lambda step: None
) -> None:
    """Run `make check` and `make test`. CheckError: one of them failed, and what the
    command wrote is taken back.
    """
    make = find_make()
    lock = project.root / "uv.lock"  # make writes it where dependencies have changed
    locked = read_file(lock)
    environment = {
        key: value for key, value in os.environ.items() if key not in _OF_MAKE
    }
    for target in TARGETS:
        progress(f"Running make {target}")
        done = subprocess.run(
            [make, "--no-print-directory", target],
            cwd=project.root,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            check=False,
        )
        if done.returncode != 0:
            _, said = abort(project)
            put_file(lock, locked, project.root)
            end = done.stdout.decode(errors="replace").rstrip().splitlines()[-_TOLD:]
            raise CheckError(
                "\n".join(
                    [
                        f"make {target} failed, so archgen {grown.what} is taken back",
                        *said,
                        *end,
                    ]
                ),
                f"without --verify it is written all the same; then make {target} shows all of it",
            )
