"""A hint of foreign reads in a sample, from its homozygous sites.

Where a sample is homozygous for the reference and others carry an alternate allele at frequency p, a share c
of reads from those others shows the alternate in a share c * p of the reads; errors add a part that does not
depend on p. A line through the shares (least squares, weighted by reads) separates the two. It is a hint:
genotypes called from contaminated reads hide a part of it, relatives and structure add to it.
"""

from collections.abc import Mapping, Sequence

import numpy as np

from linnaea.population.blocks import NO_BASE
from linnaea.population.diversity import on_grid
from linnaea.population.filters import Filtered

# r reads, a alternate reads, p frequency of the alternate in the others; sums over sites.
SUMS = ("sites", "r", "a", "rp", "rpp", "ap", "app")
COLUMNS = (
    "sample",
    "sites",
    "reads",
    "alternate_reads",
    "alternate_reads_if_all_foreign",
    "contamination_hint_pct",
    "standard_error_pct",
    "error_pct",
)


class ForeignReads:
    """Sums for the hint; `members` (m,) bool are the samples whose alleles give the frequencies.

    With `joined_gvcfs` a sample without a count of alternate reads has none: rows that are joined from gVCFs
    of bcftools have counts only of the samples that had a row, and a block has no read of another base.
    """

    def __init__(self, members: np.ndarray, joined_gvcfs: bool = False) -> None:
        self.members, self.joined_gvcfs = members, joined_gvcfs
        self.sums = np.zeros((len(SUMS), len(members)))

    def add(self, filtered: Filtered) -> None:
        """Add the biallelic SNVs of a block of an autosome."""
        block = filtered.block
        if block.allele_depth is None:
            return
        rows = np.flatnonzero(filtered.usable & block.alternate & (block.alleles[:, 2] == NO_BASE))
        calls, reads = filtered.genotypes[rows], block.allele_depth[rows]
        if self.joined_gvcfs and block.depth is not None:
            no_row = reads[..., 1] < 0
            depth = np.where(reads[..., 0] >= 0, reads[..., 0], block.depth[rows])
            reads = np.stack([np.where(no_row, depth, reads[..., 0]), np.where(no_row, 0, reads[..., 1])], 2)
        given = calls[:, self.members]
        called, alternate = (given >= 0).sum((1, 2)), (given == 1).sum((1, 2))
        total = reads.sum(2)
        chosen = (calls == 0).all(2) & (reads.min(2) >= 0) & (total > 0) & (alternate > 0)[:, None]
        others = called[:, None] - 2 * self.members
        p = np.where(chosen, on_grid(alternate[:, None] / np.maximum(others, 1)), 0)
        r, a = total * chosen, reads[..., 1] * chosen
        squares = on_grid(p * p)
        terms = (chosen, r, a, r * p, r * squares, a * p, a * squares)
        self.sums += np.stack([term.sum(0) for term in terms])


def hint(sums: Mapping[str, float]) -> tuple[float, float, float]:
    """Share of foreign reads, its standard error (Poisson counts), share of errors; NaN where unknown."""
    r, a, rp, rpp, ap, app = (sums[name] for name in SUMS[1:])
    spread = r * rpp - rp * rp
    if spread <= 0:
        return (float("nan"),) * 3
    share = (r * ap - rp * a) / spread
    variance = (r * r * app - 2 * r * rp * ap + rp * rp * a) / spread**2
    return share, max(variance, 0.0) ** 0.5, (a - share * rp) / r


def rows(names: Sequence[str], sums: np.ndarray) -> list[tuple]:
    """Rows of the table, from sums (7, m)."""
    result = []
    for name, values in zip(names, sums.T.tolist(), strict=True):
        named = dict(zip(SUMS, values, strict=True))
        share, error, background = hint(named)
        counts = int(named["sites"]), int(named["r"]), int(named["a"]), named["rp"]
        result.append((name, *counts, 100 * share, 100 * error, 100 * background))
    return result
