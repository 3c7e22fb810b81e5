"""Numbers and matrix of a Hi-C contact map, from pairtools statistics and a .mcool."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from linnaea.base.errors import InputError
from linnaea.base.records import write_metrics

BINS_IN_REPORT = 400
SEQUENCES_IN_REPORT = 100


def read_pairtools_statistics(paths: Iterable[str | Path]) -> dict[str, float]:
    """Sum of the counts of several `pairtools stats` tables, key -> count."""
    totals: dict[str, float] = {}
    for path in paths:
        for line in Path(path).read_text().splitlines():
            key, _, value = line.partition("\t")
            if not key.startswith("summary/"):  # fractions: they do not add up
                totals[key] = totals.get(key, 0) + float(value)
    return totals


def _share(totals: dict[str, float], part: str, whole: str) -> float | None:
    """Percentage of `whole` that is `part`; None without any."""
    return 100 * totals.get(part, 0) / totals[whole] if totals.get(whole) else None


def pair_metrics(every: dict[str, float], placed: dict[str, float]) -> dict[str, Any]:
    """Shares of pairs: mapped of `every` pair, duplicates of mapped, of the pairs without duplicates those in
    the map (`placed`: both ends of enough mapping quality), and of these cis, trans and long-range.
    """
    both = {"unique": every.get("total_nodups", 0), "placed": placed.get("total_nodups", 0)}
    return {
        "pairs": int(every.get("total", 0)),
        "unique_pairs": int(both["unique"]),
        "mapped_pairs_pct": _share(every, "total_mapped", "total"),
        "duplicate_pct": _share(every, "total_dups", "total_mapped"),
        "placed_pairs_pct": _share(both, "placed", "unique"),
        "cis_pct": _share(placed, "cis", "total_nodups"),
        "trans_pct": _share(placed, "trans", "total_nodups"),
        "cis_over_1kb_pct": _share(placed, "cis_1kb+", "total_nodups"),
        "cis_over_20kb_pct": _share(placed, "cis_20kb+", "total_nodups"),
        "distance_decay": distance_decay(placed),
    }


def distance_decay(totals: dict[str, float]) -> dict[str, Sequence[float]]:
    """Pairs per distance bin, all orientations together, from the `dist_freq/<from>-<to>/<++>` counts."""
    by_distance: dict[int, float] = {}
    for key, count in totals.items():
        if key.startswith("dist_freq/"):
            start = int(key.split("/")[1].split("-")[0].rstrip("+"))
            by_distance[start] = by_distance.get(start, 0) + count
    distances = sorted(by_distance)
    return {"distance_bp": distances, "pairs": [by_distance[start] for start in distances]}


def report_matrix(mcool: str | Path) -> dict[str, Any]:
    """Contacts of the longest sequences at the finest resolution that fits a report.

    Returns `bin_bp`, `sequences` (name, length_bp, first_bin, bins; longest first) and `counts`, the
    symmetric matrix of raw contacts. At most 100 sequences and about 400 bins a side.
    """
    import cooler
    from cooler.fileops import list_coolers

    resolutions = sorted(int(path.rsplit("/", 1)[1]) for path in list_coolers(str(mcool)))
    for bin_bp in resolutions:
        clr = cooler.Cooler(f"{mcool}::resolutions/{bin_bp}")
        longest = clr.chromsizes.sort_values(ascending=False, kind="stable").head(SEQUENCES_IN_REPORT)
        bins = [-(-int(length) // bin_bp) for length in longest]
        if sum(bins) <= BINS_IN_REPORT:
            break
    firsts = np.concatenate([[0], np.cumsum(bins)[:-1]])
    counts = np.zeros((sum(bins), sum(bins)), np.int64)
    # as a region it would read a name such as HLA:01 as a place
    offsets = {name: clr.offset((name, None, None)) for name in longest.index}
    to_report = np.full(len(clr.bins()), -1)
    for name, first, number in zip(longest.index, firsts, bins, strict=True):
        to_report[offsets[name] : offsets[name] + number] = np.arange(first, first + number)
    pixels = clr.pixels()[:]
    rows, columns = to_report[pixels["bin1_id"]], to_report[pixels["bin2_id"]]
    shown = (rows >= 0) & (columns >= 0)
    rows, columns, values = rows[shown], columns[shown], pixels["count"].to_numpy()[shown]
    np.add.at(counts, (rows, columns), values)
    off_diagonal = rows != columns
    np.add.at(counts, (columns[off_diagonal], rows[off_diagonal]), values[off_diagonal])
    return {
        "bin_bp": int(clr.binsize),
        "sequences": [
            {"name": name, "length_bp": int(length), "first_bin": int(first), "bins": int(number)}
            for (name, length), first, number in zip(longest.items(), firsts, bins, strict=True)
        ],
        "counts": counts,
    }


def draw(matrix: dict[str, Any], title: str, path: str | Path) -> None:
    """Draw a contact map with the bounds of its sequences, log-scaled, as PNG."""
    from matplotlib.colors import LogNorm
    from matplotlib.figure import Figure

    counts = np.asarray(matrix["counts"], float)
    figure = Figure(figsize=(8, 7.2), dpi=150, layout="constrained")
    axes = figure.subplots()
    image = axes.imshow(
        np.where(counts > 0, counts, np.nan), norm=LogNorm(vmin=1, vmax=max(2, counts.max())),
        cmap="YlOrRd", interpolation="nearest",
    )  # fmt: skip
    named = matrix["sequences"]
    for sequence in named[1:]:
        for line in (axes.axhline, axes.axvline):
            line(sequence["first_bin"] - 0.5, color="#2b5c8a", linewidth=0.4)
    large = [sequence for sequence in named if sequence["bins"] > len(counts) / 40]
    middles = [sequence["first_bin"] + sequence["bins"] / 2 - 0.5 for sequence in large]
    axes.set_xticks(middles, [sequence["name"] for sequence in large], rotation=90, fontsize=7)
    axes.set_yticks(middles, [sequence["name"] for sequence in large], fontsize=7)
    axes.set_title(f"{title}, bins of {matrix['bin_bp'] / 1000:g} kb", fontsize=10)
    figure.colorbar(image, ax=axes, label="contacts", shrink=0.7)
    figure.savefig(path)


def draw_contact_map(
    mcool: str,
    /,
    *,
    id: str,
    stage: str,
    haplotype: str,
    statistics: Sequence[str],
    placed: str,
    out: str,
    picture: str,
) -> None:
    """Numbers and picture of a Hi-C contact map.

    statistics: tables of pairtools stats, of all pairs of each library
    placed: that of the pairs of all libraries whose ends have the mapping quality of the map
    picture: PNG
    """
    pairs = pair_metrics(read_pairtools_statistics(statistics), read_pairtools_statistics([placed]))
    if not pairs["unique_pairs"]:
        raise InputError(
            f"{id} {haplotype}: no Hi-C pair has both ends on the assembly; "
            "are reads and assembly of the same species?"
        )
    if not pairs["placed_pairs_pct"]:
        raise InputError(
            f"{id} {haplotype}: none of {pairs['unique_pairs']:,} Hi-C pairs has the mapping quality of the "
            "map at both ends; give a smaller --hic_min_mapq"
        )
    matrix = report_matrix(mcool)
    draw(matrix, f"{id} {haplotype}", picture)
    labels = {"id": id, "step": "hic_map", "stage": stage, "haplotype": haplotype}
    write_metrics(out, labels | pairs | {"matrix": matrix})
