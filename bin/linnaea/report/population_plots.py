"""Figures of the report of populations as plotly.js JSON, in the style of `plots`.

Colours are of groups: historical samples have the colour of their population with other marks and lines.
Everything is SVG: WebGL of plotly.js needs code at run time, which the page's security policy forbids.
"""

import base64
import math
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from linnaea.report import newick
from linnaea.report.plots import (
    BLUE,
    GREEN,
    GREY,
    INK,
    MAX_TRACKS,
    ORANGE,
    PURPLE,
    SERIES,
    SKY,
    VERMILION,
    Figure,
    axis,
    figure,
    plain,
    rgba,
)
from linnaea.report.population_inputs import OUTGROUP, Populations, Row, best_kinship, few_sites, value
from linnaea.text import bases, number

MAX_SCAN_POINTS = 4000  # of one line
MAX_SCAN_TOTAL = 16_000  # of one view
MAX_PAIRS_DRAWN = 10
MAX_LABELS = 60
MAX_RUNS = 20_000
MAX_SPECTRUM_CLASSES = 60
SYMBOLS = ("circle", "square", "triangle-up", "cross")
DASHES = ("solid", "dash", "dot", "dashdot")
# Sources of ancestry are no groups, so their colours begin elsewhere.
SOURCES = (GREEN, ORANGE, PURPLE, SKY, INK, "#8c6d31", "#637939", "#843c39", "#7b4173")
Trace = dict[str, Any]
# What should not be relied on.
FAINT = "#b6bec6"
# White to dark, told apart in print and by colour-blind eyes.
DENSITY = [[0, "#ffffff"], [0.25, "#cfe3ee"], [0.5, "#7fb4d1"], [0.75, "#2f77a8"], [1, "#0b2f4e"]]


@dataclass(frozen=True)
class Look:
    """How a group is drawn."""

    colour: str
    symbol: str = "circle"
    dash: str = "solid"


def looks(data: Populations) -> dict[str, Look]:
    """Look of each group and of the outgroup."""
    populations = sorted({group.removesuffix(".historical") for group in data.groups})
    found = {OUTGROUP: Look(GREY, "x", "dot")}
    for group in data.groups:
        place = populations.index(group.removesuffix(".historical"))
        round_ = place // len(SERIES) % len(SYMBOLS)
        colour = SERIES[place % len(SERIES)]
        if group.endswith(".historical"):
            found[group] = Look(colour, f"{SYMBOLS[round_]}-open", "dot")
        else:
            found[group] = Look(colour, SYMBOLS[round_], DASHES[round_])
    return found


def marker(look: Look, size: float = 9, **more: Any) -> dict[str, Any]:
    """Marker of a group; open symbols have their colour in the line."""
    line = {"width": 2 if look.symbol.endswith("-open") else 0.7, "color": "#fff"}
    if look.symbol.endswith("-open") or look.symbol == "x":
        line["color"] = look.colour
    return {"color": look.colour, "symbol": look.symbol, "size": size, "line": line} | more


def selectable(views: Mapping[str, tuple[list[Trace], Mapping[str, Any]]], make: Callable) -> Figure:
    """One figure whose buttons show other traces: `views` maps a label to traces and changes of layout;
    `make(traces)` gives the figure of the first view."""
    kept = {label: view for label, view in views.items() if view[0]}
    counts = [len(traces) for traces, _ in kept.values()]
    data: list[Trace] = []
    states: dict[str, Any] = {}
    for place, (label, (traces, layout)) in enumerate(kept.items()):
        shown = [trace.get("visible", True) for trace in traces]
        before, after = sum(counts[:place]), sum(counts[place + 1 :])
        states[label] = {
            "traces": {"visible": [False] * before + shown + [False] * after},
            "layout": dict(layout),
        }
        data += traces if place == 0 else [trace | {"visible": False} for trace in traces]
    made = make(data)
    for key, change in next(iter(kept.values()))[1].items():
        _set(made["layout"], key, change)
    return made | {"views": states} if len(kept) > 1 else made


def _set(layout: dict[str, Any], path: str, change: Any) -> None:
    *parents, last = path.split(".")
    for key in parents:
        if layout.get(key) is None:
            layout[key] = {}
        layout = layout[key]
    layout[last] = change


def packed(matrix: np.ndarray) -> dict[str, Any]:
    """A matrix as plotly.js reads typed arrays; NaN is left blank."""
    z = np.ascontiguousarray(matrix, "<f4")
    return {
        "dtype": "f4",
        "shape": f"{z.shape[0]}, {z.shape[1]}",
        "bdata": base64.b64encode(z.tobytes()).decode(),
    }


def sample_axis(names: Sequence[str], **more: Any) -> dict[str, Any]:
    """Axis of samples by name; too many names are not written."""
    shown = [plain(n) for n in names]
    words: dict[str, Any] = {"tickmode": "array", "tickvals": shown}
    if len(names) > MAX_LABELS:
        words = {"showticklabels": False, "ticks": ""}
    return axis(
        type="category",
        categoryorder="array",
        categoryarray=shown,
        range=[-0.6, len(names) - 0.4],
        showgrid=False,
        tickfont={"size": 11},
        **words | more,
    )


def samples_title(names: Sequence[str]) -> str | None:
    return f"{len(names)} samples, by group" if len(names) > MAX_LABELS else None


# Samples


def _degrees(axis_name: str, low: float, high: float, span: float) -> dict[str, Any]:
    """Graticule with a step fit for `span` degrees, far beyond the range: zooming out needs it."""
    step = next((s for s in (0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 30) if span / s <= 6), 60)
    limit = 90 if axis_name == "y" else 540
    reach = 6 * max(high - low, span)
    first, last = max(-limit, low - reach), min(limit, high + reach)
    values = [round(i * step, 6) for i in range(math.ceil(first / step), math.floor(last / step) + 1)]
    words = []
    for place in values:
        turned = (place + 180) % 360 - 180 if axis_name == "x" else place
        side = ("E" if turned > 0 else "W") if axis_name == "x" else ("N" if turned > 0 else "S")
        words.append(f"{abs(turned):g}°{side if turned else ''}")
    return {"tickvals": values, "ticktext": words}


