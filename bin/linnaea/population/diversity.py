"""Diversity and divergence of groups by window, from sums that carry their denominators.

Sites are weighed by the comparisons they allow (Korunes & Samuk 2021, Mol Ecol Resour 21:1359): missing
genotypes take away from numerator and denominator alike. All sums are whole numbers, or multiples of 2^-30,
so that they are exact in float64 and do not depend on how the genome was cut or in which order it was added.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from itertools import combinations

import numpy as np

from linnaea.population.filters import Filtered

GROUP_SUMS = (
    "callable_sites",
    "pi_comparisons",
    "pi_differences",
    "segregating_sites",
    "segregating_alleles",
    "theta_sum",
    "pi_sum",
)
PAIR_SUMS = (
    "callable_sites",
    "dxy_comparisons",
    "dxy_differences",
    "fst_hudson_numerator",
    "fst_hudson_denominator",
    "fst_weir_cockerham_numerator",
    "fst_weir_cockerham_denominator",
)
ALLELES = 4
_GRID = 2.0**30


class Groups:
    """Columns of samples by group, as matrices for sums over samples; groups and pairs sorted by name.

    `members` maps group to columns among `samples` samples.
    """

    def __init__(self, members: Mapping[str, Sequence[int]], samples: int) -> None:
        self.names = sorted(members)
        self.columns = {name: np.array(members[name], np.intp) for name in self.names}
        self.pairs = list(combinations(range(len(self.names)), 2))
        self.indicator = np.zeros((len(self.names), samples), np.float32)
        for index, name in enumerate(self.names):
            self.indicator[index, self.columns[name]] = 1

    def sums(self, values: np.ndarray) -> np.ndarray:
        """Sums over the samples of each group: (n, m) bool or small numbers -> (groups, n) float64."""
        return (self.indicator @ values.astype(np.float32).T).astype(np.float64)


class SiteCounts:
    """Counts of alleles at the n sites of a filtered block, of which v are usable and have an alternate.

    called (g, n) float64 called alleles of each group, 0 at sites that are not usable; rows (v,) those with
    an alternate; alleles (4, g, v) copies of each allele; diploids (g, v) samples with both alleles called,
    and of these: diploid_alleles (4, g, v) copies, heterozygotes (4, g, v) samples with one copy.
    """

    def __init__(self, filtered: Filtered, groups: Groups) -> None:
        self.filtered, self.groups = filtered, groups
        usable, diploid, partly = filtered.usable, filtered.diploid, filtered.partly
        called = groups.sums(diploid.view(np.uint8)) * 2
        if partly is not None:
            called += groups.sums(partly)
        if not usable.all():
            called[:, ~usable] = 0
        self.called = called
        self.rows = np.flatnonzero(usable & filtered.block.alternate)
        calls, whole = filtered.genotypes[self.rows], diploid[self.rows]
        shape = (ALLELES, len(groups.names), self.rows.size)
        self.alleles, self.diploid_alleles, self.heterozygotes = (np.zeros(shape) for _ in range(3))
        self.diploids = groups.sums(whole)
        for allele in range(int(calls.max(initial=-1)) + 1):
            copies = (calls == allele).sum(2, dtype=np.uint8)
            self.alleles[allele] = groups.sums(copies)
            self.heterozygotes[allele] = groups.sums((copies == 1) & whole)
            self.diploid_alleles[allele] = (
                self.alleles[allele] if partly is None else groups.sums(copies * whole)
            )

    def by_group(self) -> dict[str, np.ndarray]:
        """Group -> (n, 4) int32 copies of each allele, zeros at sites that are not usable."""
        counts = {}
        for index, name in enumerate(self.groups.names):
            table = np.zeros((self.called.shape[1], ALLELES), np.int32)
            table[:, 0] = self.called[index]
            table[self.rows] = self.alleles[:, index].T
            counts[name] = table
        return counts


def on_grid(values: np.ndarray) -> np.ndarray:
    """Numbers rounded to multiples of 2^-30, whose sums are exact below 2^23."""
    return np.rint(values * _GRID) / _GRID


@cache
def harmonic(last: int, power: int = 1) -> float:
    """Sum of 1/i^power for i = 1..last."""
    return float(sum(1 / number**power for number in range(1, last + 1)))


def _harmonics(called: np.ndarray) -> np.ndarray:
    """a_n = sum of 1/i, i < n, for called alleles n (any shape); 1 where n < 2."""
    table = np.array([1.0, 1.0, *(harmonic(n - 1) for n in range(2, int(called.max(initial=1)) + 1))])
    return table[called.astype(np.intp)]


def group_site_sums(counts: SiteCounts) -> tuple[np.ndarray, np.ndarray]:
    """Terms of GROUP_SUMS: the first two of every site (2, g, n), the rest at an alternate (5, g, v)."""
    called = counts.called
    every = np.stack([called >= 2, called * (called - 1) / 2])
    number = called[:, counts.rows]
    same = np.square(counts.alleles).sum(0)
    comparisons = number * (number - 1) / 2
    differences = (number * number - same) / 2
    segregating = (counts.alleles > 0).sum(0) > 1
    varied = np.stack(
        [
            differences,
            segregating,
            segregating * number,
            on_grid(segregating / _harmonics(number)),
            on_grid(differences / np.maximum(comparisons, 1)),
        ]
    )
    return every, varied


def pair_site_sums(counts: SiteCounts, one: int, two: int) -> tuple[np.ndarray, np.ndarray]:
    """Terms of PAIR_SUMS for two groups: the first two of every site (2, n), the rest as above (5, v)."""
    comparisons = counts.called[one] * counts.called[two]
    every = np.stack([comparisons > 0, comparisons])
    between = comparisons[counts.rows]
    differences = between - (counts.alleles[:, one] * counts.alleles[:, two]).sum(0)
    varied = np.stack([differences, *_hudson(counts, one, two), *_weir_cockerham(counts, one, two)])
    return every, varied


def _hudson(counts: SiteCounts, one: int, two: int) -> tuple[np.ndarray, np.ndarray]:
    """Numerator and denominator of Hudson's Fst at sites (Bhatia et al. 2013, Genome Res 23:1514, eq. 10).

    In terms of mean differences, and so for any number of alleles: between groups less the mean within.
    """
    within = []
    numbers = counts.called[:, counts.rows]
    for group in (one, two):
        number = numbers[group]
        differences = number * number - np.square(counts.alleles[:, group]).sum(0)
        within.append(differences / np.maximum(number * (number - 1), 1))
    comparisons = numbers[one] * numbers[two]
    between = 1 - (counts.alleles[:, one] * counts.alleles[:, two]).sum(0) / np.maximum(comparisons, 1)
    valid = (numbers[one] >= 2) & (numbers[two] >= 2)
    return (
        np.where(valid, on_grid(between - (within[0] + within[1]) / 2), 0),
        np.where(valid, on_grid(between), 0),
    )


def _weir_cockerham(counts: SiteCounts, one: int, two: int) -> tuple[np.ndarray, np.ndarray]:
    """Sums over alleles of a, and of a + b + c (Weir & Cockerham 1984, Evolution 38:1358, equations 2 to 4).

    Of samples with both alleles called; sites that lack such samples in a group, or have one in each, give 0.
    """
    pair = [one, two]
    n = counts.diploids[pair]
    total = n.sum(0)
    valid = (n.min(0) >= 1) & (total > 2)
    n = np.where(valid, n, 2.0)
    total = n.sum(0)
    mean = total / 2
    n_c = total - (n * n).sum(0) / total
    p = counts.diploid_alleles[:, pair] / (2 * n)
    p_mean = (p * n).sum(1) / total
    variance = (n * np.square(p - p_mean[:, None])).sum(1) / mean
    h = counts.heterozygotes[:, pair].sum(1) / total
    spread = p_mean * (1 - p_mean) - variance / 2
    a = mean / n_c * (variance - (spread - h / 4) / (mean - 1))
    b = mean / (mean - 1) * (spread - (2 * mean - 1) / (4 * mean) * h)
    c = h / 2
    return np.where(valid, on_grid(a.sum(0)), 0), np.where(valid, on_grid((a + b + c).sum(0)), 0)


def window_sums(values: np.ndarray, edges: np.ndarray) -> np.ndarray:
    """Sums over the parts of the last axis between consecutive `edges` (ascending): (..., edges - 1).

    A part may be empty; what lies before the first edge or after the last belongs to none.
    """
    sums = np.zeros((*values.shape[:-1], max(edges.size - 1, 0)))
    # reduceat gives the element itself for an empty part, so that only filled ones are asked of it
    filled = np.flatnonzero(np.diff(edges))
    if filled.size:
        sums[..., filled] = np.add.reduceat(values[..., : edges[-1]], edges[filled], axis=-1)
    return sums


class WindowSums:
    """Sums of all groups and pairs of groups by window of a fixed size."""

    def __init__(self, groups: Groups, window_bp: int) -> None:
        self.groups, self.window_bp = groups, window_bp
        self._parts: list[tuple[str, np.ndarray, np.ndarray, np.ndarray]] = []

    def add(self, chromosome: str, position: np.ndarray, counts: SiteCounts) -> None:
        """Add the sites of a block; `position` (n,) is 1-based."""
        if not position.size:
            return
        window = (position - 1) // self.window_bp
        first = np.r_[0, np.flatnonzero(np.diff(window)) + 1]
        edges = np.append(first, window.size)
        varied_edges = np.searchsorted(counts.rows, edges)
        every, varied = group_site_sums(counts)
        groups = np.concatenate([window_sums(every, edges), window_sums(varied, varied_edges)])
        pairs = np.zeros((len(PAIR_SUMS), len(self.groups.pairs), len(first)))
        for index, (one, two) in enumerate(self.groups.pairs):
            every, varied = pair_site_sums(counts, one, two)
            pairs[:2, index] = window_sums(every, edges)
            pairs[2:, index] = window_sums(varied, varied_edges)
        self._parts.append((chromosome, window[first], groups, pairs))

    def add_invariant(
        self, chromosome: str, window: np.ndarray, sites: np.ndarray, called: np.ndarray
    ) -> None:
        """Add sites (k,) without any difference to windows (k,); `called` (g,) alleles at each of them."""
        groups = np.zeros((len(GROUP_SUMS), len(called), len(window)))
        groups[0] = (called >= 2)[:, None] * sites
        groups[1] = (called * (called - 1) / 2)[:, None] * sites
        pairs = np.zeros((len(PAIR_SUMS), len(self.groups.pairs), len(window)))
        for index, (one, two) in enumerate(self.groups.pairs):
            pairs[0, index] = (called[one] * called[two] > 0) * sites
            pairs[1, index] = called[one] * called[two] * sites
        self._parts.append((chromosome, window, groups, pairs))

    def partial(self) -> dict[str, np.ndarray]:
        """`window_chromosome` (w,) str, `window` (w,) int64 number, `groups` (7, g, w), `pairs` (7, p, w)."""
        parts = {
            "window_chromosome": np.array(
                [name for name, window, _, _ in self._parts for _ in window], np.str_
            ),
            "window": np.concatenate([np.empty(0, np.int64), *(part[1] for part in self._parts)]),
            "groups": np.concatenate(
                [np.zeros((len(GROUP_SUMS), len(self.groups.names), 0)), *(part[2] for part in self._parts)],
                axis=2,
            ),
            "pairs": np.concatenate(
                [np.zeros((len(PAIR_SUMS), len(self.groups.pairs), 0)), *(part[3] for part in self._parts)],
                axis=2,
            ),
        }
        return merge_windows([parts])


def merge_windows(
    partials: Sequence[Mapping[str, np.ndarray]], contigs: Sequence[str] = ()
) -> dict[str, np.ndarray]:
    """Partial sums joined: each window once, in the order of `contigs` (others after them, by name)."""
    joined = {
        "window_chromosome": np.concatenate([part["window_chromosome"] for part in partials]),
        "window": np.concatenate([part["window"] for part in partials]),
        "groups": np.concatenate([part["groups"] for part in partials], axis=2),
        "pairs": np.concatenate([part["pairs"] for part in partials], axis=2),
    }
    rank = chromosome_rank(joined["window_chromosome"], contigs)
    order = np.lexsort((joined["window"], rank))
    rank, window = rank[order], joined["window"][order]
    new = np.r_[True, (np.diff(rank) != 0) | (np.diff(window) != 0)] if order.size else np.zeros(0, bool)
    edges = np.append(np.flatnonzero(new), order.size)
    return {
        "window_chromosome": joined["window_chromosome"][order][new],
        "window": window[new],
        "groups": window_sums(joined["groups"][:, :, order], edges),
        "pairs": window_sums(joined["pairs"][:, :, order], edges),
    }


def chromosome_rank(names: np.ndarray, contigs: Sequence[str] = ()) -> np.ndarray:
    """The place of each name (k,) in the order of `contigs`, of others after them by name: (k,) int64."""
    known = {name: place for place, name in enumerate(contigs)}
    different, inverse = np.unique(names, return_inverse=True)
    others = [name for name in different.tolist() if name not in known]
    known |= {name: len(known) + place for place, name in enumerate(others)}
    return np.array([known[name] for name in different.tolist()], np.int64)[inverse]


def ratio(numerator: np.ndarray, denominator: np.ndarray) -> np.ndarray:
    """Quotient, NaN where the denominator is 0."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(denominator != 0, numerator / np.where(denominator != 0, denominator, 1), np.nan)


