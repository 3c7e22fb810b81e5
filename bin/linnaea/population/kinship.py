"""Kinship of pairs of samples by two estimators that fail in different places.

KING-robust (Manichaikul et al. 2010, Bioinformatics 26:2867) measures a pair against its own heterozygosity.
It needs no allele frequencies and holds in structured populations, but with inbreeding F it gives
(kinship - F) / (1 - F): full sibs of an inbred line look unrelated.

Allele sharing (Weir & Goudet 2017, Genetics 206:2085) measures a pair against unrelated pairs of its groups:
1 - m / m0, where m is the chance that two alleles, one of each sample, differ at a site, and m0 that
of unrelated pairs. Inbreeding does not bias it; structure within a group does: pairs of one part of it
look related.

Counts are of biallelic SNVs called in both samples, summed by matrix products; standard errors are of a block
jackknife over runs of consecutive sites.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import combinations, combinations_with_replacement
from typing import Any

import numpy as np

from linnaea.base.records import write_metrics
from linnaea.base.tables import write_table
from linnaea.population.genotypes import Dosages, open_genotypes

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
# Beyond this standard error an unrelated pair and one of the second degree look alike.
MAX_STANDARD_ERROR = 1 / 16
# Kinship by sharing counts where it is so many standard errors above zero: there are many pairs.
SURE_ERRORS = 3
# A sample counts as inbred from this on (the child of first cousins), if it is above two standard errors.
MIN_INBREEDING = 1 / 16
# Pairs of a group that its unrelated ones are found in.
MIN_REFERENCE_PAIRS = 3
# Blocks of the jackknife: fewer for many samples, as each holds matrices of all pairs.
MAX_BLOCKS, MIN_BLOCKS, FIRST_BLOCK_SITES = 64, 8, 64

KINSHIP_COLUMNS = (
    *("sample_1", "sample_2", "group_1", "group_2", "shared_sites", "het_both_sites", "ibs0_sites"),
    *("het_1_sites", "het_2_sites", "ibs0_share", "kinship_king_robust", "kinship_king_standard_error"),
    *("kinship_king_within_family", "kinship_sharing", "kinship_sharing_standard_error"),
    *("inbreeding_1", "inbreeding_2", "relation", "flag"),
)


class PairCounts:
    """Counts of sites for each pair of m samples; all arrays (m, m) int64, or (4, blocks, m, m) int32 in
    `blocks`.

    shared: both called; het_both: both heterozygous; ibs0: homozygous for different alleles;
    het[i, j]: sample i heterozygous at sites shared with j. Blocks are of equally many consecutive sites,
    joined two by two when there are many.
    """

    def __init__(self, samples: int):
        self._most = max(MIN_BLOCKS, min(MAX_BLOCKS, 2_000_000 // max(samples, 1) ** 2))
        self._size, self._room = FIRST_BLOCK_SITES, 0
        self._blocks: list[np.ndarray] = []
        self._samples = samples

    def add(self, dosage: np.ndarray) -> None:
        """Count the sites of (k, m) dosages, -1 missing."""
        start = 0
        while start < len(dosage):
            if not self._room:
                if len(self._blocks) == 2 * self._most:
                    pairs = zip(self._blocks[::2], self._blocks[1::2], strict=True)
                    self._blocks = [one + two for one, two in pairs]
                    self._size *= 2
                self._blocks.append(np.zeros((4, self._samples, self._samples), np.int32))
                self._room = self._size
            part = dosage[start : start + min(self._room, 1 << 16)]
            self._blocks[-1] += _counts(part)
            self._room -= len(part)
            start += len(part)

    @property
    def blocks(self) -> np.ndarray:
        """(4, blocks, m, m): shared, het_both, ibs0, het."""
        if not self._blocks:
            return np.zeros((4, 0, self._samples, self._samples), np.int32)
        return np.stack(self._blocks, axis=1)

    @property
    def shared(self) -> np.ndarray:
        return self._total(0)

    @property
    def het_both(self) -> np.ndarray:
        return self._total(1)

    @property
    def ibs0(self) -> np.ndarray:
        return self._total(2)

    @property
    def het(self) -> np.ndarray:
        return self._total(3)

    def _total(self, kind: int) -> np.ndarray:
        return sum(
            (block[kind] for block in self._blocks), np.zeros((self._samples, self._samples), np.int64)
        )


def _counts(dosage: np.ndarray) -> np.ndarray:
    """(4, m, m) counts of (k, m) dosages."""
    # Counts up to 2**24 are exact in float32.
    called = (dosage >= 0).astype(np.float32)
    het = (dosage == 1).astype(np.float32)
    opposite = (dosage == 0).astype(np.float32).T @ (dosage == 2).astype(np.float32)
    return np.stack([called.T @ called, het.T @ het, opposite + opposite.T, het.T @ called]).astype(np.int32)


def count_pairs(stream: Iterable[Dosages], samples: int) -> PairCounts:
    """Counts of all pairs over a stream of sites."""
    counts = PairCounts(samples)
    for sites in stream:
        counts.add(sites.dosage)
    return counts


def squared_difference(het_both: np.ndarray, ibs0: np.ndarray, het: np.ndarray) -> np.ndarray:
    """(..., m, m) sum over sites of the squared difference of dosages."""
    return het + np.swapaxes(het, -1, -2) - 2 * het_both + 4 * ibs0


def mismatch(het_both: np.ndarray, ibs0: np.ndarray, het: np.ndarray) -> np.ndarray:
    """(..., m, m) sum over sites of the chance that an allele of each sample differ."""
    return (het + np.swapaxes(het, -1, -2) - het_both + 2 * ibs0) / 2


def kinship_between(counts: PairCounts) -> np.ndarray:
    """(m, m) kinship by the estimator for samples of different families (equation 11); NaN without
    heterozygotes.

    It is lower than the truth where one of the samples is inbred.
    """
    smaller = np.minimum(counts.het, counts.het.T).astype(float)
    smaller[smaller == 0] = np.nan
    return 0.5 - squared_difference(counts.het_both, counts.ibs0, counts.het) / (4 * smaller)


def kinship_within(counts: PairCounts) -> np.ndarray:
    """(m, m) kinship by the estimator for samples of one family (equation 9); NaN without heterozygotes."""
    both = (counts.het + counts.het.T).astype(float)
    both[both == 0] = np.nan
    return (counts.het_both - 2 * counts.ibs0) / both


def ratio_errors(numerator: np.ndarray, denominator: np.ndarray) -> np.ndarray:
    """(m, m) standard errors of sum(numerator) / sum(denominator) over (blocks, m, m), each block left
    out once, to first order; NaN below MIN_BLOCKS blocks or without denominator.
    """
    blocks = len(numerator)
    if blocks < MIN_BLOCKS:
        return np.full(numerator.shape[1:], np.nan)
    total = denominator.sum(axis=0).astype(float)
    total[total == 0] = np.nan
    ratio = numerator.sum(axis=0) / total
    residual = numerator - ratio * denominator
    return np.sqrt(blocks / (blocks - 1) * (residual**2).sum(axis=0)) / total


def king_errors(counts: PairCounts) -> np.ndarray:
    """(m, m) standard errors of `kinship_between`."""
    _, het_both, ibs0, het = counts.blocks
    first_smaller = counts.het <= counts.het.T
    smaller = np.where(first_smaller, het, np.swapaxes(het, 1, 2))
    return ratio_errors(squared_difference(het_both, ibs0, het), 4 * smaller)


def unrelated_mismatch(
    counts: PairCounts, groups: list[str | None], min_sites: int = MIN_SHARED_SITES
) -> np.ndarray:
    """(m, m) mismatch per site of unrelated pairs of both samples' groups (None: no group), or NaN.

    Of the pairs of two groups, or of one, those are taken for unrelated that share least: from the upper
    quartile of the mismatch down to the kinship of the third degree, until their mean stays. Pairs that
    KING has as related, whom inbreeding makes look less so, are left out.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        rate = mismatch(counts.het_both, counts.ibs0, counts.het) / counts.shared
    king = kinship_between(counts)
    result = np.full(rate.shape, np.nan)
    upper = np.triu(np.ones(rate.shape, bool), 1)
    known = (counts.shared >= min_sites) & ~(king > CLASSES[-1][1])
    names = np.array([group or "" for group in groups])
    for one, two in combinations_with_replacement(sorted(set(names) - {""}), 2):
        pairs = np.outer(names == one, names == two)
        pairs |= pairs.T
        values = rate[pairs & upper & known]
        if np.count_nonzero(pairs & upper) < MIN_REFERENCE_PAIRS or len(values) < 2:
            continue
        reference = np.quantile(values, 0.75)
        for _ in range(20):
            update = values[values >= reference * (1 - CLASSES[-1][1])].mean()
            if update == reference:
                break
            reference = update
        if reference > 0:
            result[pairs] = reference
    return result