def sample_map(data: Populations) -> Figure | None:
    """Places of the samples by longitude and latitude, one mark a place and group; None without places."""
    placed = [s for s in data.samples if s.latitude is not None and s.longitude is not None]
    if not placed:
        return None
    east = {s.sample: s.longitude or 0.0 for s in placed}
    across = {name: degrees % 360 for name, degrees in east.items()}
    if max(across.values()) - min(across.values()) < max(east.values()) - min(east.values()):
        east = across  # over the date line
    places: dict[tuple[str, float, float], list[str]] = {}
    for s in placed:
        key = (data.group_of[s.sample], east[s.sample], s.latitude or 0.0)
        places.setdefault(key, []).append(s.sample)
    traces = []
    for group, look in looks(data).items():
        found = [(x, y, names) for (of, x, y), names in places.items() if of == group]
        if found:
            sizes = [9 + 4 * math.sqrt(len(names) - 1) for *_, names in found]
            traces.append(
                {
                    "type": "scatter",
                    "mode": "markers",
                    "name": plain(group),
                    "x": [x for x, *_ in found],
                    "y": [y for _, y, _ in found],
                    "marker": marker(look, opacity=0.85) | {"size": sizes},
                    "text": [_hover_names(names) for *_, names in found],
                    "hovertemplate": "%{text}<br>%{y:.3f}°, %{x:.3f}°<extra>%{fullData.name}</extra>",
                    "cliponaxis": False,
                }
            )
    xs, ys = list(east.values()), [s.latitude or 0.0 for s in placed]
    ranges = []
    for values in (xs, ys):
        middle, half = (min(values) + max(values)) / 2, max((max(values) - min(values)) * 0.6, 0.4)
        ranges.append([middle - half, middle + half])
    # The page is wider than high, so that latitudes often set the scale of both.
    span = max(0.5, max(xs) - min(xs), 1.8 * (max(ys) - min(ys)))
    shrink = max(math.cos(math.radians(sum(ys) / len(ys))), 0.1)
    return figure(
        traces,
        axis("longitude", range=ranges[0], **_degrees("x", min(xs), max(xs), span)),
        axis(
            "latitude",
            range=ranges[1],
            scaleanchor="x",
            scaleratio=1 / shrink,
            **_degrees("y", min(ys), max(ys), span),
        ),
        height=440,
        showlegend=True,
    )


def _hover_names(names: Sequence[str]) -> str:
    shown = ", ".join(plain(n) for n in names[:12])
    return shown + (f" and {len(names) - 12} more" if len(names) > 12 else "")


def _sample_lines(data: Populations, lines: Mapping[str, tuple[list, list]], hover: str) -> list[Trace]:
    """One line a sample; few samples have a colour each, many that of their group."""
    styles, few = looks(data), len(lines) <= len(SERIES)
    seen: set[str] = set()
    traces = []
    for place, name in enumerate(data.ordered(lines)):
        group = data.group_of.get(name, OUTGROUP)
        look = Look(SERIES[place]) if few else styles[group]
        x, y = lines[name]
        traces.append(
            {
                "type": "scatter",
                "mode": "lines",
                "name": plain(name if few else group),
                "legendgroup": plain(name if few else group),
                "showlegend": few or group not in seen,
                "x": x,
                "y": y,
                "line": {"color": look.colour, "dash": look.dash, "width": 2 if few else 1.2},
                "opacity": 1 if len(lines) <= 40 else 0.6,
                "hovertemplate": f"{plain(name)}: {hover}<extra></extra>",
            }
        )
        seen.add(group)
    return traces


def depth_histograms(data: Populations) -> Figure:
    """Share of the autosomes by depth, one line a sample."""
    lines, top, right = {}, 0.0, 4.0
    for name, record in data.by_sample("sample_depth").items():
        counts = record.get("depth_histogram_bp") or []
        if sum(counts):
            shares = [100 * n / sum(counts) for n in counts]
            lines[name] = (list(range(len(shares))), shares)
            right = max(right, 2.6 * (record.get("median_depth_x") or 0))
            top = max(top, *shares[1:], 0)
    right = min(right, max((len(x) for x, _ in lines.values()), default=4))
    cut = math.ceil(right) + 1
    lines = {name: (x[:cut], y[:cut]) for name, (x, y) in lines.items()}
    return figure(
        _sample_lines(data, lines, "%{y:.2f} % at %{x}×"),
        axis("depth (×)", range=[0, right]),
        axis("share of the autosomes (%)", range=[0, 1.1 * top or 1]),
        showlegend=True,
    )


def damage_curves(data: Populations, end: str) -> Figure:
    """C>T along the 5' end (`c_to_t_5p`) or G>A along the 3' end (`g_to_a_3p`) of the reads."""
    records = data.by_sample("damage")
    top = max(
        (v for r in records.values() for key in ("c_to_t_5p_pct", "g_to_a_3p_pct") for v in r.get(key) or ()),
        default=1,
    )
    lines = {
        name: (list(range(1, len(r[f"{end}_pct"]) + 1)), list(r[f"{end}_pct"]))
        for name, r in records.items()
        if r.get(f"{end}_pct")
    }
    longest = max((len(x) for x, _ in lines.values()), default=25)
    bounds = [0.5, longest + 0.5]
    side = "5′" if end == "c_to_t_5p" else "3′"
    return figure(
        _sample_lines(data, lines, "%{y:.1f} % at base %{x}"),
        axis(f"base from the {side} end", range=bounds if side == "5′" else bounds[::-1]),
        axis(f"{'C>T' if side == '5′' else 'G>A'} (%)", range=[0, 1.1 * max(top, 1)]),
        height=300,
        showlegend=True,
    )


