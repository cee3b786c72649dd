"""Rounds of wrk, and what a target makes of them."""

from __future__ import annotations

import re
import statistics
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from bench.serving.stage import Server, Stage, run

CONNECTIONS, THREADS = 64, 2
# Each of wrk's threads reads this script by itself: a part of the ids belongs to each,
# and of that a window to each round, so that no id is asked for twice unless `most`
# makes them few.
EACH = """
local ids = {}
for line in io.lines("%(ids)s") do
  ids[#ids + 1] = line
  if #ids == %(most)d then break end
end
local threads = 0
function setup(thread)
  thread:set("nth", threads)
  threads = threads + 1
end
local at
function init()
  at = math.floor(#ids * (nth + %(share)f) / %(threads)d)
end
function request()
  at = at %% #ids + 1
  return %(request)s
end
"""
GET = 'wrk.format("GET", "%s" .. ids[at])'


class Round(NamedTuple):
    """Requests a second, latencies in milliseconds, answers that were no success, and
    what an answer took of its server's processor in microseconds (0: not known).
    """

    rate: float
    p50: float
    p99: float
    errors: int
    spent: float = 0


def load(
    stage: Stage,
    url: str,
    *,
    request: str = "",
    connections: int = CONNECTIONS,
    number: int = 0,
    most: int = 10**9,
    token: str | None = None,
    ids: Path | None = None,
    seconds: int = 0,
    server: Server | None = None,
) -> Round:
    """The round of this `number`: reads of this URL, or `request`s, Lua with one of the
    first `most` ids after the other.

    `token`: staff's unless another is given, "" for none; `ids`: a file of them, of
    products unless another is given. `server`: whose processor time is counted.
    """
    shown = stage.token if token is None else token
    command = [
        "wrk",
        f"-t{THREADS}",
        f"-c{connections}",
        f"-d{seconds or stage.seconds}s",
        "--latency",
        "--timeout",
        "10s",
    ]
    if shown:
        command += [
            "-H",
            f"Authorization: Bearer {shown}",
            "-H",
            "Content-Type: application/json",
        ]
    if request:
        script = stage.work / "each.lua"
        share = number % stage.rounds / stage.rounds
        script.write_text(
            EACH
            % {
                "ids": ids or stage.ids,
                "share": share,
                "threads": THREADS,
                "most": most,
                "request": request,
            }
        )
        command += ["-s", str(script)]
    before = server.spent() if server else 0.0
    said = run([*command, url], stage.work)
    after = server.spent() if server else 0.0
    bad = re.findall(
        r"(?:Non-2xx or 3xx responses: |connect |read |write |timeout )(\d+)", said
    )
    p50, p99 = (_ms(re.search(rf"{p}%\s+([\d.]+\w+)", said)[1]) for p in (50, 99))  # type: ignore[index]
    rate = float(re.search(r"Requests/sec:\s+([\d.]+)", said)[1])  # type: ignore[index]
    answered = int(re.search(r"(\d+) requests in", said)[1])  # type: ignore[index]
    none = rate == 0  # nothing was answered at all: an error, and no ratio
    spent = (after - before) * 1e6 / max(answered, 1)
    return Round(
        rate or 0.001, p50 or 0.001, p99 or 0.001, sum(map(int, bad)) + none, spent
    )


def reads(
    stage: Stage,
    url: str,
    *,
    each: bool = False,
    most: int = 10**9,
    token: str | None = None,
    ids: Path | None = None,
    server: Server | None = None,
    before: Callable[[], object] = lambda: None,
) -> Callable[[int], Round]:
    """Rounds of reads of this URL; `each`: of what stands behind it with one id after
    the other; `before`: done before each.
    """
    request = GET % ("/" + url.split("/", 3)[3]) if each else ""

    def one(number: int) -> Round:
        before()
        return load(
            stage,
            url,
            request=request,
            number=number,
            most=most,
            token=token,
            ids=ids,
            server=server,
        )

    return one


def paired(
    stage: Stage,
    name: str,
    least: float,
    ours: Callable[[int], Round],
    peer: Callable[[int], Round],
    whose: str = "bare",
) -> None:
    """Rounds in turn, the first pair thrown away; says whether ours reaches this share
    of the peer, by the pairs' median.
    """
    rounds = []
    for n in range(stage.rounds):
        first, second = (ours, peer) if n % 2 else (peer, ours)
        pair = first(n), second(n)
        rounds.append(pair if n % 2 else pair[::-1])
    shares = sorted(mine.rate / theirs.rate for mine, theirs in rounds[1:])
    mine, theirs = (statistics.median(r[i].rate for r in rounds[1:]) for i in (0, 1))
    p99, peers_p99 = (
        statistics.median(pair[i].p99 / pair[i].p50 for pair in rounds[1:])
        for i in (0, 1)
    )
    errors, peers_errors = (sum(pair[i].errors for pair in rounds) for i in (0, 1))
    spent, peers_spent = (
        statistics.median(pair[i].spent for pair in rounds[1:]) for i in (0, 1)
    )
    share = statistics.median(shares)
    processor = (
        f"; {spent:.0f} and {peers_spent:.0f} µs of processor an answer"
        if spent and peers_spent
        else ""
    )
    within = " (within the range: measure again)" if share < least <= shares[-1] else ""
    told(stage, name, share >= least and not errors and not peers_errors,
                f"{share:.0%} of {whose}, at least {least:.0%}{within}; pairs {', '.join(f'{one:.0%}' for one in shares)}; "
                f"{mine:,.0f} of {theirs:,.0f} a second{processor}; p99 {p99:.1f} times p50, {whose} {peers_p99:.1f}; "
                f"{errors} errors, {whose} {peers_errors}")  # fmt: skip


def told(stage: Stage, name: str, held: bool, what: str) -> None:
    line = f"{'ok    ' if held else 'missed'} {name}: {what}"
    print(line, flush=True)
    stage.told.append((line, held))


def _ms(text: str) -> float:
    value, unit = re.fullmatch(r"([\d.]+)(us|ms|s|m)", text).groups()  # type: ignore[union-attr]
    return float(value) * {"us": 0.001, "ms": 1, "s": 1000, "m": 60_000}[unit]
