"""What figures of samples and populations have in common: colours, axes, hover texts, menus, matrices."""

import base64
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from linnaea.report.plots import GREY, SERIES, Figure, axis, figure, plain
from linnaea.report.population.inputs import OUTGROUP, Populations

MAX_LABELS = 60


SYMBOLS = ("circle", "square", "triangle-up", "cross")


DASHES = ("solid", "dash", "dot", "dashdot")


Trace = dict[str, Any]


# What should not be relied on.
FAINT = "#b6bec6"
# White to dark: distinguishable in print and by colour-blind readers.
DENSITY = [[0, "#ffffff"], [0.25, "#cfe3ee"], [0.5, "#7fb4d1"], [0.75, "#2f77a8"], [1, "#0b2f4e"]]


@dataclass(frozen=True)
class GroupStyle:
    """How a group is drawn."""

    colour: str
    symbol: str = "circle"
    dash: str = "solid"


def looks(data: Populations) -> dict[str, GroupStyle]:
    """GroupStyle of each group and of the outgroup."""
    populations = sorted({group.removesuffix(".historical") for group in data.groups})
    found = {OUTGROUP: GroupStyle(GREY, "x", "dot")}
    for group in data.groups:
        place = populations.index(group.removesuffix(".historical"))
        round_ = place // len(SERIES) % len(SYMBOLS)
        colour = SERIES[place % len(SERIES)]
        if group.endswith(".historical"):
            found[group] = GroupStyle(colour, f"{SYMBOLS[round_]}-open", "dot")
        else:
            found[group] = GroupStyle(colour, SYMBOLS[round_], DASHES[round_])
    return found


def marker(look: GroupStyle, size: float = 9, **more: Any) -> dict[str, Any]:
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


def hover_names(names: Sequence[str]) -> str:
    shown = ", ".join(plain(n) for n in names[:12])
    return shown + (f" and {len(names) - 12} more" if len(names) > 12 else "")


def sample_lines(data: Populations, lines: Mapping[str, tuple[list, list]], hover: str) -> list[Trace]:
    """One line per sample; few samples have a colour each, many that of their group."""
    styles, few = looks(data), len(lines) <= len(SERIES)
    seen: set[str] = set()
    traces = []
    for place, name in enumerate(data.ordered(lines)):
        group = data.group_of.get(name, OUTGROUP)
        look = GroupStyle(SERIES[place]) if few else styles[group]
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
    words: dict[str, Any] = {
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


def square_height(size: int) -> int:
    return min(720, 270 + 22 * size)


def because(why: str | None) -> str:
    """A reason as the end of the words at a point."""
    return f", {why}" if why else ""