# Filters


def funnel(views: Mapping[str, Sequence[tuple[str, float, float]]]) -> Figure:
    """What each filter leaves, of sites, variants and genotypes: label -> (filter, failed alone, left)."""
    made = {}
    for label, steps in views.items():
        names = [plain(name) for name, *_ in steps]
        total = max((left for *_, left in steps), default=0) or 1
        traces = [
            {
                "type": "bar",
                "orientation": "h",
                "y": names,
                "x": [left for *_, left in steps],
                "marker": {"color": BLUE},
                "name": "left",
                "text": [f"{100 * left / total:.1f} %" for *_, left in steps],
                "textposition": "inside",
                "insidetextanchor": "start",
                "insidetextfont": {"color": "#fff"},
                "customdata": [alone for _, alone, _ in steps],
                "hovertemplate": "%{x:,} left; this filter alone takes %{customdata:,}<extra></extra>",
            }
        ]
        made[label] = (traces, {"xaxis.title.text": label, "yaxis.categoryarray": names})
    rows = max(len(steps) for steps in views.values())
    return selectable(
        made,
        lambda data: figure(
            data,
            axis("", tickformat="~s", rangemode="tozero"),
            axis(type="category", categoryorder="array", autorange="reversed", ticks=""),
            height=90 + 30 * rows,
            bargap=0.3,
            showlegend=False,
        ),
    )


# Diversity


def points(
    rows: Sequence[tuple[str, float | None, float | None]],
    names: Sequence[str],
    colours: Mapping[str, Look],
    weak: Mapping[str, str],
) -> Figure:
    """Estimates with two standard errors: (name, estimate, standard error), one row a name.

    Those of the names in `weak` are grey, with the reason.
    """
    traces = []
    for name, estimate, error in rows:
        if estimate is not None:
            traces.append(
                {
                    "type": "scatter",
                    "mode": "markers",
                    "y": [plain(name)],
                    "x": [estimate],
                    "error_x": {"type": "data", "array": [2 * error], "thickness": 1.4, "width": 4}
                    if error
                    else None,
                    "marker": marker(Look(FAINT) if name in weak else colours.get(name, Look(BLUE))),
                    "hovertemplate": f"%{{y}}: %{{x:.4g}}{_because(weak.get(name))}<extra></extra>",
                    "name": plain(name),
                }
            )
    return figure(
        traces,
        axis(None, tickformat="~g", nticks=5),
        axis(
            type="category",
            categoryorder="array",
            categoryarray=[plain(n) for n in names],
            range=[len(names) - 0.4, -0.6],
            ticks="",
        ),
        height=max(130, 76 + 26 * len(names)),
        showlegend=False,
    )


class Scan:
    """Windows of the longest scaffolds laid end to end."""

    def __init__(self, ends: Mapping[str, float]):
        longest = sorted(ends, key=lambda name: -ends[name])[:MAX_TRACKS]
        self.left_out = len(ends) - len(longest)
        kept = set(longest)
        self.offset: dict[str, float] = {}
        self.length = 0.0
        for name in ends:  # in the order of the file
            if name in kept:
                self.offset[name] = self.length
                self.length += ends[name]
        self.ends = {name: ends[name] for name in self.offset}

    @classmethod
    def of(cls, rows: Iterable[Row], end: str = "end_bp") -> "Scan":
        ends: dict[str, float] = {}
        for row in rows:
            ends[row["chromosome"]] = max(ends.get(row["chromosome"], 0), value(row, end) or 0)
        return cls(ends)

    def layout(self) -> tuple[dict[str, Any], list[dict[str, Any]]]:
        """The axis with the names of scaffolds that have room for theirs, and bands behind every second."""
        wide = [n for n in self.offset if self.ends[n] > self.length * max(0.012, len(n) * 0.005)]
        bands = [
            {
                "type": "rect",
                "xref": "x",
                "yref": "paper",
                "x0": self.offset[n],
                "x1": self.offset[n] + self.ends[n],
                "y0": 0,
                "y1": 1,
                "fillcolor": "#f3f5f7",
                "line": {"width": 0},
                "layer": "below",
            }
            for n in list(self.offset)[1::2]
        ]
        ticks = axis(
            tickvals=[self.offset[n] + self.ends[n] / 2 for n in wide],
            ticktext=[plain(n) for n in wide],
            range=[0, self.length],
            showgrid=False,
            ticks="",
            tickangle=0,
        )
        return ticks, bands

    def line(self, rows: Sequence[Row], columns: tuple[str, ...], most: int) -> dict[str, list]:
        """x, y and places of windows of one series.

        Ratios (two columns) are joined by their sums, which gives the estimate of the larger window; a single
        column is averaged over windows.
        """
        by_scaffold: dict[str, list[Row]] = {}
        for row in rows:
            if row["chromosome"] in self.offset:
                by_scaffold.setdefault(row["chromosome"], []).append(row)
        step = max(1, math.ceil(sum(map(len, by_scaffold.values())) / most))
        x: list[float | None] = []
        y: list[float | None] = []
        place: list[str | None] = []
        for name, windows in by_scaffold.items():
            for i in range(0, len(windows), step):
                block = windows[i : i + step]
                start, end = value(block[0], "start_bp") or 0, value(block[-1], "end_bp") or 0
                x.append(self.offset[name] + (start + end) / 2)
                y.append(_joined(block, columns))
                place.append(f"{plain(name)}:{start:,.0f}–{end:,.0f}")
            x.append(None)
            y.append(None)
            place.append(None)
        return {"x": x, "y": y, "text": place}


def _joined(block: Sequence[Row], columns: tuple[str, ...]) -> float | None:
    sums = []
    for column in columns:
        found = [v for row in block if (v := value(row, column)) is not None]
        if not found:
            return None
        sums.append(sum(found) if len(columns) == 2 else sum(found) / len(found))
    if len(sums) == 1:
        return sums[0]
    return sums[0] / sums[1] if sums[1] else None