@dataclass
class Sharing:
    """Allele sharing: `kinship` and `kinship_error` (m, m), `inbreeding` and `inbreeding_error` (m,).

    NaN where the groups have too few pairs to tell who is unrelated.
    """

    kinship: np.ndarray
    kinship_error: np.ndarray
    inbreeding: np.ndarray
    inbreeding_error: np.ndarray


def allele_sharing(
    counts: PairCounts, groups: list[str | None], min_sites: int = MIN_SHARED_SITES
) -> Sharing:
    """Kinship and inbreeding against unrelated pairs of the samples' groups (None: a sample of no group)."""
    shared, het_both, ibs0, het = counts.blocks
    expected = shared * unrelated_mismatch(counts, groups, min_sites)
    differ = mismatch(het_both, ibs0, het)
    with np.errstate(divide="ignore", invalid="ignore"):
        kinship = 1 - differ.sum(axis=0) / expected.sum(axis=0)
        # two alleles of one sample differ where it is heterozygous
        inbreeding = 1 - np.diagonal(het.sum(axis=0)) / np.diagonal(expected.sum(axis=0))
    errors = ratio_errors(het, expected)
    return Sharing(kinship, ratio_errors(differ, expected), inbreeding, np.diagonal(errors))


def relation(kinship: float, ibs0: int, het_both: int) -> str:
    """Class of a pair by its kinship, the first degree parted by the ratio of IBS0 to double
    heterozygotes.
    """
    name = _degree(kinship)
    if name != "first_degree":
        return name
    return "parent_offspring" if ibs0 <= MAX_PARENT_OFFSPRING_RATIO * het_both else "full_sib"


