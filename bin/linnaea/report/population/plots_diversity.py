"""Figures of diversity: window scans, Fst, spectra, LD decay, heterozygosity."""

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from linnaea.base.tables import Row
from linnaea.report.plots import BLUE, GREY, MAX_TRACKS, SERIES, VERMILION, Figure, axis, figure, plain
from linnaea.report.population.inputs import Populations, few_sites, value
from linnaea.report.population.plots_looks import (
    DASHES,
    DENSITY,
    FAINT,
    MAX_LABELS,
    GroupStyle,
    Trace,
    because,
    looks,
    marker,
    matrix_figure,
    packed,
    sample_axis,
    samples_title,
    selectable,
    square_height,
)

MAX_SCAN_POINTS = 4000  # of one line


MAX_SCAN_TOTAL = 16_000  # of one view


MAX_PAIRS_DRAWN = 10


MAX_SPECTRUM_CLASSES = 60


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
    group_lines = [
        (name, styles.get(name, GroupStyle(GREY)), rows) for name, rows in sorted(by_group.items())
    ]
    pair_lines = [
        (f"{one} – {other}", GroupStyle(SERIES[i % len(SERIES)], dash=DASHES[i // len(SERIES) % 4]), rows)
        for i, ((one, other), rows) in enumerate(by_pair.items())
    ]
    views: dict[str, Any] = {}
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
            reasons[a][b] = because(why)
    drawn = matrix_figure(
        groups, z, "Fst (Hudson)", square_height(len(groups)), 0.0, float(np.nanmax(z, initial=0.01))
    )
    if np.isfinite(weak).any():
        template = "%{x} – %{y}: %{z:.4g}%{text}<extra></extra>"
        grey = {"colorscale": [[0, FAINT], [1, FAINT]], "showscale": False, "hovertemplate": template}
        drawn["data"].append(drawn["data"][0] | grey | {"z": packed(weak), "text": reasons})
    return drawn


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
            look = styles.get(group, GroupStyle(GREY))
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
        # Few classes are distinguished by their number.
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
    views: dict[str, Any] = {}
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


def heterozygosity(data: Populations) -> Figure | None:
    """Heterozygosity per sample from calls and from likelihoods, all sites or transversions only."""
    calls = {row["sample"]: row for row in data.autosomal("heterozygosity")}
    likely: dict[tuple[str, str], Row] = {
        (row["sample"], row["sites"]): row for row in data.rows("likelihood_heterozygosity")
    }
    names = data.ordered([*calls, *(name for name, _ in likely)])
    views: dict[str, Any] = {}
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
                        "marker": marker(GroupStyle(colour, symbol), 8 if len(names) <= MAX_LABELS else 5),
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


def ld_decay(data: Populations) -> Figure | None:
    """Mean r² by distance, less what sampling alone makes or as it is."""
    styles = looks(data)
    by_group: dict[str, list[Row]] = {}
    for row in data.rows("ld_decay"):
        by_group.setdefault(row["group"], []).append(row)
    views: dict[str, Any] = {}
    for label, column in (("less sampling", "r2_less_sampling"), ("as measured", "r2_rogers_huff")):
        traces = []
        for group, rows in by_group.items():
            known = [r for r in rows if value(r, column) is not None]
            look = styles.get(group, GroupStyle(GREY))
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
