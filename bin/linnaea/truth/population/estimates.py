"""Statistics of true genotypes, by formulas of their own."""

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from linnaea.truth.population.results import MISSING, NO_COPY, Snvs, Truth


def allele_counts(calls: np.ndarray) -> np.ndarray:
    """Copies of each base over samples: (v, m, 2) codes -> (v, 4)."""
    return np.stack([(calls == base).sum((1, 2)) for base in range(4)], axis=1)


def mean_differences(counts: np.ndarray) -> np.ndarray:
    """Share of pairs of copies that differ, by site: (v, 4) -> (v,)."""
    n = counts.sum(1)
    return (n * n - np.square(counts).sum(1)) / (n * (n - 1))


def diversity(counts: np.ndarray, sites: int) -> dict[str, float]:
    """Pi and Watterson's theta a base of `sites`, Tajima's D (1989), of (v, 4) complete counts."""
    n = int(counts[0].sum())
    segregating = int(((counts > 0).sum(1) > 1).sum())
    a1 = sum(1 / i for i in range(1, n))
    a2 = sum(1 / i**2 for i in range(1, n))
    pi, theta = float(mean_differences(counts).sum()), segregating / a1
    b1, b2 = (n + 1) / (3 * (n - 1)), 2 * (n**2 + n + 3) / (9 * n * (n - 1))
    e1 = (b1 - 1 / a1) / a1
    e2 = (b2 - (n + 2) / (a1 * n) + a2 / a1**2) / (a1**2 + a2)
    spread = math.sqrt(e1 * segregating + e2 * segregating * (segregating - 1))
    return {"pi": pi / sites, "theta_watterson": theta / sites, "tajimas_d": (pi - theta) / spread}


def divergence(first: np.ndarray, second: np.ndarray, sites: int) -> dict[str, float]:
    """Dxy a base of `sites`, Hudson's and Weir and Cockerham's Fst as ratios of sums.

    first, second (v, m, 2) base codes of two groups. Weir and Cockerham's is from the mean squares of alleles
    between groups, between individuals and within them (Weir 1996, Genetic Data Analysis II, chapter 5), of
    samples with two copies.
    """
    one, two = allele_counts(first), allele_counts(second)
    between = 1 - (one * two).sum(1) / (one.sum(1) * two.sum(1))
    within = (mean_differences(one) + mean_differences(two)) / 2
    whole = [group[:, (group >= 0).all((0, 2))] for group in (first, second)]
    sizes = np.array([group.shape[1] for group in whole])
    total = int(sizes.sum())
    n_c = total - np.square(sizes).sum() / total
    a_sum = all_sum = 0.0
    for base in range(4):
        dosages = [(group == base).sum(2) / 2 for group in whole]
        p = [dosage.mean(1) for dosage in dosages]
        mean = (sizes[0] * p[0] + sizes[1] * p[1]) / total
        groups = sum(2 * n * np.square(q - mean) for n, q in zip(sizes, p, strict=True))
        persons = sum(2 * np.square(d - q[:, None]).sum(1) for d, q in zip(dosages, p, strict=True))
        persons = persons / (total - 2)
        inside = sum((dosage == 0.5).sum(1) for dosage in dosages) / 2 / total
        a = (groups - persons) / (2 * n_c)
        a_sum += float(a.sum())
        all_sum += float((a + (persons - inside) / 2 + inside).sum())
    return {
        "dxy": float(between.sum()) / sites,
        "fst_hudson": float((between - within).sum() / between.sum()),
        "fst_weir_cockerham": a_sum / all_sum,
    }


def heterozygosity(truth: Truth, sample: str, transversions: bool = False) -> float:
    """Heterozygous autosomal sites (those of a transversion) a base of the mask."""
    one, two = truth.calls("autosome", [sample])[:, 0].T
    # A transition is between codes that differ by 2: A and G, C and T.
    counted = (one != two) & (abs(one - two) != 2) if transversions else one != two
    return float(counted.sum()) / truth.callable_bp("autosome")


@dataclass
class Concordance:
    """Genotypes of one sample at single-base variants, true or called.

    compared: called, at variant sites; wrong: of these, other than the truth; unseen: true genotypes with an
    alternate where the calls have no row at all, which is taken for a call of the reference.
    """

    compared: int = 0
    wrong: int = 0
    unseen: int = 0
    true_heterozygous: int = 0
    wrong_heterozygous: int = 0


