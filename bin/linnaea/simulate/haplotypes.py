"""The second haplotype: variants on the first, applied to it, with coordinates kept.

Variants are plain intervals of the first haplotype with a replacement, so any source of them (drawn
here, or a genealogy) can make a haplotype. Small variants are uniform outside coding sequence and
rarer inside, where only third codon positions change and no indel falls (purifying selection).
Transitions are twice as frequent as transversions; one variant in eight is an indel, with a
power-law length (Mills et al. 2006, Genome Res 16:1182).
"""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from linnaea.simulate.genes import Gene, phases
from linnaea.simulate.sequence import random_sequence, reverse_complement, substitute

INDEL_SHARE = 0.12
CODING_RATE = 0.5
MARGIN = 12_000


@dataclass
class Variant:
    """Bases [start, end) of the first haplotype become `alternative`."""

    start: int
    end: int
    alternative: np.ndarray
    kind: str


def variant_weights(length: int, genes: list[Gene]) -> tuple[np.ndarray, np.ndarray]:
    """Relative chance of a substitution, and of an indel, at each position (float64, same length)."""
    base = np.ones(length)
    indel = np.ones(length)
    for gene in genes:
        for transcript in gene.transcripts:
            parts = transcript.coding_parts()
            for (start, end), phase in zip(parts, phases(parts, gene.strand), strict=True):
                base[start:end] = 0
                third = phase + 2
                sites = np.arange(start - 3, end + 3)
                ordinal = sites - start if gene.strand > 0 else end - 1 - sites
                keep = (ordinal % 3 == third % 3) & (sites >= start) & (sites < end)
                base[sites[keep]] = CODING_RATE
                indel[start - 1 : end + 1] = 0
            for (_, left), (right, _) in pairwise(transcript.exons):
                for low, high in ((left - 1, left + 6), (right - 6, right + 1)):
                    base[low:high] = indel[low:high] = 0
            for edge in transcript.coding:
                base[edge - 3 : edge + 3] = indel[edge - 4 : edge + 4] = 0
    return base, indel


