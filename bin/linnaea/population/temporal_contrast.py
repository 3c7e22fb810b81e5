"""Change between historical and modern samples of a population: effective size from allele frequencies, and
diversity.

The standardised variance Fc is that of Nei & Tajima (1981, Genetics 98:625), the effective size from it that
of Waples (1989, Genetics 121:379) for sampling plan II (the sampled individuals are not parents of the next
sample).
"""

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from linnaea.base.records import write_metrics
from linnaea.base.tables import write_table
from linnaea.population.genotypes import Dosages, batches, group_columns, is_transversion, open_genotypes

HISTORICAL = ".historical"
# Rarer alleles have large and biased Fc: the mean frequency of both samples must reach this.
MIN_FREQUENCY = 0.05
BLOCK_BP = 1_000_000

TEMPORAL_COLUMNS = (
    *("population", "samples_historical", "samples_modern", "generations", "sites", "fc_nei_tajima"),
    *(
        "sampling_correction",
        "fc_standard_error",
        "ne_temporal_plan_2",
        "ne_low",
        "ne_high",
        "interval",
        "reason",
    ),
)
CONTRAST_COLUMNS = (
    *("population", "sites", "blocks", "pi_historical_sum", "pi_modern_sum", "pi_ratio_historical_to_modern"),
    *("pi_ratio_standard_error", "heterozygosity_historical_sum", "heterozygosity_modern_sum"),
    *("heterozygosity_ratio_historical_to_modern", "heterozygosity_ratio_standard_error", "sites_used"),
)
INTERVAL = "block jackknife, 95 %"
# What a block adds up: sites and their Fc and sampling correction; contrast sites, pi and heterozygosity of
# both.
_SUMS = 8


class TemporalCounts:
    """Sums over blocks of a chromosome for one population: (historical, modern) sample columns."""

    def __init__(
        self,
        historical: np.ndarray,
        modern: np.ndarray,
        min_frequency: float = MIN_FREQUENCY,
        block_bp: int = BLOCK_BP,
        transversions_only: bool = True,
    ):
        self.columns = historical, modern
        self.min_frequency, self.block_bp, self.transversions_only = (
            min_frequency,
            block_bp,
            transversions_only,
        )
        self.blocks: dict[tuple[str, int], np.ndarray] = {}

    def add(self, sites: Dosages) -> None:
        """Add sites; with `transversions_only` others are left out, as damage makes transitions."""
        rows = (
            is_transversion(sites.alleles) if self.transversions_only else np.ones(len(sites.position), bool)
        )
        dosage, position = sites.dosage[rows], sites.position[rows]
        block = (position - 1) // self.block_bp
        for number in np.unique(block):
            sums = self.blocks.setdefault((sites.chromosome, int(number)), np.zeros(_SUMS))
            sums += _sums(
                [dosage[block == number][:, columns] for columns in self.columns], self.min_frequency
            )

    def table(self) -> np.ndarray:
        """(blocks, 8) sums, blocks in order of chromosome and place."""
        return np.array([self.blocks[key] for key in sorted(self.blocks)]).reshape(-1, _SUMS)


def _sums(dosages: list[np.ndarray], min_frequency: float) -> np.ndarray:
    called = [(dosage >= 0).sum(axis=1) for dosage in dosages]
    alternate = [np.maximum(dosage, 0).sum(axis=1) for dosage in dosages]
    both = (called[0] > 0) & (called[1] > 0)
    x, y = (count[both] / (2 * number[both]) for count, number in zip(alternate, called, strict=True))
    mean = (x + y) / 2
    common = np.minimum(mean, 1 - mean) >= min_frequency
    fc = temporal_fc(x[common], y[common])
    correction = sum(1 / (2 * number[both][common]) for number in called)
    result = [float(common.sum()), float(fc.sum()), float(correction.sum()), float(both.sum())]
    for dosage, number, count in zip(dosages, called, alternate, strict=True):
        n, c = 2 * number[both], count[both]
        # The chance that two alleles of different draws differ, and the share of heterozygotes.
        result.append(float((2 * c * (n - c) / (n * (n - 1))).sum()))
        result.append(float(((dosage[both] == 1).sum(axis=1) / number[both]).sum()))
    return np.array(result)


