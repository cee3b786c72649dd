"""NGINX while modules move: it asks the old copies until a file is there, and from then
on the new ones.

So every request is answered by the one or by the other, no connection is closed, and the
change takes no longer than it takes to make a file.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

MOVED = "/tmp/moved"  # noqa: S108 - in its container
PARTS = "map $uri $part {"
ASKED = "map $uri $asked {"


class Unreadable(Exception):
    """The configuration is not as it was generated."""


def cross(
    before: str,
    after: str,
    old: Mapping[str, Sequence[str]],
    new: Mapping[str, Sequence[str]],
) -> str:
    """The configuration of both (Unreadable).

    `old`, `new`: by service the addresses of its copies. Of the two configurations at
    least one is that of parts.
    """
    if PARTS in after:
        text = pin(after, new)
        ours, others = "after", old
        other = before
    elif PARTS in before:
        text = pin(before, old)
        ours, others = "before", new
        other = after
    else:
        raise Unreadable(
            "neither configuration of NGINX has parts: nothing moves between them"
        )
    ways = {ours: ("$own_part", "$own_asked", "any-part")}
    theirs = "before" if ours == "after" else "after"
    if PARTS in other:
        ways[theirs] = ("$other_part", "$other_asked", "other-any-part")
        added = _renamed(pin(other, others))
    else:
        ways[theirs] = ("other-app", "$request_uri", "other-app")
        added = _upstream(
            "other-app", [address for found in others.values() for address in found]
        )
    text = _replaced(text, PARTS, added + "map $uri $own_part {")
    text = _replaced(text, ASKED, "map $uri $own_asked {")
    text = text.replace("http://any-part$asked", "http://$any$asked")
    chosen = "".join(
        f"map $moved ${name} {{\n    default {ways['before'][place]};\n    1 {ways['after'][place]};\n}}\n"
        for place, name in enumerate(("part", "asked", "any"))
    )
    text = _replaced(text, "map $uri $own_part {", f"{chosen}map $uri $own_part {{")
    text = _replaced(
        text, "open_file_cache max=1000 inactive=10s;", "open_file_cache off;"
    )
    look = (
        f'    set $moved "";\n    if (-f {MOVED}) {{\n        set $moved 1;\n    }}\n'
    )
    return _replaced(
        text, "    server_tokens off;\n", f"    server_tokens off;\n{look}"
    )


def addresses(containers: Iterable[tuple[str, str]]) -> dict[str, list[str]]:
    """By service; of pairs of service and address."""
    found: dict[str, list[str]] = {}
    for service, address in containers:
        found.setdefault(service, []).append(address)
    return found


def pin(text: str, known: Mapping[str, Sequence[str]]) -> str:
    """Each copy by its address: names may soon mean other copies, too."""

    def place(line: re.Match[str]) -> str:
        if line[2] not in known:
            return line[0]
        return "\n".join(
            f"{line[1]}server {address}:8000{line[3]};" for address in known[line[2]]
        )

    return re.sub(
        r"^( *)server ([\w-]+):8000 resolve([^;]*);", place, text, flags=re.MULTILINE
    )


def _renamed(text: str) -> str:
    """The upstreams and the table of paths of another configuration, under other names."""
    upstreams = re.findall(
        r"^upstream [\w-]+ \{.*?^\}\n", text, flags=re.MULTILINE | re.DOTALL
    )
    maps = [_block(text, PARTS), _block(text, ASKED)]
    names = re.findall(r"^upstream ([\w-]+) \{", text, flags=re.MULTILINE)
    added = "".join(
        re.sub(r"\b(upstream|zone) ", r"\1 other-", block) for block in upstreams
    )
    parts = re.sub(rf" ({'|'.join(map(re.escape, names))});", r" other-\1;", maps[0])
    return (
        added
        + parts.replace("$part {", "$other_part {")
        + maps[1].replace("$asked {", "$other_asked {")
    )


def _block(text: str, begin: str) -> str:
    found = re.search(
        rf"^{re.escape(begin)}.*?^\}}\n", text, flags=re.MULTILINE | re.DOTALL
    )
    if found is None:
        raise Unreadable(f"the configuration of NGINX has no {begin}")
    return found[0]


def _upstream(name: str, found: Sequence[str]) -> str:
    servers = "".join(
        f"    server {address}:8000 max_fails=3 fail_timeout=5s;\n" for address in found
    )
    return f"upstream {name} {{\n    zone {name} 64k;\n    least_conn;\n{servers}    keepalive 512;\n    keepalive_timeout 2s;\n}}\n"


def _replaced(text: str, this: str, by: str) -> str:
    if text.count(this) != 1:
        raise Unreadable(
            f"the configuration of NGINX has {text.count(this)} times what it has once: {this.strip()}"
        )
    return text.replace(this, by)
