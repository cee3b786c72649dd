"""A domain as a drawing: modules side by side, a box for each entity, a line for each
reference.
"""

from __future__ import annotations

from dataclasses import dataclass
from html import escape

from archgen.domain.schema import Domain
from archgen.exchange.drawing import Line, describe, list_entities, list_lines

WIDTH, ROW, HEAD, GAP, COLUMN_GAP, MARGIN = 300, 18, 26, 22, 90, 20  # pixels
TALL = 1600  # a module that is taller has several columns
_STYLE = (  # of this drawing alone, for it may stand in a page that has others
    ".domain text{font:12px sans-serif;fill:#1f2933}.domain .m{font-weight:bold;font-size:14px}.domain .e{font-weight:bold}"
    ".domain .t{fill:#52606d}.domain .b{fill:#fff;stroke:#7b8794}.domain .l{fill:none;stroke:#3e7cb1}"
    "svg.domain{background:#f8fafc}"
)


@dataclass(slots=True)
class _Box:
    x: int
    y: int
    rows: tuple[tuple[str, str], ...]

    @property
    def height(self) -> int:
        return HEAD + ROW * len(self.rows)

    def row_y(self, name: str) -> int:
        return (
            self.y + HEAD + ROW * [key for key, _ in self.rows].index(name) + ROW // 2
        )


def draw_svg(name: str, domain: Domain) -> str:
    """The drawing as an SVG document, with what it shows as its description."""
    boxes, titles, width, height = _layout(domain)
    lines = [line for line in list_lines(domain) if line.target in boxes]
    said = "; ".join(
        f"{line.source} has {line.field}, {'several of' if line.many else 'a'} {line.target}"
        for line in lines
    )
    parts = [
        f'<svg class="domain" xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" role="img">',
        f"<title>Entities of {escape(name)}</title><desc>{escape(said)}</desc><style>{_STYLE}</style>",
    ]
    parts += [
        f'<text class="m" x="{x}" y="{MARGIN + 12}">{escape(title)}</text>'
        for x, title in titles
    ]
    parts += [_path(boxes, line) for line in lines]
    parts += [_draw(key, box) for key, box in boxes.items()]
    return "\n".join([*parts, "</svg>"]) + "\n"


def _layout(domain: Domain) -> tuple[dict[str, _Box], list[tuple[int, str]], int, int]:
    boxes: dict[str, _Box] = {}
    titles: list[tuple[int, str]] = []
    x, y, lowest, before = MARGIN, 0, 0, ""
    for module, name, entity in list_entities(domain):
        rows = tuple((key, describe(spec)) for key, spec in entity.fields.items())
        if module != before or y > TALL:
            x += WIDTH + COLUMN_GAP if before else 0
            y = MARGIN + 34
            if module != before:
                titles.append((x, module))
            before = module
        box = boxes[f"{module}.{name}"] = _Box(x, y, rows)
        y += box.height + GAP
        lowest = max(lowest, y)
    return boxes, titles, x + WIDTH + COLUMN_GAP, lowest + MARGIN


def _draw(key: str, box: _Box) -> str:
    parts = [
        f'<rect class="b" x="{box.x}" y="{box.y}" width="{WIDTH}" height="{box.height}" rx="4"/>',
        f'<text class="e" x="{box.x + 10}" y="{box.y + 17}">{escape(key.partition(".")[2])}</text>',
    ]
    for index, (name, says) in enumerate(box.rows):
        y = box.y + HEAD + ROW * index + 12
        room = 44 - len(name)
        shown = says if len(says) <= room else says[: max(room - 1, 1)] + "…"
        parts.append(
            f'<text x="{box.x + 10}" y="{y}">{escape(name)} <tspan class="t">{escape(shown)}</tspan></text>'
        )
    return "".join(parts)


def _path(boxes: dict[str, _Box], line: Line) -> str:
    source, target = boxes[line.source], boxes[line.target]
    y0, y1 = source.row_y(line.field), target.y + HEAD // 2
    rightwards = target.x > source.x
    x0 = source.x + WIDTH if rightwards or target.x == source.x else source.x
    x1 = (
        target.x + WIDTH
        if target.x == source.x
        else target.x
        if rightwards
        else target.x + WIDTH
    )
    bend = COLUMN_GAP // 2
    out, back = (
        (x0 + bend if x0 > source.x else x0 - bend),
        (x1 - bend if x1 == target.x else x1 + bend),
    )
    return f'<path class="l" d="M{x0} {y0}C{out} {y0} {back} {y1} {x1} {y1}"/><circle cx="{x1}" cy="{y1}" r="3" fill="#3e7cb1"/>'
