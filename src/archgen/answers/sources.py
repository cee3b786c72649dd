"""Where answers come from: a file, flags, `--set`, and the record of a project."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

from archgen.answers.schema import split_words
from archgen.answers.validation import annotation_at
from archgen.answers.yaml_reader import Text, read_bytes, read_yaml
from archgen.errors import InputError, Mistake
from archgen.text import shown


@dataclass(frozen=True, slots=True)
class Source:
    """Answers from one place; `label` names it, `flags` are keys with flags of their
    own.

    `before`: what the same place said first and then said otherwise, which must be
    right all the same.
    """

    label: str
    text: Text
    kind: Literal["file", "set", "flags"] = "flags"
    mistakes: tuple[Mistake, ...] = ()
    before: tuple[Any, ...] = ()


def from_file(path: Path) -> Source:
    """The answers file at `path`; what is wrong with it as a file is among its
    mistakes.
    """
    label = path.name or str(path)
    try:
        if path.is_dir():
            return _unread(
                label,
                f"{shown(str(path), 200)} is a folder",
                "give a YAML or a JSON file",
            )
        with path.open("rb") as file:
            content = file.read(2**20)
        return Source(label, read_bytes(content, label), "file")
    except InputError as error:
        return Source(label, Text({}), "file", error.mistakes)
    except (OSError, ValueError) as error:
        reason = (error.strerror if isinstance(error, OSError) else None) or str(error)
        return _unread(
            label,
            f"{shown(str(path), 200)} cannot be read: {reason}",
            "check --answers",
        )


def from_sets(items: Iterable[str]) -> Source:
    """`--set key=value`, in order: a dotted key, a YAML value, the value as written
    where the key takes a string.
    """
    data: dict[str, Any] = {}
    before: list[dict[str, Any]] = []
    mistakes: list[Mistake] = []
    for item in items:
        key, equals, value = item.partition("=")
        path = tuple(key.strip().split("."))
        if not equals or not all(path):
            mistakes.append(
                Mistake(
                    "--set",
                    f"{shown(item)} is not key=value",
                    "for example --set team_size=6",
                )
            )
            continue
        try:
            read = (
                value
                if _takes_text(path)
                else read_yaml(value, f"--set {key.strip()[:60]}").data
            )
            if isinstance(read, str) and _takes_words(path):
                read = split_words(read)
            if _has(data, path):
                before.append(deepcopy(data))
            _put(data, path, read)
        except InputError as error:
            mistakes += error.mistakes
        except KeyError as error:
            mistakes.append(
                Mistake(key, f"{error.args[0]} has a value already", "say it once")
            )
    return Source("--set", Text(data), "set", tuple(mistakes), tuple(before))


def from_flags(answers: Mapping[str, Any]) -> Source:
    """Flags and arguments of the command line; those that were not given are None."""
    return Source(
        "", Text({key: value for key, value in answers.items() if value is not None})
    )


def from_record(answers: Mapping[str, Any]) -> Source:
    """The answers that an `archgen.yaml` recorded."""
    return Source("archgen.yaml", Text(dict(answers)), "file")


def _unread(label: str, message: str, hint: str) -> Source:
    return Source(label, Text({}), "file", (Mistake("--answers", message, hint),))


def _takes_text(path: tuple[str, ...]) -> bool:
    """Whether the answers have a string, or one of several words, at a dotted key."""
    annotation = annotation_at(path)
    return annotation is str or (
        get_origin(annotation) is Literal
        and all(isinstance(w, str) for w in get_args(annotation))
    )


def _takes_words(path: tuple[str, ...]) -> bool:
    """Whether the answers have a list of certain words at a key."""
    annotation = annotation_at(path)
    return (
        get_origin(annotation) is tuple
        and get_origin(get_args(annotation)[0]) is Literal
    )


def _has(data: Any, path: tuple[str, ...]) -> bool:
    for step in path:
        if not isinstance(data, dict) or step not in data:
            return False
        data = data[step]
    return True


def _put(data: dict[str, Any], path: tuple[str, ...], value: Any) -> None:
    """Set a dotted key; KeyError with the key that is in the way."""
    for index, step in enumerate(path[:-1]):
        data = data.setdefault(step, {})
        if not isinstance(data, dict):
            raise KeyError(".".join(path[: index + 1]))
    data[path[-1]] = value