def _degree(kinship: float) -> str:
    return next((name for name, limit in CLASSES if kinship > limit), "unrelated")


def relation_of_pair(
    king: tuple[float, float],
    sharing: tuple[float, float],
    inbred: bool,
    same_group: bool,
    ibs0: int,
    het_both: int,
) -> str:
    """Class of a pair by both estimators, each (kinship, standard error), NaN where not known.

    KING decides where neither sample is inbred, and always for duplicates and its first degree: inbreeding
    only lowers it. Of inbred samples allele sharing decides where it shows the first degree or agrees with
    KING. `undetermined` are: less than the first degree by sharing alone, which may be structure within the
    group; a pair of one group that KING has below zero, as inbreeding or structure does, without sharing to
    tell; and a pair whose standard errors are too large.
    """
    error = float(np.nan_to_num(king[1]))
    king_known = np.isfinite(king[0]) and error <= MAX_STANDARD_ERROR
    sharing_known = np.isfinite(sharing[0]) and not sharing[1] > MAX_STANDARD_ERROR
    by_king = relation(king[0], ibs0, het_both) if np.isfinite(king[0]) else "unrelated"
    below_zero = king[0] + 2 * error < -CLASSES[-1][1]
    if king_known and by_king in ("duplicate", "parent_offspring", "full_sib"):
        return by_king
    if sharing_known and (inbred or not king_known):
        surely = sharing[0] > SURE_ERRORS * np.nan_to_num(sharing[1])
        by_sharing = _degree(min(sharing[0], CLASSES[0][1])) if surely else "unrelated"
        if by_sharing in ("first_degree", by_king):
            return by_sharing
        return by_king if king_known and king[0] > sharing[0] else "undetermined"
    if below_zero and not np.isfinite(sharing[0]):
        return "undetermined" if same_group else "unrelated"
    return by_king if king_known else "undetermined"


