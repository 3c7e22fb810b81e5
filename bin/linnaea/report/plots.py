"""Figures of the report as plotly.js JSON, written by hand: importing plotly would take seconds.

Every function takes metrics records and returns a figure `{data, layout}`; `views`, where there are
any, maps the label of a button to the layout change it makes.
"""

import base64
import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from linnaea.base.records import Record
from linnaea.base.text import bases, number, percent

Figure = dict[str, Any]

# Okabe and Ito's palette: distinguishable with every common colour vision deficiency.
BLUE, VERMILION, GREEN = "#0072B2", "#D55E00", "#009E73"
ORANGE, SKY, PURPLE = "#E69F00", "#56B4E9", "#CC79A7"
GREY, INK, GRID = "#8a9099", "#24292f", "#e7eaee"
SERIES = (BLUE, VERMILION, GREEN, PURPLE, ORANGE, SKY, INK)
MAX_POINTS = 400
MAX_DEPTH_WINDOWS = 3000
MAX_MATRIX_BINS = 320
MAX_SEQUENCES = 40
MAX_TRACKS = 300


def plain(text: Any) -> str:
    """A name for a plotly label, which reads a subset of HTML."""
    return str(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def rgba(colour: str, alpha: float) -> str:
    red, green, blue = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
    return f"rgba({red},{green},{blue},{alpha})"


def axis(title: str | None = None, **more: Any) -> dict[str, Any]:
    return {
        "title": {"text": title, "standoff": 8} if title else None,
        "gridcolor": GRID,
        "linecolor": "#c4c9cf",
        "zeroline": False,
        "ticks": "outside",
        "tickcolor": "#c4c9cf",
        "ticklen": 4,
        "automargin": True,
    } | more


def figure(data: list[dict], x: dict, y: dict, height: int = 340, **layout: Any) -> Figure:
    base = {
        "height": height,
        "margin": {"l": 60, "r": 16, "t": 12, "b": 48},
        "font": {
            "family": "system-ui, -apple-system, 'Segoe UI', Roboto, 'DejaVu Sans', sans-serif",
            "size": 12.5,
            "color": INK,
        },
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "xaxis": x,
        "yaxis": y,
        "hoverlabel": {"bgcolor": "#fff", "bordercolor": "#c4c9cf", "font": {"color": INK}},
        "hovermode": "closest",
        "legend": {
            "orientation": "h",
            "x": 0,
            "y": 1.02,
            "yanchor": "bottom",
            "traceorder": "normal",
            "font": {"size": 12},
        },
        "showlegend": len(data) > 1,
        "modebar": {"bgcolor": "rgba(255,255,255,0.9)", "color": GREY, "activecolor": INK},
    }
    return {"data": data, "layout": base | layout}


def decades(title: str, values: Iterable[float]) -> dict[str, Any]:
    """A logarithmic axis over whole decades around the positive `values`."""
    positive = [v for v in values if v and v > 0] or [1, 10]
    low, high = math.floor(math.log10(min(positive))), math.ceil(math.log10(max(positive)))
    return axis(title, type="log", tickformat="~s", dtick=1, range=[low, max(high, low + 1)])


def colours_by_library(records: Iterable[Record]) -> dict[str, str]:
    """One colour a library, whatever its stages."""
    libraries = dict.fromkeys(r["library"] for r in records)
    return {library: SERIES[i % len(SERIES)] for i, library in enumerate(libraries)}


def filtered_libraries(records: Iterable[Record]) -> set[str]:
    """Libraries with a later stage than raw: their raw reads are drawn dotted."""
    return {r["library"] for r in records if r["stage"] != "raw"}


def merge_bins(
    starts: Sequence[float], values: Sequence[float], most: int = MAX_POINTS
) -> tuple[list[float], list[float]]:
    """Sum neighbouring bins until at most `most` are left."""
    step = max(1, math.ceil(len(starts) / most))
    return (list(starts[::step]), [sum(values[i : i + step]) for i in range(0, len(values), step)])


def name_of(record: Record) -> str:
    """'raw hap1', 'hifi1 filtered': what tells a record from its neighbours."""
    parts = [record.get("library"), record.get("stage"), record.get("haplotype")]
    return " ".join(plain(p) for p in parts if p)


# Reads


def read_lengths(records: Iterable[Record]) -> Figure:
    """Bases by read length, one line per library and stage."""
    records = list(records)
    colours, replaced, data = colours_by_library(records), filtered_libraries(records), []
    for record in records:
        histogram = record["length_histogram"]
        starts, sums = merge_bins(histogram["bin_start_bp"], histogram["bases_bp"], 200)
        raw = record["library"] in replaced and record["stage"] == "raw"
        data.append(
            {
                "type": "scatter",
                "mode": "lines",
                "name": name_of(record),
                "x": starts,
                "y": sums,
                "line": {
                    "shape": "hvh",
                    "width": 1.6,
                    "color": colours[record["library"]],
                    "dash": "dot" if raw else "solid",
                },
                "fill": None if raw else "tozeroy",
                "fillcolor": rgba(colours[record["library"]], 0.12),
                "hovertemplate": "%{x:,} bp: %{y:,.3s}b<extra>%{fullData.name}</extra>",
            }
        )
    return figure(
        data,
        axis("read length (bp)", tickformat="~s", rangemode="tozero"),
        axis("bases per bin", tickformat="~s", rangemode="tozero"),
        showlegend=True,
    )


def read_qualities(records: Iterable[Record]) -> Figure:
    """Share of reads by mean quality, one line per library and stage."""
    records = list(records)
    colours, replaced, data = colours_by_library(records), filtered_libraries(records), []
    for record in records:
        histogram = record["quality_histogram"]
        total = sum(histogram["reads"]) or 1
        raw = record["library"] in replaced and record["stage"] == "raw"
        data.append(
            {
                "type": "scatter",
                "mode": "lines",
                "name": name_of(record),
                "x": histogram["phred"],
                "y": [100 * n / total for n in histogram["reads"]],
                "line": {
                    "width": 1.8,
                    "color": colours[record["library"]],
                    "dash": "dot" if raw else "solid",
                },
                "hovertemplate": "Q%{x}: %{y:.2f} % of reads<extra>%{fullData.name}</extra>",
            }
        )
    return figure(
        data,
        axis("mean quality of the read (phred)"),
        axis("share of reads (%)", rangemode="tozero"),
        showlegend=True,
    )


# Genome profile


def _beyond_errors(counts: Sequence[float]) -> int:
    """Index of the first valley: sequencing errors are to its left."""
    for i in range(1, len(counts) - 1):
        if counts[i] <= counts[i - 1] and counts[i] < counts[i + 1]:
            return i
    return 0


def genome_profile(record: Record) -> Figure:
    """The k-mer histogram with the fitted model, in a linear and a logarithmic view."""
    h = record["histogram"]
    x, observed = h["multiplicity"], h["observed"]
    parts = [
        ("observed", "observed", None, None),
        ("model", "fitted model", INK, "solid"),
        ("unique", "unique sequence", ORANGE, "solid"),
        ("errors", "errors", VERMILION, "dash"),
    ]
    data = []
    for key, label, colour, dash in parts:
        if not h.get(key):
            continue
        # Too small to see, and it would stretch the logarithmic view over twenty decades.
        y = [v if v and v >= 0.5 else None for v in h[key]]
        if key == "observed":
            data.append(
                {
                    "type": "bar",
                    "name": label,
                    "x": x,
                    "y": y,
                    "width": 1,
                    "marker": {"color": rgba(SKY, 0.75), "line": {"width": 0}},
                    "hovertemplate": "%{x}×: %{y:,.0f}<extra>observed</extra>",
                }
            )
        else:
            data.append(
                {
                    "type": "scatter",
                    "mode": "lines",
                    "name": label,
                    "x": x,
                    "y": y,
                    "line": {"color": colour, "dash": dash, "width": 2},
                    "hovertemplate": "%{x}×: %{y:,.0f}<extra>" + label + "</extra>",
                }
            )
    start = _beyond_errors(observed)
    top = 1.18 * max(observed[start:], default=1)
    peaks = record.get("peaks") or []
    coverage = record.get("haploid_kmer_coverage") or x[-1] / 8
    right = min(x[-1], coverage * max(5, (record.get("ploidy_model") or len(peaks) / 2 or 2) * 2.6))
    shapes = [
        {
            "type": "line",
            "x0": p["multiplicity"],
            "x1": p["multiplicity"],
            "y0": 0,
            "y1": 1,
            "yref": "paper",
            "line": {"color": GREY, "width": 1, "dash": "dot"},
        }
        for p in peaks
    ]
    notes = [
        {
            "x": p["multiplicity"],
            "y": 1,
            "yref": "paper",
            "yanchor": "bottom",
            "showarrow": False,
            "text": f"{p['copies']}×",
            "font": {"size": 11, "color": "#555c66"},
        }
        for p in peaks
        if p["multiplicity"] < right
    ]
    linear = {
        "xaxis.type": "linear",
        "yaxis.type": "linear",
        "xaxis.range": [0, right],
        "yaxis.range": [0, top],
    }
    decades = math.ceil(math.log10(max(observed) or 1))
    log: dict[str, Any] = {
        "xaxis.type": "log",
        "yaxis.type": "log",
        "yaxis.range": [0, decades],
        "xaxis.range": [0, math.log10(x[-1])],
    }
    for view in (linear, log):
        at = [
            math.log10(p["multiplicity"]) if view is log else p["multiplicity"]
            for p in peaks
            if p["multiplicity"] < right
        ]
        view |= {f"annotations[{i}].x": value for i, value in enumerate(at)}
    made = figure(
        data,
        axis("k-mer multiplicity in the reads", range=[0, right]),
        axis("distinct k-mers", tickformat="~s", range=[0, top]),
        height=400,
        shapes=shapes,
        annotations=notes,
        bargap=0,
        margin={"l": 60, "r": 16, "t": 44, "b": 48},
    )
    made["layout"]["legend"] |= {"y": 1.06}
    return made | {"views": {"linear": linear, "logarithmic": log}}


# Assembly


def nx_curves(records: Iterable[Record]) -> Figure:
    """Nx of scaffolds (solid) and contigs (dashed) by stage and haplotype."""
    data = []
    for i, record in enumerate(records):
        curve, colour = record["nx_curve"], SERIES[i % len(SERIES)]
        pairs = [("scaffold_bp", "scaffolds", "solid")]
        if curve["contig_bp"] != curve["scaffold_bp"]:
            pairs.append(("contig_bp", "contigs", "dash"))
        for key, word, dash in pairs:
            data.append(
                {
                    "type": "scatter",
                    "mode": "lines",
                    "name": f"{name_of(record)} {word}",
                    "x": curve["x_pct"],
                    "y": curve[key],
                    "line": {"shape": "hv", "color": colour, "dash": dash, "width": 2},
                    "hovertemplate": "N%{x:.0f} = %{y:,.4s}b<extra>%{fullData.name}</extra>",
                }
            )
    return figure(
        data,
        axis("x (% of the assembly)", range=[0, 100]),
        decades("Nx (bp)", [v for t in data for v in t["y"]]),
        showlegend=True,
        shapes=[
            {
                "type": "line",
                "x0": 50,
                "x1": 50,
                "y0": 0,
                "y1": 1,
                "yref": "paper",
                "line": {"color": GREY, "width": 1, "dash": "dot"},
            }
        ],
    )


def sequences(rows: Sequence[Mapping[str, str]]) -> Figure:
    """The longest sequences as bars, with their telomeres and gaps."""
    longest = sorted(rows, key=lambda r: int(r["length_bp"]), reverse=True)[:MAX_SEQUENCES]
    names = [plain(r["sequence"]) for r in longest]
    lengths = [int(r["length_bp"]) for r in longest]
    hover = [
        f"{plain(r['sequence'])}<br>{bases(int(r['length_bp']))}, GC {percent(float(r['gc_pct']))}"
        f"<br>{r['gaps']} gaps, {r['contigs']} contigs"
        for r in longest
    ]
    data: list[dict[str, Any]] = [
        {
            "type": "bar",
            "orientation": "h",
            "y": names,
            "x": lengths,
            "name": "sequence",
            "marker": {"color": rgba(BLUE, 0.55)},
            "hovertext": hover,
            "hoverinfo": "text",
            "text": [f"{r['gaps']} gaps" if int(r["gaps"]) else "" for r in longest],
            "textposition": "inside",
            "insidetextanchor": "middle",
        }
    ]
    ends = [
        (name, at, r[key])
        for r, name, length in zip(longest, names, lengths, strict=True)
        for key, at in (("telomere_start_bp", 0), ("telomere_end_bp", length))
        if float(r[key] or 0) > 0
    ]
    if ends:
        data.append(
            {
                "type": "scatter",
                "mode": "markers",
                "name": "telomere",
                "y": [e[0] for e in ends],
                "x": [e[1] for e in ends],
                "marker": {
                    "color": VERMILION,
                    "size": 10,
                    "symbol": "diamond",
                    "line": {"color": "#fff", "width": 1},
                },
                "cliponaxis": False,
                "hovertext": [f"telomere of {bases(float(e[2]))}" for e in ends],
                "hoverinfo": "text",
            }
        )
    height = max(150, 74 + 22 * len(longest))
    return figure(
        data,
        axis("length (bp)", tickformat="~s"),
        axis(autorange="reversed", ticks="", type="category"),
        height=height,
        bargap=0.35,
        showlegend=True,
    )


COPIES = (
    ("read_only", "in the reads only", "#5b626c"),
    ("copies_1", "once", VERMILION),
    ("copies_2", "twice", BLUE),
    ("copies_3", "3 times", GREEN),
    ("copies_4", "4 times", PURPLE),
    ("copies_over_4", "more often", ORANGE),
)


def spectrum(entry: Record, threshold: float | None) -> Figure:
    """Read k-mers by multiplicity, stacked by how often the assembly holds them (spectra-cn).

    K-mers that only the assembly has, likely errors, are the bar at multiplicity 0.
    """
    s = entry["spectrum"]
    x = s["multiplicity"]
    total = [sum(values) for values in zip(*(s[key] for key, *_ in COPIES), strict=True)]
    start = max(_beyond_errors(total), int(threshold or 0))
    beyond = total[start:] or [1]
    highest = max(beyond) or 1
    data = []
    for key, label, colour in COPIES:
        if max(s[key], default=0) < highest / 500:
            continue  # invisible, and it would only lengthen the legend
        data.append(
            {
                "type": "scatter",
                "mode": "lines",
                "stackgroup": "copies",
                "name": label,
                "x": x,
                "y": s[key],
                "line": {"width": 0.8, "color": colour},
                "fillcolor": rgba(colour, 0.65),
                "hovertemplate": "%{x}×: %{y:,.0f}<extra>" + label + "</extra>",
            }
        )
    only = entry.get("assembly_only_kmers") or 0
    data.append(
        {
            "type": "bar",
            "name": "in the assembly only",
            "x": [0],
            "y": [only],
            "width": 2,
            "marker": {"color": INK},
            "hovertemplate": f"{number(only)} k-mers in the assembly only<extra></extra>",
        }
    )
    peak = x[start + beyond.index(max(beyond))] if total[start:] else x[-1]
    # Merqury draws to 2.1 times the highest peak; a diploid's repeats need a little more.
    right = min(x[-1], max(3.2 * peak, 20))
    return figure(
        data,
        axis("k-mer multiplicity in the reads", range=[-1, right]),
        axis("distinct k-mers", tickformat="~s", range=[0, 1.15 * highest]),
        height=340,
        showlegend=True,
    )


def _by_sequence(windows: Record) -> tuple[dict[str, list], int]:
    """(start, depth) of the longest sequences in file order, and how many windows to join."""
    groups: dict[str, list[tuple[int, float]]] = {}
    for name, start, depth in zip(windows["sequence"], windows["start_bp"], windows["depth"], strict=True):
        groups.setdefault(name, []).append((start, depth))
    longest = set(sorted(groups, key=lambda n: groups[n][-1][0], reverse=True)[:MAX_TRACKS])
    kept = {name: points for name, points in groups.items() if name in longest}
    total = sum(len(points) for points in kept.values())
    return kept, max(1, math.ceil(total / MAX_DEPTH_WINDOWS))


def read_depth(record: Record) -> Figure:
    """Depth in windows along the longest sequences end to end, neighbours in alternating shades."""
    width, ticks, offset = record["window_bp"], [], 0
    groups, step = _by_sequence(record["windows"])
    shades: list[dict[str, list]] = [{"x": [], "y": [], "customdata": []} for _ in range(2)]
    for i, (name, points) in enumerate(groups.items()):
        shade = shades[i % 2]
        for j in range(0, len(points), step):
            block = points[j : j + step]
            shade["x"].append(offset + block[0][0])
            shade["y"].append(round(sum(d for _, d in block) / len(block), 2))
            shade["customdata"].append([plain(name), block[0][0]])
        for values in shade.values():
            values.append(None)  # a break in the line
        length = points[-1][0] + width
        ticks.append((length, offset + length / 2, plain(name)))
        offset += length
    data = [
        {
            "type": "scatter",
            "mode": "lines+markers",
            "line": {"width": 1.3, "color": colour},
            "marker": {"size": 2, "color": colour},
            "hovertemplate": "%{customdata[0]}<br>%{customdata[1]:,} bp: %{y}×<extra></extra>",
        }
        | shade
        for shade, colour in zip(shades, (BLUE, SKY), strict=True)
    ]
    shown = [t for t in sorted(ticks, reverse=True)[:14] if t[0] > offset / 40]
    median = record["median_depth"]
    line = {
        "type": "line",
        "x0": 0,
        "x1": 1,
        "xref": "paper",
        "y0": median,
        "y1": median,
        "line": {"color": VERMILION, "width": 1.2, "dash": "dash"},
    }
    highest = max(record["windows"]["depth"], default=1)
    top = 1.05 * (highest if highest < 3 * median or not median else 3 * median)
    return figure(
        data,
        axis(
            tickvals=[t[1] for t in shown],
            ticktext=[t[2] for t in shown],
            range=[0, offset],
            showgrid=False,
        ),
        axis("read depth (×)", range=[0, top]),
        height=280,
        shapes=[line],
        showlegend=False,
    )


# Hi-C

# Width of a letter of a label, as a share of a contact map (7 of 430 pixels).
LETTER_SHARE = 7 / 430


def _coarser(counts: Sequence[Sequence[float]]) -> tuple[Any, int]:
    """Sum the matrix into at most MAX_MATRIX_BINS bins; return it and the factor."""
    import numpy as np

    matrix = np.asarray(counts, dtype=np.float64)
    factor = max(1, math.ceil(matrix.shape[0] / MAX_MATRIX_BINS))
    edges = np.arange(0, matrix.shape[0], factor)
    return np.add.reduceat(np.add.reduceat(matrix, edges, axis=0), edges, axis=1), factor


Label = tuple[int, float, str]


def _ticks(labels: Sequence[Label]) -> dict[str, Any]:
    return {"tickvals": [middle for _, middle, _ in labels], "ticktext": [text for _, _, text in labels]}


def _apart(labels: Sequence[Label], size: int) -> list[Label]:
    """Of labels (bins, middle, text) below a map of `size` bins, the first ones that do not overlap."""
    letter = LETTER_SHARE * size
    kept: list[Label] = []
    for label in labels:
        if all(abs(label[1] - one[1]) > letter * (len(label[2]) + len(one[2]) + 1) / 2 for one in kept):
            kept.append(label)
    return kept


def contact_map(record: Record) -> Figure:
    """Contacts between bins, log10, with the bounds of the sequences."""
    import numpy as np

    m = record["matrix"]
    matrix, factor = _coarser(m["counts"])
    z = np.log10(matrix + 1).astype("<f4")
    top = float(np.quantile(z[z > 0], 0.995)) if (z > 0).any() else 1.0
    packed = {
        "dtype": "f4",
        "shape": f"{z.shape[0]}, {z.shape[1]}",
        "bdata": base64.b64encode(z.tobytes()).decode(),
    }
    bounds = [s["first_bin"] / factor - 0.5 for s in m["sequences"]][1:]
    size = z.shape[0]
    shapes = [
        {"type": "line", "layer": "above", "line": {"color": "#5b626c", "width": 0.7}} | ends
        for b in bounds
        if len(bounds) < 200
        for ends in (
            {"x0": b, "x1": b, "y0": -0.5, "y1": size - 0.5},
            {"y0": b, "y1": b, "x0": -0.5, "x1": size - 0.5},
        )
    ]
    named = [(s["bins"], (s["first_bin"] + s["bins"] / 2) / factor, plain(s["name"])) for s in m["sequences"]]
    named = [n for n in sorted(named, reverse=True)[:14] if n[0] > len(m["counts"]) / 25]
    ticks: dict[str, Any] = {
        "showgrid": False,
        "range": [-0.5, size - 0.5],
        "constrain": "domain",
    }
    heat = {
        "type": "heatmap",
        "z": packed,
        "zmin": 0,
        "zmax": top,
        "colorscale": [
            [0, "#ffffff"],
            [0.25, "#fde0c5"],
            [0.5, "#f3a481"],
            [0.75, "#d1495b"],
            [1, "#5c0f3d"],
        ],
        "colorbar": {
            "title": {"text": "contacts", "side": "right"},
            "thickness": 12,
            "outlinewidth": 0,
            "tickvals": list(range(math.ceil(top) + 1)),
            "ticktext": ["0"] + [number(10**i) for i in range(1, math.ceil(top) + 1)],
        },
        "hovertemplate": "log₁₀ contacts %{z:.2f}<extra></extra>",
    }
    return figure(
        [heat],
        axis(**ticks, **_ticks(_apart(named, size)), tickangle=0),
        axis(**ticks | _ticks(named) | {"range": [size - 0.5, -0.5], "scaleanchor": "x"}),
        height=500,
        shapes=shapes,
    )


def distance_decay(record: Record) -> Figure:
    """Density of pairs by distance, both axes logarithmic, with a slope of -1 for comparison."""
    d = record["distance_decay"]
    # Bins grow with distance: only pairs by bp of bin are comparable. The last bin is open,
    # and below 100 bp lie leftovers of a fragment, not contacts.
    steps = zip(d["distance_bp"], d["distance_bp"][1:], d["pairs"], strict=False)
    points = [((x * end) ** 0.5, y / (end - x)) for x, end, y in steps if x >= 100 and y > 0]
    data = [
        {
            "type": "scatter",
            "mode": "lines+markers",
            "name": "observed",
            "x": [p[0] for p in points],
            "y": [p[1] for p in points],
            "line": {"color": BLUE, "width": 2},
            "marker": {"size": 4},
            "hovertemplate": "%{x:,.3s}b: %{y:,.3s} pairs by bp<extra></extra>",
        }
    ]
    if len(points) > 3:
        x0, y0 = points[len(points) // 2]
        ends = (points[0][0], points[-1][0])
        data.append(
            {
                "type": "scatter",
                "mode": "lines",
                "name": "slope −1",
                "x": list(ends),
                "y": [y0 * x0 / x for x in ends],
                "hoverinfo": "skip",
                "line": {"color": GREY, "dash": "dot", "width": 1.4},
            }
        )
    return figure(
        data,
        decades("distance (bp)", [p[0] for p in points]),
        axis("pairs by bp of distance", type="log", tickformat="~g", dtick=1),
        height=460,
    )


# Steps from contigs to chromosomes


def steps_of_assembly(record: Record) -> Figure:
    """Bases after each step, with those that it removed or masked above them."""
    steps = record["steps"]
    names = [step["step"] for step in steps]
    kept = [step["bases_bp"] for step in steps]
    parts = (
        ("in the assembly", kept, BLUE),
        ("masked", [step["masked_bp"] for step in steps], ORANGE),
        ("removed", [step["removed_bp"] for step in steps], VERMILION),
    )
    data = [
        {
            "type": "bar",
            "name": label,
            "x": names,
            "y": values,
            "marker": {"color": colour},
            "hovertemplate": "%{x}: %{y:,} bp " + label + "<extra></extra>",
        }
        for label, values, colour in parts
        if label == "in the assembly" or any(values)
    ]
    return figure(
        data,
        axis(type="category", ticks=""),
        axis("bases", rangemode="tozero", tickformat="~s"),
        barmode="stack",
        height=340,
        bargap=0.35,
    )


# Synteny of haplotypes

RIBBONS = (
    ("collinear", GREY, 0.35),
    ("inverted", ORANGE, 0.75),
    ("translocated", GREEN, 0.75),
    ("duplicated", SKY, 0.75),
)
MAX_RIBBONS = 600
RIBBON_COLUMNS = (
    "kind", "forward", "sequence", "start_bp", "end_bp", "other_sequence", "other_start_bp", "other_end_bp",
)  # fmt: skip
# Sequences that are shorter than this share of the haplotype are not drawn.
SHORTEST_DRAWN = 0.004
CURVE = [(step / 10, (step / 10) ** 2 * (3 - step / 5)) for step in range(11)]  # height, share of the way


def _end_to_end(rows: Sequence[Mapping[str, Any]], pad: float) -> dict[str, tuple[float, float]]:
    """Where sequences begin and end on an axis on which they follow each other."""
    places, at = {}, 0.0
    for row in rows:
        places[row["sequence"]] = (at, at + row["length_bp"])
        at += row["length_bp"] + pad
    return places


def _drawn_sequences(record: Record) -> tuple[list[dict[str, tuple[float, float]]], float]:
    """Places of the sequences of both haplotypes; those of the second are in the order of their partners."""
    shown = [
        [row for row in record["sequences"] if row["haplotype"] == total["haplotype"]
         and row["length_bp"] >= SHORTEST_DRAWN * total["length_bp"]]
        for total in record["totals"]
    ]  # fmt: skip
    rank = {row["sequence"]: at for at, row in enumerate(shown[0])}
    partner: dict[str, int] = {}
    for pair in record["pairs"]:
        if pair["homologous"]:
            partner.setdefault(pair["other_sequence"], rank.get(pair["sequence"], len(rank)))
    shown[1].sort(key=lambda row: partner.get(row["sequence"], len(rank)))
    pad = 0.012 * max(total["length_bp"] for total in record["totals"])
    return [_end_to_end(rows, pad) for rows in shown], pad


def _ribbon(top: tuple[float, float], bottom: tuple[float, float], curved: bool) -> tuple[list, list]:
    """Outline of a ribbon from `top` at height 1 to `bottom` at 0; `bottom` runs down where it is turned."""
    steps = CURVE if curved else [CURVE[0], CURVE[-1]]
    sides = [[bottom[end] + share * (top[end] - bottom[end]) for _, share in steps] for end in (0, 1)]
    heights = [height for height, _ in steps]
    return [round(x) for x in sides[0] + sides[1][::-1]], heights + heights[::-1]


def synteny(record: Record) -> Figure:
    """Blocks between the sequences of one haplotype (above) and of the other (below)."""
    places, pad = _drawn_sequences(record)
    blocks = record["blocks"]
    outlines: dict[str, tuple[list, list]] = {kind: ([], []) for kind, *_ in RIBBONS}
    listed = list(zip(*(blocks[key] for key in RIBBON_COLUMNS), strict=True))
    for kind, forward, one, start, end, other, low, high in listed[:MAX_RIBBONS]:
        if one not in places[0] or other not in places[1]:
            continue
        above, below = places[0][one][0], places[1][other][0]
        bottom = (below + low, below + high) if forward else (below + high, below + low)
        x, y = _ribbon((above + start, above + end), bottom, kind != "collinear")
        outlines[kind][0].extend([*x, None])
        outlines[kind][1].extend([*y, None])
    data: list[dict[str, Any]] = [
        {
            "type": "scatter",
            "mode": "lines",
            "fill": "toself",
            "name": kind,
            "x": outlines[kind][0],
            "y": outlines[kind][1],
            "line": {"width": 0.4, "color": colour},
            "fillcolor": rgba(colour, alpha),
            "hoveron": "fills",
            "hoverinfo": "name",
        }
        for kind, colour, alpha in RIBBONS
        if outlines[kind][0]
    ]
    notes = []
    for height, side, align in ((1, places[0], "bottom"), (0, places[1], "top")):
        data.append(
            {
                "type": "scatter",
                "mode": "lines",
                "showlegend": False,
                "x": [x for start, end in side.values() for x in (start, end, None)],
                "y": [y for _ in side for y in (height, height, None)],
                "line": {"width": 6, "color": BLUE if height else INK},
                "text": [label for name in side for label in (plain(name), plain(name), "")],
                "hoverinfo": "text",
            }
        )
        widest = sorted(side, key=lambda name: side[name][0] - side[name][1])[:24]
        notes += [
            {
                "x": sum(side[name]) / 2,
                "y": height,
                "yanchor": align,
                "yshift": 6 if height else -6,
                "text": plain(name),
                "showarrow": False,
                "textangle": 0 if len(side) < 8 else -35 if height else 35,
                "font": {"size": 11},
            }
            for name in widest
        ]
    end = max((place[1] for side in places for place in side.values()), default=1.0)
    names = [plain(name) for name in record["compared"]]
    return figure(
        data,
        axis(showgrid=False, showticklabels=False, ticks="", range=[-pad, end + pad]),
        axis(tickvals=[0, 1], ticktext=names[::-1], range=[-0.35, 1.35], showgrid=False, ticks=""),
        height=380,
        annotations=notes,
        showlegend=True,
    )


# Genes


def busco_bars(records: Sequence[Record]) -> Figure:
    """Stacked shares of complete, duplicated, fragmented and missing markers."""
    names = [f"{name_of(r)}<br>{plain(r['lineage'])}" for r in records]
    parts = (
        ("single_copy_pct", "complete, single copy", BLUE),
        ("duplicated_pct", "complete, duplicated", SKY),
        ("fragmented_pct", "fragmented", ORANGE),
        ("missing_pct", "missing", VERMILION),
    )
    data = [
        {
            "type": "bar",
            "orientation": "h",
            "name": label,
            "y": names,
            "x": [r[key] for r in records],
            "marker": {"color": colour},
            "text": [percent(r[key], 1) if r[key] > 4 else "" for r in records],
            "textposition": "inside",
            "insidetextanchor": "middle",
            "textangle": 0,
            "hovertemplate": "%{x:.1f} %<extra>" + label + "</extra>",
        }
        for key, label, colour in parts
    ]
    return figure(
        data,
        axis("share of markers (%)", range=[0, 100]),
        axis(autorange="reversed", ticks="", type="category"),
        barmode="stack",
        height=110 + 52 * len(records),
        bargap=0.35,
    )
