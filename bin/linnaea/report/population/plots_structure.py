"""Figures of structure: components, admixture, trees."""

from collections.abc import Mapping, Sequence

import numpy as np

from linnaea.base.text import number
from linnaea.report.plots import BLUE, GREEN, INK, ORANGE, PURPLE, SKY, Figure, axis, figure, plain
from linnaea.report.population import newick
from linnaea.report.population.inputs import OUTGROUP, Populations, value
from linnaea.report.population.plots_looks import (
    FAINT,
    MAX_LABELS,
    GroupStyle,
    Trace,
    because,
    looks,
    marker,
    sample_axis,
    samples_title,
    selectable,
)

# Sources of ancestry are no groups, so their colours begin elsewhere.
SOURCES = (GREEN, ORANGE, PURPLE, SKY, INK, "#8c6d31", "#637939", "#843c39", "#7b4173")


def points(
    rows: Sequence[tuple[str, float | None, float | None]],
    names: Sequence[str],
    colours: Mapping[str, GroupStyle],
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
                    "marker": marker(
                        GroupStyle(FAINT) if name in weak else colours.get(name, GroupStyle(BLUE))
                    ),
                    "hovertemplate": f"%{{y}}: %{{x:.4g}}{because(weak.get(name))}<extra></extra>",
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


def admixture(data: Populations, table: str = "admixture") -> Figure | None:
    """Proportions of ancestry, a panel for each number of sources, samples by group."""
    rows = data.rows(table)
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
    bounds: list[float] = []
    groups: list[tuple[str, int, int]] = []
    last = None
    for i, name in enumerate(names):
        group = data.group_of.get(name, "")
        if group != last and i:
            bounds.append(i - 0.5)
        if group != last:
            groups.append((group, i, i))
        groups[-1] = (*groups[-1][:2], i)
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


def branches(made: newick.Layout) -> Trace:
    """The lines of a phylogram."""
    x: list[float | None] = []
    y: list[float | None] = []
    for x0, y0, x1, y1 in made.lines:
        x += [x0, x1, None]
        y += [y0, y1, None]
    return {
        "type": "scatter",
        "mode": "lines",
        "x": x,
        "y": y,
        "line": {"color": "#5b626c", "width": 1.2},
        "hoverinfo": "skip",
        "showlegend": False,
    }


def tree(data: Populations) -> Figure:
    """The neighbour-joining tree as a phylogram."""
    made = newick.layout(newick.parse(data.tree))
    traces: list[Trace] = [branches(made)]
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
