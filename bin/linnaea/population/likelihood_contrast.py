"""Heterozygosity by likelihoods of historical against modern samples."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from linnaea.base.records import write_metrics
from linnaea.base.tables import read_table, write_table
from linnaea.population.samples import Sample, read_samples
from linnaea.population.temporal_contrast import quotient

LIKELIHOOD_CONTRAST_COLUMNS = (
    *("population", "sites", "samples_historical", "samples_modern", "heterozygosity_historical_per_bp"),
    *("heterozygosity_modern_per_bp", "ratio_historical_to_modern", "ratio_standard_error"),
)


def likelihood_contrast(
    rows: Iterable[Mapping[str, str]], samples: Iterable[Sample]
) -> list[tuple[Any, ...]]:
    """Mean heterozygosity by likelihoods of historical and modern samples of each population that has both.

    `rows` are those of likelihood_heterozygosity.py. One row for all sites and one for transversions, which
    damage leaves alone. The standard error of the ratio is that of the spread of samples (delta method), NaN
    with a single sample of an age.
    """
    values: dict[tuple[str, str, bool], list[float]] = {}
    known = {sample.sample: sample for sample in samples if not sample.outgroup}
    for row in rows:
        sample = known.get(row["sample"])
        if sample is not None and row["heterozygosity_per_bp"] != "NA":
            key = (sample.population, row["sites"], sample.historical)
            values.setdefault(key, []).append(float(row["heterozygosity_per_bp"]))
    found = []
    for population, sites, historical in sorted(values):
        if not historical or (population, sites, False) not in values:
            continue
        old = np.array(values[population, sites, True])
        new = np.array(values[population, sites, False])
        ratio = quotient(old.mean(), new.mean())
        spread = sum(each.var(ddof=1) / each.size / each.mean() ** 2 for each in (old, new) if each.size > 1)
        error = ratio * np.sqrt(spread) if min(old.size, new.size) > 1 else float("nan")
        found.append((population, sites, old.size, new.size, old.mean(), new.mean(), ratio, error))
    return found


def contrast_heterozygosity(
    tables: Sequence[str],
    /,
    *,
    samples: str,
    table: str,
    contrast: str,
    out: str,
) -> None:
    """Heterozygosity by likelihoods of all samples in one table, historical against modern by population.

    tables: of likelihood_heterozygosity.py, one per sample
    samples: sample table
    """
    rows = [row for path in tables for row in read_table(path)]
    rows.sort(key=lambda row: (row["sample"], row["sites"]))
    write_table(table, list(rows[0]), [list(row.values()) for row in rows])
    contrasts = likelihood_contrast(rows, read_samples(samples))
    write_table(contrast, LIKELIHOOD_CONTRAST_COLUMNS, contrasts)
    populations = [dict(zip(LIKELIHOOD_CONTRAST_COLUMNS, row, strict=True)) for row in contrasts]
    write_metrics(out, {"id": "popgen", "step": "likelihood_contrast", "populations": populations})
