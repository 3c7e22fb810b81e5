"""How often reads err, compared with what their base qualities state.

At a site where no other sample has the second allele, a read of it is an error, or its sample is
heterozygous. The number of such reads at sites of two and more reads distinguishes the two: a heterozygote
shows as many reads of each allele, an error one.
"""

from typing import NamedTuple

import numpy as np

# Phred-scaled likelihood of a heterozygote by one read: half of its reads show each allele.
HALF = 10 * np.log10(2)
# Reads of a sample at the sites that count: one read cannot tell an error from a heterozygote.
FEWEST, MOST = 2, 8
QUALITIES = 64
# A factor counts if it is so many standard errors from 1, and that far from it.
DEVIATIONS, LEAST_RATIO = 3, 1.2
# Transversions are two of the three errors of a read.
TRANSVERSION_SHARE = 2 / 3
# Fewer errors do not show a factor.
MIN_ERRORS = 50


class ErrorScale(NamedTuple):
    """Errors per read as measured, their ratio to what qualities state, and whether likelihoods need it.

    The factor is NaN where too few errors are seen.
    """

    error_rate: float
    factor: float
    standard_error: float
    significant: bool


def error_metrics(scale: ErrorScale) -> dict[str, float | bool]:
    """What a record says of the errors of a sample."""
    return {
        "error_rate": scale.error_rate,
        "error_factor": scale.factor,
        "error_factor_standard_error": scale.standard_error,
        "errors_corrected": scale.significant,
    }


class ErrorCounts:
    """Counts of one sample: `reads` (MOST + 1, MOST + 1) sites by reads and reads of the alternate; `single`
    (MOST + 1, QUALITIES) sites with one such read by reads and its quality."""

    def __init__(self) -> None:
        self.reads = np.zeros((MOST + 1, MOST + 1), np.int64)
        self.single = np.zeros((MOST + 1, QUALITIES), np.int64)

    def add(self, levels: np.ndarray, depth: np.ndarray, alternate: np.ndarray, sites: np.ndarray) -> None:
        """Add rows (n,) of `sites` sites each, with PL (n, 3)."""
        used = (depth >= FEWEST) & (depth <= MOST) & (alternate <= depth)
        levels, depth, alternate = levels[used].astype(float), depth[used], alternate[used]
        sites = sites[used]
        np.add.at(self.reads, (depth, alternate), sites)
        one = alternate == 1
        # a single read of quality Q makes the reference Q less likely, and each read a heterozygote by HALF
        quality = levels[one, 0] - levels[one, 1] + HALF * depth[one]
        place = np.clip(np.rint(quality), 1, QUALITIES - 1).astype(int)
        np.add.at(self.single, (depth[one], place), sites[one])

    def scale(self, share_counted: float = 1.0, rounds: int = 200) -> ErrorScale:
        """The ratio of errors to what is stated; `share_counted` of them are among the alternates added.

        Of single alternates, those of quality Q are r_Q (f A 10^(-Q/10) + B): r_Q is the share of reads of
        that quality, A the reads at homozygous sites, f the factor, B the single alternates that
        heterozygotes show. All are known but r_Q and f, and the r_Q sum to 1. Without heterozygotes each
        error then counts 10^(Q/10) times, by which errors are as many as reads (Horvitz & Thompson 1952).
        """
        from scipy.stats import binom

        number, copies = np.mgrid[: MOST + 1, : MOST + 1]
        fits = (number >= FEWEST) & (copies <= number)
        number, copies, sites = number[fits], copies[fits], self.reads[fits]
        error, share = 0.002, np.array([0.99, 0.005, 0.005])
        weight = np.zeros((3, len(sites)))
        for _ in range(rounds):
            chance = np.stack([binom.pmf(copies, number, p) for p in (error, 0.5, 1 - error)])
            weight = chance * share[:, None]
            weight /= np.maximum(weight.sum(axis=0), 1e-300)
            share = np.maximum(weight @ sites / max(sites.sum(), 1), 1e-12)
            share /= share.sum()
            # reads of the reference at sites homozygous for the alternate are errors too
            wrong = (sites * (weight[0] * copies + weight[2] * (number - copies))).sum()
            reads = (sites * (weight[0] + weight[2]) * number).sum()
            error = min(max(wrong / max(reads, 1), 1e-6), 0.3)
        error /= share_counted
        homozygous = share[0] * sites
        reads = float((homozygous * number).sum()) * share_counted
        by_reads = np.zeros(MOST + 1)
        np.add.at(by_reads, number, sites)
        size = np.arange(MOST + 1)
        doubles = share[1] * float((by_reads * size * 0.5**size).sum())
        counted = self.single.sum(axis=0)
        if counted.sum() - doubles < MIN_ERRORS:
            return ErrorScale(error, float("nan"), float("nan"), False)
        stated = 10 ** (-np.arange(QUALITIES) / 10)
        factor, spread = _factor(counted, reads * stated, doubles)
        # heterozygotes are as sure as the sites that show two and more of their alternates
        seen = float((sites * weight[1])[copies > 1].sum())
        more = _factor(counted, reads * stated, doubles * (1 + 1 / np.sqrt(max(seen, 1))))[0]
        spread = float(np.hypot(spread, more - factor))
        off = abs(factor - 1) > DEVIATIONS * spread and max(factor, 1 / factor) > LEAST_RATIO
        return ErrorScale(error, factor, spread, off)


def _factor(counted: np.ndarray, errors: np.ndarray, doubles: float) -> tuple[float, float]:
    """f of sum(counted / (f errors + doubles)) = 1, and its standard error by the Poisson error of counts."""
    from scipy.optimize import brentq

    def excess(log: float) -> float:
        return float((counted / (np.exp(log) * errors + doubles)).sum() - 1)

    low, high = np.log(1e-3), np.log(1e3)
    if excess(low) <= 0 or excess(high) >= 0:
        return (1e-3, float("inf")) if excess(low) <= 0 else (1e3, float("inf"))
    factor = float(np.exp(brentq(excess, low, high)))
    chance = factor * errors + doubles
    slope = float((counted * errors / chance**2).sum())
    return factor, float(np.sqrt((counted / chance**2).sum())) / slope


def corrected(levels: np.ndarray, depth: np.ndarray, alternate: np.ndarray, factor: float) -> np.ndarray:
    """PL (n, 3) of reads that err `factor` times as often as they state.

    Each read that a homozygote shows by error is that much more likely.
    """
    shift = 10 * np.log10(factor)
    changed = levels.astype(float)
    changed[:, 0] -= shift * alternate
    changed[:, 2] -= shift * (depth.astype(int) - alternate)
    changed -= changed.min(axis=1, keepdims=True)
    changed = np.minimum(np.rint(changed), 255).astype(np.uint8)
    changed[~levels.any(axis=1)] = 0
    return changed
