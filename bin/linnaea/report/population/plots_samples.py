"""Figures of the report of populations as plotly.js JSON, in the style of `plots`.

Colours are of groups: historical samples have the colour of their population with other marks and lines.
Everything is SVG: WebGL of plotly.js needs code at run time, which the page's security policy forbids.
"""

import math
from collections.abc import Mapping, Sequence
from typing import Any

from linnaea.report.plots import (
    BLUE,
    Figure,
    axis,
    figure,
    plain,
)
from linnaea.report.population.inputs import Populations
from linnaea.report.population.plots_looks import hover_names, looks, marker, sample_lines, selectable

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
                    "text": [hover_names(names) for *_, names in found],
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


def depth_histograms(data: Populations) -> Figure:
    """Share of the autosomes by depth, one line per sample."""
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
        sample_lines(data, lines, "%{y:.2f} % at %{x}×"),
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
        sample_lines(data, lines, "%{y:.1f} % at base %{x}"),
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
                "hovertemplate": "%{x:,} left; this filter alone removes %{customdata:,}<extra></extra>",
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


# Spectra


# Samples: heterozygosity and runs of homozygosity


# Relatives and structure
