"""Recent effective size from linkage disequilibrium between chromosomes (Waples 2006, Conserv Genet 7:167).

Sites on different chromosomes are correlated only because parents are few; how much more than sampling
explains tells the effective number of parents of the sample. As LDNe (Waples & Do 2008, Mol Ecol Resour
8:753), for random mating, with alleles rarer than a critical frequency left out. Duplicates and close
relatives must not be in the sample unless by chance.
"""

import heapq
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

from linnaea.base.errors import InputError
from linnaea.base.records import write_metrics
from linnaea.base.tables import write_table
from linnaea.population.genotypes import Dosages, group_columns, open_genotypes, site_hash
from linnaea.population.ld_decay import r_squared

MIN_SAMPLES = 10
MAX_SITES = 2000
CRITICAL_FREQUENCY = 0.05
MAX_MISSING = 0.2

SIZE_COLUMNS = (
    *("group", "samples", "chromosomes", "sites", "pairs", "samples_harmonic_mean", "r2_between_chromosomes"),
    *("r2_expected_of_sampling", "ne_ldne", "ne_ldne_low", "ne_ldne_high", "interval", "reason"),
)
INTERVAL = "jackknife over samples, 95 %"


@dataclass(frozen=True)
class SiteSet:
    """(k, m) dosages and (k,) chromosomes of the sites chosen for one group."""

    dosage: np.ndarray
    chromosome: np.ndarray


class SiteChoice:
    """The `limit` sites of the smallest hash among those frequent enough: evenly spread, and the same in any
    order.
    """

    def __init__(
        self,
        limit: int = MAX_SITES,
        min_frequency: float = CRITICAL_FREQUENCY,
        max_missing: float = MAX_MISSING,
    ):
        self.limit, self.min_frequency, self.max_missing = limit, min_frequency, max_missing
        self._heap: list[tuple[int, str, int, bytes]] = []

    def add(self, sites: Dosages) -> None:
        """Consider sites. Alleles seen once are left out at any frequency: they tell of sampling only."""
        dosage = sites.dosage
        called = (dosage >= 0).sum(axis=1)
        alternate = np.maximum(dosage, 0).sum(axis=1)
        minor = np.minimum(alternate, 2 * called - alternate)
        keep = (minor > 1) & (minor >= self.min_frequency * 2 * called)
        keep &= called >= (1 - self.max_missing) * dosage.shape[1]
        hashes = site_hash(sites.chromosome, sites.position)
        if len(self._heap) >= self.limit:
            keep &= hashes < np.uint64(-self._heap[0][0])
        for row in np.flatnonzero(keep):
            item = (-int(hashes[row]), sites.chromosome, int(sites.position[row]), dosage[row].tobytes())
            if len(self._heap) < self.limit:
                heapq.heappush(self._heap, item)
            else:
                heapq.heappushpop(self._heap, item)

    def sites(self, samples: int) -> SiteSet:
        """The chosen sites in order of chromosome and position."""
        chosen = sorted((name, position, dosage) for _, name, position, dosage in self._heap)
        dosage = np.frombuffer(b"".join(item[2] for item in chosen), np.int8).reshape(-1, samples)
        return SiteSet(dosage, np.array([item[0] for item in chosen], str))


def mean_r2(sites: SiteSet) -> tuple[float, float, float, int]:
    """Mean r2 of pairs on different chromosomes, its expectation from sampling, harmonic mean of samples, and
    pairs.

    r2 is of Burrows' composite disequilibrium, which is the genotypes' correlation, with Weir's (1979) factor
    (S / (S - 1))^2 as in LDNe; pairs weigh by their samples squared, like there.
    """
    r2, number = r_squared(sites.dosage, sites.dosage)
    # Every pair is there twice, which no mean notices.
    different = sites.chromosome[:, None] != sites.chromosome[None, :]
    values, samples = r2[different], number[different]
    good = np.isfinite(values) & (samples > 2)
    values, samples = values[good], samples[good]
    if not values.size:
        return float("nan"), float("nan"), float("nan"), 0
    values = values * (samples / (samples - 1)) ** 2
    weight = samples**2
    expected = expected_r2(samples)
    return (
        float(np.average(values, weights=weight)),
        float(np.average(expected, weights=weight)),
        float(len(samples) / (1 / samples).sum()),
        len(values) // 2,
    )


def expected_r2(samples: np.ndarray | float) -> np.ndarray:
    """r2 that sampling S individuals makes of unlinked sites (Waples 2006, table 2)."""
    s = np.asarray(samples, float)
    return np.where(s >= 30, 1 / s + 3.19 / s**2, 0.0018 + 0.907 / s + 4.44 / s**2)