def drawn_pairs(data: Populations) -> list[tuple[str, str]]:
    """Pairs of groups to draw along the genome: all, or those of the largest Fst."""
    found = {
        (row["group_1"], row["group_2"]): value(row, "fst_hudson") or 0
        for row in data.autosomal("divergence") or data.rows("divergence")
    }
    if not found:
        found = {(row["group_1"], row["group_2"]): 0.0 for row in data.rows("divergence_windows")}
    return sorted(sorted(found, key=lambda pair: -found[pair])[:MAX_PAIRS_DRAWN])


def window_scan(data: Populations) -> Figure | None:
    """pi, Tajima's D, dxy and Fst along scaffolds, one view each; None when there are no windows."""
    diversity, divergence = data.rows("diversity_windows"), data.rows("divergence_windows")
    scan = Scan.of([*diversity, *divergence])
    if not scan.length:
        return None
    ticks, bands = scan.layout()
    styles = looks(data)
    by_group: dict[str, list[Row]] = {}
    for row in diversity:
        by_group.setdefault(row["group"], []).append(row)
    pairs = drawn_pairs(data)
    by_pair: dict[tuple[str, str], list[Row]] = {pair: [] for pair in pairs}
    for row in divergence:
        if (row["group_1"], row["group_2"]) in by_pair:
            by_pair[row["group_1"], row["group_2"]].append(row)
    group_lines = [(name, styles.get(name, Look(GREY)), rows) for name, rows in sorted(by_group.items())]
    pair_lines = [
        (f"{one} – {other}", Look(SERIES[i % len(SERIES)], dash=DASHES[i // len(SERIES) % 4]), rows)
        for i, ((one, other), rows) in enumerate(by_pair.items())
    ]
    views = {}
    for label, title, lines, columns in (
        ("π", "π per bp", group_lines, ("pi_differences", "pi_comparisons")),
        ("Tajima’s D", "Tajima’s D", group_lines, ("tajimas_d",)),
        ("dxy", "dxy per bp", pair_lines, ("dxy_differences", "dxy_comparisons")),
        ("Fst", "Fst (Hudson)", pair_lines, ("fst_hudson_numerator", "fst_hudson_denominator")),
    ):
        most = min(MAX_SCAN_POINTS, max(500, MAX_SCAN_TOTAL // max(len(lines), 1)))
        traces = []
        for name, look, rows in lines:
            found = scan.line(rows, columns, most)
            if any(y is not None for y in found["y"]):
                traces.append(
                    {
                        "type": "scatter",
                        "mode": "lines+markers" if len(found["x"]) <= 1500 else "lines",
                        "name": plain(name),
                        "line": {"color": look.colour, "width": 1.3, "dash": look.dash},
                        "marker": {"size": 3, "color": look.colour},
                        "hovertemplate": "%{text}: %{y:.4g}<extra>%{fullData.name}</extra>",
                        "showlegend": True,
                    }
                    | found
                )
        from_zero = "normal" if label in ("Tajima’s D", "Fst") else "tozero"
        views[label] = (traces, {"yaxis.title.text": title, "yaxis.rangemode": from_zero})
    if not any(traces for traces, _ in views.values()):
        return None
    return selectable(
        views,
        lambda traces: figure(traces, ticks, axis("", tickformat="~g"), height=340, shapes=bands),
    )


def matrix_figure(
    names: Sequence[str],
    z: np.ndarray,
    title: str,
    height: int,
    low: float | None = None,
    high: float | None = None,
    ticks: Mapping[str, Any] | None = None,
    digits: str = ".4g",
) -> Figure:
    """A square heat map of samples or groups, in their order from the upper left corner."""
    words = {
        "type": "category",
        "showticklabels": len(names) <= MAX_LABELS,
        "dtick": 1,
        "showgrid": False,
        "ticks": "",
        "mirror": True,
        "constrain": "domain",
        "tickfont": {"size": 11 if len(names) <= 40 else 9},
    }
    heat = {
        "type": "heatmap",
        "z": packed(z),
        "zmin": low,
        "zmax": high,
        "colorscale": DENSITY,
        "hoverongaps": False,
        "x": [plain(n) for n in names],
        "y": [plain(n) for n in names],
        "hovertemplate": f"%{{x}} – %{{y}}: %{{z:{digits}}}<extra></extra>",
        "colorbar": {
            "title": {"text": title, "side": "top"},
            "orientation": "h",
            "thickness": 10,
            "len": 0.55,
            "x": 0,
            "xanchor": "left",
            "y": 1.02,
            "yanchor": "bottom",
            "outlinewidth": 0,
        }
        | dict(ticks or {}),
    }
    last = len(names) - 0.5
    return figure(
        [heat],
        axis(**words, constraintoward="left", range=[-0.5, last], tickangle=-90 if len(names) > 8 else 0),
        axis(**words, scaleanchor="x", autorange=False) | {"range": [last, -0.5]},
        height=height,
        plot_bgcolor="#eceff2",
    )


def fst_matrix(rows: Sequence[Row], groups: Sequence[str]) -> Figure:
    """Fst of all pairs of groups; grey, with the reason, where it rests on few sites."""
    place = {name: i for i, name in enumerate(groups)}
    z, weak = np.full((2, len(groups), len(groups)), np.nan)
    reasons = [[""] * len(groups) for _ in groups]
    for row in rows:
        i, j = place[row["group_1"]], place[row["group_2"]]
        fst, why = value(row, "fst_hudson"), few_sites(row)
        if fst is None:
            continue
        for a, b in ((i, j), (j, i)):
            (weak if why else z)[a, b] = fst
            reasons[a][b] = _because(why)
    drawn = matrix_figure(
        groups, z, "Fst (Hudson)", _square(len(groups)), 0.0, float(np.nanmax(z, initial=0.01))
    )
    if np.isfinite(weak).any():
        template = "%{x} – %{y}: %{z:.4g}%{text}<extra></extra>"
        grey = {"colorscale": [[0, FAINT], [1, FAINT]], "showscale": False, "hovertemplate": template}
        drawn["data"].append(drawn["data"][0] | grey | {"z": packed(weak), "text": reasons})
    return drawn


def _because(why: str | None) -> str:
    """A reason as the end of the words at a point."""
    return f", {why}" if why else ""


def _square(size: int) -> int:
    return min(720, 270 + 22 * size)


# Spectra


def spectra(rows: Iterable[Row]) -> dict[tuple[str, str], tuple[int, np.ndarray]]:
    """(group, kind) -> chromosomes and sites by class."""
    found: dict[tuple[str, str], tuple[int, dict[int, float]]] = {}
    for row in rows:
        key = row["group"], row["kind"]
        chromosomes = int(value(row, "chromosomes") or 0)
        found.setdefault(key, (chromosomes, {}))[1][int(value(row, "class") or 0)] = (
            value(row, "sites") or 0.0
        )
    return {
        key: (n, np.array([sites.get(i, 0.0) for i in range(n // 2 + 1 if key[1] == "folded" else n + 1)]))
        for key, (n, sites) in found.items()
    }


def normalised(chromosomes: int, sites: np.ndarray, folded: bool) -> np.ndarray:
    """Variable classes divided by what a neutral population of constant size would have with the same number
    of variable sites (Fu 1995; folded: Achaz 2009, Genetics 183:249): 1 everywhere under that model.

    `sites` (classes,) from class 0; returns classes 1 to n/2 or n-1, NaN when no site varies.
    """
    n = chromosomes
    last = n // 2 if folded else n - 1
    count = np.arange(1, last + 1)
    observed = sites[1 : last + 1]
    theta = observed.sum() / (1 / np.arange(1, n)).sum() if n > 1 else 0.0
    expected = theta / count
    if folded:
        expected = theta * n / (count * (n - count)) / np.where(2 * count == n, 2, 1)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(expected > 0, observed / expected, np.nan)


def frequency_spectra(data: Populations, rows: Iterable[Row]) -> Figure | None:
    """Spectra of all groups: shares of variable sites, and against the neutral expectation; a view each."""
    found, styles = spectra(rows), looks(data)
    views: dict[str, tuple[list[Trace], dict[str, Any]]] = {}
    for kind, allele in (("folded", "rarer"), ("unfolded", "derived")):
        of_kind = {group: item for (group, k), item in sorted(found.items()) if k == kind and item[0] > 1}
        classes = max((n for n, _ in of_kind.values()), default=0)
        bars = len(of_kind) <= 4 and classes <= MAX_SPECTRUM_CLASSES
        shares, ratios = [], []
        for group, (n, sites) in of_kind.items():
            look = styles.get(group, Look(GREY))
            last = n // 2 if kind == "folded" else n - 1
            variable = sites[1 : last + 1]
            if not variable.sum():
                continue
            x = list(range(1, last + 1))
            hover = f"of {n}: %{{y:.4g}}<extra>{plain(group)}</extra>"
            line = {
                "type": "scatter",
                "mode": "lines+markers" if last <= 100 else "lines",
                "name": plain(group),
                "marker": marker(look, 6),
                "line": {"color": look.colour, "dash": look.dash, "width": 1.6},
                "showlegend": True,
            }
            share = (100 * variable / variable.sum()).tolist()
            if bars:
                shares.append(
                    {
                        "type": "bar",
                        "name": plain(group),
                        "x": x,
                        "y": share,
                        "marker": {"color": look.colour},
                        "customdata": variable.tolist(),
                        "hovertemplate": f"%{{x}} of {n}: %{{customdata:,.0f}} sites, %{{y:.2f}} %"
                        f"<extra>{plain(group)}</extra>",
                        "showlegend": True,
                    }
                )
            else:
                hover_share = f"%{{x:.3f}}: %{{y:.2f}} %<extra>{plain(group)}, {n} chromosomes</extra>"
                shares.append(line | {"x": [i / n for i in x], "y": share, "hovertemplate": hover_share})
            ratio = [None if np.isnan(v) else float(v) for v in normalised(n, sites, kind == "folded")]
            ratios.append(
                line | {"x": [i / n for i in x], "y": ratio, "hovertemplate": "frequency %{x:.3f}, " + hover}
            )
        # Few classes are told apart by their number.
        few = {"xaxis.tickmode": "linear", "xaxis.tick0": 1, "xaxis.dtick": 1}
        auto = {"xaxis.tickmode": "auto"}
        title = f"chromosomes with the {allele} allele" if bars else f"frequency of the {allele} allele"
        views[kind] = (
            shares,
            {"xaxis.title.text": title, "yaxis.title.text": "share of variable sites (%)"}
            | (few if bars and classes <= 24 else auto),
        )
        views[f"{kind}, normalised"] = (
            ratios,
            {
                "xaxis.title.text": f"frequency of the {allele} allele",
                "yaxis.title.text": "sites / neutral expectation",
            }
            | auto,
        )
    if not any(traces for traces, _ in views.values()):
        return None
    return selectable(
        views,
        lambda traces: figure(
            traces,
            axis(""),
            axis("", rangemode="tozero", tickformat="~g"),
            barmode="group",
            bargap=0.25,
        ),
    )


def joint_spectra(rows: Sequence[Row]) -> Figure | None:
    """Joint spectra of pairs of groups as log10 of sites, one view a pair; unfolded where there is one."""
    found: dict[tuple[str, str, str], dict[tuple[int, int], float]] = {}
    sizes: dict[tuple[str, str, str], tuple[int, int]] = {}
    for row in rows:
        key = row["group_1"], row["group_2"], row["kind"]
        place = int(value(row, "class_1") or 0), int(value(row, "class_2") or 0)
        found.setdefault(key, {})[place] = value(row, "sites") or 0.0
        sizes[key] = int(value(row, "chromosomes_1") or 0), int(value(row, "chromosomes_2") or 0)
    views = {}
    for one, other, kind in sorted(found):
        if kind == "folded" and (one, other, "unfolded") in found:
            continue
        n1, n2 = sizes[one, other, kind]
        z = np.zeros((n2 + 1, n1 + 1))
        for (i, j), sites in found[one, other, kind].items():
            z[j, i] += sites
        z[0, 0] = z[n2, n1] = 0  # monomorphic in both, hundreds of times the rest
        if not z.any():
            continue
        step1, step2 = (math.ceil((n + 1) / 2 / MAX_SPECTRUM_CLASSES) for n in (n1, n2))
        z = np.add.reduceat(
            np.add.reduceat(z, np.arange(0, n2 + 1, step2), 0), np.arange(0, n1 + 1, step1), 1
        )
        # Fractions of a site from projection would stretch the scale.
        shown = np.where(z >= 1, np.log10(np.maximum(z, 1)), np.nan)
        trace = {
            "type": "heatmap",
            "z": packed(shown),
            "dx": step1,
            "dy": step2,
            "colorscale": [[0, "#eef4f8"], *DENSITY[1:]],
            "zmin": 0,
            "hoverongaps": False,
            "hovertemplate": "%{x} and %{y} chromosomes: 10<sup>%{z:.2f}</sup> sites<extra></extra>",
            "colorbar": {
                "title": {"text": "log₁₀ sites", "side": "right"},
                "thickness": 12,
                "outlinewidth": 0,
            },
            "showlegend": False,
        }
        word = "derived" if kind == "unfolded" else "rarer"
        layout = {
            "xaxis.title.text": f"{word} allele in {plain(one)} (of {n1} chromosomes)",
            "yaxis.title.text": f"{word} allele in {plain(other)} (of {n2})",
            "xaxis.range": [-0.5 * step1, n1 + 0.5],
            "yaxis.range": [-0.5 * step2, n2 + 0.5],
        }
        views[f"{one} – {other}"] = ([trace], layout)
    if not views:
        return None
    return selectable(
        views,
        lambda traces: figure(traces, axis("", showgrid=False), axis("", showgrid=False), height=400),
    )


# Samples: heterozygosity and runs of homozygosity


def heterozygosity(data: Populations) -> Figure | None:
    """Heterozygosity per sample from calls and from likelihoods, all sites or transversions only."""
    calls = {row["sample"]: row for row in data.autosomal("heterozygosity")}
    likely: dict[tuple[str, str], Row] = {
        (row["sample"], row["sites"]): row for row in data.rows("likelihood_heterozygosity")
    }
    names = data.ordered([*calls, *(name for name, _ in likely)])
    views = {}
    for label, sites, column, error in (
        ("all sites", "all", "heterozygosity_per_bp", "heterozygosity_standard_error"),
        ("transversions only", "transversions", "heterozygosity_transversions_per_bp", ""),
    ):
        from_calls = [(n, value(calls[n], column), value(calls[n], error)) for n in names if n in calls]
        from_likelihoods = [
            (n, value(row, "heterozygosity_per_bp"), value(row, "standard_error_per_bp"))
            for n in names
            if (row := likely.get((n, sites)))
        ]
        traces = []
        for name, colour, symbol, found in (
            ("genotype calls", BLUE, "circle", from_calls),
            ("genotype likelihoods", VERMILION, "diamond-open", from_likelihoods),
        ):
            found = [item for item in found if item[1] is not None]
            if found:
                traces.append(
                    {
                        "type": "scatter",
                        "mode": "markers",
                        "name": name,
                        "x": [plain(n) for n, *_ in found],
                        "y": [1000 * (h or 0) for _, h, _ in found],
                        "error_y": {
                            "type": "data",
                            "array": [2000 * (e or 0) for *_, e in found],
                            "thickness": 1.1,
                            "width": 2,
                        },
                        "marker": marker(Look(colour, symbol), 8 if len(names) <= MAX_LABELS else 5),
                        "customdata": [plain(data.group_of.get(n, "")) for n, *_ in found],
                        "hovertemplate": "%{x} (%{customdata}): %{y:.4g} per kb<extra>" + name + "</extra>",
                        "showlegend": True,
                    }
                )
        views[label] = (traces, {})
    if not any(traces for traces, _ in views.values()):
        return None
    return selectable(
        views,
        lambda traces: figure(
            traces,
            sample_axis(names, title={"text": samples_title(names)}),
            axis("heterozygous sites per kb", rangemode="tozero", tickformat="~g"),
            height=340,
        ),
    )


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
    """Runs along the scaffolds, one row a sample; with the number of runs and of those drawn."""
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


# Relatives and structure


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
    return matrix_figure(names, z, "", _square(len(names)), 0.0, 0.5, ticks, ".3f")


def components(data: Populations, table: str, shares: Mapping[int, float]) -> Figure | None:
    """Samples by principal components, the first two pairs of components as views."""
    rows, styles = data.rows(table), looks(data)
    views = {}
    for one, other in ((1, 2), (3, 4)):
        x, y = f"pc{one}", f"pc{other}"
        traces = []
        for group, look in styles.items():
            found = [
                r
                for r in rows
                if data.group_of.get(r["sample"], r["group"]) == group
                and value(r, x) is not None
                and value(r, y) is not None
            ]
            if found:
                routes = [r.get("route") for r in found]
                traces.append(
                    {
                        "type": "scatter",
                        "mode": "markers",
                        "name": plain(group),
                        "x": [value(r, x) for r in found],
                        "y": [value(r, y) for r in found],
                        "text": [
                            plain(r["sample"]) + (" (low depth)" if route == "likelihoods" else "")
                            for r, route in zip(found, routes, strict=True)
                        ],
                        "marker": marker(look, 9 if len(rows) <= 100 else 7, opacity=0.85),
                        "hovertemplate": "%{text}<extra>%{fullData.name}</extra>",
                        "showlegend": True,
                    }
                )
        words = {
            f"{side}axis.title.text": f"PC{i}" + (f" ({number(100 * shares[i], 1)} %)" if i in shares else "")
            for side, i in (("x", one), ("y", other))
        }
        views[f"PC{one}–{other}"] = (traces, words)
    if not any(traces for traces, _ in views.values()):
        return None
    return selectable(
        views, lambda traces: figure(traces, axis("", nticks=6), axis("", nticks=6), height=420)
    )


def _aligned(proportions: Mapping[int, np.ndarray]) -> dict[int, np.ndarray]:
    """Sources reordered so that each is coloured as the source of the model before that it resembles most:
    a program numbers them at random. K -> (samples, K) proportions."""
    made: dict[int, np.ndarray] = {}
    before: np.ndarray | None = None
    for k in sorted(proportions):
        q = proportions[k]
        order: list[int] = []
        if before is not None:
            likeness = before.T @ q
            left = set(range(q.shape[1]))
            for source in range(before.shape[1]):
                if left:
                    best = max(left, key=lambda column: (likeness[source, column], -column))
                    order.append(best)
                    left.remove(best)
            order += sorted(left)
        else:
            order = sorted(range(q.shape[1]), key=lambda column: -float(q[:, column].sum()))
        made[k] = before = q[:, order]
    return made


def admixture(data: Populations) -> Figure | None:
    """Proportions of ancestry, a panel for each number of sources, samples by group."""
    rows = data.rows("admixture")
    names = data.ordered(row["sample"] for row in rows)
    if not names:
        return None
    place = {name: i for i, name in enumerate(names)}
    ks = sorted({int(row["k"]) for row in rows})
    sources = {k: sorted({r["source"] for r in rows if int(r["k"]) == k}, key=_natural) for k in ks}
    proportions = {k: np.zeros((len(names), len(sources[k]))) for k in ks}
    for row in rows:
        k = int(row["k"])
        proportions[k][place[row["sample"]], sources[k].index(row["source"])] = (
            value(row, "proportion") or 0.0
        )
    panel = 1 / len(ks)
    traces, axes = [], {}
    for i, (k, q) in enumerate(_aligned(proportions).items()):
        suffix = "" if i == 0 else str(i + 1)
        for source in range(q.shape[1]):
            traces.append(
                {
                    "type": "bar",
                    "x": [plain(n) for n in names],
                    "y": q[:, source].tolist(),
                    "yaxis": f"y{suffix}",
                    "marker": {"color": SOURCES[source % len(SOURCES)], "line": {"width": 0}},
                    "hovertemplate": f"%{{x}}: %{{y:.3f}} of source {source + 1}<extra>K = {k}</extra>",
                }
            )
        top = 1 - i * panel
        axes[f"yaxis{suffix}"] = axis(
            f"K = {k}", range=[0, 1], tickvals=[], domain=[max(0.0, top - panel * 0.88), top], showgrid=False
        )
    bounds, groups = [], []
    last = None
    for i, name in enumerate(names):
        group = data.group_of.get(name, "")
        if group != last and i:
            bounds.append(i - 0.5)
        if group != last:
            groups.append([group, i, i])
        groups[-1][2] = i
        last = group
    layout = {key: change for key, change in axes.items() if key != "yaxis"}
    few = len(names) <= MAX_LABELS
    notes = [
        {
            "x": (first + end) / 2,
            "y": 1,
            "yref": "paper",
            "yanchor": "bottom",
            "showarrow": False,
            "text": plain(group),
            "font": {"size": 12},
        }
        for group, first, end in groups
        if (end - first + 1) / len(names) > 0.012 * len(group)
    ]
    return figure(
        traces,
        sample_axis(names, title={"text": samples_title(names)}, anchor="free", position=0),
        axes["yaxis"],
        barmode="stack",
        bargap=0.04 if few else 0,
        height=90 + 96 * len(ks),
        showlegend=False,
        annotations=notes,
        margin={"l": 60, "r": 16, "t": 26, "b": 48},
        shapes=[
            {
                "type": "line",
                "x0": b,
                "x1": b,
                "y0": 0,
                "y1": 1,
                "yref": "paper",
                "line": {"color": "#fff", "width": 3 if few else 1.5},
            }
            for b in bounds
        ],
        **layout,
    )


def _natural(text: str) -> tuple[int, str]:
    return (int(text), "") if text.isdigit() else (10**9, text)


def cross_validation(errors: Mapping[int, float]) -> Figure:
    """Cross-validation error by number of sources."""
    ks = sorted(errors)
    trace = {
        "type": "scatter",
        "mode": "lines+markers",
        "x": ks,
        "y": [errors[k] for k in ks],
        "line": {"color": BLUE, "width": 2},
        "marker": {"size": 7},
        "hovertemplate": "K = %{x}: %{y:.5g}<extra></extra>",
    }
    return figure(
        [trace],
        axis("sources (K)", tickvals=ks, range=[ks[0] - 0.3, ks[-1] + 0.3]),
        axis("cross-validation error", tickformat="~g", nticks=5),
        height=260,
    )


def tree(data: Populations) -> Figure:
    """The neighbour-joining tree as a phylogram."""
    made = newick.layout(newick.parse(data.tree))
    x: list[float | None] = []
    y: list[float | None] = []
    for x0, y0, x1, y1 in made.lines:
        x += [x0, x1, None]
        y += [y0, y1, None]
    traces: list[Trace] = [
        {
            "type": "scatter",
            "mode": "lines",
            "x": x,
            "y": y,
            "line": {"color": "#5b626c", "width": 1.2},
            "hoverinfo": "skip",
            "showlegend": False,
        }
    ]
    size = len(made.leaves)
    row = 20 if size <= 40 else 13 if size <= 100 else 8
    for group, look in looks(data).items():
        leaves = [leaf for leaf in made.leaves if data.group_of.get(leaf[0], OUTGROUP) == group]
        if leaves:
            traces.append(
                {
                    "type": "scatter",
                    "mode": "markers+text" if size <= 100 else "markers",
                    "name": plain(group),
                    "x": [leaf[1] for leaf in leaves],
                    "y": [leaf[2] for leaf in leaves],
                    "text": [f" {plain(leaf[0])}" for leaf in leaves],
                    "textposition": "middle right",
                    "textfont": {"size": 12 if size <= 40 else 10, "color": INK},
                    "marker": marker(look, 7 if size <= 100 else 5),
                    "hovertemplate": "%{text}<extra>%{fullData.name}</extra>",
                    "cliponaxis": False,
                    "showlegend": True,
                }
            )
    depth = max((leaf[1] for leaf in made.leaves), default=0) or 1
    room = 1.03 + 0.014 * max(len(leaf[0]) for leaf in made.leaves) if size <= 100 else 1.03
    return figure(
        traces,
        axis("differences per site", range=[-0.01 * depth, room * depth], tickformat="~g", nticks=6),
        axis(showticklabels=False, ticks="", showgrid=False, showline=False, range=[size - 0.3, -0.7]),
        height=110 + row * size,
    )


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
    return matrix_figure(names, z, "differences per site", _square(len(names)))


def ld_decay(data: Populations) -> Figure | None:
    """Mean r² by distance, less what sampling alone makes or as it is."""
    styles = looks(data)
    by_group: dict[str, list[Row]] = {}
    for row in data.rows("ld_decay"):
        by_group.setdefault(row["group"], []).append(row)
    views = {}
    for label, column in (("less sampling", "r2_less_sampling"), ("as measured", "r2_rogers_huff")):
        traces = []
        for group, rows in by_group.items():
            known = [r for r in rows if value(r, column) is not None]
            look = styles.get(group, Look(GREY))
            if known:
                middle = [
                    ((value(r, "distance_start_bp") or 0) + (value(r, "distance_end_bp") or 0)) / 2
                    for r in known
                ]
                traces.append(
                    {
                        "type": "scatter",
                        "mode": "lines",
                        "name": plain(group),
                        "x": middle,
                        "y": [value(r, column) for r in known],
                        "customdata": [value(r, "pairs") for r in known],
                        "line": {"color": look.colour, "dash": look.dash, "width": 1.8},
                        "hovertemplate": "%{x:,.0f} bp: %{y:.3f}, %{customdata:,} pairs"
                        "<extra>%{fullData.name}</extra>",
                        "showlegend": True,
                    }
                )
        views[label] = (traces, {"yaxis.title.text": f"mean r², {label}"})
    if not any(traces for traces, _ in views.values()):
        return None
    return selectable(
        views,
        lambda traces: figure(
            traces,
            axis("distance (bp)", tickformat="~s", rangemode="tozero"),
            axis("", rangemode="tozero", tickformat="~g"),
        ),
    )


LOAD_CLASSES = (
    ("loss_of_function", "loss of function"),
    ("missense", "missense"),
    ("synonymous", "synonymous"),
)


def load_bars(data: Populations) -> Figure | None:
    """Heterozygous and homozygous genotypes per sample, a view for each class."""
    rows = data.rows("load")
    names = data.ordered(row["sample"] for row in rows)
    views = {}
    for kind, label in LOAD_CLASSES:
        found = {row["sample"]: row for row in rows if row["class"] == kind}
        traces = [
            {
                "type": "bar",
                "name": name,
                "x": [plain(n) for n in names if n in found],
                "y": [value(found[n], f"{name}_genotypes") or 0 for n in names if n in found],
                "marker": {"color": colour},
                "hovertemplate": "%{x}: %{y:,} " + name + "<extra></extra>",
                "showlegend": True,
            }
            for name, colour in (("homozygous", BLUE), ("heterozygous", rgba(SKY, 0.8)))
            if found
        ]
        views[label] = (traces, {"yaxis.title.text": f"{label} genotypes"})
    if not any(traces for traces, _ in views.values()):
        return None
    return selectable(
        views,
        lambda traces: figure(
            traces,
            sample_axis(names, title={"text": samples_title(names)}),
            axis("", rangemode="tozero"),
            barmode="stack",
            bargap=0.2,
            height=320,
        ),
    )


def load_ratios(data: Populations) -> Figure | None:
    """Alleles per synonymous allele, one mark a sample, by group."""
    rows, styles = data.rows("load"), looks(data)
    views = {}
    for kind, label in LOAD_CLASSES[:2]:
        traces = []
        for group, look in styles.items():
            found = [
                r
                for r in rows
                if r["class"] == kind
                and data.group_of.get(r["sample"], r["group"]) == group
                and value(r, "alleles_per_synonymous_allele") is not None
            ]
            if found:
                traces.append(
                    {
                        "type": "scatter",
                        "mode": "markers",
                        "name": plain(group),
                        "x": [plain(group)] * len(found),
                        "y": [value(r, "alleles_per_synonymous_allele") for r in found],
                        "text": [plain(r["sample"]) for r in found],
                        "marker": marker(look, 8, opacity=0.75),
                        "hovertemplate": "%{text}: %{y:.4g}<extra></extra>",
                        "showlegend": False,
                    }
                )
        views[label] = (traces, {})
    if not any(traces for traces, _ in views.values()):
        return None
    return selectable(
        views,
        lambda traces: figure(
            traces,
            axis(type="category"),
            axis("per synonymous allele", rangemode="tozero", tickformat="~g"),
            height=320,
        ),
    )
