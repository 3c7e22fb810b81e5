"""Kinship of pairs and inbreeding of samples of low depth, from genotype likelihoods.

The shares k0, k1, k2 of the genome where two samples have no, one or two alleles identical by descent are
those of maximum likelihood, given the frequencies of alleles in their group, as in ngsRelate (Korneliussen &
Moltke 2015, Bioinformatics 31:4009). Kinship is k1/4 + k2/2. Neither sample of a pair may be inbred, and
the group must be one population: structure within it looks like kinship. Frequencies are of
samples without relatives among them. Inbreeding F is the share of the genome where both alleles of
a sample are identical by descent (Vieira et al. 2013, Genome Res 23:1852).
"""

from collections.abc import Mapping, Sequence
from itertools import combinations
from typing import Any

import numpy as np

from linnaea.population.expectation_maximisation import accelerated_em
from linnaea.population.kinship import CLASSES

MIN_FREQUENCY = 0.05
# Twice the log-likelihood by which a site must vary (p < 1e-6 of one degree of freedom).
MIN_VARIABLE = 24
MAX_SITES, MIN_SITES = 20_000, 500
# Frequencies of fewer samples are those of the pair itself.
MIN_SAMPLES = 5
BLOCKS = 20
# An allele that unrelated samples show less often is not thought impossible.
LEAST_COPIES = 0.1
# Beyond this standard error an unrelated pair (0) and one of the second degree (1/8) are not kept apart.
MAX_STANDARD_ERROR = 1 / 32

KINSHIP_COLUMNS = (
    *("sample_1", "sample_2", "group", "sites", "k0", "k1", "k2", "kinship", "kinship_standard_error"),
    *("relation", "reason"),
)
INBREEDING_COLUMNS = ("sample", "group", "sites", "inbreeding", "inbreeding_standard_error", "reason")


def frequencies(likelihoods: np.ndarray, rounds: int = 50) -> tuple[np.ndarray, np.ndarray]:
    """Frequency of the alternate (n,) by EM from (n, m, 3), and its likelihood-ratio statistic against 0."""
    frequency = np.full(len(likelihoods), 0.2)
    for _ in range(rounds):
        weight = likelihoods * _hardy_weinberg(frequency)[:, None]
        frequency = ((weight[..., 1] / 2 + weight[..., 2]) / weight.sum(axis=2)).mean(axis=1)
    varies = np.log((likelihoods * _hardy_weinberg(frequency)[:, None]).sum(axis=2)).sum(axis=1)
    return frequency, 2 * (varies - np.log(np.maximum(likelihoods[..., 0], 1e-300)).sum(axis=1))


def _hardy_weinberg(frequency: np.ndarray) -> np.ndarray:
    return np.stack([(1 - frequency) ** 2, 2 * frequency * (1 - frequency), frequency**2], axis=1)


def _drawn(frequency: np.ndarray, chromosomes: int, alternates: int, references: int) -> np.ndarray:
    """Chance (n,) that distinct chromosomes are so many alternates and references, in one order."""
    copies = frequency * chromosomes
    chance = np.ones(len(frequency))
    for number in range(alternates):
        chance = chance * np.maximum(copies - number, LEAST_COPIES)
    for number in range(references):
        chance = chance * np.maximum(chromosomes - copies - number, LEAST_COPIES)
    for number in range(alternates + references):
        chance = chance / (chromosomes - number)
    return chance


