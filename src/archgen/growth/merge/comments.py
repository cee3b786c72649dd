"""`archgen.yaml` with another record in it, and with the comments and the layout that
its owner gave it.
"""

from __future__ import annotations

import io
import re
from collections import Counter
from typing import Any

from archgen.catalog import parse_yaml
from archgen.growth.trees.store import Store

_COMMENT = re.compile(r"(?:^|\s)(#.*?)\s*$")


def carry_comments(store: Store, yours: bytes, base: bytes, new: bytes) -> bytes:
    """The document `new` as its owner would have written it, who made `yours` of
    `base`.

    Line by line where that gives the document; else key by key, which keeps comments
    and lays lines out anew; else as it is written anew, with comments above their parts.
    """
    if yours == base:
        return new
    if b"\r\n" in yours and b"\r\n" not in base:
        plain = carry_comments(store, yours.replace(b"\r\n", b"\n"), base, new)
        return plain.replace(b"\n", b"\r\n")
    wanted = parse_yaml(new)
    merged = store.merge_file(yours, base, new)
    if merged is not None and _reads_as(merged, wanted):
        return merged
    written = _put_back(_rewrite(yours, wanted), yours, base)
    return written if _reads_as(written, wanted) else _put_back(new, yours, base)


def _put_back(written: bytes, yours: bytes, base: bytes) -> bytes:
    """The comments of `yours` that stood in what is gone, above the part of the
    document in which they did.
    """
    left = _list_comments(yours) - _list_comments(base) - _list_comments(written)
    lines = written.decode().splitlines(keepends=True)
    part = ""
    for line in yours.decode().splitlines():
        part = line.partition(":")[0] if line[:1].isalpha() else part
        for comment in _list_comments(line.encode()):
            if left[comment] > 0:
                left[comment] -= 1
                at = next(
                    (n for n, one in enumerate(lines) if one.startswith(f"{part}:")),
                    len(lines),
                )
                lines.insert(at, f"{comment}\n")
    return "".join(lines).encode()


def _list_comments(content: bytes) -> Counter[str]:
    """The lines' ends that may be comments; what is none is in both sides."""
    return Counter(
        match[1]
        for line in content.decode().splitlines()
        if (match := _COMMENT.search(line))
    )


def _reads_as(content: bytes, wanted: Any) -> bool:
    import yaml

    try:
        return bool(parse_yaml(content) == wanted)
    except yaml.YAMLError:
        return False


def _rewrite(yours: bytes, wanted: Any) -> bytes:
    from ruamel.yaml import YAML

    form = YAML()
    form.width = 110
    form.preserve_quotes = True
    document = form.load(yours.decode())
    _follow(document, wanted)
    written = io.BytesIO()
    form.dump(document, written)
    return written.getvalue()


def _follow(document: Any, wanted: Any) -> None:
    """Make a mapping or a list what is wanted, in place; what is equal keeps what
    stands beside it.
    """
    if isinstance(wanted, dict):
        for key in [key for key in document if key not in wanted]:
            del document[key]
        for place, (key, value) in enumerate(wanted.items()):
            if key not in document:
                document.insert(place, key, value)
            elif document[key] != value:
                if value in ([], {}):  # a comment would come before the brackets
                    document.ca.items.pop(key, None)
                    document[key] = value
                elif _alike(document[key], value):
                    _follow(document[key], value)
                else:
                    document[key] = value
        return
    for place, value in enumerate(wanted):
        if place >= len(document):
            document.append(value)
        elif document[place] != value:
            if len(document) < len(wanted) and (
                document[place] in wanted[place + 1 :]
                or _is_another(document[place], value)
            ):
                document.insert(place, value)
            elif _alike(document[place], value):
                _follow(document[place], value)
            else:
                document[place] = value
    del document[len(wanted) :]


def _alike(one: Any, other: Any) -> bool:
    return (isinstance(one, dict) and isinstance(other, dict)) or (
        isinstance(one, list) and isinstance(other, list)
    )


def _is_another(one: Any, other: Any) -> bool:
    """Whether two items of a list have names, and not the same."""
    return (
        isinstance(one, dict)
        and isinstance(other, dict)
        and one.get("name") != other.get("name")
    )
