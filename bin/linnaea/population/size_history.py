"""Effective size through time from one diploid genome: the pairwise sequentially Markovian coalescent.

Time within the model is in units of 2 N0 generations. The model is that of Li & Durbin (2011, Nature
475:493), its transitions those of their supplement. The genome is cut into stretches that are passed at the
same time, so that each step is one product of matrices; expected counts are sums over stretches, and the
bootstrap draws stretches.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from linnaea.base.errors import InputError
from linnaea.base.records import write_metrics
from linnaea.base.tables import write_table
from linnaea.population.compartments import read_compartments
from linnaea.population.genotypes import Genotypes, open_genotypes
from linnaea.population.runs_of_homozygosity import Bins, read_bins, read_counts
from linnaea.population.samples import Sample, read_samples

# Bins of bases in which at most one difference counts, and bins of a stretch.
BIN_BP, STRETCH = 100, 2000
# Stretches that have less of their bins are left out.
LEAST_FILLED = 0.2
# Levels by which the callable share of a bin is rounded.
LEVELS = 10
# The last bound of time, in 2 N0 generations, and the number of intervals below it.
T_MAX, INTERVALS = 15.0, 32
# Intervals of one size each: few where there is little to estimate from.
FINE, COARSE = (4, *(2,) * 12, 4), (4, *(4,) * 6, 4)
FINE_FROM = 100_000
# More rounds fit the noise: over four simulated demographies the error is smallest at six to ten.
ROUNDS, BOOTSTRAP_ROUNDS = 10, 6
# Less than this and a genome tells no history: bins with a difference, stretches, and the expected
# recombinations of an interval (Li & Durbin 2011 ask for some ten).
LEAST_DIFFERENT, LEAST_STRETCHES, LEAST_RECOMBINATIONS = 1000, 10, 10.0
_BATCH = 512

HISTORY_COLUMNS = (
    "sample", "group", "start_divergence_per_bp", "end_divergence_per_bp", "theta_per_bp", "theta_low",
    "theta_high", "recombinations", "start_generations", "end_generations", "start_years", "end_years", "ne",
    "ne_low", "ne_high", "reason",
)  # fmt: skip


def time_bounds(intervals: int = INTERVALS, last: float = T_MAX) -> np.ndarray:
    """(n + 1,) bounds of time, 0 first, infinity last; even in the logarithm of 1 + 10 t."""
    inner = 0.1 * np.expm1(np.arange(intervals) / (intervals - 1) * np.log1p(10 * last))
    return np.append(inner, np.inf)


@dataclass(frozen=True)
class Model:
    """Relative sizes (n,) in the intervals of `time_bounds`, and rates of mutation and recombination per bin.

    theta is 4 N0 mu of a bin, rho is 4 N0 r of a bin.
    """

    sizes: np.ndarray
    theta: float
    rho: float

    @cached_property
    def _coalescence(self) -> tuple[np.ndarray, ...]:
        """Lengths of intervals (the last 0), and the chance not to have coalesced at their bounds."""
        bounds = time_bounds(len(self.sizes))
        lengths = np.append(np.diff(bounds[:-1]), 0.0)
        alpha = np.append(np.exp(-np.concatenate([[0.0], np.cumsum(lengths[:-1] / self.sizes[:-1])])), 0.0)
        return bounds[:-1], lengths, alpha

    @cached_property
    def _shares(self) -> tuple[float, np.ndarray, float, np.ndarray]:
        """C_pi and pi, C_sigma and sigma of the supplement: shares of recombinations and of bins."""
        start, lengths, alpha = self._coalescence
        drop = alpha[:-1] - alpha[1:]
        mean_time = float((self.sizes * drop).sum())
        pi = (drop * (start + self.sizes) - alpha[1:] * lengths) / mean_time
        scale = 1 / (mean_time * self.rho) + 0.5
        sigma = (drop / (mean_time * self.rho) + pi / 2) / scale
        return mean_time, pi, scale, sigma

    @property
    def stationary(self) -> np.ndarray:
        """(n,) share of bins that coalesce in each interval."""
        return self._shares[3]

    @cached_property
    def transitions(self) -> np.ndarray:
        """(n, n) chances from the interval of a bin to that of the next."""
        _, lengths, alpha = self._coalescence
        mean_time, pi, scale, sigma = self._shares
        sizes, drop = self.sizes, alpha[:-1] - alpha[1:]
        inverse = 1 / alpha[:-1]
        beta = np.concatenate([[0.0], np.cumsum(sizes[:-1] * np.diff(inverse))])
        inner = beta - sizes * inverse
        auxiliary = drop * inner + lengths
        lower = drop[:, None] * auxiliary[None, :]
        upper = auxiliary[:, None] * drop[None, :]
        q = np.where(np.tri(len(sizes), k=-1, dtype=bool), lower, upper)
        np.fill_diagonal(q, drop**2 * inner + 2 * sizes * drop - 2 * alpha[1:] * lengths)
        leave = pi / (scale * sigma)
        p = leave[:, None] * q / (mean_time * pi)[:, None]
        p[np.diag_indices_from(p)] += 1 - leave
        p = np.maximum(p, 1e-300)
        return p / p.sum(1, keepdims=True)

    @cached_property
    def times(self) -> np.ndarray:
        """(n,) mean time of coalescence within each interval."""
        start, lengths, alpha = self._coalescence
        _, pi, scale, sigma = self._shares
        with np.errstate(invalid="ignore", divide="ignore"):
            mean = -np.log1p(-pi / (scale * sigma)) / self.rho
            drop = alpha[:-1] - alpha[1:]
            plain = start + self.sizes - lengths * alpha[1:] / drop
        end = np.append(start[1:], np.inf)
        inside = (mean >= start) & (mean <= end)
        return np.where(inside, mean, np.where(np.isfinite(plain), plain, start))

    @cached_property
    def emissions(self) -> np.ndarray:
        """(1 + 2 LEVELS, n) chances of a bin: unknown, without and with a difference by callable share."""
        share = np.arange(1, LEVELS + 1) / LEVELS
        same = np.exp(-self.theta * share[:, None] * self.times)
        return np.concatenate([np.ones((1, len(self.sizes))), same, np.maximum(1 - same, 1e-300)])


def observe(callable_sites: np.ndarray, different: np.ndarray) -> np.ndarray:
    """(k,) uint8 observations of bins of `BIN_BP`: 0 unknown, level, or LEVELS + level with a difference."""
    level = np.ceil(np.clip(callable_sites / BIN_BP, 0, 1) * LEVELS - 0.5).astype(np.uint8)
    level = np.maximum(level, (different > 0).astype(np.uint8))
    return np.where(different > 0, LEVELS + level, level).astype(np.uint8)


def stretches(chromosomes: Sequence[np.ndarray], length: int = STRETCH) -> np.ndarray:
    """(s, length) uint8: observations of chromosomes cut into stretches; ends are filled with unknown bins.

    Stretches with too few known bins are left out.
    """
    rows = []
    for observed in chromosomes:
        padded = np.zeros(-(-len(observed) // length) * length, np.uint8)
        padded[: len(observed)] = observed
        rows.append(padded.reshape(-1, length))
    table = np.concatenate(rows) if rows else np.zeros((0, length), np.uint8)
    return table[(table > 0).mean(1) >= LEAST_FILLED]


@dataclass
class Counts:
    """Expected counts: transitions (n, n), observations by interval (1 + 2 LEVELS, n), log-likelihood."""

    transitions: np.ndarray
    observations: np.ndarray
    log_likelihood: float


def expected_counts(model: Model, observed: np.ndarray, weights: np.ndarray) -> Counts:
    """Counts of all stretches, (s, length), each with its weight, by the forward-backward algorithm."""
    n = len(model.sizes)
    total = Counts(np.zeros((n, n)), np.zeros((1 + 2 * LEVELS, n)), 0.0)
    used = np.flatnonzero(weights)
    for start in range(0, len(used), _BATCH):
        rows = used[start : start + _BATCH]
        _add_counts(total, model, np.ascontiguousarray(observed[rows].T), weights[rows])
    return total


def _add_counts(total: Counts, model: Model, observed: np.ndarray, weights: np.ndarray) -> None:
    length, stretches_ = observed.shape
    p, emit = model.transitions.astype(np.float32), model.emissions.astype(np.float32)
    n = len(p)
    forward = np.empty((length, stretches_, n), np.float32)
    scale = np.empty((length, stretches_), np.float32)
    state = np.broadcast_to(model.stationary.astype(np.float32), (stretches_, n))
    for at in range(length):
        state = (state @ p if at else state) * emit[observed[at]]
        scale[at] = state.sum(1)
        state = state / scale[at, :, None]
        forward[at] = state
    total.log_likelihood += float((np.log(scale, dtype=float).sum(0) * weights).sum())
    weight = weights[:, None].astype(np.float32)
    one_of = np.eye(1 + 2 * LEVELS, dtype=np.float32)
    moves, seen = np.zeros((n, n)), np.zeros((1 + 2 * LEVELS, n))
    back = np.ones((stretches_, n), np.float32)
    seen += one_of[observed[-1]].T @ (forward[-1] * weight)
    for at in range(length - 2, -1, -1):
        ahead = emit[observed[at + 1]] * back / scale[at + 1, :, None]
        moves += (forward[at] * weight).T @ ahead
        back = ahead @ p.T
        seen += one_of[observed[at]].T @ (forward[at] * back * weight)
    total.transitions += moves * p
    total.observations += seen


def improve(model: Model, counts: Counts, pattern: Sequence[int]) -> Model:
    """The model with the largest expected log-likelihood of these counts; intervals of a group of `pattern`
    have one size."""
    from scipy.optimize import minimize

    firsts = np.concatenate([[0], np.cumsum(pattern)[:-1]])
    start = np.log(np.concatenate([model.sizes[firsts], [model.theta, model.rho]]))

    def loss(values: np.ndarray) -> float:
        tried = _model(values, pattern)
        with np.errstate(all="ignore"):
            value = (counts.transitions * np.log(tried.transitions)).sum() + (
                counts.observations * np.log(tried.emissions)
            ).sum()
        return -value if np.isfinite(value) else np.inf

    bounds = [(value - 1.5, value + 1.5) for value in start]
    best = minimize(loss, start, method="L-BFGS-B", bounds=bounds, options={"maxiter": 30})
    return _model(best.x, pattern) if best.fun <= loss(start) else model


def _model(values: np.ndarray, pattern: Sequence[int]) -> Model:
    sizes = np.repeat(np.exp(values[:-2]), pattern)
    return Model(sizes, float(np.exp(values[-2])), float(np.exp(values[-1])))


def first_model(observed: np.ndarray) -> Model:
    """A constant size with the diversity of the bins, and a fourth as many recombinations as mutations."""
    known = (observed > 0).sum()
    different = (observed > LEVELS).sum()
    theta = -np.log1p(-max(different, 1) / max(known, 1))
    return Model(np.ones(INTERVALS), float(theta), float(theta) / 4)


def fit(
    observed: np.ndarray,
    weights: np.ndarray | None = None,
    pattern: Sequence[int] = FINE,
    model: Model | None = None,
    rounds: int = ROUNDS,
) -> tuple[Model, Counts]:
    """Model of stretches (s, length) by expectation-maximisation, and its last expected counts."""
    weights = np.ones(len(observed)) if weights is None else weights
    model = model or first_model(observed)
    counts = expected_counts(model, observed, weights)
    for _ in range(rounds):
        model = improve(model, counts, pattern)
        before, counts = counts.log_likelihood, expected_counts(model, observed, weights)
        if counts.log_likelihood - before < 1e-7 * abs(before):
            break
    return model, counts


@dataclass(frozen=True)
class History:
    """Sizes in k groups of intervals, oldest last.

    divergence (k + 1,): bounds, as pairwise differences per base; theta (k,): 4 N mu per base; low and high
    (k,): 1.96 standard deviations of the bootstrap off it; recombinations (k,): expected number that end a
    tract of the interval.
    """

    divergence: np.ndarray
    theta: np.ndarray
    low: np.ndarray
    high: np.ndarray
    recombinations: np.ndarray


def history(observed: np.ndarray, bootstraps: int = 10, seed: int = 1) -> History:
    """The history of a genome from its stretches, with their spread over a bootstrap of stretches."""
    pattern = FINE if (observed > LEVELS).sum() >= FINE_FROM else COARSE
    model, counts = fit(observed, pattern=pattern)
    firsts = np.concatenate([[0], np.cumsum(pattern)[:-1]])
    bounds = time_bounds()[np.append(firsts, -1)] * model.theta / BIN_BP
    middles = np.sqrt(
        np.maximum(bounds[:-1], bounds[1] / 10) * np.where(np.isinf(bounds[1:]), bounds[-2] * 2, bounds[1:])
    )
    theta = model.theta * model.sizes[firsts] / BIN_BP
    left = counts.transitions.sum(1) - np.diag(counts.transitions)
    rng = np.random.default_rng(seed)
    logs = []
    for _ in range(bootstraps):
        drawn = np.bincount(rng.integers(0, len(observed), len(observed)), minlength=len(observed))
        tried, _ = fit(observed, drawn.astype(float), pattern, model, BOOTSTRAP_ROUNDS)
        # each draw has time bounds of its own
        at = np.searchsorted(time_bounds() * tried.theta / BIN_BP, middles, side="right") - 1
        logs.append(np.log(tried.theta * tried.sizes[at] / BIN_BP))
    spread = 1.96 * np.std(logs, axis=0, ddof=1) if bootstraps > 1 else np.full(len(theta), np.nan)
    return History(
        bounds, theta, theta * np.exp(-spread), theta * np.exp(spread), np.add.reduceat(left, firsts)
    )


def genome_bins(
    bins: Bins, callable_sites: np.ndarray, different: Mapping[str, np.ndarray]
) -> Iterator[np.ndarray]:
    """Observations along each chromosome: callable sites of coarser bins are spread over the bins within;
    `different` has the 0-based positions of heterozygous sites."""
    within = bins.size_bp // BIN_BP
    for name, rows in bins.chromosomes():
        size = (int(bins.index[rows][-1]) + 1) * within
        sites = np.zeros(size // within)
        sites[bins.index[rows]] = callable_sites[rows]
        positions = different.get(name, np.empty(0, np.int64)) // BIN_BP
        yield observe(np.repeat(sites / within, within), np.bincount(positions, minlength=size)[:size])


def heterozygous_positions(genotypes: Genotypes, chosen: Sequence[str]) -> dict[str, dict[str, np.ndarray]]:
    """Positions (0-based) of heterozygous SNVs by sample and chromosome."""
    columns = {name: genotypes.names.index(name) for name in chosen}
    parts: dict[str, dict[str, list[np.ndarray]]] = {name: {} for name in chosen}
    for sites in genotypes.stream:
        for name, column in columns.items():
            own = sites.position[sites.dosage[:, column] == 1] - 1
            parts[name].setdefault(sites.chromosome, []).append(own)
    return {
        name: {chromosome: np.concatenate(own) for chromosome, own in listed.items()}
        for name, listed in parts.items()
    }


def choose_samples(
    sheet: Sequence[Sample], callable_bp: Mapping[str, int], each: int
) -> tuple[list[str], dict[str, str]]:
    """The samples of each group with most callable sites, and why others are left out."""
    chosen: list[str] = []
    reasons: dict[str, str] = {}
    by_group: dict[str, list[Sample]] = {}
    for sample in sheet:
        if sample.sample not in callable_bp or sample.outgroup:
            continue
        if sample.historical and sample.udg != "full":
            reasons[sample.sample] = "damage of old DNA looks like heterozygous sites"
        else:
            by_group.setdefault(sample.group, []).append(sample)
    for members in by_group.values():
        members.sort(key=lambda sample: (-callable_bp[sample.sample], sample.sample))
        chosen += [sample.sample for sample in members[:each]]
    return chosen, reasons


def history_rows(
    sample: str, group: str, result: History, mutation_rate: float | None, years: float | None
) -> Iterator[tuple[Any, ...]]:
    """Rows of `HISTORY_COLUMNS`; generations, years and Ne need the mutation rate."""
    per_generation = 1 / (2 * mutation_rate) if mutation_rate else None
    per_theta = 1 / (4 * mutation_rate) if mutation_rate else None

    def scaled(value: float, *factors: float | None) -> float | None:
        return None if None in factors else float(value * np.prod([f for f in factors if f is not None]))

    for k, theta in enumerate(result.theta.tolist()):
        start, end = result.divergence[k : k + 2].tolist()
        reason = (
            f"fewer than {LEAST_RECOMBINATIONS:.0f} recombinations expected"
            if result.recombinations[k] < LEAST_RECOMBINATIONS
            else "the oldest interval has no end"
            if end == np.inf
            else "."
        )
        low, high = float(result.low[k]), float(result.high[k])
        yield (
            sample, group, start, end, theta, low, high, float(result.recombinations[k]),
            scaled(start, per_generation), scaled(end, per_generation),
            scaled(start, per_generation, years), scaled(end, per_generation, years),
            scaled(theta, per_theta), scaled(low, per_theta), scaled(high, per_theta),
            reason,
        )  # fmt: skip


def estimate_history(
    *,
    bins: str,
    vcf: str,
    samples: str,
    table: str,
    out: str,
    id: str = "population",
    bin_bp: int = 1000,
    compartments: str | None = None,
    mutation_rate: float | None = None,
    generation_years: float | None = None,
    samples_per_group: int = 2,
    bootstraps: int = 10,
) -> None:
    """Effective size through time of single genomes (the model of PSMC), with the spread of a bootstrap.

    bins: sample bins of the site scan, .npz
    vcf: VCF of variants that passed, `-` for standard input
    samples: sample table
    compartments: chromosomes that are not autosomes
    mutation_rate: mutations per base and generation; without it sizes are theta, times are divergence
    generation_years: years of a generation
    samples_per_group: those with most callable sites
    bootstraps: draws for the spread
    out: metrics record
    """
    if bin_bp % BIN_BP:
        raise InputError(f"--bin-bp {bin_bp}: give a multiple of {BIN_BP}")
    sheet = read_samples(samples)
    group_of = {sample.sample: sample.group for sample in sheet}
    autosomal, rows, data = read_bins(bins, bin_bp, list(read_compartments(compartments)))
    genotypes = open_genotypes(vcf, samples, compartments)
    callable_sites = {name: read_counts(data, name, rows)[0] for name in genotypes.names}
    totals = {name: int(sites.sum()) for name, sites in callable_sites.items()}
    chosen, reasons = choose_samples(sheet, totals, samples_per_group)
    different = heterozygous_positions(genotypes, chosen)
    found: list[tuple[Any, ...]] = []
    for name in chosen:
        whole = list(genome_bins(autosomal, callable_sites[name], different[name]))
        observed = stretches(whole)
        if len(observed) < LEAST_STRETCHES:
            reasons[name] = (
                f"{len(observed)} stretches of {STRETCH * BIN_BP // 1000} kb with enough callable sites; "
                f"{LEAST_STRETCHES} are needed"
            )
        elif (hits := int((observed > LEVELS).sum())) < LEAST_DIFFERENT:
            reasons[name] = (
                f"{hits} bins of {BIN_BP} bp with a heterozygous site; {LEAST_DIFFERENT} are needed"
            )
        else:
            result = history(observed, bootstraps)
            found += history_rows(name, group_of[name], result, mutation_rate, generation_years)
    write_table(table, HISTORY_COLUMNS, found)
    write_metrics(
        out,
        {
            "id": id,
            "step": "size_history",
            "mutation_rate": mutation_rate,
            "generation_years": generation_years,
            "bootstraps": bootstraps,
            "samples": sorted({row[0] for row in found}),
            "reasons": reasons,
        },
    )
