"""Pictures of loci as SVG: gene models, a reference, RNA coverage and introns, proteins, repeats.

Each picture is drawn for a page 1000 px wide and for paper: plain shapes, no scripts, no fonts of its own,
colours that people with a colour vision deficiency can tell apart. Text comes from files and is escaped.
"""

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from html import escape
from pathlib import Path
from typing import Any

import numpy as np

from linnaea.annotation.quality import bedgraph_frames, columns, read_rna_introns
from linnaea.base.errors import InputError
from linnaea.base.files import complete_file
from linnaea.base.records import read_metrics, write_metrics
from linnaea.base.text import number
from linnaea.formats.gene_models import Gene, Part, Transcript, introns
from linnaea.formats.gff3 import read_genes
from linnaea.formats.sequences import is_empty

WIDTH, LEFT, RIGHT = 1000, 132, 16
INNER = WIDTH - LEFT - RIGHT
ROW, BOX, THIN = 30, 13, 7
COVERAGE_HEIGHT, ARC_HEIGHT = 62, 54
MAX_ROWS = 8  # of models in one track; the rest is counted
MAX_ARCS = 60
FLANK_SHARE, LEAST_FLANK = 0.08, 400  # of the locus, bp
COVERAGE_BINS = INNER // 2
BLUE, GREEN, ORANGE, VERMILION = "#0072B2", "#009E73", "#C77F00", "#D55E00"
PALE_BLUE, GREY, INK, MUTED, GRID = "#7fa9c7", "#8a9099", "#24292f", "#5b626c", "#e7eaee"
FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'DejaVu Sans', sans-serif"


@dataclass
class LocusTracks:
    """What is drawn besides the models; a list that is None was not given and has no track."""

    reference: Sequence[Gene] | None = None
    rna_introns: Mapping[tuple[str, int, int], Mapping[str, int]] | None = None
    coverage: Mapping[str, Sequence[tuple[int, int, float]]] | None = None
    proteins: Sequence[Gene] | None = None
    repeats: Mapping[str, Sequence[Part]] | None = None


@dataclass
class Window:
    """A stretch of a sequence (0-based, half-open) and its place on the page."""

    seqid: str
    start: int
    end: int

    def x(self, position: float) -> float:
        inside = min(max(position, self.start), self.end)
        return LEFT + INNER * (inside - self.start) / (self.end - self.start)

    def holds(self, start: int, end: int) -> bool:
        return start < self.end and end > self.start


@dataclass
class _Page:
    """SVG elements from top to bottom; `y` is where the next track begins."""

    window: Window
    y: float = 0
    parts: list[str] = field(default_factory=list)

    def add(self, element: str, **attributes: Any) -> None:
        shown = "".join(
            f' {key.rstrip("_").replace("_", "-")}="{_short(value)}"' for key, value in attributes.items()
        )
        self.parts.append(f"<{element}{shown}/>")

    def text(self, x: float, y: float, words: str, **attributes: Any) -> None:
        shown = "".join(
            f' {key.rstrip("_").replace("_", "-")}="{_short(value)}"' for key, value in attributes.items()
        )
        self.parts.append(f'<text x="{_short(x)}" y="{_short(y)}"{shown}>{escape(words)}</text>')

    def label(self, y: float, words: str, small: str = "") -> None:
        """The name of a track, left of it."""
        self.text(LEFT - 14, y, words, text_anchor="end", font_weight="600", font_size=12.5)
        if small:
            self.text(LEFT - 14, y + 15, small, text_anchor="end", fill=MUTED, font_size=11)


def _short(value: Any) -> str:
    return escape(f"{value:.1f}".removesuffix(".0") if isinstance(value, float) else str(value))


def tick_step(span: int, most: int = 8) -> int:
    """The smallest of 1, 2, 5 times a power of ten that gives at most `most` ticks over `span` bp."""
    power = 10 ** max(0, math.floor(math.log10(max(1, span / most))))
    return next(power * m for m in (1, 2, 5, 10) if span / (power * m) <= most)


