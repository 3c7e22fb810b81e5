"""Kinship of pairs of samples by KING-robust (Manichaikul et al. 2010, Bioinformatics 26:2867).

The estimators need no allele frequencies, so they hold in structured populations. Counts are of biallelic
SNVs called in both samples, and are summed by matrix products, block by block.
"""

from collections.abc import Iterable
from typing import Any

import numpy as np

from linnaea.population.genotypes import Dosages

# Lower limits of kinship, half way on the log scale between the expectations 1/2, 1/4, 1/8, 1/16 and 1/32
# (Manichaikul et al. 2010, table 1).
CLASSES = (
    ("duplicate", 2**-1.5),
    ("first_degree", 2**-2.5),
    ("second_degree", 2**-3.5),
    ("third_degree", 2**-4.5),
)
# Parent and offspring share an allele at every site, so no site has opposite homozygotes (IBS0) but by error.
# Full sibs share none at a quarter of sites: pq/2 of IBS0 sites to (1 + pq) of sites where both are
# heterozygous are expected, 0.07 over a neutral spectrum and 0.04 at frequencies of 0.1. The limit lies half
# way (on the log scale) between that and the 0.01 of parent and offspring at a depth of 12, where one
# heterozygote in a hundred shows one of its alleles only.
MAX_PARENT_OFFSPRING_RATIO = 0.02
MIN_SHARED_SITES = 100

KINSHIP_COLUMNS = (
    *("sample_1", "sample_2", "group_1", "group_2", "shared_sites", "het_both_sites", "ibs0_sites"),
    *("het_1_sites", "het_2_sites", "ibs0_share", "kinship_king_robust", "kinship_king_within_family"),
    *("relation", "flag"),
)


class PairCounts:
    """Counts of sites for each pair of m samples; all arrays (m, m) int64.

    shared: both called; het_both: both heterozygous; ibs0: homozygous for different alleles;
    het[i, j]: sample i heterozygous at sites shared with j.
    """

    def __init__(self, samples: int):
        self.shared, self.het_both, self.ibs0, self.het = np.zeros((4, samples, samples), np.int64)

    def add(self, dosage: np.ndarray) -> None:
        """Count the sites of (k, m) dosages, -1 missing."""
        # Counts up to 2**24 are exact in float32.
        for start in range(0, len(dosage), 1 << 16):
            part = dosage[start : start + (1 << 16)]
            called = (part >= 0).astype(np.float32)
            het = (part == 1).astype(np.float32)
            reference = (part == 0).astype(np.float32)
            alternate = (part == 2).astype(np.float32)
            opposite = reference.T @ alternate
            self.shared += (called.T @ called).astype(np.int64)
            self.het_both += (het.T @ het).astype(np.int64)
            self.ibs0 += (opposite + opposite.T).astype(np.int64)
            self.het += (het.T @ called).astype(np.int64)


def count_pairs(stream: Iterable[Dosages], samples: int) -> PairCounts:
    """Counts of all pairs over a stream of sites."""
    counts = PairCounts(samples)
    for sites in stream:
        counts.add(sites.dosage)
    return counts


def kinship_between(counts: PairCounts) -> np.ndarray:
    """(m, m) kinship by the estimator for samples of different families (equation 11); NaN without
    heterozygotes.

    It is lower than the truth where one of the samples is inbred.
    """
    smaller = np.minimum(counts.het, counts.het.T).astype(float)
    smaller[smaller == 0] = np.nan
    return (
        (counts.het_both - 2 * counts.ibs0) / (2 * smaller)
        + 0.5
        - (counts.het + counts.het.T) / (4 * smaller)
    )


def kinship_within(counts: PairCounts) -> np.ndarray:
    """(m, m) kinship by the estimator for samples of one family (equation 9); NaN without heterozygotes."""
    both = (counts.het + counts.het.T).astype(float)
    both[both == 0] = np.nan
    return (counts.het_both - 2 * counts.ibs0) / both


def relation(kinship: float, ibs0: int, het_both: int) -> str:
    """Class of a pair by its kinship, the first degree parted by the ratio of IBS0 to double
    heterozygotes.
    """
    name = next((name for name, limit in CLASSES if kinship > limit), "unrelated")
    if name != "first_degree":
        return name
    return "parent_offspring" if ibs0 <= MAX_PARENT_OFFSPRING_RATIO * het_both else "full_sib"


def kinship_rows(
    counts: PairCounts, names: list[str], group_of: dict[str, str], min_sites: int = MIN_SHARED_SITES
) -> list[tuple[Any, ...]]:
    """Rows of `kinship.tsv`; `names` are sorted. A pair that shares too few sites has NA and `undetermined`.

    A duplicate of two names is flagged: the same individual twice, or samples swapped or mixed up.
    """
    between, within = kinship_between(counts), kinship_within(counts)
    rows = []
    for first in range(len(names)):
        for second in range(first + 1, len(names)):
            shared, ibs0 = int(counts.shared[first, second]), int(counts.ibs0[first, second])
            het_both = int(counts.het_both[first, second])
            known = shared >= min_sites and np.isfinite(between[first, second])
            value = float(between[first, second]) if known else None
            kind = "undetermined" if value is None else relation(value, ibs0, het_both)
            rows.append(
                (
                    *(names[first], names[second]),
                    *(group_of.get(names[first], "NA"), group_of.get(names[second], "NA")),
                    *(shared, het_both, ibs0, int(counts.het[first, second]), int(counts.het[second, first])),
                    *(
                        ibs0 / shared if shared else None,
                        value,
                        float(within[first, second]) if known else None,
                    ),
                    *(kind, "duplicate_or_swap" if kind == "duplicate" else "."),
                )
            )
    return rows
