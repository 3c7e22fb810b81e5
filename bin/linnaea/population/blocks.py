"""Sites of a VCF, many at a time: what the reader gives and every statistic takes."""

from dataclasses import dataclass, field

import numpy as np

# Codes of bases in `SiteBlock.alleles`.
BASES = np.frombuffer(b"ACGT", np.uint8)
NO_BASE = 4


@dataclass(frozen=True)
class SiteBlock:
    """n consecutive sites of one chromosome, of m samples, in the order of the file.

    position   (n,) int64, 1-based
    alleles    (n, 4) uint8: base code (A C G T = 0..3) of the reference and up to three alternates, NO_BASE
               where there is none; rows whose REF or an ALT is longer than one base are `snv` False
    snv        (n,) bool: every allele is one base (a site without alternate is one too)
    genotypes  (n, m, 2) int8: allele numbers, -1 missing; a haploid call has -2 as its second
    quality    (n,) float32, NaN where missing
    passed     (n,) bool: FILTER is PASS or .
    depth      (n, m) int32, -1 missing; None when FORMAT has no DP or it was not asked for
    allele_depth (n, m, 2) int32: reads of the reference, and of all alternates together; None as `depth`
    """

    chromosome: str
    position: np.ndarray
    alleles: np.ndarray
    snv: np.ndarray
    genotypes: np.ndarray
    quality: np.ndarray
    passed: np.ndarray
    depth: np.ndarray | None = None
    allele_depth: np.ndarray | None = None
    # The text of the rows where the reader was asked to keep it, for rows that are written again.
    lines: list[bytes] | None = field(default=None, repr=False)