def _axis(page: _Page) -> None:
    window = page.window
    step = tick_step(window.end - window.start)
    page.label(
        page.y + 16, window.seqid if len(window.seqid) <= 16 else f"{window.seqid[:15]}…", "position, bp"
    )
    page.add("line", x1=LEFT, x2=LEFT + INNER, y1=page.y + 20, y2=page.y + 20, stroke="#9aa1a9")
    for tick in range(-(-(window.start + 1) // step) * step, window.end + 1, step):
        x = window.x(tick - 0.5)
        page.add("line", x1=x, x2=x, y1=page.y + 20, y2=page.y + 26, stroke="#9aa1a9")
        anchor = "start" if x < LEFT + 30 else "end" if x > LEFT + INNER - 34 else "middle"
        page.text(x, page.y + 14, f"{tick:,}", text_anchor=anchor, font_size=11.5, fill=MUTED)
    page.y += 40


def _text_width(words: str, size: float = 11) -> float:
    return 0.6 * size * len(words)


def packed(items: Iterable[tuple[float, float]], gap: float = 10) -> list[int]:
    """Row of each (left, right): the first where it keeps `gap` to all that came before."""
    rows: list[list[tuple[float, float]]] = []
    found = []
    for left, right in items:
        free = (
            i
            for i, row in enumerate(rows)
            if all(end + gap <= left or right + gap <= start for start, end in row)
        )
        row = next(free, len(rows))
        if row == len(rows):
            rows.append([])
        rows[row].append((left, right))
        found.append(row)
    return found


def _chevrons(page: _Page, left: float, right: float, y: float, strand: str, colour: str) -> None:
    """Arrow heads along an intron, every 26 px, pointing in reading direction."""
    count = int((right - left - 8) // 26)
    side = 3 if strand == "+" else -3
    for i in range(count if strand in "+-" else 0):
        x = left + (right - left) * (i + 1) / (count + 1)
        points = f"{x - side:.1f},{y - 3:.1f} {x:.1f},{y:.1f} {x - side:.1f},{y + 3:.1f}"
        page.add("polyline", points=points, fill="none", stroke=colour, stroke_width=1.1)


def _model(page: _Page, model: Transcript, y: float, colour: str) -> None:
    """One transcript: a line, thin boxes for exons, thick ones for CDS."""
    window = page.window
    x1, x2 = window.x(model.start), window.x(model.end)
    page.add("line", x1=x1, x2=x2, y1=y, y2=y, stroke=colour, stroke_width=1.3)
    for start, end in introns(model.exons):
        if window.holds(start, end):
            _chevrons(page, window.x(start), window.x(end), y, model.strand, colour)
    for parts, height in ((model.exons, THIN), (model.cds, BOX)):
        for start, end in parts:
            if window.holds(start, end):
                left = window.x(start)
                width = max(1.2, window.x(end) - left)
                page.add("rect", x=left, y=y - height / 2, width=width, height=height, fill=colour)


def _arrow(model: Transcript) -> str:
    return {"+": " →", "-": " ←"}.get(model.strand, "")


def _models(
    page: _Page, title: str, models: Sequence[tuple[str, Transcript]], colour: Callable[[str], str]
) -> None:
    """A track of transcripts (name, model), packed into rows with their names above; pale ones come last."""
    window = page.window
    shown = [
        (colour(name), name + _arrow(model), model)
        for name, model in models
        if model.seqid == window.seqid and window.holds(model.start, model.end)
    ]
    shown.sort(key=lambda item: (item[0] == PALE_BLUE, item[2].start, -item[2].end))
    page.label(page.y + 22, title)
    if not shown:
        page.text(LEFT, page.y + 22, "none here", fill=MUTED, font_size=11.5)
        page.y += ROW + 6
        return
    extents = []
    for _, words, model in shown:
        left = min(window.x(model.start), LEFT + INNER - _text_width(words))
        extents.append((left, max(window.x(model.end), left + _text_width(words))))
    rows = packed(extents)
    for (tint, words, model), (left, _), row in zip(shown, extents, rows, strict=True):
        if row < MAX_ROWS:
            y = page.y + row * ROW + 22
            page.text(left, y - 10, words, font_size=11, fill=MUTED if tint == PALE_BLUE else INK)
            _model(page, model, y, tint)
    page.y += min(MAX_ROWS, 1 + max(rows)) * ROW + 6
    if hidden := sum(row >= MAX_ROWS for row in rows):
        page.text(LEFT, page.y + 8, f"and {hidden} more", fill=MUTED, font_size=11.5)
        page.y += 18


def binned(track: Sequence[tuple[int, int, float]], window: Window, bins: int = COVERAGE_BINS) -> np.ndarray:
    """Largest depth in each of `bins` equal pieces of the window; float (bins,)."""
    depth = np.zeros(bins)
    scale = bins / (window.end - window.start)
    for start, end, value in track:
        if window.holds(start, end):
            first = int((max(start, window.start) - window.start) * scale)
            last = max(first + 1, math.ceil((min(end, window.end) - window.start) * scale))
            np.maximum(depth[first:last], value, out=depth[first:last])
    return depth


def _coverage(page: _Page, track: Sequence[tuple[int, int, float]]) -> None:
    depth = binned(track, page.window)
    top, base = float(depth.max()), page.y + COVERAGE_HEIGHT
    page.label(page.y + 30, "RNA reads", f"depth, 0 to {number(top, 0)}")
    page.add("line", x1=LEFT, x2=LEFT + INNER, y1=base, y2=base, stroke="#c4c9cf")
    if top > 0:
        width = INNER / depth.size
        points = [f"{LEFT},{base:.1f}"]
        for i, value in enumerate((depth / top * (COVERAGE_HEIGHT - 6)).tolist()):
            y = base - value
            points += [f"{LEFT + i * width:.1f},{y:.1f}", f"{LEFT + (i + 1) * width:.1f},{y:.1f}"]
        points.append(f"{LEFT + INNER},{base:.1f}")
        page.add("polygon", points=" ".join(points), fill=VERMILION, fill_opacity=0.45)
    page.y = base + 4


def _arcs(page: _Page, found: Sequence[tuple[int, int, str, int]]) -> None:
    """Introns of spliced reads hanging as arcs, thicker with more reads, their number below."""
    window = page.window
    page.label(page.y + 20, "RNA introns", "reads that span them")
    strongest = sorted(found, key=lambda intron: -intron[3])[:MAX_ARCS]
    if not strongest:
        page.text(LEFT, page.y + 20, "none here", fill=MUTED, font_size=11.5)
        page.y += 40
        return
    most = max(reads for *_, reads in strongest)
    longest = max(end - start for start, end, *_ in strongest)
    taken: list[tuple[float, float, float]] = []
    for start, end, strand, reads in strongest:
        left, right = window.x(start), window.x(end)
        deep = 14 + (ARC_HEIGHT - 14) * math.sqrt((end - start) / longest)
        weight = 0.8 + 2.4 * math.log1p(reads) / math.log1p(most)
        curve = f"M{left:.1f},{page.y:.1f} C{left:.1f},{page.y + deep * 1.3:.1f} "
        curve += f"{right:.1f},{page.y + deep * 1.3:.1f} {right:.1f},{page.y:.1f}"
        dash = {"stroke_dasharray": "4 3"} if strand == "-" else {}
        page.add(
            "path", d=curve, fill="none", stroke=VERMILION, stroke_width=weight, stroke_opacity=0.8, **dash
        )
        words = number(reads)
        width = _text_width(words, 10.5) / 2 + 2
        middle, y = (left + right) / 2, page.y + deep + 11
        if all(abs(middle - x) > width + w or abs(y - other) > 11 for x, w, other in taken):
            taken.append((middle, width, y))
            page.text(middle, y, words, text_anchor="middle", font_size=10.5, fill=MUTED)
    page.y += ARC_HEIGHT + 22


def _repeats(page: _Page, parts: Iterable[Part]) -> None:
    page.label(page.y + 14, "repeats")
    inside = [part for part in parts if page.window.holds(*part)]
    if not inside:
        page.text(LEFT, page.y + 14, "none here", fill=MUTED, font_size=11.5)
    for start, end in inside:
        left = page.window.x(start)
        width = max(1.0, page.window.x(end) - left)
        page.add("rect", x=left, y=page.y + 5, width=width, height=10, fill=GREY)
    page.y += 26


def _transcripts(genes: Iterable[Gene]) -> list[tuple[str, Transcript]]:
    return [(model.id, model) for gene in genes for model in gene.transcripts]


def locus_picture(window: Window, genes: Sequence[Gene], focus: Iterable[str], evidence: LocusTracks) -> str:
    """One locus as SVG; the genes in `focus` are dark blue, their neighbours pale."""
    page = _Page(window)
    focus = set(focus)
    dark = {model.id for gene in genes if gene.id in focus for model in gene.transcripts}
    _axis(page)
    top = page.y
    _models(page, "genes", _transcripts(genes), lambda name: BLUE if name in dark else PALE_BLUE)
    if evidence.reference is not None:
        _models(page, "reference", _transcripts(evidence.reference), lambda name: GREEN)
    if evidence.coverage is not None:
        _coverage(page, evidence.coverage.get(window.seqid, ()))
    if evidence.rna_introns is not None:
        found = [
            (start, end, strand, reads)
            for (seqid, start, end), strands in evidence.rna_introns.items()
            if seqid == window.seqid and window.start <= start and end <= window.end
            for strand, reads in strands.items()
        ]
        _arcs(page, found)
    if evidence.proteins is not None:
        named = [
            (model.attributes.get("Target", model.id).split(" ")[0], model)
            for gene in evidence.proteins
            for model in gene.transcripts
        ]
        _models(page, "proteins", named, lambda name: ORANGE)
    if evidence.repeats is not None:
        _repeats(page, evidence.repeats.get(window.seqid, ()))
    height = math.ceil(page.y + 4)
    step = tick_step(window.end - window.start)
    ticks = range(-(-(window.start + 1) // step) * step, window.end + 1, step)
    lines = "".join(
        f'<line x1="{x:.1f}" x2="{x:.1f}" y1="{top - 12:.1f}" y2="{height}" stroke="{GRID}"/>'
        for x in (window.x(tick - 0.5) for tick in ticks)
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" '
        f'height="{height}" font-family="{escape(FONT)}" fill="{INK}" role="img">'
        f'<rect width="{WIDTH}" height="{height}" fill="#fff"/>{lines}{"".join(page.parts)}</svg>\n'
    )


def locus_window(example: Mapping[str, Any]) -> Window:
    """The window of an entry of `genes_to_look_at` (1-based), with its flanks."""
    start, end = example["start"] - 1, example["end"]
    flank = max(LEAST_FLANK, int(FLANK_SHARE * (end - start)))
    return Window(example["sequence"], max(0, start - flank), end + flank)


def _inside(
    rows: Iterable[list[str]], windows: Sequence[Window]
) -> Iterator[tuple[str, int, int, list[str]]]:
    """Rows of BED-like text that touch a window: sequence, start, end, the other columns."""
    wanted: dict[str, list[Window]] = {}
    for window in windows:
        wanted.setdefault(window.seqid, []).append(window)
    for seqid, first, last, *rest in rows:
        start, end = int(first), int(last)
        if any(window.holds(start, end) for window in wanted.get(seqid, ())):
            yield seqid, start, end, rest


def locus_pictures(
    annotation: str | Path,
    examples: Sequence[Mapping[str, Any]],
    reference: str | Path | None = None,
    rna_introns: str | Path | None = None,
    coverage: str | Path | None = None,
    proteins: str | Path | None = None,
    repeats: str | Path | None = None,
) -> list[dict[str, Any]]:
    """Draw every entry of `genes_to_look_at`: what it said and its picture (`svg`).

    Models are GFF3 or GTF, introns BED with reads as score, coverage bedGraph, repeats BED.
    """
    windows = [locus_window(example) for example in examples]
    evidence = LocusTracks(
        read_genes(reference) if reference else None,
        read_rna_introns(rna_introns) if rna_introns else None,
        proteins=read_genes(proteins) if proteins else None,
    )
    if coverage:
        depths: dict[str, list[tuple[int, int, float]]] = {}
        for frame in bedgraph_frames(coverage):
            for window in windows:
                inside = frame.filter(
                    (frame["seqid"] == window.seqid)
                    & (frame["start"] < window.end)
                    & (frame["end"] > window.start)
                )
                track = depths.setdefault(window.seqid, [])
                track += inside.select("start", "end", "depth").iter_rows()
        evidence.coverage = depths
    if repeats and not is_empty(repeats):
        parts: dict[str, list[Part]] = {}
        for seqid, start, end, _ in _inside(columns(repeats, 3, "BED"), windows):
            parts.setdefault(seqid, []).append((start, end))
        evidence.repeats = parts
    genes = read_genes(annotation)
    return [
        {**example, "svg": locus_picture(window, genes, example["genes"], evidence)}
        for example, window in zip(examples, windows, strict=True)
    ]


def draw_loci(
    annotation: str,
    quality: str,
    /,
    *,
    out: str,
    reference: str | None = None,
    rna_introns: str | None = None,
    coverage: str | None = None,
    proteins: str | None = None,
    repeats: str | None = None,
    outdir: Path | None = None,
) -> None:
    """Draw the genes worth a look, with their evidence, as SVG: what annotation_quality.py listed.

    annotation: gene set, GFF3 or GTF, plain or gzip
    quality: record of annotation_quality.py (JSON)
    reference: reference annotation or truth (GFF3)
    rna_introns: introns of spliced reads; score: reads (BED)
    coverage: depth of RNA reads (BEDGRAPH)
    proteins: alignments of proteins, as mRNA and CDS (GFF3)
    repeats: repeats (BED)
    out: metrics record with the pictures (JSON), for the report
    outdir: folder to write the pictures to as SVG files
    """
    record = read_metrics(quality)
    if "genes_to_look_at" not in record:
        raise InputError(f"{quality} lists no genes to look at; give the record of annotation_quality.py")
    loci = locus_pictures(
        annotation,
        record["genes_to_look_at"],
        reference,
        rna_introns,
        coverage,
        proteins,
        repeats,
    )
    if outdir:
        outdir.mkdir(parents=True, exist_ok=True)
        for place, locus in enumerate(loci, 1):
            with complete_file(outdir / f"{record['id']}.locus{place}.{locus['kind']}.svg") as handle:
                handle.write(locus["svg"])
    write_metrics(out, {"id": record["id"], "step": "locus_pictures", "loci": loci})
