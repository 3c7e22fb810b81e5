"""Figures of relatedness: runs of homozygosity, kinship, distances."""

import math
import re
from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from linnaea.base.tables import Row
from linnaea.base.text import bases
from linnaea.report.plots import BLUE, INK, ORANGE, SKY, VERMILION, Figure, axis, figure, plain
from linnaea.report.population.inputs import Populations, best_kinship, value
from linnaea.report.population.plots_diversity import Scan
from linnaea.report.population.plots_looks import (
    MAX_LABELS,
    matrix_figure,
    sample_axis,
    samples_title,
    square_height,
)

MAX_RUNS = 20_000


ROH_COLOURS = ("#bcd9ec", SKY, BLUE, ORANGE, VERMILION, "#7a1f00", INK)


def length_classes(row: Row) -> list[int]:
    """Lower bounds of the length classes of froh.tsv, ascending, in bp."""
    found = [c[len("f_roh_min_") : -len("bp")] for c in row if c.startswith("f_roh_min_")]
    return sorted(int(size) for size in found)


def short_length(length: float) -> str:
    """A round length without needless zeros: 50 kb, 2.5 Mb."""
    return re.sub(r"\.?0+ ", " ", bases(length)) if "." in bases(length) else bases(length)


def class_names(classes: Sequence[int]) -> list[str]:
    """'100–250 kb', … and the last open class."""
    words = [f"{short_length(a)} – {short_length(b)}" for a, b in pairwise(classes)]
    return [*words, f"over {short_length(classes[-1])}"] if classes else []


def class_shares(row: Row, classes: Sequence[int]) -> list[float] | None:
    """F_ROH of each length class by itself, in percent; the table holds runs of at least each length."""
    above = [value(row, f"f_roh_min_{size}bp") for size in classes]
    known = [share for share in above if share is not None]
    if not known or len(known) < len(above):
        return None
    return [100 * (a - b) for a, b in zip(known, [*known[1:], 0.0], strict=True)]


def _class_colours(count: int) -> list[str]:
    places = np.linspace(0, len(ROH_COLOURS) - 1, max(count, 2)).round().astype(int)
    return [ROH_COLOURS[i] for i in places][:count] if count <= len(ROH_COLOURS) else list(ROH_COLOURS)


def froh_bars(data: Populations) -> Figure | None:
    """F_ROH per sample stacked by length class."""
    rows = {row["sample"]: row for row in data.rows("froh")}
    classes = length_classes(next(iter(rows.values()), {}))
    shares = {n: found for n, row in rows.items() if (found := class_shares(row, classes)) is not None}
    if not shares:
        return None
    names = data.ordered(rows)
    traces = []
    colours = _class_colours(len(classes))
    for i, (label, size) in enumerate(zip(class_names(classes), classes, strict=True)):
        traces.append(
            {
                "type": "bar",
                "name": label,
                "x": [plain(n) for n in names if n in shares],
                "y": [max(0.0, shares[n][i]) for n in names if n in shares],
                "marker": {"color": colours[i % len(colours)], "line": {"width": 0.5, "color": "#8a9099"}},
                "customdata": [rows[n].get(f"roh_count_min_{size}bp") for n in names if n in shares],
                "hovertemplate": f"%{{x}}: %{{y:.2f}} % in runs of {label}; %{{customdata}} runs of "
                f"{short_length(size)} or more<extra></extra>",
            }
        )
    highest = max((sum(found) for found in shares.values()), default=0)
    return figure(
        traces,
        sample_axis(names, title={"text": samples_title(names)}),
        axis("F<sub>ROH</sub> (%)", range=[0, max(1.08 * highest, 1)], tickformat="~g"),
        barmode="stack",
        bargap=0.2,
        height=340,
        showlegend=True,
    )


