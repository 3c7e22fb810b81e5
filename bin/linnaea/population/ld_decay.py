"""Linkage disequilibrium between sites by the correlation of genotypes (Rogers & Huff 2009, Genetics
182:839).
"""

from collections.abc import Iterable
from typing import Any

import numpy as np

from linnaea.base.records import write_metrics
from linnaea.base.tables import write_table
from linnaea.population.genotypes import Dosages, batches, group_columns, open_genotypes, site_hash

MAX_DISTANCE_BP = 100_000
BIN_BP = 1000
MAX_PAIRS = 20_000_000
# A site is compared onwards at level l when its hash starts with l zero bits: levels are halves of the
# genome.
_LEVELS = 32

DECAY_COLUMNS = (
    *("group", "distance_start_bp", "distance_end_bp", "pairs", "samples_mean"),
    *("r2_rogers_huff", "r2_less_sampling"),
)


def r_squared(first: np.ndarray, second: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(a, b) squared correlations of genotypes of (a, m) and (b, m) dosages, and in how many samples both are
    called.

    NaN where a site does not vary among the samples called at both. Sums are of whole numbers, so the result
    does not depend on which sites are compared at once.
    """
    called_1, called_2 = (first >= 0).astype(np.float32), (second >= 0).astype(np.float32)
    x, y = np.maximum(first, 0).astype(np.float32), np.maximum(second, 0).astype(np.float32)
    number = (called_1 @ called_2.T).astype(np.float64)
    sum_x, sum_y = (x @ called_2.T).astype(np.float64), (called_1 @ y.T).astype(np.float64)
    covariance = number * (x @ y.T) - sum_x * sum_y
    variance_x = number * ((x * x) @ called_2.T) - sum_x**2
    variance_y = number * (called_1 @ (y * y).T) - sum_y**2
    with np.errstate(invalid="ignore", divide="ignore"):
        result = covariance**2 / (variance_x * variance_y)
    result[~((variance_x > 0) & (variance_y > 0))] = np.nan
    return result, number


class LdDecay:
    """Mean r2 of pairs of sites by their distance, of one group of samples.

    Every site of a minor allele frequency of at least `min_maf` is compared with all those up to
    `max_distance_bp` after it. When the pairs exceed `max_pairs`, only every second site is compared onwards,
    then every fourth, and so on, always the same ones and evenly over the genome: pairs of the sites given up
    are not counted. Memory is that of one distance.
    """

    def __init__(
        self,
        max_distance_bp: int = MAX_DISTANCE_BP,
        bin_bp: int = BIN_BP,
        min_maf: float = 0.05,
        max_pairs: int = MAX_PAIRS,
    ):
        self.max_distance_bp, self.bin_bp, self.min_maf, self.max_pairs = (
            max_distance_bp,
            bin_bp,
            min_maf,
            max_pairs,
        )
        bins = -(-max_distance_bp // bin_bp)
        # By level of the first site, and distance: pairs, sums of r2, of r2 less 1/n, and of n.
        self._pairs = np.zeros((_LEVELS + 1, bins), np.int64)
        self._sums = np.zeros((_LEVELS + 1, 3, bins))
        self._level = 0
        self._chromosome: str | None = None
        self._position = np.zeros(0, np.int64)
        self._dosage = np.zeros((0, 0), np.int8)

    def add_all(self, stream: Iterable[Dosages]) -> None:
        """Take a stream of sites, in order of position in each chromosome."""
        for sites in batches((_frequent(part, self.min_maf) for part in stream), 512):
            if len(sites.position):
                self._add(sites)

    def _add(self, sites: Dosages) -> None:
        if sites.chromosome != self._chromosome:
            self._chromosome = sites.chromosome
            self._position, self._dosage = sites.position[:0], sites.dosage[:0]
        level = _level(site_hash(sites.chromosome, sites.position))
        # Sites before, that are to be compared onwards, and the new ones among themselves.
        near = self._position >= sites.position[0] - self.max_distance_bp
        self._position, self._dosage = self._position[near], self._dosage[near]
        first_position = np.concatenate([self._position, sites.position])
        first_dosage = np.concatenate([self._dosage, sites.dosage])
        first_level = _level(site_hash(sites.chromosome, first_position))
        used = first_level >= self._level
        first_position, first_dosage, first_level = (
            first_position[used],
            first_dosage[used],
            first_level[used],
        )
        distance = sites.position[None, :] - first_position[:, None]
        r2, number = r_squared(first_dosage, sites.dosage)
        take = (distance > 0) & (distance <= self.max_distance_bp) & np.isfinite(r2)
        bins = (distance[take] - 1) // self.bin_bp
        key = np.broadcast_to(first_level[:, None], take.shape)[take] * self._pairs.shape[1] + bins
        values, samples = r2[take], number[take]
        size = self._pairs.size
        self._pairs += np.bincount(key, minlength=size).reshape(self._pairs.shape)
        for row, weight in enumerate((values, values - 1 / np.maximum(samples, 1), samples)):
            self._sums[:, row] += np.bincount(key, weight, minlength=size).reshape(self._pairs.shape)
        while self._level < _LEVELS and self._pairs[self._level :].sum() > self.max_pairs:
            self._level += 1
        onwards = level >= self._level
        self._position = np.concatenate([self._position, sites.position[onwards]])
        self._dosage = np.concatenate([self._dosage, sites.dosage[onwards]])

    @property
    def share(self) -> float:
        """Share of the sites that were compared onwards."""
        return 0.5**self._level

    def rows(self, group: str) -> list[tuple[Any, ...]]:
        """Rows of `DECAY_COLUMNS`; a distance without pairs has NA.

        `r2_less_sampling` is r2 less 1/n of each pair's n samples, its expectation for unlinked sites (Weir &
        Hill 1980, Genetics 95:477).
        """
        pairs = self._pairs[self._level :].sum(axis=0)
        sums = self._sums[self._level :].sum(axis=0)
        rows: list[tuple[Any, ...]] = []
        for place, number in enumerate(pairs.tolist()):
            mean = sums[:, place] / number if number else np.full(3, np.nan)
            start = place * self.bin_bp
            end = min(start + self.bin_bp, self.max_distance_bp)
            rows.append((group, start, end, number, mean[2], mean[0], mean[1]))
        return rows


def half_decay_bp(rows: list[tuple[Any, ...]]) -> float | None:
    """Distance where r2 less sampling is first below half of its first bin, None when it is nowhere."""
    values = [(row[1], row[6]) for row in rows if row[3] > 0]
    if not values or values[0][1] <= 0:
        return None
    return next((start for start, value in values if value < values[0][1] / 2), None)


def _frequent(sites: Dosages, min_maf: float) -> Dosages:
    called = (sites.dosage >= 0).sum(axis=1)
    alternate = np.maximum(sites.dosage, 0).sum(axis=1)
    minor = np.minimum(alternate, 2 * called - alternate)
    keep = (minor > 0) & (minor >= min_maf * 2 * called)
    return Dosages(sites.chromosome, sites.position[keep], sites.dosage[keep], sites.alleles[keep])


def _level(hashes: np.ndarray) -> np.ndarray:
    """Leading zero bits of each hash, at most 32."""
    top = (hashes >> np.uint64(32)).astype(np.float64)
    # log2 of numbers below 2**53 tells their highest bit exactly.
    return np.where(top > 0, 31 - np.floor(np.log2(np.maximum(top, 1))), _LEVELS).astype(np.int64)


def measure_decay(
    *,
    vcf: str,
    samples: str,
    table: str,
    out: str,
    id: str = "population",
    compartments: str | None = None,
    max_distance_bp: int = 100_000,
    bin_bp: int = 1000,
    min_maf: float = 0.05,
    max_pairs: int = 20_000_000,
    min_samples: int = 4,
) -> None:
    """Decay of linkage disequilibrium with distance, of each group.

    vcf: VCF of variants that passed, `-` for standard input
    samples: sample table
    compartments: chromosomes that are no autosomes
    max_pairs: of each group; above, sites are thinned
    min_samples: smaller groups are left out
    out: metrics record
    """
    genotypes = open_genotypes(vcf, samples, compartments)
    columns = group_columns(genotypes)
    decays = {
        group: LdDecay(max_distance_bp, bin_bp, min_maf, max_pairs)
        for group, members in columns.items()
        if len(members) >= min_samples
    }
    for sites in batches(genotypes.stream, 4096):
        for group, decay in decays.items():
            decay.add_all([sites._replace(dosage=sites.dosage[:, columns[group]])])
    rows = {group: decay.rows(group) for group, decay in decays.items()}
    write_table(table, DECAY_COLUMNS, [row for part in rows.values() for row in part])
    groups = {
        group: {
            "samples": len(members),
            "pairs": sum(row[3] for row in rows.get(group, [])),
            "share_of_sites_compared": decays[group].share if group in decays else None,
            "half_decay_bp": half_decay_bp(rows[group]) if group in rows else None,
            "left_out": None if group in decays else f"fewer than {min_samples} samples",
        }
        for group, members in columns.items()
    }
    write_metrics(out, {"id": id, "step": "ld_decay", "min_maf": min_maf, "groups": groups})
