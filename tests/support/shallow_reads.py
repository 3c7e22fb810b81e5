"""Genotype likelihoods of shallow samples whose genealogies are known."""

from collections.abc import Iterator
from itertools import pairwise

import msprime
import numpy as np
import tskit

from linnaea.population.likelihood_sites import Cohort, Sites

CHROMOSOME = "chr1"


def two_groups(split: float, samples: int = 15, length: int = 200_000, seed: int = 1) -> tskit.TreeSequence:
    """Two groups of `samples` diploids of 10,000 individuals each, that parted `split` generations ago.

    Differences within a group are about 0.01 per base; sites are nearly independent.
    """
    demography = msprime.Demography()
    for name in ("north", "south", "before"):
        demography.add_population(name=name, initial_size=1e4)
    demography.add_population_split(time=split, derived=["north", "south"], ancestral="before")
    trees = msprime.sim_ancestry(
        {"north": samples, "south": samples}, demography=demography, sequence_length=length,
        recombination_rate=5e-7, random_seed=seed,
    )  # fmt: skip
    return msprime.sim_mutations(trees, rate=2.5e-7, random_seed=seed, model="binary")


def dosages_of(trees: tskit.TreeSequence) -> np.ndarray:
    """(length, samples) uint8 copies of the derived allele at every base."""
    dosages = np.zeros((int(trees.sequence_length), trees.num_individuals), np.uint8)
    calls = (trees.genotype_matrix() > 0).reshape(trees.num_sites, -1, 2)
    dosages[trees.sites_position.astype(int)] = calls.sum(axis=2)
    return dosages


def shallow_sites(
    dosages: np.ndarray,
    depth: float | np.ndarray,
    rng: np.random.Generator,
    error: float = 0.002,
    stated: float | None = None,
) -> Iterator[Sites]:
    """Sites as bcftools gives them, from a Poisson number of reads that err with `error` but state `stated`.

    `depth` may be an array that broadcasts to (sites, samples).
    """
    stated = error if stated is None else stated
    depth = np.broadcast_to(depth, dosages.shape)
    alternate_logs = np.log10([stated, 0.5, 1 - stated])
    chance = np.array([error, 0.5, 1 - error])
    for first, last in pairwise([*range(0, len(dosages), 50_000), len(dosages)]):
        reads = rng.poisson(depth[first:last])
        alternate = rng.binomial(reads, chance[dosages[first:last]])
        levels = -10 * (
            alternate[..., None] * alternate_logs + (reads - alternate)[..., None] * alternate_logs[::-1]
        )
        levels = np.minimum(np.rint(levels - levels.min(axis=-1, keepdims=True)), 255)
        yield Sites(
            CHROMOSOME, np.arange(first + 1, last + 1), levels.astype(np.uint8), reads.astype(np.uint8),
            alternate.astype(np.uint8),
        )  # fmt: skip


def cohort_of(sites: Iterator[Sites], members: dict[str, np.ndarray], **limits: int) -> Cohort:
    cohort = Cohort(members, sum(map(len, members.values())), **limits)
    for batch in sites:
        cohort.add(batch)
    cohort.close()
    return cohort