def concordance(true: Snvs, called: Snvs) -> tuple[list[Concordance], int, int]:
    """Concordance of every sample, the number of true variant sites, and of those that have a passing row.

    Both have the same m samples in the same order, and lie in the callable mask. Sites with a row that a
    filter hit are not called.
    """
    samples = true.calls.shape[1]
    passing = called.chosen(called.kept)
    own_sites = ((true.calls != true.reference[:, None, None]) & (true.calls >= 0)).any((1, 2))
    true = true.chosen(own_sites)
    result = [Concordance() for _ in range(samples)]

    expected = np.repeat(passing.reference, samples * 2).reshape(-1, samples, 2)
    # A sample with one copy has it at every site of the chromosome.
    one_copy = (true.calls[:1, :, :1] == NO_COPY).repeat(len(expected), axis=0)
    expected[..., :1][one_copy] = NO_COPY
    place, at = _shared(true.position, passing.position)
    expected[at] = true.calls[place]
    is_called = (passing.calls != MISSING).all(2)
    wrong = is_called & (passing.calls != expected).any(2)
    heterozygous = is_called & (expected[..., 0] != expected[..., 1]) & (expected >= 0).all(2)
    without_row = true.chosen(~np.isin(true.position, called.position))
    alternate = ((without_row.calls != without_row.reference[:, None, None]) & (without_row.calls >= 0)).any(
        2
    )
    for column, found in enumerate(result):
        found.unseen = int(alternate[:, column].sum())
        found.compared = int(is_called[:, column].sum()) + len(alternate)
        found.wrong = int(wrong[:, column].sum()) + found.unseen
        found.true_heterozygous = int(heterozygous[:, column].sum())
        found.wrong_heterozygous = int((wrong & heterozygous)[:, column].sum())
    return result, len(true.position), len(place)


def _shared(first: np.ndarray, second: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Places in both of positions that both have."""
    _, one, two = np.intersect1d(first, second, return_indices=True)
    return one, two


def tracts(mask: np.ndarray, least_bp: int) -> np.ndarray:
    """A (length,) bool without its runs shorter than `least_bp`."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], mask.view(np.int8), [0]]))).reshape(-1, 2)
    result = np.zeros(mask.size, bool)
    for start, end in edges[np.diff(edges, axis=1)[:, 0] >= least_bp]:
        result[start:end] = True
    return result


def true_spectrum(groups: Sequence[np.ndarray], outgroup: np.ndarray | None) -> np.ndarray:
    """Sites by copies of the second allele in every group, of sites where a group has two alleles or not.

    groups: (v, 4) complete counts of each; outgroup (v, 4) counts, or None for a folded spectrum: then the
    rarer allele over the groups is counted, half a site each where both are as common. Sites with a third
    allele, and those where the outgroup is not fixed, are left out.
    """
    total = np.sum(groups, axis=0)
    sizes = [int(counts[0].sum()) for counts in groups]
    result = np.zeros([size + 1 for size in sizes])
    if outgroup is not None:
        total = total + outgroup
    fit = np.count_nonzero(total > 0, axis=1) == 2
    if outgroup is None:
        order = np.argsort(-total, axis=1, kind="stable")
        first, second = order[:, 0], order[:, 1]
    else:
        fit &= (outgroup > 0).sum(1) == 1
        first = outgroup.argmax(1)
        others = total.copy()
        others[np.arange(len(others)), first] = 0
        second = others.argmax(1)
    sites = np.flatnonzero(fit)
    for site in sites:
        place = tuple(int(counts[site, second[site]]) for counts in groups)
        tied = outgroup is None and 2 * sum(place) == sum(sizes)
        if tied:
            result[place] += 0.5
            result[tuple(size - at for size, at in zip(sizes, place, strict=True))] += 0.5
        else:
            result[place] += 1
    return result


def spectrum_distance(true: np.ndarray, measured: np.ndarray) -> float:
    """Percent of sites that are in another class: half of the summed differences of shares.

    The first class, without the second allele, is left out, and the last, where it is fixed.
    """
    shares = []
    for values in (true, measured):
        inner = values.ravel()[1:-1]
        shares.append(inner / inner.sum())
    return 50 * float(np.abs(shares[0] - shares[1]).sum())


def marked_duplicates_pct(bam: Path) -> float:
    """Primary reads marked as duplicates, of all primary reads."""
    import pysam

    counts = json.loads(str(pysam.flagstat("-O", "json", str(bam))))["QC-passed reads"]
    return 100 * counts["primary duplicates"] / counts["primary"]
