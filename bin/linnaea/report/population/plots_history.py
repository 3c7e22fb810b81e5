"""Figures of history: D of quartets, the tree of groups and its residuals, scans of windows."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from linnaea.base.tables import Row
from linnaea.base.text import number
from linnaea.report.plots import BLUE, GREY, INK, VERMILION, Figure, axis, figure, plain
from linnaea.report.population import newick
from linnaea.report.population.inputs import MIN_SITES, Populations, value
from linnaea.report.population.plots_diversity import Scan
from linnaea.report.population.plots_looks import (
    FAINT,
    GroupStyle,
    Trace,
    because,
    looks,
    marker,
    matrix_figure,
    selectable,
    square_height,
)
from linnaea.report.population.plots_structure import branches

MAX_QUARTETS_DRAWN = 40
MAX_REGIONS_NAMED = 10
# Z from fewer blocks, or from fewer sites, is greyed.
FEW_BLOCKS = 20
# Pairs of groups are drawn in the tree as a hint if Z of their residual is below minus this, and an f4 above.
HINT_Z = 3.0
# Blue to white to red, which colour-blind readers distinguish.
DIVERGING = [[0, "#0b4f8a"], [0.25, "#7fb4d1"], [0.5, "#ffffff"], [0.75, "#eba98a"], [1, "#a83a00"]]


def weak_statistic(row: Row) -> str | None:
    """Why a row of f statistics should not be relied on; None when it rests on enough."""
    sites, blocks = value(row, "sites") or 0, value(row, "blocks") or 0
    if sites < MIN_SITES:
        return f"rests on {number(sites, 0)} sites, fewer than {number(MIN_SITES)}"
    if blocks < FEW_BLOCKS:
        return f"rests on {number(blocks, 0)} blocks, fewer than {number(FEW_BLOCKS)}"
    return None


def sharing(row: Row, rooted: bool) -> str:
    """Which groups share more than the split of a quartet says: 'a with c', or without a root one of two."""
    estimate = value(row, "estimate") or 0
    first, other = ("group_1", "group_2") if estimate > 0 else ("group_2", "group_1")
    words = f"{row[first]} with {row['group_3']}" + (
        "" if rooted else f", or {row[other]} with {row['group_4']}"
    )
    return words if estimate else "none"


def quartet(row: Row) -> str:
    """The groups of a D as people write them."""
    return f"{row['group_1']}, {row['group_2']}; {row['group_3']}, {row['group_4']}"


def quartets(rows: Sequence[Row], limit: float) -> Figure:
    """D of quartets with two standard errors; those beyond `limit` in Z are red, weak ones grey."""
    traces: list[Trace] = []
    for row in rows:
        estimate, error, z = (value(row, key) for key in ("estimate", "standard_error", "z"))
        why = weak_statistic(row)
        colour = FAINT if why or z is None else VERMILION if abs(z) > limit else BLUE
        traces.append(
            {
                "type": "scatter",
                "mode": "markers",
                "x": [estimate],
                "y": [plain(quartet(row))],
                "error_x": {"type": "data", "array": [2 * (error or 0)], "thickness": 1.4, "width": 3},
                "marker": {"color": colour, "size": 8},
                "hovertemplate": f"%{{y}}: D %{{x:.4g}}, Z {'unknown' if z is None else f'{z:.2f}'}"
                f"{because(why)}<extra></extra>",
            }
        )
    return figure(
        traces,
        axis("Patterson’s D", tickformat="~g", zeroline=True, zerolinecolor=INK, nticks=7),
        axis(
            type="category",
            categoryorder="array",
            categoryarray=[plain(quartet(row)) for row in rows],
            range=[len(rows) - 0.4, -0.6],
            ticks="",
            tickfont={"size": 11},
        ),
        height=90 + 22 * max(len(rows), 2),
        showlegend=False,
    )


def group_tree(data: Populations, text: str, hints: Sequence[Row]) -> Figure:
    """The tree of groups; dashed lines join pairs of groups more alike than the tree says."""
    made = newick.layout(newick.parse(text))
    styles = looks(data)
    traces: list[Trace] = [branches(made)]
    places = {name: (x, y) for name, x, y in made.leaves}
    for row in hints:
        ends = [places[row[key]] for key in ("group_1", "group_2") if row[key] in places]
        if len(ends) == 2:
            pair = f"{plain(row['group_1'])} – {plain(row['group_2'])}"
            words = f"{pair}: residual Z {value(row, 'residual_z'):.1f}"
            traces.append(
                {
                    "type": "scatter",
                    "mode": "lines",
                    "x": [end[0] for end in ends],
                    "y": [end[1] for end in ends],
                    "line": {"color": VERMILION, "dash": "dash", "width": 1.6},
                    "text": [words] * 2,
                    "hovertemplate": "%{text}<extra></extra>",
                    "showlegend": False,
                }
            )
    for name, x, y in made.leaves:
        look = styles.get(name)
        traces.append(
            {
                "type": "scatter",
                "mode": "markers+text",
                "x": [x],
                "y": [y],
                "text": [f" {plain(name)}"],
                "textposition": "middle right",
                "textfont": {"size": 12, "color": INK},
                "marker": marker(look, 8) if look else {"color": INK, "size": 8},
                "hoverinfo": "skip",
                "cliponaxis": False,
                "showlegend": False,
            }
        )
    depth = max((leaf[1] for leaf in made.leaves), default=0) or 1
    room = 1.05 + 0.02 * max(len(leaf[0]) for leaf in made.leaves)
    return figure(
        traces,
        axis("f2 per variable site", range=[-0.01 * depth, room * depth], tickformat="~g", nticks=5),
        axis(
            showticklabels=False,
            ticks="",
            showgrid=False,
            showline=False,
            range=[len(made.leaves) - 0.3, -0.7],
        ),
        height=max(240, 110 + 22 * len(made.leaves)),
        showlegend=False,
    )


def residual_matrix(rows: Sequence[Row], names: Sequence[str]) -> Figure:
    """Z of the residuals of all pairs of groups: blue are more alike than the tree says."""
    place = {name: i for i, name in enumerate(names)}
    z = np.full((len(names), len(names)), np.nan)
    for row in rows:
        found = value(row, "residual_z")
        if found is not None:
            i, j = place[row["group_1"]], place[row["group_2"]]
            z[i, j] = z[j, i] = found
    most = max(3.0, float(np.nanmax(np.abs(z), initial=0.0)))
    made = matrix_figure(
        names, z, "residual / standard error", square_height(len(names)), -most, most, None, ".2f"
    )
    made["data"][0]["colorscale"] = DIVERGING
    return made


def manhattan(
    scans: Mapping[str, Sequence[Row]], outliers: Sequence[Row], places: Scan, title: str
) -> Figure | None:
    """Values of windows along the genome, a view for each label of `scans`.

    Outliers are red, and the genes of the highest ones named.
    """
    ticks, bands = places.layout()
    views: dict[str, tuple[list[Trace], dict[str, Any]]] = {}
    for label, rows in scans.items():
        shown = [row for row in rows if row["chromosome"] in places.offset]
        traces: list[Trace] = []
        for outlier, name, colour, size in (("no", "windows", BLUE, 4), ("yes", "outliers", VERMILION, 7)):
            chosen = [row for row in shown if row["outlier"] == outlier]
            traces.append(
                {
                    "type": "scatter",
                    "mode": "markers",
                    "name": name,
                    "x": [_middle(row, places) for row in chosen],
                    "y": [value(row, "value") for row in chosen],
                    "text": [_place(row) for row in chosen],
                    "marker": {"color": colour, "size": size, "opacity": 0.8},
                    "hovertemplate": "%{text}: %{y:.4g}<extra></extra>",
                    "showlegend": True,
                }
            )
        of_label = [row for row in outliers if row["groups"] == shown[0]["groups"]] if shown else []
        named = [row for row in of_label if row["gene_names"] not in (".", "NA")]
        named = [row for row in named if row["chromosome"] in places.offset][:MAX_REGIONS_NAMED]
        if named:
            traces.append(
                {
                    "type": "scatter",
                    "mode": "text",
                    "name": "genes",
                    "x": [_middle(row, places, "peak_") for row in named],
                    "y": [value(row, "peak_value") for row in named],
                    "text": [_genes(row, 2) for row in named],
                    "textposition": "top center",
                    "textfont": {"size": 10.5, "color": INK},
                    "hoverinfo": "skip",
                    "showlegend": False,
                }
            )
        if any(trace["x"] for trace in traces):
            views[label] = (traces, {})
    if not views:
        return None
    return selectable(
        views, lambda traces: figure(traces, ticks, axis(title, tickformat="~g"), height=340, shapes=bands)
    )


def _middle(row: Row, places: Scan, peak: str = "") -> float:
    middle = ((value(row, f"{peak}start_bp") or 0) + (value(row, f"{peak}end_bp") or 0)) / 2
    return places.offset[row["chromosome"]] + middle


def _place(row: Row) -> str:
    return f"{plain(row['chromosome'])}:{value(row, 'start_bp'):,.0f}–{value(row, 'end_bp'):,.0f}"


def _genes(row: Row, most: int) -> str:
    """The first names of the genes of a region, with how many more there are."""
    names = row["gene_names"].split(",")[:most]
    more = int(value(row, "genes") or 0) - len(names)
    return plain(", ".join(names) + (f" +{more}" if more > 0 else ""))


def size_history(data: Populations) -> Figure | None:
    """Effective size through time of single genomes; theta and divergence without a mutation rate."""
    styles = looks(data)
    by_sample: dict[str, list[Row]] = {}
    for row in data.rows("size_history"):
        by_sample.setdefault(row["sample"], []).append(row)
    scaled = any(value(row, "ne") is not None for row in data.rows("size_history"))
    in_years = any(value(row, "start_years") is not None for row in data.rows("size_history"))
    unit = "years" if in_years else "generations" if scaled else "divergence_per_bp"
    size, low, high = ("ne", "ne_low", "ne_high") if scaled else ("theta_per_bp", "theta_low", "theta_high")
    traces: list[Trace] = []
    for name in data.ordered(by_sample):
        look = styles.get(data.group_of.get(name, ""), GroupStyle(GREY))
        rows = by_sample[name]
        # the logarithm has no zero and no infinity
        ends = [value(row, f"end_{unit}") for row in rows]
        starts = [value(row, f"start_{unit}") or (ends[0] or 1) / 3 for row in rows]
        closed = [
            end if end is not None and math.isfinite(end) else 2 * start
            for start, end in zip(starts, ends, strict=True)
        ]
        for trusted in (True, False):
            x: list[float | None] = []
            y: list[float | None] = []
            text: list[str] = []
            for row, start, end in zip(rows, starts, closed, strict=True):
                if (row.get("reason") == ".") == trusted:
                    limits = f"{value(row, low) or 0:.3g} to {value(row, high) or 0:.3g}"
                    x += [start, end, None]
                    y += [value(row, size)] * 2 + [None]
                    text += [limits, limits, ""]
            traces.append(
                {
                    "type": "scatter",
                    "mode": "lines",
                    "name": plain(name),
                    "x": x,
                    "y": y,
                    "customdata": text,
                    "line": {
                        "color": look.colour,
                        "dash": look.dash if trusted else "dot",
                        "width": 2 if trusted else 1,
                    },
                    "hovertemplate": "%{x:,.3s}: %{y:,.4s} (%{customdata})<extra>%{fullData.name}</extra>",
                    "showlegend": trusted,
                    "legendgroup": name,
                }
            )
    if not traces:
        return None
    labels = {
        "years": "years ago",
        "generations": "generations ago",
        "divergence_per_bp": "pairwise differences per bp",
    }
    return figure(
        traces,
        axis(labels[unit], type="log"),
        axis("effective size (individuals)" if scaled else "θ per bp", type="log"),
    )
