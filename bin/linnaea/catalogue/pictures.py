"""Pictures of the documentation: labelled boxes on a grid with arrows between them, as SVG."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape

from linnaea.catalogue.floors import FLOORS, imports

LINE = 17
MARGIN = 12
STYLE = (
    "text{font:13px system-ui,sans-serif;fill:#1c2b33;text-anchor:middle}.t{font-weight:600}"
    ".b{stroke-width:1.2}.a{fill:none;stroke:#7b8a92;stroke-width:1.3}"
)
FILLS = {
    "input": ("#fff6e0", "#c99a2e"),
    "step": ("#e8f3ee", "#3f8468"),
    "result": ("#e9f0fa", "#45719f"),
}


@dataclass(frozen=True)
class Box:
    """A box: `text` lines, of which the first is the title, at a column and row of the grid."""

    text: Sequence[str]
    column: float
    row: float
    kind: str = "step"
    width: float = 1.0


@dataclass(frozen=True)
class Grid:
    """Sizes in pixels: a column, the room between columns, a row, the room between rows."""

    column: int = 150
    gap: int = 24
    row: int = 64
    room: int = 40

    def bounds(self, box: Box) -> tuple[float, float, float, float]:
        """Left, top, width and height of a box."""
        left = MARGIN + box.column * (self.column + self.gap)
        width = box.width * (self.column + self.gap) - self.gap
        return left, MARGIN + box.row * (self.row + self.room), width, self.row


def _arrow(start: tuple[float, float, float, float], end: tuple[float, float, float, float]) -> str:
    """A curve from one box to another: sideways in one row, else from an edge above to one below."""
    (x, y, w, h), (u, v, m, n) = start, end
    if abs(y - v) < 1:
        first, last = (x + w, y + h / 2), (u, v + n / 2)
        if u < x:
            first, last = (x, y + h / 2), (u + m, v + n / 2)
        turn = (first[0] + last[0]) / 2
        bends = (turn, first[1], turn, last[1])
    else:
        down = v > y
        # Leaves and arrives at the part of the edge that faces the other box.
        shift = max(-0.4, min(0.4, ((u + m / 2) - (x + w / 2)) / (3 * w)))
        first = (x + w * (0.5 + shift), y + h if down else y)
        last = (u + m * (0.5 - max(-0.4, min(0.4, shift * w / m))), v if down else v + n)
        turn = (first[1] + last[1]) / 2
        bends = (first[0], turn, last[0], turn)
    curve = " ".join(f"{value:.0f}" for value in bends)
    path = f"M{first[0]:.0f} {first[1]:.0f}C{curve} {last[0]:.0f} {last[1]:.0f}"
    return f'<path class="a" d="{path}" marker-end="url(#e)"/>'


def draw(boxes: Mapping[str, Box], arrows: Iterable[tuple[str, str]], title: str, grid: Grid) -> str:
    """SVG of named boxes and of arrows between their names."""
    bounds = {name: grid.bounds(box) for name, box in boxes.items()}
    width = max(left + size for left, _, size, _ in bounds.values()) + MARGIN
    height = max(top + size for _, top, _, size in bounds.values()) + MARGIN
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.0f} {height:.0f}" role="img">',
        f"<title>{escape(title)}</title><style>{STYLE}</style>",
        '<defs><marker id="e" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" '
        'orient="auto"><path d="M0 0L8 4L0 8z" fill="#7b8a92"/></marker></defs>',
        f'<rect width="{width:.0f}" height="{height:.0f}" fill="#ffffff"/>',
    ]
    lines += [_arrow(bounds[start], bounds[end]) for start, end in arrows]
    for name, box in boxes.items():
        left, top, size, tall = bounds[name]
        fill, stroke = FILLS[box.kind]
        lines.append(
            f'<rect class="b" x="{left:.0f}" y="{top:.0f}" width="{size:.0f}" height="{tall}" rx="6" '
            f'fill="{fill}" stroke="{stroke}"/>'
        )
        base = top + tall / 2 - LINE * (len(box.text) - 1) / 2 + 5
        for number, text in enumerate(box.text):
            kind = ' class="t"' if number == 0 else ""
            place = f'x="{left + size / 2:.0f}" y="{base + LINE * number:.0f}"'
            lines.append(f"<text{kind} {place}>{escape(text)}</text>")
    return "\n".join([*lines, "</svg>", ""])


def import_picture() -> str:
    """Rooms of the package by floor, with an arrow to each room that a room imports from.

    An arrow is left out if a longer way leads to the same room.
    """
    most = max(map(len, FLOORS))
    boxes = {}
    for level, rooms in enumerate(reversed(FLOORS)):
        for place, room in enumerate(rooms):
            boxes[room] = Box([room], place + (most - len(rooms)) / 2, level)
    pairs = imports()
    below = {room: {other for one, other in pairs if one == room} for room in boxes}
    longer = {(one, other) for one in below for via in below[one] for other in below[via]}
    direct = sorted(pairs - longer)
    return draw(boxes, direct, "Imports between the rooms of the package", Grid(110, 60, 34, 56))


def workflow_picture() -> str:
    """What goes in, what each workflow does, what comes out."""
    boxes = {
        "reads": Box(["Reads", "HiFi, ONT, Hi-C, Illumina"], 0, 0, "input", 1.3),
        "evidence": Box(["Evidence", "RNA, proteins, relatives"], 1.5, 0, "input", 1.3),
        "samples": Box(["Samples", "reads, BAM, gVCF or VCF"], 3, 0, "input", 1.3),
        "check": Box(
            ["Input check", "all faults at once; the plan of jobs and core-hours"], 0, 1, "step", 4.3
        ),
        "assembly": Box(
            ["Assembly", "assemble, screen, purge,", "scaffold, name, evaluate"], 0, 2, "step", 1.3
        ),
        "annotation": Box(["Annotation", "mask, align, train, predict,", "functions"], 1.5, 2, "step", 1.3),
        "popgen": Box(["Populations", "align, call, filter,", "statistics"], 3, 2, "step", 1.3),
        "genome": Box(["Genome", "EBP verdict, report"], 0, 3, "result", 1.3),
        "genes": Box(["Genes", "AnnoAudit verdict, report"], 1.5, 3, "result", 1.3),
        "statistics": Box(["Statistics", "tables, report"], 3, 3, "result", 1.3),
    }
    arrows = [
        ("assembly", "annotation"), ("annotation", "popgen"), ("assembly", "genome"),
        ("annotation", "genes"), ("popgen", "statistics"),
    ]  # fmt: skip
    grid = Grid(row=66, room=34)
    # The check is one wide box: arrows run straight through its edges.
    straight = [("reads", "assembly"), ("evidence", "annotation"), ("samples", "popgen")]
    return draw(boxes, [*straight, *arrows], "What Linnaea does", grid)


def architecture_picture() -> str:
    """Files of a run: input check, workflows, modules, scripts, package, reports."""
    boxes = {
        "input": Box(["Input", "genomes.yml, samples.csv, parameters"], 0, 0, "input", 2),
        "main": Box(["main.nf", "starts the workflows"], 2.2, 0),
        "check": Box(["bin/check_input.py", "faults, plan, typed input"], 3.4, 0, "step", 1.2),
        "workflows": Box(["workflows/", "assembly, annotation, popgen; stages"], 1.4, 1, "step", 2),
        "modules": Box(["modules/", "a file per tool; our steps in linnaea/"], 1.4, 2, "step", 2),
        "tools": Box(["Tools", "containers/software.yml"], 0, 3, "input", 1.2),
        "scripts": Box(["bin/*.py", "one step each"], 1.8, 3, "step", 1.2),
        "package": Box(["bin/linnaea/", "the package"], 3.4, 3, "step", 1.2),
        "results": Box(["Results", "files, tables (TSV), records (JSON)"], 0.4, 4, "result", 2),
        "report": Box(["Report", "report.html, verdict, index.tsv"], 2.8, 4, "result", 1.8),
    }
    arrows = [
        ("input", "main"), ("main", "check"), ("main", "workflows"), ("workflows", "modules"),
        ("modules", "tools"), ("modules", "scripts"), ("scripts", "package"), ("tools", "results"),
        ("scripts", "results"), ("results", "report"),
    ]  # fmt: skip
    return draw(boxes, arrows, "The parts of a run", Grid(row=56, room=34))