def _small_variants(
    rng: np.random.Generator,
    codes: np.ndarray,
    number: int,
    weights: tuple[np.ndarray, np.ndarray],
    taken: np.ndarray,
) -> list[Variant]:
    """Substitutions and indels at places that are not `taken`; marks what they take."""
    variants: list[Variant] = []
    wanted = round(number * INDEL_SHARE)
    for position in _draw(rng, weights[1] * ~taken, min(2 * wanted, codes.size // 4)):
        length = int(min(rng.zipf(1.9), 40))
        deletion = rng.random() < 0.5
        start, end = int(position), int(position) + (length if deletion else 0)
        region = slice(max(start - 2, 0), end + 2)
        if len(variants) == wanted:
            break
        if taken[region].any() or not weights[1][region].all() or start < length:
            continue
        taken[region] = True
        if deletion:
            variants.append(Variant(start, end, codes[:0], "deletion"))
        else:
            copy = codes[start - length : start]
            new = copy if rng.random() < 0.5 else rng.integers(0, 4, length).astype(np.uint8)
            variants.append(Variant(start, end, new, "insertion"))
    sites = _draw(rng, weights[0] * ~taken, number - len(variants))
    alternatives = substitute(rng, codes[sites])
    taken[sites] = True
    variants += [
        Variant(int(site), int(site) + 1, alternatives[i : i + 1], "SNV") for i, site in enumerate(sites)
    ]
    return variants


def _draw(rng: np.random.Generator, weights: np.ndarray, number: int) -> np.ndarray:
    """Distinct positions with chances proportional to weights, in random order."""
    number = min(number, int(np.count_nonzero(weights)))
    if not number:
        return np.zeros(0, np.int64)
    # Exponential keys: the smallest `number` of E/w are a weighted sample without replacement
    # (Efraimidis & Spirakis 2006).
    keys = np.full(weights.size, np.inf)
    positive = weights > 0
    keys[positive] = rng.exponential(size=int(positive.sum())) / weights[positive]
    chosen = np.argpartition(keys, number - 1)[:number]
    return chosen[np.argsort(keys[chosen])]


def free_intervals(length: int, genes: list[Gene], margin: int = MARGIN) -> list[tuple[int, int]]:
    """Stretches between genes, away from the chromosome ends."""
    edges = sorted(gene.block for gene in genes)
    starts = [margin, *(end + 100 for _, end in edges)]
    ends = [*(start - 100 for start, _ in edges), length - margin]
    pairs = ((max(a, margin), min(b, length - margin)) for a, b in zip(starts, ends, strict=True))
    return [(a, b) for a, b in pairs if b - a >= 300]


def structural_variants(
    rng: np.random.Generator,
    codes: np.ndarray,
    free: list[tuple[int, int]],
    elements: list[np.ndarray],
) -> list[Variant]:
    """Deletions, insertions (often a young element) and inversions, in gene-free stretches.

    One of each for every 250 kb (inversions for every 500 kb), 0.3 to 4 kb long or as long as an element.
    Elements that were inserted are taken from the list.
    """
    free = [free[index] for index in rng.permutation(len(free))]
    kinds = ["deletion", "insertion"] * round(codes.size / 250_000)
    kinds += ["inversion"] * round(codes.size / 500_000)
    variants = []
    for kind, (low, high) in zip(kinds, free, strict=False):
        room = min(high - low, 4000)
        length = int(rng.uniform(0.3, 0.9) * room)
        start = int(rng.integers(low, high - length))
        if kind == "deletion":
            variants.append(Variant(start, start + length, codes[:0], kind))
        elif kind == "inversion":
            turned = reverse_complement(codes[start : start + length])
            variants.append(Variant(start, start + length, turned, kind))
        else:
            use = elements and rng.random() < 0.7
            new = elements.pop() if use else random_sequence(rng, int(rng.uniform(300, 2500)), 0.38)
            variants.append(Variant(start, start, new, kind))
    return variants


def draw_variants(
    rng: np.random.Generator,
    codes: np.ndarray,
    heterozygosity: float,
    genes: list[Gene],
    elements: list[np.ndarray],
) -> list[Variant]:
    """Variants of a chromosome, ascending; small ones number exactly heterozygosity x length.

    heterozygosity: share of sites (0.005 for 0.5 %).
    """
    if heterozygosity <= 0:
        return []
    number = round(heterozygosity * codes.size)
    weights = variant_weights(codes.size, genes)
    free = free_intervals(codes.size, genes)
    large = structural_variants(rng, codes, free, elements)
    taken = np.zeros(codes.size, bool)
    taken[:50] = taken[-50:] = True
    for variant in large:
        taken[max(variant.start - 30, 0) : variant.end + 30] = True
    small = _small_variants(rng, codes, number, weights, taken)
    return sorted(small + large, key=lambda variant: (variant.start, variant.end))


def apply_variants(codes: np.ndarray, variants: list[Variant]) -> np.ndarray:
    """The other haplotype; variants ascend and do not overlap."""
    pieces, at = [], 0
    for variant in variants:
        pieces += [codes[at : variant.start], variant.alternative]
        at = variant.end
    return np.concatenate([*pieces, codes[at:]])


def lift(variants: list[Variant], positions: np.ndarray) -> np.ndarray:
    """Positions on the other haplotype of positions outside (or at the edge of) variants.

    A position inside a replaced interval goes to its start.
    """
    starts = np.array([variant.start for variant in variants], np.int64)
    ends = np.array([variant.end for variant in variants], np.int64)
    gains = np.array([v.alternative.size - (v.end - v.start) for v in variants], np.int64)
    shift = np.concatenate([[0], np.cumsum(gains)])
    positions = np.asarray(positions, np.int64)
    passed = np.searchsorted(ends, positions, side="right")
    result = positions + shift[passed]
    inside = passed < starts.size
    inside[inside] = starts[passed[inside]] < positions[inside]
    result[inside] = starts[passed[inside]] + shift[passed[inside]]
    return result
