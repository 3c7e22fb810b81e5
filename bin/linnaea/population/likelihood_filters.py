"""Filters of sites for statistics from genotype likelihoods: depth over the cohort, excess heterozygosity.

Copies of a repeat that the reference has once (collapsed repeats, paralogues) lie on top of each other: their
depth is a multiple of the rest, and every difference between the copies looks heterozygous in all samples.
"""

from typing import Any

import numpy as np

from linnaea.population.likelihood_sites import Cohort

# The window of depth is the median and this share of it on either side, and at least so many standard
# deviations of a Poisson variable.
DEPTH_SHARE, DEPTH_DEVIATIONS = 0.5, 4
# Fewer samples with reads of both alleles cannot be an excess.
MIN_DOUBLE_SAMPLES = 2


def depth_limits(total: np.ndarray) -> tuple[int, int]:
    """Smallest and largest number of reads of the cohort at a site that is used, from those of all (n,)."""
    covered = total[total > 0]
    if not covered.size:
        return 1, 1
    median = float(np.median(covered))
    width = max(DEPTH_SHARE * median, DEPTH_DEVIATIONS * np.sqrt(median))
    return max(1, int(np.ceil(median - width))), int(np.floor(median + width))


def heterozygosity_excess(levels: np.ndarray, rounds: int = 40) -> np.ndarray:
    """(n,) probability of so many heterozygotes or more under Hardy-Weinberg proportions, from PL (n, m, 3).

    A likelihood-ratio test of free genotype frequencies against p^2, 2pq, q^2, both by EM; one-sided: 1 where
    heterozygotes are not in excess.
    """
    from scipy.stats import chi2

    likelihoods = 10 ** (levels / -10.0)
    sites = len(levels)
    frequency = np.full(sites, 0.3)
    free = np.full((sites, 3), 1 / 3)
    dosage = np.array([0, 0.5, 1])
    for _ in range(rounds):
        expected = np.stack([(1 - frequency) ** 2, 2 * frequency * (1 - frequency), frequency**2], axis=1)
        weight = likelihoods * expected[:, None]
        frequency = (weight @ dosage / weight.sum(axis=2)).mean(axis=1)
        weight = likelihoods * free[:, None]
        free = (weight / weight.sum(axis=2, keepdims=True)).mean(axis=1)
    expected = np.stack([(1 - frequency) ** 2, 2 * frequency * (1 - frequency), frequency**2], axis=1)
    values = [np.log((likelihoods * part[:, None]).sum(axis=2)).sum(axis=1) for part in (free, expected)]
    excess = free[:, 1] > expected[:, 1]
    return np.where(excess, chi2.sf(np.maximum(2 * (values[0] - values[1]), 0), 1) / 2, 1.0)


def filter_sites(cohort: Cohort, excess_heterozygosity: float) -> dict[str, Any]:
    """Leave sites out of a cohort; returns what was left out, and why.

    The excess is that of all samples together: groups that differ have fewer heterozygotes, not more.
    """
    varied_total = cohort.depth.sum(axis=1, dtype=np.int64)
    low, high = depth_limits(np.concatenate([varied_total, cohort.plain_total]))
    read = len(varied_total) + len(cohort.plain_total)
    inside = (varied_total >= low) & (varied_total <= high)
    plain = (cohort.plain_total >= low) & (cohort.plain_total <= high)
    totals = np.concatenate([varied_total, cohort.plain_total])
    double = ((cohort.alternate > 0) & (cohort.alternate < cohort.depth)).sum(axis=1)
    tested = np.flatnonzero(inside & (double >= MIN_DOUBLE_SAMPLES))
    excess = np.zeros(read - len(plain), bool)
    for first in range(0, len(tested), 20_000):
        rows = tested[first : first + 20_000]
        excess[rows] = heterozygosity_excess(cohort.levels[rows]) < excess_heterozygosity
    cohort.select(inside & ~excess, plain)
    return {
        "cohort_depth_window_x": [low, high],
        "sites_read": read,
        "sites_of_low_cohort_depth": int((totals < low).sum()),
        "sites_of_high_cohort_depth": int((totals > high).sum()),
        "sites_of_excess_heterozygosity": int(excess.sum()),
        "sites_used": len(cohort.varied_place) + len(cohort.plain_place),
    }