def kinship_rows(
    counts: PairCounts, names: list[str], group_of: dict[str, str], min_sites: int = MIN_SHARED_SITES
) -> list[tuple[Any, ...]]:
    """Rows of `kinship.tsv`; `names` are sorted. A pair that shares too few sites has NA and `undetermined`.

    A duplicate of two names is flagged: the same individual twice, or samples swapped or mixed up.
    """
    between, within, errors = kinship_between(counts), kinship_within(counts), king_errors(counts)
    sharing = allele_sharing(counts, [group_of.get(name) for name in names], min_sites)
    inbred = sharing.inbreeding > np.fmax(MIN_INBREEDING, 2 * sharing.inbreeding_error)
    total, doubles, opposite, het = counts.shared, counts.het_both, counts.ibs0, counts.het
    rows = []
    for one, two in combinations(range(len(names)), 2):
        enough = total[one, two] >= min_sites
        king = (float(between[one, two]), float(errors[one, two]))
        shares = (float(sharing.kinship[one, two]), float(sharing.kinship_error[one, two]))
        groups = [group_of.get(names[place], "NA") for place in (one, two)]
        kind = "undetermined"
        if enough:
            kind = relation_of_pair(
                king, shares, bool(inbred[one] or inbred[two]), groups[0] == groups[1],
                int(opposite[one, two]), int(doubles[one, two]),
            )  # fmt: skip
        numbers = (*king, float(within[one, two]), *shares)
        shown = [number if enough and np.isfinite(number) else None for number in numbers]
        own = [float(sharing.inbreeding[place]) for place in (one, two)]
        rows.append(
            (
                *(names[one], names[two], *groups),
                *(int(counted[one, two]) for counted in (total, doubles, opposite, het)),
                int(het[two, one]),
                int(opposite[one, two]) / int(total[one, two]) if total[one, two] else None,
                *shown,
                *(value if np.isfinite(value) else None for value in own),
                *(kind, "duplicate_or_swap" if kind == "duplicate" else "."),
            )
        )
    return rows


def estimate_kinship(
    *,
    vcf: str,
    samples: str,
    table: str,
    out: str,
    id: str = "population",
    compartments: str | None = None,
    min_sites: int = MIN_SHARED_SITES,
    pedigree: str | None = None,
    pedigree_table: str | None = None,
) -> None:
    """Kinship of all pairs of samples from the genotypes of biallelic SNVs.

    vcf: VCF of variants that passed, `-` for standard input
    samples: sample table
    compartments: chromosomes that are no autosomes
    min_sites: fewest shared sites of a pair
    pedigree: table with the columns sample, sire and dam, or PLINK .fam, to compare with
    pedigree_table: pairs that it relates, or should
    out: metrics record
    """
    genotypes = open_genotypes(vcf, samples, compartments)
    counts = count_pairs(genotypes.stream, len(genotypes.names))
    rows = kinship_rows(counts, genotypes.names, genotypes.group_of, min_sites)
    write_table(table, KINSHIP_COLUMNS, rows)
    write_metrics(
        out,
        {
            "id": id,
            "step": "kinship",
            "samples": len(genotypes.names),
            "min_shared_sites": min_sites,
            "relations": dict(sorted(Counter(row[-2] for row in rows).items())),
            "duplicates": [[row[0], row[1]] for row in rows if row[-1] != "."],
        }
        | _compared(rows, pedigree, pedigree_table),
    )


def _compared(rows: list[tuple[Any, ...]], given: str | None, table: str | None) -> dict[str, Any]:
    """Write the comparison with a pedigree, if there is one; the number of pairs by verdict."""
    if given is None or table is None:
        return {}
    from linnaea.population.pedigree import PEDIGREE_COLUMNS, compare_pedigree, read_pedigree

    named = [dict(zip(KINSHIP_COLUMNS, row, strict=True)) for row in rows]
    compared = compare_pedigree(read_pedigree(given), named, MIN_INBREEDING)
    write_table(table, PEDIGREE_COLUMNS, compared)
    return {"pedigree": dict(sorted(Counter(row[-1] for row in compared).items()))}
