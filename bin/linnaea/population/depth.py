"""Depth of one sample from mosdepth's distribution: the window of depth in which sites are callable, and the
sex.

The window is taken from the sample's own distribution: from `low` to `high` times the median depth of its
autosomes, as PopGLen does (0.5 and 1.5) and GenErode (0.33 and 10 times the mean); the defaults here are 0.33
and 2.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from linnaea.errors import InputError

# Ratios of the depth of X (or Z) to that of the autosomes: 1 in the sex with two of them, 0.5 in the other.
TWO_COPIES, ONE_COPY = 0.8, 0.7
HOMOGAMETIC = {"X": "female", "Z": "male"}
HETEROGAMETIC = {"X": "male", "Z": "female"}


def read_distributions(path: str | Path) -> dict[str, np.ndarray]:
    """Cumulative shares of mosdepth's `*.mosdepth.global.dist.txt`: chromosome -> share of bases with at
    least that depth."""
    rows: dict[str, list[tuple[int, float]]] = {}
    with Path(path).open() as handle:
        for line in handle:
            name, depth, share = line.split("\t")
            rows.setdefault(name, []).append((int(depth), float(share)))
    found = {}
    for name, pairs in rows.items():
        shares = np.zeros(max(depth for depth, _ in pairs) + 1)
        for depth, share in pairs:
            shares[depth] = share
        # mosdepth leaves out depths whose share rounds to that of the next one
        found[name] = np.maximum.accumulate(shares[::-1])[::-1]
    return found


def read_lengths(path: str | Path) -> dict[str, int]:
    """Lengths (bp) of the chromosomes in mosdepth's `*.mosdepth.summary.txt`."""
    rows = [line.split("\t") for line in Path(path).read_text().splitlines()[1:]]
    return {row[0]: int(row[1]) for row in rows if row[0] not in ("total", "total_region")}


def chromosome_histograms(distribution: str | Path, summary: str | Path) -> dict[str, np.ndarray]:
    """Bases at each depth, (deepest + 1,) float, of every chromosome that mosdepth saw."""
    distributions, lengths = read_distributions(distribution), read_lengths(summary)
    nothing = np.ones(1)
    return {
        name: -np.diff(distributions.get(name, nothing), append=0.0) * length
        for name, length in lengths.items()
    }


def block_histograms(lines: Iterable[str], lengths: Mapping[str, int]) -> dict[str, np.ndarray]:
    """Bases at each depth by chromosome from rows of a gVCF: chromosome, first base, last base, depth.

    Bases that no row covers have depth 0. `lengths` (bp) are those of the reference.
    """
    counts: dict[str, Counter[int]] = {name: Counter() for name in lengths}
    reached = dict.fromkeys(lengths, 0)
    for line in lines:
        name, first, last, depth = line.split("\t")
        fresh = int(last) - max(int(first) - 1, reached[name])  # an indel's row repeats a base
        if fresh > 0:
            counts[name][int(depth) if depth.strip() not in (".", "") else 0] += fresh
            reached[name] = int(last)
    histograms = {}
    for name, counted in counts.items():
        histogram = np.zeros(max(counted, default=0) + 1)
        for depth, bases in counted.items():
            histogram[depth] = bases
        histogram[0] += lengths[name] - histogram.sum()
        histograms[name] = histogram
    return histograms


def pooled(histograms: Iterable[np.ndarray]) -> np.ndarray:
    """The sum of histograms of any depths, at least (1,)."""
    listed = list(histograms)
    total = np.zeros(max((histogram.size for histogram in listed), default=1))
    for histogram in listed:
        total[: histogram.size] += histogram
    return total


def median_depth(histogram: np.ndarray) -> float:
    """Median depth of the bases that have a read; 0.0 when none has."""
    covered = histogram[1:]
    if covered.sum() == 0:
        return 0.0
    return float(np.searchsorted(np.cumsum(covered), covered.sum() / 2) + 1)


def depth_window(median: float, low: float, high: float, floor: int) -> tuple[int, int]:
    """Smallest and largest depth of a callable site: `low` (at least `floor`) and `high` times the median."""
    smallest = max(floor, int(np.ceil(low * median)))
    return smallest, max(int(np.floor(high * median)), smallest)


def mean_depth(histogram: np.ndarray) -> float:
    """Mean depth of a histogram of bases by depth; NaN without bases."""
    return (
        float(np.average(np.arange(histogram.size), weights=histogram)) if histogram.sum() else float("nan")
    )


def sex_of(ratios: Mapping[str, float]) -> tuple[str, str]:
    """(sex, why) from the depth of sex chromosomes as a share of that of the autosomes; `unknown` between the
    classes."""
    for kind, two in HOMOGAMETIC.items():
        if kind not in ratios:
            continue
        ratio = ratios[kind]
        if ratio >= TWO_COPIES:
            return two, f"{kind} has {ratio:.2f} of the depth of the autosomes"
        if ratio <= ONE_COPY:
            return HETEROGAMETIC[kind], f"{kind} has {ratio:.2f} of the depth of the autosomes"
        return "unknown", f"{kind} has {ratio:.2f} of the depth of the autosomes, between one copy and two"
    return "unknown", "no X or Z is named under --sex_chromosomes"


def depth_of(
    sample: str,
    histograms: Mapping[str, np.ndarray],
    compartments: Mapping[str, str],
    low: float,
    high: float,
    floor: int,
) -> dict[str, Any]:
    """Depth of one sample: its window, the shares of bases below and above it, and its sex by depth.

    `histograms` has the bases at each depth by chromosome; `compartments` the kind (X Y Z W mito) of
    chromosomes that are no autosomes. Raises InputError when no read covers an autosome.
    """
    autosomes = pooled(values for name, values in histograms.items() if name not in compartments)
    median = median_depth(autosomes)
    if not median:
        raise InputError(
            f"sample {sample}: no read covers an autosome; are the reads of this species, and does "
            "any reach --min_mapping_quality?"
        )
    smallest, largest = depth_window(median, low, high, floor)
    mean = mean_depth(autosomes)
    ratios = {}
    for kind in sorted(set(compartments.values())):
        of_kind = pooled(values for name, values in histograms.items() if compartments.get(name) == kind)
        if of_kind.sum():
            ratios[kind] = mean_depth(of_kind) / mean
    sex, why = sex_of(ratios)
    total = autosomes.sum()
    shown = np.append(autosomes[: 3 * largest], autosomes[3 * largest :].sum())
    return {
        "median_depth_x": median,
        "mean_depth_x": mean,
        "min_depth_x": smallest,
        "max_depth_x": largest,
        "autosomes_bp": round(total),
        "covered_pct": 100 * autosomes[1:].sum() / total,
        "below_window_pct": 100 * autosomes[:smallest].sum() / total,
        "above_window_pct": 100 * autosomes[largest + 1 :].sum() / total,
        "depth_histogram_bp": np.round(shown).astype(int),
        "depth_ratios": ratios,
        "sex_by_depth": sex,
        "sex_by_depth_why": why,
    }