def pair_chances(one: np.ndarray, two: np.ndarray, frequency: np.ndarray, chromosomes: int) -> np.ndarray:
    """(n, 3) likelihoods of the reads of two samples with no, one and two alleles identical by descent.

    one, two (n, 3) are the likelihoods of their genotypes. The four, three or two different chromosomes of a
    pair are drawn from the `chromosomes` of its group without replacement: frequencies of few samples hold
    those of the pair, by which relatives would look less related.
    """
    ways = (1, 2, 1)
    result = np.zeros((len(frequency), 3))
    for first in range(3):
        for second in range(3):
            total = first + second
            chance = ways[first] * ways[second] * _drawn(frequency, chromosomes, total, 4 - total)
            shared = np.zeros(len(frequency))
            for allele in (0, 1):
                if 0 <= first - allele <= 1 and 0 <= second - allele <= 1:
                    shared += _drawn(frequency, chromosomes, total - allele, 3 - total + allele)
            same = ways[first] * _drawn(frequency, chromosomes, first, 2 - first) * (first == second)
            reads = one[:, first] * two[:, second]
            for place, part in enumerate((chance, shared, same)):
                result[:, place] += reads * part
    return result


def sample_chances(one: np.ndarray, frequency: np.ndarray, chromosomes: int) -> np.ndarray:
    """(n, 2) likelihoods of the reads of a sample whose alleles are not, and are, identical by descent."""
    outbred = sum(
        one[:, copies] * (1, 2, 1)[copies] * _drawn(frequency, chromosomes, copies, 2 - copies)
        for copies in range(3)
    )
    return np.stack([outbred, one[:, 0] * (1 - frequency) + one[:, 2] * frequency], axis=1)


def shares(chances: np.ndarray) -> np.ndarray:
    """(c,) shares of the genome of maximum likelihood, from (n, c) likelihoods of reads in each class."""

    def step(share: np.ndarray) -> tuple[np.ndarray, float]:
        total = chances @ share
        update = share * ((1 / total) @ chances) / len(chances)
        return update / update.sum(), float(np.log(total).sum())

    number = chances.shape[1]
    return accelerated_em(step, np.full(number, 1 / number), 200, 1e-3)


def shares_with_error(
    chances: np.ndarray, block: np.ndarray, value: np.ndarray
) -> tuple[np.ndarray, float, float]:
    """`shares`, their sum weighed by `value` (c,), and its standard error by a jackknife of blocks.

    Leaving a block out moves the maximum by the inverse information times the block's score, to first order;
    a share at zero stays there.
    """
    whole = shares(chances)
    largest = int(whole.argmax())
    free = [place for place in range(len(whole)) if place != largest and whole[place] > 1e-3]
    if not free:
        free = [(largest + 1) % len(whole)]
    score = (chances[:, free] - chances[:, [largest]]) / (chances @ whole)[:, None]
    count = int(block.max()) + 1
    of_block = np.zeros((count, len(free)))
    np.add.at(of_block, block, score)
    moved = np.linalg.lstsq(score.T @ score, of_block.T, rcond=None)[0]
    shift = (value[free] - value[largest]) @ moved
    return whole, float(whole @ value), float(np.sqrt((count - 1) * np.var(shift)))


def relation(chances: np.ndarray, kinship: float, error: float) -> str:
    """Class of a pair; `undetermined` if the standard error is too large for it.

    Of the first degree, parent and offspring share one allele everywhere, full sibs none at a quarter and two
    at a quarter; the likelier of both is given.
    """
    if not error <= MAX_STANDARD_ERROR:
        return "undetermined"
    name = next((name for name, limit in CLASSES if kinship > limit), "unrelated")
    if name != "first_degree":
        return name
    parent, sibs = (np.log(chances @ np.array(k)).sum() for k in ((0.001, 0.998, 0.001), (0.25, 0.5, 0.25)))
    return "parent_offspring" if parent > sibs else "full_sib"


