"""The first commit of a new project: by git, whatever this machine's settings, hooks
and identity are.
"""

from __future__ import annotations

import errno
import os
import shutil
import subprocess
from pathlib import Path

from archgen.errors import ArchgenError

# A user's templates, hooks, ignore rules, line ends and signing are for commits that a
# user makes.
_NEUTRAL = [
    "core.hooksPath=/dev/null",
    "core.excludesFile=/dev/null",
    "core.attributesFile=/dev/null",
]
_NEUTRAL += [
    "core.autocrlf=false",
    "core.eol=lf",
    "core.safecrlf=false",
    "commit.gpgSign=false",
]
_NEUTRAL += ["gc.auto=0", "maintenance.auto=false", "user.useConfigOnly=true"]
_NOBODY = ["user.name=archgen", "user.email=archgen@localhost"]
# Set where git runs us, in a hook say, and about that repository.
_ELSEWHERE = {
    "GIT_DIR",
    "GIT_WORK_TREE",
    "GIT_INDEX_FILE",
    "GIT_OBJECT_DIRECTORY",
    "GIT_COMMON_DIR",
    "GIT_PREFIX",
}


def enclosing(folder: Path) -> Path | None:
    """The repository that `folder` lies in."""
    return next(
        (path for path in (folder, *folder.parents) if (path / ".git").exists()), None
    )


def commit_all(tree: Path, message: str) -> bool:
    """Make `tree` a repository and commit all of it; False where there is no git."""
    if not (git := shutil.which("git")):
        return False
    env = {key: value for key, value in os.environ.items() if key not in _ELSEWHERE}
    env["GIT_ATTR_NOSYSTEM"] = "1"
    settings = list(_NEUTRAL)

    def run(*command: str) -> subprocess.CompletedProcess[str]:
        options = [option for setting in settings for option in ("-c", setting)]
        return subprocess.run(
            [git, *options, *command],
            cwd=tree,
            env=env,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )

    if any(
        run("var", f"GIT_{role}_IDENT").returncode != 0
        for role in ("AUTHOR", "COMMITTER")
    ):
        settings += _NOBODY
    for command in (
        ("init", "--quiet", "--initial-branch=main", "--template="),
        ("add", "--all"),
        ("commit", "--quiet", "--no-verify", "--message", message),
    ):
        done = run(*command)
        if done.returncode != 0:
            full = os.strerror(errno.ENOSPC) in done.stderr
            hint = (
                "free some space; nothing was left behind"
                if full
                else "use --no-git to write without it"
            )
            raise ArchgenError(f"git {command[0]} failed: {done.stderr.strip()}", hint)
    return True