def roh_tracks(data: Populations) -> tuple[Figure, int, int] | None:
    """Runs along the scaffolds, one row per sample; with the number of runs and of those drawn."""
    rows = sorted(data.rows("roh"), key=lambda r: -(value(r, "length_bp") or 0))
    if not rows:
        return None
    windows = data.rows("diversity_windows")
    scan = Scan.of([*windows, *rows] if windows else rows)
    ticks, bands = scan.layout()
    statuses = [row["sample"] for row in data.rows("froh")]
    names = data.ordered(statuses or [row["sample"] for row in rows])
    place = {name: i for i, name in enumerate(names)}
    classes = length_classes(next(iter(data.rows("froh")), {})) or [0]
    drawn = [r for r in rows if r["chromosome"] in scan.offset and r["sample"] in place][:MAX_RUNS]
    height = max(6, min(24, 900 // max(len(names), 1)))
    traces = []
    colours = _class_colours(len(classes))
    limits = [*classes, math.inf]
    for i, label in enumerate(class_names(classes)):
        x: list[float | None] = []
        y: list[float | None] = []
        text: list[str | None] = []
        for row in drawn:
            length = value(row, "length_bp") or 0
            # Runs shorter than the first class, which callers may write, are in the first.
            if (limits[i] <= length or i == 0) and length < limits[i + 1]:
                start, end = value(row, "start_bp") or 0, value(row, "end_bp") or 0
                offset = scan.offset[row["chromosome"]]
                x += [offset + start, offset + end, None]
                y += [place[row["sample"]]] * 2 + [None]
                words = f"{plain(row['sample'])} {plain(row['chromosome'])}:{start:,.0f}–{end:,.0f}"
                text += [f"{words}, {bases(length)}"] * 2 + [None]
        if x:
            traces.append(
                {
                    "type": "scatter",
                    "mode": "lines",
                    "name": label,
                    "x": x,
                    "y": y,
                    "text": text,
                    "line": {"color": colours[i % len(colours)], "width": max(3, 0.6 * height)},
                    "hovertemplate": "%{text}<extra></extra>",
                }
            )
    few = len(names) <= MAX_LABELS
    return (
        figure(
            traces,
            ticks,
            axis(
                None if few else f"{len(names)} samples, by group",
                tickvals=list(range(len(names))) if few else [],
                ticktext=[plain(n) for n in names] if few else [],
                range=[len(names) - 0.4, -0.6],
                ticks="",
                tickfont={"size": 11},
            ),
            height=110 + height * max(len(names), 3),
            shapes=bands,
            showlegend=True,
        ),
        len(rows),
        len(drawn),
    )


def kinship_matrix(data: Populations) -> Figure:
    """Kinship of all pairs, zero and less white."""
    rows = data.rows("kinship")
    names = data.ordered(name for row in rows for name in (row["sample_1"], row["sample_2"]))
    place = {name: i for i, name in enumerate(names)}
    z = np.full((len(names), len(names)), np.nan)
    for row in rows:
        kinship = best_kinship(row)
        if kinship is not None:
            i, j = place[row["sample_1"]], place[row["sample_2"]]
            z[i, j] = z[j, i] = kinship
    ticks = {
        "tickvals": [0, 0.0442, 0.0884, 0.177, 0.354, 0.5],
        "ticktext": ["0", "3rd", "2nd", "1st degree", "same individual", "0.5"],
    }
    return matrix_figure(names, z, "", square_height(len(names)), 0.0, 0.5, ticks, ".3f")


def distance_matrix(data: Populations) -> Figure:
    """Distances of all pairs of samples."""
    rows = data.rows("distances")
    names = data.ordered(name for row in rows for name in (row["sample_1"], row["sample_2"]))
    place = {name: i for i, name in enumerate(names)}
    z = np.full((len(names), len(names)), np.nan)
    for row in rows:
        distance = value(row, "distance_per_site")
        if distance is not None:
            i, j = place[row["sample_1"]], place[row["sample_2"]]
            z[i, j] = z[j, i] = distance
    return matrix_figure(names, z, "differences per site", square_height(len(names)))
