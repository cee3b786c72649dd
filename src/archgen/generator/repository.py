"""The first commit of a new project: by git, whatever this machine's settings, hooks and identity are."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

from archgen.errors import ArchgenError

# A user's templates, hooks, ignore rules and signing are for commits that a user makes.
_NEUTRAL = (
    "-c", "core.hooksPath=/dev/null", "-c", "core.excludesFile=/dev/null", "-c", "core.autocrlf=false",
    "-c", "commit.gpgSign=false", "-c", "gc.auto=0", "-c", "init.templateDir=",
)  # fmt: skip
_NOBODY = ("-c", "user.name=archgen", "-c", "user.email=archgen@localhost")


def enclosing(folder: Path) -> Path | None:
    """The repository that `folder` lies in."""
    return next((path for path in (folder, *folder.parents) if (path / ".git").exists()), None)


def commit_all(tree: Path, message: str) -> bool:
    """Make `tree` a repository and commit all of it; False where there is no git."""
    if not (git := shutil.which("git")):
        return False
    env = {key: value for key, value in os.environ.items() if not key.startswith("GIT_")}

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [git, *_NEUTRAL, *arguments],
            cwd=tree,
            env=env,
            capture_output=True,
            text=True,
            stdin=subprocess.DEVNULL,
            check=False,
        )

    identity = () if run("config", "--get", "user.email").stdout.strip() else _NOBODY
    for command in (
        ("init", "--quiet", "--initial-branch=main"),
        ("add", "--all"),
        (*identity, "commit", "--quiet", "--no-verify", "--message", message),
    ):
        done = run(*command)
        if done.returncode != 0:
            raise ArchgenError(f"git {command[0]} failed: {done.stderr.strip()}", "use --no-git to write without it")
    return True