def tajimas_d(sums: np.ndarray) -> np.ndarray:
    """Tajima's D (1989, Genetics 123:585, equation 38) from GROUP_SUMS (7, ...), NaN where undefined.

    With missing genotypes: the sums of pi and of 1/a_n are taken site by site with the alleles called there
    (as pixy 2 does; see Ferretti et al. 2012, Genetics 191:1397), the variance at the mean number of alleles
    called at segregating sites, rounded. On complete data it is Tajima's.
    """
    named = dict(zip(GROUP_SUMS, sums, strict=True))
    sites = named["segregating_sites"]
    number = np.rint(ratio(named["segregating_alleles"], sites))
    result = np.full(sites.shape, np.nan)
    for n in np.unique(number[sites > 0]).astype(int).tolist():
        if n < 3:
            continue
        a1, a2 = harmonic(n - 1), harmonic(n - 1, 2)
        b1, b2 = (n + 1) / (3 * (n - 1)), 2 * (n * n + n + 3) / (9 * n * (n - 1))
        c1, c2 = b1 - 1 / a1, b2 - (n + 2) / (a1 * n) + a2 / a1**2
        e1, e2 = c1 / a1, c2 / (a1**2 + a2)
        chosen = (number == n) & (sites > 0)
        s = sites[chosen]
        # three chromosomes and one site: the variance is 0
        variance = np.maximum(e1 * s + e2 * s * (s - 1), 0)
        variance[variance < 1e-12] = np.nan
        result[chosen] = (named["pi_sum"] - named["theta_sum"])[chosen] / np.sqrt(variance)
    return result


def jackknife(blocks: np.ndarray, estimator: Callable[[np.ndarray], np.ndarray], weight: np.ndarray) -> float:
    """Standard error by the delete-one jackknife for unequal blocks (Busing et al. 1999, Stat Comput 9:3).

    blocks (k, b) sums of b blocks; estimator turns sums (k, ...) into estimates (...); weight (b,) the size
    of each block. NaN with fewer than two blocks.
    """
    filled = weight > 0
    blocks, weight = blocks[:, filled], weight[filled]
    number = weight.size
    if number < 2:
        return float("nan")
    total = blocks.sum(1, keepdims=True)
    whole = estimator(total)[0]
    without = estimator(total - blocks)
    if not np.isfinite(without).all():
        return float("nan")
    share = weight / weight.sum()
    pseudo = whole / share - (1 / share - 1) * without
    mean = number * whole - ((1 - share) * without).sum()
    return float(np.sqrt((np.square(pseudo - mean) / (1 / share - 1)).sum() / number))
