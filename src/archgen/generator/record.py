"""`archgen.yaml`: the one file that says what a project is, and from which all of it
renders again.

The record is a plain JSON document: the blueprint's fields at the top level, and beside
them `answers`, `requirements`, `recommendation` and `archgen_version`. It is at the
same time the context of the templates.

Of the recommendation `archgen.yaml` keeps the verdict. The argument for it lies beside
the decision record that is rendered from it, and is read with `archgen.yaml` where it
is there. A project that has evolved has several decisions (`evolutions`): what was
known at a former one (`former` of that which supersedes it) lies beside its record, all
of it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from archgen import __version__
from archgen.catalog import parse_yaml
from archgen.errors import ArchgenError

if TYPE_CHECKING:
    from pydantic import BaseModel

RECORD = "archgen.yaml"
FIRST = "0001-architecture"  # the first decision, as its file is called
ARGUMENT = f"docs/adr/{FIRST}.yaml"

_HEADER = """\
# What this project is: the answers, the recommendation that followed, and the blueprint that was built.
# archgen renders the project from this file again to merge in what is new; commit it, and leave the editing to archgen.
"""
_ARGUMENT_HEADER = """\
# Why this architecture: all that {}.md tells, as data. archgen.yaml holds the verdict.
"""
_FORMER_HEADER = """\
# Why the architecture was another: all that {}.md tells, as data.
"""
# What `archgen.yaml` keeps of the recommendation.
_VERDICT = (
    "architecture",
    "event_streaming",
    "template",
    "decisions",
    "confidence",
    "runner_up",
    "flips",
)
# What people look for first comes first; the long lists come last.
_ORDER = (
    "archgen_version",
    "name",
    "package",
    "preset",
    "architecture",
    "template",
    "answers",
    "stack",
    "extras",
    "slo",
    "parts",
)
_LAST = ("modules", "requirements", "recommendation", "evolutions", "history")

_WORDS = re.compile(r"[A-Za-z_/](?:[\w .,;/()%+'-]*[\w.,;/()%+'-])?", re.ASCII)
_TAKEN = {"y", "n", "yes", "no", "on", "off", "true", "false", "null"}


def build_record(
    answers: Mapping[str, Any],
    requirements: BaseModel,
    recommendation: BaseModel,
    blueprint: BaseModel,
) -> dict[str, Any]:
    """The record of a project: JSON values only, in the order in which people read
    them.
    """
    advice = {
        "recommendation": recommendation.model_dump(mode="json", exclude_none=True)
    }
    return change_record(advice, answers, requirements, blueprint)


def change_record(
    record: Mapping[str, Any],
    answers: Mapping[str, Any],
    requirements: BaseModel,
    blueprint: BaseModel,
) -> dict[str, Any]:
    """A record with other answers, and what follows from them; its recommendation is
    the one that was given.
    """
    flat: dict[str, Any] = {
        **record,
        "archgen_version": __version__,
        "answers": json.loads(json.dumps(dict(answers))),
        "requirements": requirements.model_dump(mode="json", exclude_none=True),
        "gone": {},
        **blueprint.model_dump(mode="json"),
    }
    for key in ("ownership", "history", "gone"):  # said where there is something to say
        if not flat.get(key):
            flat.pop(key, None)
    middle = [key for key in flat if key not in _ORDER and key not in _LAST]
    return {key: flat[key] for key in (*_ORDER, *middle, *_LAST) if key in flat}


def dump_files(record: Mapping[str, Any]) -> dict[str, bytes]:
    """The files that hold a record, by path: `archgen.yaml`, and the argument of each
    decision that the record has.
    """
    recommendation = record.get("recommendation", {})
    verdict = {key: value for key, value in recommendation.items() if key in _VERDICT}
    argument = {
        key: value for key, value in recommendation.items() if key not in _VERDICT
    }
    written = {**record, "recommendation": verdict} if argument else {**record}
    found: dict[str, bytes] = {}
    name = FIRST
    for evolution in record.get("evolutions", ()):
        if "former" in evolution:
            found[argument_path(name)] = _FORMER_HEADER.format(name).encode() + _dump(
                evolution["former"]
            )
        name = evolution["file"]
    if "evolutions" in record:
        written["evolutions"] = [
            {k: v for k, v in one.items() if k != "former"}
            for one in record["evolutions"]
        ]
    if argument:
        found[argument_path(name)] = _ARGUMENT_HEADER.format(name).encode() + _dump(
            argument
        )
    return {RECORD: dump_record(written), **found}


def argument_path(file: str) -> str:
    """Where the argument for a decision lies, whose file is called that."""
    return f"docs/adr/{file}.yaml"


def dump_record(record: Mapping[str, Any]) -> bytes:
    """The bytes of `archgen.yaml`, all of `record` in it."""
    return _HEADER.encode() + _dump(record)


def _dump(document: Mapping[str, Any]) -> bytes:
    """Block style, the same bytes for the same document, the same to readers of YAML
    1.1 and 1.2.
    """
    import yaml

    # ruamel.yaml, in Python alone, takes a quarter of a second for a record of usual
    # size; libyaml a hundredth
    base: Any = getattr(yaml, "CSafeDumper", yaml.SafeDumper)

    class Dumper(base):  # type: ignore[misc]
        def ignore_aliases(self, data: object) -> bool:
            return True

        def represent_text(self, data: str) -> Any:
            return self.represent_scalar(
                "tag:yaml.org,2002:str", data, style=None if _plain(data) else '"'
            )

    Dumper.add_representer(str, Dumper.represent_text)
    text: str = yaml.dump(
        dict(document), Dumper=Dumper, sort_keys=False, allow_unicode=True, width=110
    )
    return text.encode()


def load_record(path: Path) -> dict[str, Any]:
    """The record in a project's `archgen.yaml`, with the argument of each decision if
    the project still has it.
    """
    record = _load(path)
    if (
        not isinstance(record, dict)
        or "archgen_version" not in record
        or not _documents(record)
    ):
        raise ArchgenError(
            f"{path} is not a record that archgen wrote", "restore it from git"
        )
    name = FIRST
    evolutions = []
    for evolution in record.get("evolutions", ()):
        former = _load_argument(path.parent / argument_path(name))
        evolutions.append({**evolution, "former": former} if former else evolution)
        name = evolution["file"]
    if evolutions:
        record = {**record, "evolutions": evolutions}
    argument = _load_argument(path.parent / argument_path(name))
    return (
        {**record, "recommendation": {**argument, **record.get("recommendation", {})}}
        if argument
        else record
    )


def _load_argument(path: Path) -> dict[str, Any]:
    """What lies there; nothing where its owner deleted it."""
    if not path.is_file():
        return {}
    argument = _load(path)
    if not isinstance(argument, dict):
        raise ArchgenError(
            f"{path} is not an argument that archgen wrote",
            "restore it from git, or delete it",
        )
    return argument


def _load(path: Path) -> Any:
    import yaml

    try:
        content = path.read_bytes()
        content.decode()  # what is not UTF-8 is told as such, and not read as UTF-16
        return parse_yaml(content)
    except FileNotFoundError:
        raise ArchgenError(
            f"{path} does not exist", "run this in a project that archgen wrote"
        ) from None
    except OSError as error:
        raise ArchgenError(
            f"{path} cannot be read: {error.strerror}", "give a project's archgen.yaml"
        ) from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        reason = getattr(error, "problem", None) or str(error).splitlines()[0]
        raise ArchgenError(
            f"{path} is not YAML: {reason}", "restore it from git"
        ) from error


def _documents(record: dict[str, Any]) -> bool:
    """Whether what is read of a record before it is rendered are documents."""
    evolutions = record.get("evolutions", [])
    return (
        all(
            isinstance(record.get(key, {}), dict)
            for key in ("answers", "requirements", "recommendation")
        )
        and isinstance(evolutions, list)
        and all(
            isinstance(one, dict) and isinstance(one.get("file"), str)
            for one in evolutions
        )
    )


def _plain(text: str) -> bool:
    """Whether `text` needs no quotes: a word, or a sentence, that no version of YAML
    takes for anything else.
    """
    return _WORDS.fullmatch(text) is not None and text.lower() not in _TAKEN