def ne_of_r2(excess: float, samples: float) -> float:
    """Effective size of r2 less its expectation, for random mating (Waples 2006, table 2); infinity when
    there is none.
    """
    if not excess > 0:
        return float("inf") if excess <= 0 else float("nan")
    a, b = (1 / 3, 2.76) if samples >= 30 else (0.308, 2.08)
    root = a * a - b * excess
    return float((a + np.sqrt(max(root, 0.0))) / (2 * excess))


def jackknife_interval(sites: SiteSet, r2: float, expected: float, samples: float) -> tuple[float, float]:
    """95 % interval of the effective size by leaving out one sample at a time (Jones, Ansdell & Waples 2016).

    The variance of r2 over the samples gives the number of independent comparisons n = 2 r2^2 / variance, and
    n r2 / chi2(n) the limits of r2 (Mol Ecol Resour 16:1). An upper limit may be infinite.
    """
    from scipy.stats import chi2

    number = sites.dosage.shape[1]
    everyone = np.arange(number)
    left_out = np.array(
        [mean_r2(SiteSet(sites.dosage[:, everyone != one], sites.chromosome))[0] for one in everyone]
    )
    # Leaving one out raises r2 by sampling in all alike: the variance is around their own mean.
    variance = (number - 1) / number * ((left_out - left_out.mean()) ** 2).sum()
    if not variance > 0:
        return float("nan"), float("nan")
    comparisons = 2 * r2**2 / variance
    high, low = (comparisons * r2 / chi2.ppf(tail, comparisons) for tail in (0.025, 0.975))
    return ne_of_r2(high - expected, samples), ne_of_r2(low - expected, samples)


def size_row(group: str, sites: SiteSet) -> tuple[Any, ...]:
    """Row of `SIZE_COLUMNS`; NA with the reason where there is no sound estimate."""
    samples = sites.dosage.shape[1]
    chromosomes = len(set(sites.chromosome.tolist()))
    start = (group, samples, chromosomes, len(sites.dosage))
    nothing = (*(None,) * 6, INTERVAL)
    if samples < MIN_SAMPLES:
        return (*start, 0, *nothing, f"fewer than {MIN_SAMPLES} samples")
    if chromosomes < 2:
        return (*start, 0, *nothing, "fewer than 2 chromosomes with variable sites")
    r2, expected, mean_samples, pairs = mean_r2(sites)
    if not pairs:
        return (*start, 0, *nothing, "no pairs of sites with enough calls")
    size = ne_of_r2(r2 - expected, mean_samples)
    low, high = jackknife_interval(sites, r2, expected, mean_samples)
    too_large = "no more correlation than expected from sampling: too large for this sample"
    reason = "." if np.isfinite(size) else too_large
    return (*start, pairs, mean_samples, r2, expected, size, low, high, INTERVAL, reason)


def choose(
    stream: Iterable[Dosages], columns: dict[str, np.ndarray], limit: int = MAX_SITES
) -> dict[str, SiteSet]:
    """Sites of each group from one stream."""
    choices = {group: SiteChoice(limit) for group in columns}
    for sites in stream:
        for group, members in columns.items():
            choices[group].add(sites._replace(dosage=sites.dosage[:, members]))
    return {group: choice.sites(len(columns[group])) for group, choice in choices.items()}


def estimate_sizes(
    *,
    vcf: str,
    samples: str,
    table: str,
    out: str,
    id: str = "population",
    compartments: str | None = None,
    exclude: str = "",
    max_sites: int = 2000,
) -> None:
    """Recent effective size of each group from linkage disequilibrium between chromosomes (LDNe's method).

    vcf: VCF of variants that passed, `-` for standard input
    samples: sample table
    compartments: chromosomes that are no autosomes
    exclude: samples to leave out (duplicates), comma-separated
    out: metrics record
    """
    genotypes = open_genotypes(vcf, samples, compartments)
    excluded = {name for name in exclude.split(",") if name}
    if unknown := sorted(excluded - set(genotypes.names)):
        raise InputError(f"--exclude {unknown[0]}: no sample of {samples} and the VCF has this name")
    columns = {
        group: members[[genotypes.names[column] not in excluded for column in members]]
        for group, members in group_columns(genotypes).items()
    }
    chosen = choose(genotypes.stream, columns, max_sites)
    rows = [size_row(group, sites) for group, sites in chosen.items()]
    write_table(table, SIZE_COLUMNS, rows)
    groups = {row[0]: dict(zip(SIZE_COLUMNS[1:], row[1:], strict=True)) for row in rows}
    write_metrics(
        out,
        {"id": id, "step": "effective_size", "excluded_samples": sorted(excluded), "groups": groups},
    )
