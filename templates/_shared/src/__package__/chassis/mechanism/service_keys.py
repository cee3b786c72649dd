"""Keys of service tokens: each pair of a part that calls and a part that is called
shares some, and nobody else has them.

They lie in a folder for each part, in files named for the pair and for when they were
made: the newest signs, once whoever verifies has surely read it, and all of them
verify. Or the environment has them, with commas between: the first signs.
"""

from __future__ import annotations

import os
import secrets
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

OVERLAP = 3600  # seconds that a key verifies after the next one has come
SHORTEST = 32  # bytes of a key


@dataclass(frozen=True, slots=True)
class ServiceKey:
    secret: bytes
    since: float = 0.0  # when it was made, in seconds since 1970


@dataclass(frozen=True, slots=True)
class Pair:
    caller: str
    callee: str

    def __str__(self) -> str:
        return f"{self.caller}_to_{self.callee}"


def load_keys(folder: Path, part: str, pair: Pair) -> list[ServiceKey]:
    """A pair's keys as this part has them, the oldest first (LookupError: there is
    none, ValueError: one is too short).
    """
    named = f"{pair}_keys".upper()
    if given := os.environ.get(named):
        keys = [ServiceKey(key.encode()) for key in reversed(given.split(","))]
    else:
        keys = [
            ServiceKey(path.read_bytes(), _since(path))
            for path in _files(folder / part, pair)
        ]
    if not keys:
        raise LookupError(
            f"{folder / part} has no key of {pair}, nor is {named} set"
            f" (docs/services.md says how they are made)"
        )
    if min(len(key.secret) for key in keys) < SHORTEST:
        raise ValueError(f"a key of {pair} has less than {SHORTEST} bytes")
    return keys


def make_keys(folder: Path, pairs: Iterable[Pair], *, rotate: bool = False) -> None:
    """A key for each pair that has none.

    `rotate`: for each pair, and those are thrown away that no token needs any more.
    """
    for pair in pairs:
        sides = [folder / pair.caller, folder / pair.callee]
        known = {path.name: path for side in sides for path in _files(side, pair)}
        keys = {name: path.read_bytes() for name, path in known.items()}
        if rotate or not keys:
            keys[f"{pair}.{time.time_ns() // 1_000_000}.key"] = secrets.token_bytes(48)
        kept = set(_needed(sorted(keys)))
        for side in sides:
            for name, secret in keys.items():
                if name not in kept:
                    (side / name).unlink(missing_ok=True)
                elif not (side / name).exists():
                    _write(side / name, secret)


def _needed(names: list[str]) -> Iterator[str]:
    """The newest, and those whose successor is not so old yet."""
    for name, after in zip(names, [*names[1:], ""], strict=True):
        if not after or time.time() - _since(Path(after)) < OVERLAP:
            yield name


def _write(path: Path, secret: bytes) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    made = path.with_suffix(".new")  # a reader never sees half a key
    with open(
        os.open(made, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb"
    ) as file:
        file.write(secret)
    made.rename(path)


def _files(folder: Path, pair: Pair) -> list[Path]:
    return sorted(folder.glob(f"{pair}.*.key"), key=_since)


def _since(path: Path) -> float:
    return int(path.name.split(".")[1]) / 1000
