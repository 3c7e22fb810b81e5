"""Genome profile from a k-mer histogram: size, heterozygosity, repeats, errors, ploidy hint.

The model is the one GenomeScope published (Vurture et al. 2017, doi:10.1093/bioinformatics/btx153;
Ranallo-Benavidez et al. 2020, doi:10.1038/s41467-020-14998-3). A k-mer present in m of the p (or,
in a duplicated part, 2p) homologous copies is seen m * coverage times on average, with a negative
binomial spread; how many k-mers there are of each m follows from the nucleotide heterozygosities r,
the k-mer length and the duplicated share d. What the model leaves at low multiplicity is sequencing
error; what it leaves at high multiplicity is repeats.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np

from linnaea.base.errors import InputError
from linnaea.base.records import write_metrics

Array = np.ndarray

# The allele patterns of one site: sizes of the groups of identical copies, largest first.
PATTERNS: dict[int, tuple[tuple[int, ...], ...]] = {
    1: ((1,),),
    2: ((2,), (1, 1)),
    3: ((3,), (2, 1), (1, 1, 1)),
    4: ((4,), (3, 1), (2, 2), (2, 1, 1), (1, 1, 1, 1)),
    5: ((5,), (4, 1), (3, 2), (3, 1, 1), (2, 2, 1), (2, 1, 1, 1), (1, 1, 1, 1, 1)),
    6: (
        (6,), (5, 1), (4, 2), (3, 3), (4, 1, 1), (3, 2, 1), (2, 2, 2), (3, 1, 1, 1), (2, 2, 1, 1),
        (2, 1, 1, 1, 1), (1, 1, 1, 1, 1, 1),
    ),
}  # fmt: skip
# Ploidies fitted to every histogram; 5 and 6 have so many free rates that they are fitted only when given.
COMPARED_PLOIDIES = (1, 2, 3, 4)
# Copy numbers above 2p are counted, not modelled: the fit ends at the first 2000 multiplicities (as
# GenomeScope's) or here, so that organelles do not weigh in it.
MAX_FITTED = 2000
MAX_FITTED_PEAKS = 8
# Two fits whose residuals differ by less than this share tell nothing about which is right, and the
# one with less heterozygosity is kept (the constants of GenomeScope's own choice).
CLOSE_RESIDUAL = 0.20
CLOSE_HETEROZYGOSITY = 0.01
# One exception. The two peaks of a heterozygous genome (one copy, two copies) are also those of a
# homozygous genome of twice the size with much of it present exactly twice. Up to this rate the first is
# the likelier: for 6.5 % the second needs a quarter of its bases in such pairs and none heterozygous.
LIKELY_HETEROZYGOSITY = 0.065
HARDLY_HETEROZYGOUS = 0.002
# Fits with more heterozygosity than this are not shown as alternatives.
LARGEST_HETEROZYGOSITY = 0.12
# A genome size from the user decides between fits whose residuals are within this factor of the best.
RESIDUAL_FACTOR = 10
# A k-mer coverage from the user holds within this factor, a genome size that differs more is reported.
GIVEN_FACTOR = 1.25
# A polyploid model has more freedom: it is hinted at only when it leaves at most this share of the
# residual of the diploid one.
POLYPLOID_RESIDUAL = 0.25
# An organelle genome is one narrow peak of at least as many k-mers as half of the smallest animal
# mitochondrion (about 14 kb); repeat families spread and satellites are short. Up to a few copies a
# haploid genome repeats peak too, at whole copy numbers: there a peak must lie between them.
ORGANELLE_MIN_KMERS = 7000
ORGANELLE_MIN_COPIES = 2.2
ORGANELLE_FREE_COPIES = 5
ORGANELLE_OFF_WHOLE = 0.2
ORGANELLE_PROMINENCE = 4.0
BINS_PER_DECADE = 24


def read_histogram(path: str | Path) -> Array:
    """Read a k-mer histogram: lines `multiplicity count`, as KMC, jellyfish and meryl write it.

    Returns counts, shape (largest multiplicity + 1,), float64; multiplicities not listed count 0.
    Raises InputError for anything else than ascending multiplicities with counts.
    """
    multiplicities: list[int] = []
    counts: list[int] = []
    with Path(path).open(errors="replace") as handle:
        for row, line in enumerate(handle, start=1):
            fields = line.split()
            if not fields:
                continue
            try:
                multiplicity, count = (int(value) for value in fields)
            except ValueError:
                raise InputError(
                    f"{path}, row {row}: expected a multiplicity and a count, found "
                    f"'{line.strip()[:60]}'; give the output of `kmc_tools transform DB histogram`"
                ) from None
            if count < 0 or multiplicity <= (multiplicities[-1] if multiplicities else -1):
                raise InputError(
                    f"{path}, row {row}: multiplicities must ascend and counts must not be "
                    "negative; the file is not a k-mer histogram"
                )
            multiplicities.append(multiplicity)
            counts.append(count)
    if not sum(counts):
        raise InputError(f"{path}: the k-mer histogram is empty; are there reads in the library?")
    histogram = np.zeros(multiplicities[-1] + 1)
    histogram[multiplicities] = counts
    histogram[0] = 0
    return histogram


def pattern_shares(ploidy: int, rates: Array, k: int) -> Array:
    """Share of the k-mer positions with each allele pattern of `PATTERNS[ploidy]`.

    `rates`, shape (patterns - 1,): nucleotide heterozygosity of each pattern but the first (all
    copies the same), as fractions. A window of k sites shows a pattern no finer than P when every
    site has P or a coarsening of it, so the shares come by inclusion and exclusion over coarsenings
    (Ranallo-Benavidez et al. 2020, supplementary note 1; ploidy 2 is 1 - (1 - r)^k).
    """
    patterns = PATTERNS[ploidy]
    site = np.concatenate(([1 - np.sum(rates)], rates))
    shares = np.zeros(len(patterns))
    for index, pattern in enumerate(patterns):
        coarser = [i for i in range(index) if _is_coarsening(patterns[i], pattern)]
        within = site[[*coarser, index]].sum() ** k
        shares[index] = within - shares[coarser].sum()
    return shares


def _is_coarsening(coarse: tuple[int, ...], fine: tuple[int, ...]) -> bool:
    """Whether merging groups of `fine` gives `coarse`."""
    if len(fine) <= len(coarse):
        return fine == coarse
    merged = (
        (sum(pair), *(size for k, size in enumerate(fine) if k not in indices))
        for indices, pair in zip(combinations(range(len(fine)), 2), combinations(fine, 2), strict=True)
    )
    return any(_is_coarsening(coarse, tuple(sorted(sizes, reverse=True))) for sizes in merged)


@cache
def _copy_numbers(ploidy: int) -> tuple[Array, Array]:
    """K-mers by copy number for each pattern: single locus (P, 2p) and pairs of loci (P, P, 2p).

    Column m - 1 holds how many distinct k-mers have m copies. The two loci of a duplication share
    their commonest allele; every other allele is private to its locus.
    """
    patterns = PATTERNS[ploidy]
    single = np.zeros((len(patterns), 2 * ploidy))
    pairs = np.zeros((len(patterns), len(patterns), 2 * ploidy))
    for i, one in enumerate(patterns):
        for size in one:
            single[i, size - 1] += 1
        for j, two in enumerate(patterns):
            for size in (one[0] + two[0], *one[1:], *two[1:]):
                pairs[i, j, size - 1] += 1
    return single, pairs


def copy_number_weights(ploidy: int, rates: Array, duplication: float, k: int) -> tuple[Array, Array]:
    """Distinct k-mers with 1..2p copies for each position of the modelled genome.

    Returns (all, unique), each of shape (2 * ploidy,): all loci, and the unduplicated ones only.
    """
    shares = pattern_shares(ploidy, rates, k)
    single, pairs = _copy_numbers(ploidy)
    unique = (1 - duplication) * shares @ single
    duplicated = duplication * np.einsum("i,j,ijm->m", shares, shares, pairs)
    return unique + duplicated, unique


def negative_binomials(multiplicity: Array, coverage: float, bias: float, copies: int) -> Array:
    """Expected spread of k-mers with 1..`copies` copies, shape (copies, multiplicities).

    Row m - 1 has mean m * coverage and variance m * coverage * (1 + bias).
    """
    from scipy.special import gammaln

    mean = coverage * np.arange(1, copies + 1)[:, None]
    size = mean / bias
    log_odds = np.log(bias / (1 + bias))
    x = multiplicity[None, :]
    log_choose = gammaln(x + size) - gammaln(size) - gammaln(x + 1)
    return np.exp(log_choose - size * np.log1p(bias) + x * log_odds)


@dataclass
class Fit:
    """One fitted model. `length` is the number of modelled positions, `residual` the score."""

    ploidy: int
    coverage: float
    bias: float
    duplication: float
    rates: Array
    length: float
    residual: float = np.inf
    k: int = 21
    start: int = 1

    @property
    def heterozygosity(self) -> float:
        return float(self.rates.sum())

    def expected(self, multiplicity: Array) -> tuple[Array, Array]:
        """Expected k-mers at each multiplicity, and those of unduplicated sequence alone."""
        weights = copy_number_weights(self.ploidy, self.rates, self.duplication, self.k)
        spread = negative_binomials(multiplicity, self.coverage, self.bias, 2 * self.ploidy)
        return self.length * weights[0] @ spread, self.length * weights[1] @ spread


@dataclass
class Peaks:
    """Landmarks of a histogram: the valley after the errors and the highest peak."""

    valley: int
    summit: int


def find_peaks(histogram: Array, name: str | Path) -> Peaks:
    """The valley between errors and genome, and the multiplicity where most bases lie.

    Raises InputError when there is no peak: the coverage is too low, or errors swamp it.
    """
    smooth = np.convolve(histogram, np.ones(3) / 3, mode="same")
    smooth[:2] = histogram[:2]
    rising = np.flatnonzero(smooth[2:] > smooth[1:-1]) + 1
    weight = np.arange(len(histogram)) * histogram
    if rising.size:
        summit = int(rising[0]) + int(np.argmax(weight[rising[0] :]))
        # From the summit down: noise further left is not the valley.
        valley = 1 + int(np.argmin(smooth[1:summit])) if summit > 1 else 1
        height, depth = smooth[summit], smooth[valley]
        stands_out = height - depth > 6 * np.sqrt(height + depth)
        if stands_out and weight[valley:].sum() > 0.05 * weight.sum():
            return Peaks(valley, summit)
    raise InputError(
        f"{name}: the k-mer histogram has no coverage peak; the coverage is too low (about 10x per haplotype "
        "is needed) or the reads have too many errors; add reads or skip the profile"
    )


def fit_ploidy(
    histogram: Array, peaks: Peaks, ploidy: int, k: int, coverages: Sequence[float] = ()
) -> list[Fit]:
    """Distinct fits of one ploidy, the preferred one first; [] when none converged.

    The fits start where the summit of the histogram has 1 to `ploidy` copies, and at `coverages`.
    """
    last = min(len(histogram) - 1, MAX_FITTED, MAX_FITTED_PEAKS * peaks.summit)
    starts = [*(peaks.summit / share for share in range(1, ploidy + 1)), *coverages]
    fits: list[Fit] = []
    for coverage in starts:
        fit = _fit_from(histogram, peaks.valley, last, coverage, ploidy, k) if coverage >= 2 else None
        if fit is None:
            continue
        twin = next((i for i, other in enumerate(fits) if _same_coverage(fit, other)), None)
        if twin is None:
            fits.append(fit)
        elif _better(fit, fits[twin]):
            fits[twin] = fit
    if not fits:
        return []
    best = fits[0]
    for fit in fits[1:]:
        best = fit if _better(fit, best) else best
    return sorted(fits, key=lambda fit: (fit is not best, fit.residual))


def _same_coverage(one: Fit, two: Fit) -> bool:
    return abs(np.log(one.coverage / two.coverage)) < 0.1


def _close(one: Fit, two: Fit) -> bool:
    """Whether the residuals do not tell which fit is right."""
    return abs(one.residual - two.residual) < CLOSE_RESIDUAL * max(one.residual, two.residual)


def _better(new: Fit, old: Fit) -> bool:
    """The smaller residual; when they are close, less heterozygosity unless that needs a doubled genome."""
    if _close(new, old):
        less, more = sorted((new, old), key=lambda fit: fit.heterozygosity)
        if less.heterozygosity + CLOSE_HETEROZYGOSITY < more.heterozygosity:
            doubled = 1.7 < more.coverage / less.coverage < 2.3
            likely = more.heterozygosity <= LIKELY_HETEROZYGOSITY
            if doubled and likely and less.heterozygosity < HARDLY_HETEROZYGOUS:
                return new is more
            return new is less
    return new.residual < old.residual


def _rate_starts(ploidy: int) -> Iterator[Array]:
    """Starting heterozygosities, low and high, evenly and unevenly spread over the patterns."""
    number = len(PATTERNS[ploidy]) - 1
    if not number:
        yield np.zeros(0)
        return
    for scale in (0.001, 0.01):
        if ploidy <= 4:
            yield np.full(number, scale)
        if number > 1:
            yield scale * np.arange(number, 0, -1)


def _fit_from(histogram: Array, start: int, last: int, coverage: float, ploidy: int, k: int) -> Fit | None:
    """Least squares of multiplicity * count from one coverage (the transform of GenomeScope 2)."""
    from scipy.optimize import least_squares

    x = np.arange(start, last + 1, dtype=float)
    observed = x * histogram[start : last + 1]
    scale = np.sqrt(np.sum(observed**2))
    # Most evaluations vary a rate alone and leave the spread as it was.
    spread_of = lru_cache(maxsize=4)(
        lambda log_coverage, log_bias: negative_binomials(
            x, np.exp(log_coverage), np.exp(log_bias), 2 * ploidy
        )
    )

    def model(parameters: Array) -> tuple[Array, float]:
        """Model scaled to the data: its length is linear, so it is solved and not searched."""
        log_coverage, log_bias, duplication, *rates = parameters
        weights, _ = copy_number_weights(ploidy, np.array(rates), duplication, k)
        shape = x * (weights @ spread_of(log_coverage, log_bias))
        length = max(shape @ observed / max(shape @ shape, 1e-300), 0.0)
        return length * shape, length

    number = len(PATTERNS[ploidy]) - 1
    lower = [np.log(coverage / 1.5), np.log(1e-3), 0.0] + [1e-7] * number
    upper = [np.log(coverage * 1.5), np.log(50.0), 1.0] + [min(0.3, 0.9 / max(number, 1))] * number
    best: Fit | None = None
    for rates in _rate_starts(ploidy):
        guess = [np.log(coverage), np.log(0.5), 0.1, *rates]
        result = least_squares(
            lambda p: (model(p)[0] - observed) / scale,
            np.clip(guess, lower, upper),
            bounds=(lower, upper),
            x_scale=[0.1, 0.5, 0.1] + [0.01] * number,
            max_nfev=200,
        )
        residual = 2 * result.cost
        if result.success and np.isfinite(residual) and (best is None or residual < best.residual):
            log_coverage, log_bias, duplication, *fitted = result.x
            best = Fit(
                ploidy, float(np.exp(log_coverage)), float(np.exp(log_bias)), float(duplication),
                np.array(fitted), model(result.x)[1], residual, k, start,
            )  # fmt: skip
    return best


def find_organelles(histogram: Array, genome: float) -> list[dict[str, float]]:
    """Peaks of high-copy genomes (mitochondrion, chloroplast) far above the nuclear genome's.

    `genome` is the multiplicity of one copy a haploid genome. K-mers are counted in logarithmic
    bins; a peak stands `ORGANELLE_PROMINENCE` times above the valleys on both sides (the tail of
    the repeats only falls) and holds `ORGANELLE_MIN_KMERS` above the line between them. Returns for
    each its mean multiplicity, its k-mers and their occurrences (multiplicity * k-mers). The last
    multiplicity, where counters saturate, is left out.
    """
    from scipy.signal import find_peaks as local_maxima

    # Half of the least copy number leaves room for the valley before a peak.
    first = int(np.ceil(max(ORGANELLE_MIN_COPIES / 2 * genome, 1)))
    x = np.arange(first, len(histogram) - 1)
    if not x.size:
        return []
    bins = np.floor(np.log10(x / first) * BINS_PER_DECADE).astype(int)
    # An empty bin at the end: a last peak is one too.
    kmers = np.append(np.bincount(bins, histogram[first:-1]), 0.0)
    occurrences = np.append(np.bincount(bins, x * histogram[first:-1]), 0.0)
    height = np.log(np.maximum(kmers, 1))
    summits, _ = local_maxima(height, prominence=np.log(ORGANELLE_PROMINENCE))
    peaks = []
    for summit in summits:
        left, right = summit, summit
        while left > 0 and height[left - 1] <= height[left]:
            left -= 1
        while right < len(height) - 1 and height[right + 1] <= height[right]:
            right += 1
        inside = np.arange(left, right + 1)
        background = np.exp(np.interp(inside, [left, right], [height[left], height[right]]))
        excess = np.clip(1 - background / np.maximum(kmers[inside], 1), 0, 1)
        found = float(np.sum(excess * kmers[inside]))
        mass = float(np.sum(excess * occurrences[inside]))
        if found >= ORGANELLE_MIN_KMERS and _is_no_repeat(mass / found / genome):
            peaks.append({"multiplicity": mass / found, "kmers": found, "occurrences": mass})
    return peaks


def _is_no_repeat(copies: float) -> bool:
    """Whether a peak at so many copies a haploid genome cannot be one of nuclear repeats."""
    between = abs(copies - round(copies)) >= ORGANELLE_OFF_WHOLE
    return copies >= ORGANELLE_FREE_COPIES or (copies >= ORGANELLE_MIN_COPIES and between)


def error_kmers(histogram: Array, model: Array, coverage: float) -> Array:
    """K-mers left over by the model, from multiplicity 1 until it explains all or to `coverage`.

    All arrays are indexed by multiplicity.
    """
    errors = np.zeros_like(histogram)
    last = min(max(1, int(coverage)), len(histogram) - 1)
    excess = histogram[1 : last + 1] - model[1 : last + 1]
    explained = np.flatnonzero(excess < 1)
    stop = explained[0] if explained.size else len(excess)
    errors[1 : stop + 1] = excess[:stop]
    return errors


@dataclass(frozen=True)
class Known:
    """What the user knows of the genome: `size_bp` of one haplotype, `coverage` of k-mers of one copy."""

    ploidy: int | None = None
    size_bp: float | None = None
    coverage: float | None = None


def profile(histogram: Array, k: int, known: Known, name: str | Path) -> dict[str, Any]:
    """Genome profile of a k-mer histogram (see `read_histogram`), keyed as the metrics record.

    Without a known ploidy the hint is taken when the evidence is clear, and else 2. Above ploidy 6
    there is no model of heterozygosity, and the size alone is estimated. Sizes are of one haplotype,
    in bp. Raises InputError when there is nothing to fit.
    """
    peaks = find_peaks(histogram, name)
    if len(histogram) - 1 < 1.5 * peaks.summit:
        raise InputError(
            f"{name}: the histogram ends at multiplicity {len(histogram) - 1}, too near its "
            f"coverage peak at {peaks.summit}; count with a larger largest counter (kmc -cs10000)"
        )
    if known.ploidy is not None and known.ploidy > max(PATTERNS):
        return _profile_by_copies(histogram, k, known, peaks, name)
    ploidies = {*COMPARED_PLOIDIES, *([known.ploidy] if known.ploidy else [])}
    fits = {p: found for p in ploidies if (found := fit_ploidy(histogram, peaks, p, k))}
    preferred = {p: found[0] for p, found in fits.items()}
    hint, reason = ploidy_hint(preferred)
    chosen = known.ploidy or max(hint, 2)
    if known.size_bp or known.coverage:
        fits[chosen] = fit_ploidy(histogram, peaks, chosen, k, _known_coverages(histogram, chosen, known))
    if not fits.get(chosen):
        raise InputError(
            f"{name}: the model of ploidy {chosen} did not converge on the histogram; try another "
            "`ploidy`, or look at the histogram for mixed samples"
        )
    fit, because = choose_fit(histogram, fits[chosen], known)
    record = _measures(histogram, fit)
    record |= {
        "kmer_size": k,
        "ploidy_model": chosen,
        "ploidy_hint": hint,
        "ploidy_hint_reason": reason,
        "fit_chosen_by": because,
        "candidates": [_candidate(preferred[p]) for p in sorted(preferred)],
        "alternatives": [
            {**_candidate(other), "haploid_size_bp": _measures(histogram, other)["haploid_size_bp"]}
            for other in fits[chosen]
            if other is not fit and _close(other, fit) and other.heterozygosity <= LARGEST_HETEROZYGOSITY
        ],
    }
    record["warnings"] = _warnings(histogram, fit, record, known)
    return record


def _known_coverages(histogram: Array, ploidy: int, known: Known) -> list[float]:
    """Coverages of one copy that follow from what is known, as starts of a fit."""
    total = np.arange(len(histogram)) @ histogram
    by_size = [total / (ploidy * known.size_bp)] if known.size_bp else []
    return ([known.coverage] if known.coverage else []) + by_size


def choose_fit(histogram: Array, fits: Sequence[Fit], known: Known) -> tuple[Fit, str]:
    """The fit that agrees with what the user knows, and what decided; `fits` has the preferred one first."""
    if coverage := known.coverage:
        nearest = min(fits, key=lambda fit: abs(np.log(fit.coverage / coverage)))
        if abs(np.log(nearest.coverage / coverage)) < np.log(GIVEN_FACTOR):
            return nearest, "kmer_coverage"
    least = min(fit.residual for fit in fits)
    near = [fit for fit in fits if fit.residual <= RESIDUAL_FACTOR * least]
    if known.size_bp and len(near) > 1:
        sizes = {fit.coverage: max(_measures(histogram, fit)["haploid_size_bp"], 1) for fit in near}
        return min(near, key=lambda fit: abs(np.log(sizes[fit.coverage] / known.size_bp))), "genome_size"
    return fits[0], "residual"


def _profile_by_copies(
    histogram: Array, k: int, known: Known, peaks: Peaks, name: str | Path
) -> dict[str, Any]:
    """Size of a genome whose ploidy is beyond the models: k-mers by copy number, with free weights.

    Spreads of 1 to 2p copies are fitted with weights that are only bound not to be negative. A smaller
    coverage fits as well as its multiples, so the largest multiple of the best that is close to it is taken.
    """
    from scipy.optimize import minimize, nnls

    ploidy = known.ploidy or 2
    last = min(len(histogram) - 1, MAX_FITTED, MAX_FITTED_PEAKS * peaks.summit)
    x = np.arange(peaks.valley, last + 1, dtype=float)
    observed = x * histogram[peaks.valley : last + 1]

    def weights(coverage: float, bias: float) -> tuple[Array, float]:
        spread = x * negative_binomials(x, coverage, bias, 2 * ploidy)
        found, distance = nnls(spread.T, observed)
        return found, float(distance**2 / np.sum(observed**2))

    fits = []
    starts = _known_coverages(histogram, ploidy, known) or [peaks.summit / m for m in range(1, ploidy + 1)]
    for start in starts:
        if start < 2:
            continue
        result = minimize(
            lambda p: weights(np.exp(p[0]), np.exp(p[1]))[1],
            [np.log(start), np.log(0.5)],
            method="Nelder-Mead",
            bounds=[(np.log(start / 1.2), np.log(start * 1.2)), (np.log(1e-3), np.log(50.0))],
            options={"maxiter": 120, "xatol": 1e-3, "fatol": 1e-9},
        )
        fits.append((float(np.exp(result.x[0])), float(np.exp(result.x[1])), float(result.fun)))
    if not fits:
        raise InputError(
            f"{name}: the coverage peak at {peaks.summit} is too low for {ploidy} copies; add reads or "
            "skip the profile"
        )
    best = min(fits, key=lambda fit: fit[2])
    multiples = [fit for fit in fits if abs(fit[0] / best[0] - round(fit[0] / best[0])) < 0.05]
    close = best[2] / (1 - CLOSE_RESIDUAL)
    coverage, bias, residual = max([best, *(fit for fit in multiples if fit[2] <= close)])
    by_copies = weights(coverage, bias)[0]
    full = np.arange(len(histogram), dtype=float)
    model = np.zeros_like(histogram)
    window = min(len(histogram) - 1, max(MAX_FITTED, int(4 * ploidy * coverage)))
    model[1 : window + 1] = by_copies @ negative_binomials(full[1 : window + 1], coverage, bias, 2 * ploidy)
    record = _sizes(histogram, model, coverage, ploidy, k)
    record |= {
        "kmer_size": k,
        "ploidy_model": None,
        "ploidy_hint": None,
        "ploidy_hint_reason": f"ploidy {ploidy} is beyond the models",
        "fit_chosen_by": "kmer_coverage"
        if known.coverage
        else "genome_size"
        if known.size_bp
        else "residual",
        "haploid_kmer_coverage": coverage,
        "overdispersion": bias,
        "heterozygosity_pct": None,
        "unique_size_bp": None,
        "repeat_share_pct": None,
        "duplication_pct": None,
        "candidates": [
            {
                "ploidy": ploidy,
                "residual": residual,
                "haploid_kmer_coverage": coverage,
                "heterozygosity_pct": None,
            }
        ],
        "alternatives": [],
        "peaks": [{"multiplicity": m * coverage, "copies": m} for m in range(1, ploidy + 1)],
    }
    record["warnings"] = [
        f"the models end at ploidy {max(PATTERNS)}: for ploidy {ploidy} the size is the k-mers divided by "
        f"{ploidy} times the coverage of one copy ({coverage:.1f}), and heterozygosity and repeats are not "
        "measured",
        *_data_warnings(histogram, record),
    ]
    return record


def ploidy_hint(fits: dict[int, Fit]) -> tuple[int, str]:
    """The smallest ploidy that explains the spectrum, and why.

    A haploid and a fully homozygous diploid have the same spectrum, and so have a diploid and a
    tetraploid without any site of three against one: a spectrum never settles those, hence a hint.
    """
    if 2 not in fits:
        smallest = min(fits, default=2)
        return smallest, "the diploid model did not converge"
    diploid = fits[2]
    polyploid = [p for p in sorted(fits) if p > 2]
    for ploidy in polyploid:
        if fits[ploidy].residual < POLYPLOID_RESIDUAL * diploid.residual:
            others = [fits[p].residual for p in polyploid]
            if fits[ploidy].residual <= min(others) / POLYPLOID_RESIDUAL:
                share = fits[ploidy].residual / diploid.residual
                return ploidy, (
                    f"the model of ploidy {ploidy} leaves {share:.0%} of the residual of the "
                    "diploid model; confirm it with flow cytometry, chromosome counts or smudgeplot"
                )
    if diploid.heterozygosity < 2e-4:
        return 2, (
            "there is no heterozygous peak: a haploid and a homozygous diploid look the same, and "
            "the haploid size is the same for both"
        )
    return 2, "the diploid model explains the spectrum; no other is needed"


def _candidate(fit: Fit) -> dict[str, Any]:
    return {
        "ploidy": fit.ploidy,
        "residual": fit.residual,
        "haploid_kmer_coverage": fit.coverage,
        "heterozygosity_pct": 100 * fit.heterozygosity,
    }


def _measures(histogram: Array, fit: Fit) -> dict[str, Any]:
    """What follows from a fit: sizes by counting k-mers, not by the modelled length."""
    x = np.arange(len(histogram), dtype=float)
    window = min(len(histogram) - 1, max(MAX_FITTED, int(4 * fit.ploidy * fit.coverage)))
    model, unique = np.zeros_like(histogram), np.zeros_like(histogram)
    model[1 : window + 1], unique[1 : window + 1] = fit.expected(x[1 : window + 1])
    record = _sizes(histogram, model, fit.coverage, fit.ploidy, fit.k)
    genomic = record["haploid_size_bp"] * fit.ploidy * fit.coverage
    alleles = ["".join("abcdef"[i] * n for i, n in enumerate(p)) for p in PATTERNS[fit.ploidy][1:]]
    record["histogram"]["unique"] = np.round(unique[1 : len(record["histogram"]["model"]) + 1], 1)
    return record | {
        "unique_size_bp": round(min(x @ unique, genomic) / (fit.ploidy * fit.coverage)),
        "heterozygosity_pct": 100 * fit.heterozygosity,
        "heterozygosity_by_pattern_pct": dict(zip(alleles, 100 * fit.rates, strict=True)),
        "repeat_share_pct": 100 * max(0.0, 1 - x @ unique / max(genomic, 1)),
        "haploid_kmer_coverage": fit.coverage,
        "overdispersion": fit.bias,
        "duplication_pct": 100 * fit.duplication,
        "peaks": [
            {"multiplicity": copies * fit.coverage, "copies": copies}
            for copies in range(1, 2 * fit.ploidy + 1)
        ],
    }


def _sizes(histogram: Array, model: Array, coverage: float, ploidy: int, k: int) -> dict[str, Any]:
    """What any model of the spectrum gives: errors, organelles, and the size by counting all other k-mers."""
    x = np.arange(len(histogram), dtype=float)
    errors = error_kmers(histogram, model, coverage)
    organelles = find_organelles(histogram, ploidy * coverage)
    total, erroneous = x @ histogram, x @ errors
    genomic = total - erroneous - sum(peak["occurrences"] for peak in organelles)
    after_errors = int(np.flatnonzero(errors)[-1]) + 1 if errors.any() else 1
    modelled = slice(after_errors, int((2 * ploidy + 1) * coverage))
    left = np.abs(x * (histogram - model))[modelled].sum()
    return {
        "haploid_size_bp": round(genomic / (ploidy * coverage)),
        "error_rate_pct": 100 * (1 - (1 - erroneous / total) ** (1 / k)) if histogram[1] else None,
        "model_fit_pct": 100 * (1 - left / max((x * histogram)[modelled].sum(), 1)),
        "high_copy": [
            {
                "multiplicity": peak["multiplicity"],
                "kmers": round(peak["kmers"]),
                "copies_per_haploid_genome": peak["multiplicity"] / coverage / ploidy,
                "share_of_kmers_pct": 100 * peak["occurrences"] / total,
            }
            for peak in organelles
        ],
        "histogram": _shown(histogram, model, errors, int(6 * ploidy * coverage)),
    }


def _shown(histogram: Array, model: Array, errors: Array, last: int) -> dict[str, Array]:
    """The part of the spectrum that a plot shows, multiplicities 1 to `last`."""
    shown = slice(1, last + 1)
    return {
        "multiplicity": np.arange(len(histogram))[shown],
        "observed": histogram[shown].astype(int),
        "model": np.round(model[shown], 1),
        "errors": np.round(errors[shown], 1),
    }


def _warnings(histogram: Array, fit: Fit, record: dict[str, Any], known: Known) -> list[str]:
    """What a reader must know before trusting the numbers."""
    found = _data_warnings(histogram, record)
    found += [
        f"another fit is about as good: {other['haploid_size_bp']:,} bp with "
        f"{other['heterozygosity_pct']:.2f} % heterozygosity ({other['haploid_kmer_coverage']:.1f} k-mers "
        f"per haplotype) instead of {record['haploid_size_bp']:,} bp with {record['heterozygosity_pct']:.2f} "
        "%; "
        + (
            f"`{record['fit_chosen_by']}` of the input was used to choose"
            if record["fit_chosen_by"] != "residual"
            else "give `genome_size` or `kmer_coverage` in the input if you know it"
        )
        for other in record["alternatives"]
    ]
    if known.coverage and record["fit_chosen_by"] != "kmer_coverage":
        found.append(
            f"no fit has the k-mer coverage of the input, {known.coverage:g}; this one has {fit.coverage:.1f}"
        )
    if known.size_bp and abs(np.log(record["haploid_size_bp"] / known.size_bp)) > np.log(GIVEN_FACTOR):
        found.append(
            f"`genome_size` of the input is {known.size_bp:,.0f} bp, but the k-mers give "
            f"{record['haploid_size_bp']:,} bp; check the size, the ploidy and the sample"
        )
    if fit.ploidy == 2 and fit.heterozygosity < 2e-4:
        found.append(record["ploidy_hint_reason"])
    if known.ploidy and record["ploidy_hint"] > 2 and fit.ploidy != record["ploidy_hint"]:
        found.append(
            f"ploidy {fit.ploidy} was requested, but {record['ploidy_hint_reason']} (hint: "
            f"{record['ploidy_hint']})"
        )
    if fit.ploidy == 1 and 2 in {c["ploidy"] for c in record["candidates"]}:
        residual = {c["ploidy"]: c["residual"] for c in record["candidates"]}
        if residual[2] < POLYPLOID_RESIDUAL * residual[1]:
            found.append("ploidy 1 was requested, but the spectrum has a heterozygous peak")
    return found


def _data_warnings(histogram: Array, record: dict[str, Any]) -> list[str]:
    """Warnings that hold for any model: counters, coverage, fit and high-copy genomes."""
    found = []
    last = len(histogram) - 1
    before = histogram[max(1, last - 20) : last].mean()
    if histogram[last] > 10 * before + 20:
        found.append(
            f"k-mers seen more than {last} times were counted as {last}: size and repeat share are "
            "lower bounds; count with a larger largest counter (kmc -cs)"
        )
    if not histogram[1]:
        found.append(
            "k-mers seen once are missing from the histogram, so the error rate is unknown; count "
            "them with kmc -ci1"
        )
    if record["haploid_kmer_coverage"] < 7:
        found.append(
            f"the coverage is low ({record['haploid_kmer_coverage']:.1f} k-mers per haplotype; at least 10 "
            "are needed): the heterozygous peak overlaps the errors and heterozygosity is uncertain"
        )
    if record["model_fit_pct"] < 90:
        found.append(
            f"the model explains {record['model_fit_pct']:.0f} % of the k-mers; check the plot for "
            "contamination, mixed individuals or another ploidy"
        )
    found += [
        f"{peak['kmers']} k-mers form a peak at multiplicity {peak['multiplicity']:.0f} "
        f"({peak['copies_per_haploid_genome']:.0f} copies per haploid genome): probably an organelle or "
        "another high-copy genome; it is not counted in size and repeats"
        for peak in record["high_copy"]
    ]
    return found


def profile_genome(
    *,
    id: str,
    histogram: str,
    kmer_size: int,
    out: str,
    ploidy: int | None = None,
    genome_size: float | None = None,
    kmer_coverage: float | None = None,
) -> None:
    """Genome profile of a read set from its k-mer histogram (GenomeScope's model).

    id: genome id
    histogram: k-mer histogram: multiplicity, count
    kmer_size: k of the histogram
    ploidy: number of chromosome sets, if known
    genome_size: size of one haplotype in bp, if known
    kmer_coverage: coverage of k-mers of one copy, if known
    out: metrics record to write (JSON)
    """
    known = Known(ploidy, genome_size, kmer_coverage)
    record = profile(read_histogram(histogram), kmer_size, known, histogram)
    write_metrics(out, {"id": id, "step": "genome_profile", **record})
