"""The SAM CLI, in an environment of its own: it wants other versions than projects
stand on.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

COMMAND = (
    str(Path(sys.prefix, "bin/uv")),
    "tool",
    "run",
    "--quiet",
    "--from",
    "aws-sam-cli>=1.170,<2",
    "sam",
)
CREDENTIALS = {
    "AWS_ACCESS_KEY_ID": "local",
    "AWS_SECRET_ACCESS_KEY": "local",
    "AWS_DEFAULT_REGION": "eu-central-1",
}


def environment(more: Mapping[str, str] | None = None) -> dict[str, str]:
    """Nobody's credentials, nothing told to anybody, and projects in the environment
    that runs these tests.
    """
    return {
        **os.environ,
        **CREDENTIALS,
        "SAM_CLI_TELEMETRY": "0",
        "VENV": sys.prefix,
        **(more or {}),
    }


def sam(folder: Path, *words: str, **more: str) -> str:
    """What a command prints, which must succeed."""
    done = subprocess.run(
        [*COMMAND, *words], cwd=folder, env=environment(more), stdin=subprocess.DEVNULL, capture_output=True, text=True,
        check=False,
    )  # fmt: skip
    assert done.returncode == 0, (
        f"sam {' '.join(words)}: {done.stdout[-3000:]}{done.stderr[-6000:]}"
    )
    return done.stdout
