"""Figures of genetic load."""

from typing import Any

from linnaea.report.plots import BLUE, SKY, Figure, axis, figure, plain, rgba
from linnaea.report.population.inputs import Populations, value
from linnaea.report.population.plots_looks import looks, marker, sample_axis, samples_title, selectable

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
    views: dict[str, Any] = {}
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
