"""Principal components of windows along the genome, and blocks of windows that differ from the rest.

Windows of the same number of SNPs, the first components of each, and the distance of the components of two
windows are those of Li & Ralph (2019, Genetics 211:289, lostruct). In a cohort without structure all windows
are far from each other, so blocks of windows that resemble each other are sought, not single ones.
"""

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np

from linnaea.population.genotypes import Dosages
from linnaea.population.pca import usable_sites

COMPONENTS = 2
# Fewer samples have no structure to compare.
MIN_SAMPLES = 6
# Distances of all pairs of windows are kept in memory.
MAX_WINDOWS = 2000
WINDOW_SNPS = 100
# A block is seen by windows so many steps apart.
REACH = 3


class Windows(NamedTuple):
    """w windows: chromosome (w,), start and end (w,) in bp from 0, SNPs (w,); eigenvectors (w, k, m), and
    eigenvalues (w, k) whose squares add up to 1 in each window.
    """

    chromosome: np.ndarray
    start: np.ndarray
    end: np.ndarray
    snps: np.ndarray
    vectors: np.ndarray
    values: np.ndarray


def window_snps(variants: int) -> int:
    """SNPs a window for a file of so many variants: at least WINDOW_SNPS, at most MAX_WINDOWS windows."""
    return max(WINDOW_SNPS, -(-variants // MAX_WINDOWS))


def windows(stream: Iterable[Dosages], snps: int, components: int = COMPONENTS) -> Windows:
    """Windows of `snps` consecutive common SNPs of a chromosome; one of fewer than half is left out."""
    found: list[tuple[str, int, int, int, np.ndarray, np.ndarray]] = []
    chromosome = ""
    position, dosage = np.zeros(0, np.int64), np.zeros((0, 0), np.int8)

    def close(number: int) -> None:
        vectors, values = components_of(dosage[:number], components)
        found.append((chromosome, int(position[0]) - 1, int(position[number - 1]), number, vectors, values))

    for sites in usable_sites(stream):
        if sites.chromosome != chromosome:
            if len(position) >= snps / 2:
                close(len(position))
            chromosome, position, dosage = sites.chromosome, sites.position[:0], sites.dosage[:0]
        position, dosage = np.append(position, sites.position), np.concatenate([dosage, sites.dosage])
        while len(position) >= snps:
            close(snps)
            position, dosage = position[snps:], dosage[snps:]
    if len(position) >= snps / 2:
        close(len(position))
    columns = zip(*found, strict=True) if found else [()] * 6
    return Windows(*map(np.array, columns))


def components_of(dosage: np.ndarray, components: int) -> tuple[np.ndarray, np.ndarray]:
    """The first eigenvectors (k, m) of the covariance of samples over (n, m) dosages, and eigenvalues (k,)
    scaled to squares that add up to 1. A missing genotype is at the mean of its site.
    """
    called = dosage >= 0
    mean = np.where(called, dosage, 0).sum(axis=1) / np.maximum(called.sum(axis=1), 1)
    centred = np.where(called, dosage - mean[:, None], 0.0)
    centred -= centred.mean(axis=0)
    values, vectors = np.linalg.eigh(centred.T @ centred)
    first = values[::-1][:components].clip(0)
    size = np.sqrt((first**2).sum())
    return vectors[:, ::-1][:, :components].T, first / (size or 1)


def similarities(of: Windows) -> np.ndarray:
    """(w, w) similarity of the components of windows, 0 to 1, which is the same grouping of the samples.

    It is 1 less half the square of the Frobenius distance of the covariances that the components stand for
    (Li & Ralph, equation 2).
    """
    windows, components, samples = of.vectors.shape
    products = of.vectors.reshape(-1, samples) @ of.vectors.reshape(-1, samples).T
    shape = (windows, components, windows, components)
    return np.einsum(
        "ik,ikjl,jl->ij", of.values, np.square(products).reshape(shape), of.values, optimize=True
    )


def block_scores(of: Windows) -> tuple[np.ndarray, np.ndarray]:
    """(w,) excess similarity of each window with those two and three steps to one side, the better one, over
    its median similarity with all windows; and (w,) that side, 1 or -1. NaN where there is no such side.

    A window next to it shares haplotypes by linkage, so it says nothing. In a block without recombination of
    its haplotypes, such as an inversion, windows group the samples alike however far apart they are, and
    otherwise than the rest of the genome.
    """
    number = len(of.chromosome)
    scores, sides = np.full(number, np.nan), np.ones(number, np.int64)
    if number <= REACH:
        return scores, sides
    alike = similarities(of)
    usual = np.array([np.median(np.delete(row, place)) for place, row in enumerate(alike)])
    for side in (1, -1):
        steps = [side * step for step in (REACH - 1, REACH)]
        place = np.arange(number)[max(0, -steps[1]) : number - max(0, steps[1])]
        place = place[of.chromosome[place] == of.chromosome[place + steps[1]]]
        excess = np.mean([alike[place, place + step] for step in steps], axis=0) - usual[place]
        better = ~(scores[place] >= excess)
        scores[place[better]], sides[place[better]] = excess[better], side
    return scores, sides
