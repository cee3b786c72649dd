"""Rounds of wrk, and what a target makes of them."""

from __future__ import annotations

import re
import statistics
from collections.abc import Callable
from typing import NamedTuple

from bench.serving.stage import Stage, run

ROUNDS, SECONDS, CONNECTIONS = 5, 3, 64
EACH = """
local ids = {}
for line in io.lines("%(ids)s") do
  ids[#ids + 1] = line
  if #ids == %(most)d then break end
end
math.randomseed(%(seed)d)
local at = math.random(#ids)
function request()
  at = at %% #ids + 1
  return %(request)s
end
"""
GET = 'wrk.format("GET", "%s" .. ids[at])'


class Round(NamedTuple):
    """Requests a second, latencies in milliseconds, and answers that were no success."""

    rate: float
    p50: float
    p99: float
    errors: int


def load(
    stage: Stage,
    url: str,
    *,
    request: str = "",
    connections: int = CONNECTIONS,
    seed: int = 0,
    most: int = 10**9,
    token: bool = True,
    seconds: int = SECONDS,
) -> Round:
    """One round: reads of this URL, or `request`s, Lua with one of the first `most` product ids after the other."""
    command = ["wrk", "-t2", f"-c{connections}", f"-d{seconds}s", "--latency", "--timeout", "10s"]
    if token:
        command += ["-H", f"Authorization: Bearer {stage.token}", "-H", "Content-Type: application/json"]
    if request:
        script = stage.work / "each.lua"
        script.write_text(EACH % {"ids": stage.ids, "seed": seed, "most": most, "request": request})
        command += ["-s", str(script)]
    said = run([*command, url], stage.work)
    bad = re.findall(r"(?:Non-2xx or 3xx responses: |connect |read |write |timeout )(\d+)", said)
    p50, p99 = (_ms(re.search(rf"{p}%\s+([\d.]+\w+)", said)[1]) for p in (50, 99))  # type: ignore[index]
    rate = float(re.search(r"Requests/sec:\s+([\d.]+)", said)[1])  # type: ignore[index]
    none = rate == 0  # nothing was answered at all: an error, and no ratio
    return Round(rate or 0.001, p50 or 0.001, p99 or 0.001, sum(map(int, bad)) + none)


def reads(
    stage: Stage, url: str, *, each: bool = False, most: int = 10**9, token: bool = True
) -> Callable[[int], Round]:
    """Rounds of reads of this URL; `each`: of what stands behind it with one id after the other."""
    request = GET % ("/" + url.split("/", 3)[3]) if each else ""
    return lambda seed: load(stage, url, request=request, seed=seed, most=most, token=token)


def paired(
    name: str, least: float, ours: Callable[[int], Round], peer: Callable[[int], Round], whose: str = "bare"
) -> bool:
    """Rounds in turn, the first pair thrown away; whether ours reaches this share of the peer, by the pairs' median."""
    rounds = []
    for n in range(ROUNDS):
        first, second = (ours, peer) if n % 2 else (peer, ours)
        pair = first(n), second(n)
        rounds.append(pair if n % 2 else pair[::-1])
    shares = sorted(mine.rate / theirs.rate for mine, theirs in rounds[1:])
    mine, theirs = (statistics.median(r[i].rate for r in rounds[1:]) for i in (0, 1))
    p99, peers_p99 = (statistics.median(pair[i].p99 / pair[i].p50 for pair in rounds[1:]) for i in (0, 1))
    errors = sum(pair[0].errors for pair in rounds)
    share = statistics.median(shares)
    return told(name, share >= least and not errors,
                f"{share:.0%} of {whose} (at least {least:.0%}; {shares[0]:.0%} to {shares[-1]:.0%}): {mine:,.0f} of "
                f"{theirs:,.0f} a second, p99 {p99:.1f} times p50 ({whose} {peers_p99:.1f}), {errors} errors")  # fmt: skip


def told(name: str, held: bool, what: str) -> bool:
    print(f"{'ok    ' if held else 'missed'} {name}: {what}", flush=True)
    return held


def _ms(text: str) -> float:
    value, unit = re.fullmatch(r"([\d.]+)(us|ms|s|m)", text).groups()  # type: ignore[union-attr]
    return float(value) * {"us": 0.001, "ms": 1, "s": 1000, "m": 60_000}[unit]
