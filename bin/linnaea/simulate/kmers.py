"""What a k-mer profile of the true haplotypes would say, counted from the haplotypes themselves."""

import numpy as np


def canonical_kmers(codes: np.ndarray, size: int) -> np.ndarray:
    """Canonical k-mers of a sequence as uint64, (n - size + 1,); size at most 31."""
    number = codes.size - size + 1
    if number <= 0:
        return np.zeros(0, np.uint64)
    forward = np.zeros(number, np.uint64)
    backward = np.zeros(number, np.uint64)
    wide = codes.astype(np.uint64)
    two = np.uint64(2)
    for index in range(size):
        forward = (forward << two) | wide[index : index + number]
        last = wide[size - 1 - index : size - 1 - index + number]
        backward = (backward << two) | (np.uint64(3) - last)
    return np.minimum(forward, backward)


def profile(haplotypes: list[list[np.ndarray]], size: int) -> dict[str, float]:
    """Heterozygosity and repeat share as a GenomeScope-like profile defines them.

    Of the k-mers that occur once in the diploid genome (n1) and twice (n2), h = n1 / (n1 + 2 n2) is
    the heterozygous share of unique sequence, and the heterozygosity r solves 1 - h = (1 - r)^k
    (Vurture et al. 2017, Bioinformatics 33:2202). The repeat share is that of positions with k-mers
    of higher counts. With one haplotype, heterozygosity is 0 and unique k-mers are those that occur
    once.
    """
    kmers = np.concatenate([canonical_kmers(codes, size) for haplotype in haplotypes for codes in haplotype])
    counts = np.unique(kmers, return_counts=True)[1]
    once, twice = int((counts == 1).sum()), int((counts == 2).sum())
    if len(haplotypes) == 1:
        return {"heterozygosity_pct": 0.0, "repeat_share_pct": 100 * (1 - once / kmers.size)}
    share = once / (once + 2 * twice)
    return {
        "heterozygosity_pct": 100 * (1 - (1 - share) ** (1 / size)),
        "repeat_share_pct": 100 * (1 - (once + 2 * twice) / kmers.size),
    }