def relatedness(
    levels: np.ndarray,
    members: Mapping[str, Sequence[int] | np.ndarray],
    names: Sequence[str],
    max_sites: int = MAX_SITES,
) -> tuple[list[tuple[Any, ...]], list[tuple[Any, ...]]]:
    """Rows of KINSHIP_COLUMNS and of INBREEDING_COLUMNS of the samples of each group.

    levels (n, m, 3) PL of sites with a second allele, in the order of the genome; `members` maps group to
    columns, `names` (m,) are those of the columns.
    """
    kinship_rows: list[tuple[Any, ...]] = []
    inbreeding_rows: list[tuple[Any, ...]] = []
    for group, columns in members.items():
        likelihoods, frequency = _variable(levels, np.asarray(columns), max_sites)
        sites = len(frequency)
        reason = "."
        if len(columns) < MIN_SAMPLES:
            reason = f"fewer than {MIN_SAMPLES} samples in the group"
        elif sites < MIN_SITES:
            reason = f"fewer than {MIN_SITES} variable sites"
        block = np.arange(sites) * BLOCKS // max(sites, 1)
        drawn = 2 * len(columns)
        if reason == ".":
            unrelated = _unrelated(likelihoods, frequency)
            if len(unrelated) < len(columns):
                frequency, drawn = frequencies(likelihoods[:, unrelated])[0], 2 * len(unrelated)
        for one, name in enumerate(names[column] for column in columns):
            row: tuple[Any, ...] = (name, group, sites, None, None, reason)
            if reason == ".":
                chances = sample_chances(likelihoods[:, one], frequency, drawn)
                _, value, error = shares_with_error(chances, block, np.array([0.0, 1.0]))
                row = (name, group, sites, value, error, reason)
            inbreeding_rows.append(row)
        for one, two in combinations(range(len(columns)), 2):
            pair = (*sorted((names[columns[one]], names[columns[two]])), group, sites)
            if reason != ".":
                kinship_rows.append((*pair, *[None] * 5, "undetermined", reason))
                continue
            chances = pair_chances(likelihoods[:, one], likelihoods[:, two], frequency, drawn)
            k, value, error = shares_with_error(chances, block, np.array([0, 0.25, 0.5]))
            kind = relation(chances, value, error)
            why = "the standard error is too large" if kind == "undetermined" else "."
            kinship_rows.append((*pair, *k.tolist(), value, error, kind, why))
    return sorted(kinship_rows, key=lambda row: row[:2]), sorted(inbreeding_rows, key=lambda row: row[0])


def _unrelated(likelihoods: np.ndarray, frequency: np.ndarray) -> list[int]:
    """Columns of samples without a relative among them, at least MIN_SAMPLES: frequencies rest on these.

    Those with most relatives, by frequencies of all, are left out one after another.
    """
    samples = likelihoods.shape[1]
    thin = slice(None, None, max(1, len(frequency) // 8000))
    kinship = np.zeros((samples, samples))
    for one, two in combinations(range(samples), 2):
        pair = (likelihoods[thin, one], likelihoods[thin, two])
        k = shares(pair_chances(*pair, frequency[thin], 2 * samples))
        kinship[one, two] = kinship[two, one] = k[1] / 4 + k[2] / 2
    kept = list(range(samples))
    while len(kept) > MIN_SAMPLES:
        relatives = (kinship[np.ix_(kept, kept)] > CLASSES[-1][1]).sum(axis=1)
        if not relatives.any():
            break
        kept.pop(int(relatives.argmax()))
    return kept


def _variable(levels: np.ndarray, columns: np.ndarray, most: int) -> tuple[np.ndarray, np.ndarray]:
    """Likelihoods (s, m, 3) and frequencies (s,) of variable sites of a group, evenly thinned to `most`."""
    table = 10 ** (-np.arange(256) / 10)
    chosen, values = [], []
    for first in range(0, len(levels), 50_000):
        likelihoods = table[levels[first : first + 50_000][:, columns]]
        frequency, support = frequencies(likelihoods)
        kept = (np.minimum(frequency, 1 - frequency) >= MIN_FREQUENCY) & (support > MIN_VARIABLE)
        chosen.append(first + np.flatnonzero(kept))
        values.append(frequency[kept])
    rows, frequency = np.concatenate([np.zeros(0, int), *chosen]), np.concatenate([np.zeros(0), *values])
    thinned = (
        np.unique(np.linspace(0, len(rows) - 1, min(most, len(rows))).astype(int)) if len(rows) else rows
    )
    return table[levels[rows[thinned]][:, columns]], frequency[thinned]