def temporal_fc(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """(n,) Fc of sites with two alleles from the frequencies (n,) of one of them in both samples.

    The mean over both alleles of (x - y)^2 / ((x + y) / 2 - x y) (Nei & Tajima 1981, equation 15). NaN where
    the same allele is fixed in both.
    """
    result = np.zeros(len(x))
    with np.errstate(invalid="ignore", divide="ignore"):
        for a, b in ((x, y), (1 - x, 1 - y)):
            result += (a - b) ** 2 / ((a + b) / 2 - a * b)
    return result / 2


def ne_of_fc(excess: float, generations: float) -> float:
    """Effective size from Fc less its sampling correction, t / (2 F') (Waples 1989, equation 11); inf when
    there is none.
    """
    if np.isnan(excess):
        return float("nan")
    return generations / (2 * excess) if excess > 0 else float("inf")


def jackknife(table: np.ndarray, statistic: Any) -> tuple[float, float]:
    """`statistic` of the sums of all blocks, and its standard error from leaving out one block at a time.

    NaN as the error of fewer than 2 blocks. Blocks of a genome are nearly alike, so they weigh the same.
    """
    total = table.sum(axis=0)
    number = len(table)
    value = float(statistic(total))
    if number < 2:
        return value, float("nan")
    left_out = np.array([statistic(total - block) for block in table])
    left_out = left_out[np.isfinite(left_out)]
    if len(left_out) < 2:
        return value, float("nan")
    spread = ((left_out - left_out.mean()) ** 2).sum()
    return value, float(np.sqrt((len(left_out) - 1) / len(left_out) * spread))


def temporal_row(population: str, counts: TemporalCounts, generations: float | None) -> tuple[Any, ...]:
    """Row of `TEMPORAL_COLUMNS`; NA with the reason where there is no estimate.

    The correction for the samples is the mean over sites of 1 / (2 S) of each, S individuals called there.
    """
    table = counts.table()
    total = table.sum(axis=0)
    start = (population, *(len(columns) for columns in counts.columns), generations, int(total[0]))
    if total[0] == 0:
        return (*start, *(None,) * 6, INTERVAL, "no site is variable and called in both")
    fc, error = jackknife(table, lambda sums: quotient(sums[1], sums[0]))
    correction = float(total[2] / total[0])
    excess, excess_error = jackknife(table, lambda sums: quotient(sums[1] - sums[2], sums[0]))
    if generations is None:
        return (
            *start,
            fc,
            correction,
            error,
            None,
            None,
            None,
            INTERVAL,
            "the number of generations is not given",
        )
    size = ne_of_fc(excess, generations)
    low, high = (ne_of_fc(excess + sign * 1.96 * excess_error, generations) for sign in (1, -1))
    reason = "." if np.isfinite(size) else "no more change than expected from sampling"
    return (*start, fc, correction, error, size, low, high, INTERVAL, reason)


def contrast_row(population: str, counts: TemporalCounts) -> tuple[Any, ...]:
    """Row of `CONTRAST_COLUMNS`: diversity at sites called in both groups, so that the callable sites
    cancel.
    """
    table = counts.table()
    total = table.sum(axis=0)
    values: list[Any] = []
    for historical, modern in ((4, 6), (5, 7)):
        ratio = jackknife(table, lambda sums, a=historical, b=modern: quotient(sums[a], sums[b]))
        values += [float(total[historical]), float(total[modern]), *ratio]
    used = "transversions" if counts.transversions_only else "all"
    return (population, int(total[3]), len(table), *values, used)


def population_pairs(columns: Mapping[str, np.ndarray]) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Historical and modern columns of each population that has both groups."""
    return {
        name: (columns[name + HISTORICAL], columns[name])
        for name in sorted(columns)
        if name + HISTORICAL in columns
    }


def count_sites(stream: Iterable[Dosages], counts: Mapping[str, TemporalCounts]) -> None:
    """Add a stream of sites to the counts of every population."""
    for sites in stream:
        for each in counts.values():
            each.add(sites)


def quotient(numerator: float, denominator: float) -> float:
    """Their ratio, NaN when the denominator is 0."""
    return float(numerator / denominator) if denominator else float("nan")


def contrast_periods(
    *,
    vcf: str,
    samples: str,
    temporal: str,
    contrast: str,
    out: str,
    id: str = "population",
    compartments: str | None = None,
    generations: float | None = None,
    all_sites: bool = False,
    block_bp: int = 1_000_000,
) -> None:
    """Historical against modern samples: temporal effective size, and diversity at the sites that both have
    called.

    vcf: VCF of variants that passed, `-` for standard input
    samples: sample table
    compartments: chromosomes that are no autosomes
    generations: between the historical and the modern samples
    all_sites: take transitions too, which damage makes
    block_bp: block of the jackknife
    out: metrics record
    """
    genotypes = open_genotypes(vcf, samples, compartments)
    counts = {
        name: TemporalCounts(historical, modern, block_bp=block_bp, transversions_only=not all_sites)
        for name, (historical, modern) in population_pairs(group_columns(genotypes)).items()
    }
    count_sites(batches(genotypes.stream, 4096), counts)
    rows = [temporal_row(name, each, generations) for name, each in counts.items()]
    contrasts = [contrast_row(name, each) for name, each in counts.items()]
    write_table(temporal, TEMPORAL_COLUMNS, rows)
    write_table(contrast, CONTRAST_COLUMNS, contrasts)
    populations = {
        row[0]: dict(zip(TEMPORAL_COLUMNS[1:], row[1:], strict=True))
        | dict(zip(CONTRAST_COLUMNS[1:], contrast_values[1:], strict=True))
        for row, contrast_values in zip(rows, contrasts, strict=True)
    }
    write_metrics(out, {"id": id, "step": "temporal_contrast", "populations": populations})
