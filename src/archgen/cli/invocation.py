"""What the command line said, and the command that says the same without a question."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class Invocation:
    """What the command line said, as far as the same again without questions needs it."""

    answers: Path | None = None
    sets: Sequence[str] = ()
    preset: str | None = None
    architecture: str | None = None
    output: Path | None = None
    no_git: bool = False
    here: bool = False
    jdl: Sequence[Path] = ()
    wizard: dict[str, Any] = field(default_factory=dict)


def command(name: str, said: Invocation) -> str:
    """The command that writes the same project without a question."""
    asked = {
        key: value
        for key, value in said.wizard.items()
        if key not in ("name", "architecture")
    }
    words = ["archgen", "new", "." if said.here else name]
    words += [word for path in said.jdl for word in ("--jdl", str(path))]
    words += ["--answers", str(said.answers)] if said.answers else []
    words += ["--preset", said.preset] if said.preset else []
    architecture = said.wizard.get("architecture", said.architecture)
    words += ["--architecture", architecture] if architecture else []
    parts = asked.pop("parts", {})
    for item in (
        *said.sets,
        *(f"{key}={_shown(value)}" for key, value in asked.items()),
        *shown_parts(parts),
    ):
        words += ["--set", item]
    words += ["--output", str(said.output)] if said.output else []
    words += ["--no-git"] if said.no_git else []
    return shlex.join([*words, "--no-input"])


def shown_parts(parts: Mapping[str, Sequence[str]]) -> list[str]:
    """What `--set` takes for modules that run together."""
    return [f"parts.{part}=[{','.join(modules)}]" for part, modules in parts.items()]


def _shown(value: Any) -> str:
    return ",".join(value) if isinstance(value, list | tuple) else str(value)
