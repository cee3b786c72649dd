"""The containers of the built architecture as a C4 diagram, laid out left to right in
SVG.
"""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING

from archgen.reports.labels import plain

if TYPE_CHECKING:
    from collections.abc import Sequence

    from archgen.advisor import Recommendation

WIDTH, HEIGHT, COLUMN, ROW = 150, 62, 246, 92
LEFT, TOP = 14, 44
SERVICES_SHOWN = 3


@dataclass(frozen=True, slots=True)
class Box:
    """A person, a container or a store at a column and a row of the drawing."""

    key: str
    title: str
    kind: str
    column: int
    row: float

    @property
    def x(self) -> float:
        return LEFT + self.column * COLUMN

    @property
    def y(self) -> float:
        return TOP + self.row * ROW


def c4(recommendation: Recommendation, name: str, services: Sequence[str]) -> str:
    """The diagram as an SVG element, with what it shows as its description; `services`
    names those that there are.
    """
    boxes, arrows = _layout(recommendation, _shown(services))
    by_key = {box.key: box for box in boxes}
    width = LEFT * 2 + 3 * COLUMN + WIDTH
    height = TOP + int(max(box.row for box in boxes) * ROW) + HEIGHT + 26
    said = "; ".join(
        f"{by_key[a].title} {label} {by_key[b].title}" for a, b, label in arrows
    )
    inside = [box for box in boxes if box.kind != "person"]
    x0, x1 = min(b.x for b in inside) - 12, max(b.x for b in inside) + WIDTH + 12
    parts = [
        f'<svg class="c4" viewBox="0 0 {width} {height}" role="img" aria-labelledby="c4-title c4-desc">',
        f'<title id="c4-title">Containers of {escape(name)}</title><desc id="c4-desc">{escape(said)}</desc>',
        '<defs><marker id="tip" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="7" markerHeight="7" orient="auto">'
        '<path class="tip" d="M0 0 8 4 0 8z"/></marker></defs>',
        f'<rect class="boundary" x="{x0}" y="{TOP - 30}" width="{x1 - x0}" height="{height - TOP + 22}" rx="6"/>',
        f'<text class="kind" x="{x0 + 10}" y="{TOP - 12}">{escape(name)} [system]</text>',
    ]
    parts += [_arrow(by_key[a], by_key[b], label) for a, b, label in arrows]
    parts += [_box(box) for box in boxes]
    return "".join([*parts, "</svg>"])


def _shown(services: Sequence[str]) -> list[str]:
    """As many services as there is room for; the last box says how many more there are."""
    if len(services) <= SERVICES_SHOWN:
        return list(services)
    rest = len(services) - SERVICES_SHOWN + 1
    return [*services[: SERVICES_SHOWN - 1], f"{rest} more services"]


def _layout(
    r: Recommendation, services: list[str]
) -> tuple[list[Box], list[tuple[str, str, str]]]:
    store, cache, broker = (
        r.stack[topic].choice for topic in ("database", "cache", "broker")
    )
    gateway = plain(r.stack["gateway"].choice)
    if r.template == "microservices":
        boxes = [
            Box(f"app{n}", title, "FastAPI", 2, n) for n, title in enumerate(services)
        ]
        boxes += [
            Box(f"db{n}", f"its {store}", "database", 3, n)
            for n in range(len(services))
        ]
        arrows = [(f"app{n}", f"db{n}", "reads, writes") for n in range(len(services))]
        last = len(services)
    else:
        title, kind = (
            ("functions", "Lambda")
            if r.template == "serverless"
            else ("the server", "FastAPI, all modules")
        )
        boxes = [Box("app0", title, kind, 2, 0), Box("db0", store, "database", 3, 0)]
        arrows = [("app0", "db0", "reads, writes")]
        last = 1
    boxes.insert(0, Box("gateway", gateway, "gateway", 1, 0))
    boxes.insert(0, Box("clients", "clients", "person", 0, 0))
    arrows = [
        ("clients", "gateway", "HTTPS"),
        ("gateway", "app0", "routes to"),
        *arrows,
    ]
    arrows += [("gateway", f"app{n}", "") for n in range(1, last)]
    caller = f"app{last - 1}"
    for choice, kind, label in (
        (cache, "cache", "caches in"),
        (broker, "broker", "events through"),
    ):
        if choice != "none":
            boxes.append(Box(kind, plain(choice), kind, 3, last))
            in_front = choice == "cloudfront"
            arrows.append(
                ("gateway", kind, "answers are kept in")
                if in_front
                else (caller, kind, label)
            )
            last += 1
    return boxes, arrows


def _box(box: Box) -> str:
    shape = f'<rect class="box {box.kind.split(",")[0].lower()}" x="{box.x}" y="{box.y}" width="{WIDTH}" height="{HEIGHT}" rx="{26 if box.kind == "person" else 6}"/>'
    middle = box.x + WIDTH / 2
    return (
        f'{shape}<text class="name" x="{middle}" y="{box.y + 27}">{escape(box.title)}</text>'
        f'<text class="kind middle" x="{middle}" y="{box.y + 45}">[{escape(box.kind)}]</text>'
    )


def _arrow(a: Box, b: Box, label: str) -> str:
    x0, y0, x1, y1 = a.x + WIDTH, a.y + HEIGHT / 2, b.x, b.y + HEIGHT / 2
    line = f'<line class="arrow" x1="{x0}" y1="{y0}" x2="{x1}" y2="{y1}" marker-end="url(#tip)"/>'
    # along a steep line there is no room for it; the description says it
    if not label or abs(y1 - y0) > ROW:
        return line
    return f'{line}<text class="kind middle" x="{(x0 + x1) / 2}" y="{(y0 + y1) / 2 - 6}">{escape(label)}</text>'
