"""Hi-C pairs of a sonicated, enzyme-free (Omni-C-like) library.

The distance of the two ends of a contact in the same chromosome copy follows P(s) ~ 1/s
(Lieberman-Aiden et al. 2009, Science 326:289); a share of contacts is between any two chromosome
copies. Chromosomes alternate between two compartments, and contacts are twice as frequent within one as
between both; bins differ in how much of them is seen. The ligation junction lies anywhere in the sequenced
fragment, so reads may run across it. A share of fragments is unligated, and a share of pairs is copied (PCR
duplicates).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from linnaea.simulate.short_reads import sequence, with_adapter

READ_LENGTH = 150
SHORTEST = 500
BIN_BP = 5_000
# Segments of a compartment are this long on average, and contacts of both are as frequent as this share.
SEGMENT_BP = 60_000
BETWEEN = 0.5
# Standard deviation (natural log) of the visibility of bins.
UNEVENNESS = 0.25


@dataclass
class Contacts:
    """Two arms for each pair: chromosome index, junction position, strand of reading to the
    junction.

    Each array is (n,); `lengths` are those of fragments, `junction` the part of them from the first
    arm.
    """

    first: np.ndarray
    second: np.ndarray
    position1: np.ndarray
    position2: np.ndarray
    strand1: np.ndarray
    strand2: np.ndarray
    lengths: np.ndarray
    junction: np.ndarray
    kind: np.ndarray


@dataclass
class Landscape:
    """Compartment (bool) and visibility (chance of a contact, relative to the best bin) of bins."""

    compartment: np.ndarray
    visibility: np.ndarray

    def at(self, positions: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        bins = np.minimum(positions // BIN_BP, self.visibility.size - 1)
        return self.compartment[bins], self.visibility[bins]


def draw_landscape(rng: np.random.Generator, size: int) -> Landscape:
    """Alternating compartments, and bins of log-normal visibility."""
    count = max(1, -(-size // BIN_BP))
    switches = rng.random(count) < BIN_BP / SEGMENT_BP
    visibility = rng.lognormal(0, UNEVENNESS, count)
    return Landscape(np.cumsum(switches) % 2 == 1, visibility / visibility.max())


def even_landscape(size: int) -> Landscape:
    """One compartment, seen evenly."""
    return Landscape(np.zeros(1, bool), np.ones(1))


def _cis_partner(rng: np.random.Generator, position: np.ndarray, size: np.ndarray) -> np.ndarray:
    """A partner at a 1/s distance on either side; drawn again until it lies on the chromosome."""
    partner = np.full(position.size, -1)
    todo = np.arange(position.size)
    while todo.size:
        limit = size[todo]
        distance = SHORTEST * (limit / SHORTEST) ** rng.random(todo.size)
        side = np.where(rng.random(todo.size) < 0.5, -1, 1)
        partner[todo] = position[todo] + (side * distance).astype(np.int64)
        todo = todo[(partner[todo] < 0) | (partner[todo] >= limit)]
    return partner


def draw_contacts(
    rng: np.random.Generator,
    sizes: np.ndarray,
    pairs: int,
    trans: float = 0.15,
    unligated: float = 0.05,
    duplicates: float = 0.08,
    landscapes: Sequence[Landscape] | None = None,
) -> Contacts:
    """Contacts among chromosome copies of `sizes` bp, seen by their landscapes; duplicates come last."""
    unique = pairs - round(pairs * duplicates)
    seen = landscapes or [even_landscape(size) for size in sizes]
    drawn = [_draw_ends(rng, sizes, seen, 2 * unique, trans, unligated)]
    while sum(part[0].size for part in drawn) < unique:
        drawn.append(_draw_ends(rng, sizes, seen, unique, trans, unligated))
    first, second, position1, position2, kind = (
        np.concatenate(columns)[:unique] for columns in zip(*drawn, strict=True)
    )
    strand1 = rng.choice([-1, 1], unique)
    strand2 = np.where(kind == "unligated", -strand1, rng.choice([-1, 1], unique))
    lengths = np.clip(rng.normal(380, 80, unique), 120, 700).astype(np.int64)
    junction = (lengths * rng.uniform(0.1, 0.9, unique)).astype(np.int64)
    columns = [first, second, position1, position2, strand1, strand2, lengths, junction, kind]
    again = rng.integers(0, unique, pairs - unique)
    order = rng.permutation(pairs)
    return Contacts(*(np.concatenate([column, column[again]])[order] for column in columns))


def _draw_ends(
    rng: np.random.Generator,
    sizes: np.ndarray,
    landscapes: Sequence[Landscape],
    number: int,
    trans: float,
    unligated: float,
) -> tuple[np.ndarray, ...]:
    """Chromosomes, positions and kinds of contacts: those of `number` drawn ones that are seen."""
    share = sizes / sizes.sum()
    first = rng.choice(sizes.size, number, p=share)
    position1 = (rng.random(number) * sizes[first]).astype(np.int64)
    draw = rng.random(number)
    kind = np.where(draw < trans, "trans", np.where(draw < trans + unligated, "unligated", "cis"))
    second = np.where(kind == "trans", rng.choice(sizes.size, number, p=share), first)
    cis = _cis_partner(rng, position1, sizes[first])
    far = (rng.random(number) * sizes[second]).astype(np.int64)
    position2 = np.where(kind == "trans", far, np.where(kind == "cis", cis, position1))
    chance = np.ones(number)
    compartments = np.zeros((2, number), bool)
    for end, (chromosome, position) in enumerate(((first, position1), (second, position2))):
        for index, landscape in enumerate(landscapes):
            here = chromosome == index
            compartments[end, here], visibility = landscape.at(position[here])
            chance[here] *= visibility
    chance[compartments[0] != compartments[1]] *= BETWEEN
    seen = rng.random(number) < chance
    return first[seen], second[seen], position1[seen], position2[seen], kind[seen]


def _end(
    pool: np.ndarray, offsets: np.ndarray, sizes: np.ndarray, contacts: Contacts, mate: int
) -> np.ndarray:
    """The first bases of fragments from one end, (n, READ_LENGTH) codes.

    Read from mate 1, the first arm runs in its strand up to its position, then the second arm runs
    away from its position against its own strand (it is read towards the junction by mate 2).
    """
    arms = [
        (contacts.first, contacts.position1, contacts.strand1, contacts.junction),
        (contacts.second, contacts.position2, contacts.strand2, contacts.lengths - contacts.junction),
    ]
    near, far = arms if mate == 0 else arms[::-1]
    cycle = np.arange(READ_LENGTH)
    step = cycle - near[3][:, None]  # below 0: before the junction
    result = np.zeros(step.shape, np.uint8)
    for (chromosome, position, strand, _), reading, here in ((near, 1, step < 0), (far, -1, step >= 0)):
        distance = np.where(here, step, 0) if reading > 0 else np.where(here, -1 - step, -1)
        # Positive strand: bases up to position (exclusive); negative: down to position (inclusive).
        place = np.where(strand[:, None] > 0, position[:, None] + distance, position[:, None] - 1 - distance)
        place = np.clip(place, 0, sizes[chromosome][:, None] - 1) + offsets[chromosome][:, None]
        bases = pool[place]
        flip = (strand[:, None] > 0) != (reading > 0)
        result = np.where(here, np.where(flip, 3 - bases, bases), result)
    return result


def hic_pairs(
    rng: np.random.Generator,
    sequences: list[np.ndarray],
    pairs: int,
    landscapes: Sequence[Landscape] | None = None,
    batch: int = 20_000,
) -> Iterator[tuple[Any, Any]]:
    """Draw pairs from chromosome copies; yields (contacts, mates) of batches.

    mates: two (bases, qualities), each (n, READ_LENGTH).
    """
    sizes = np.array([codes.size for codes in sequences])
    offsets = np.concatenate([[0], np.cumsum(sizes)[:-1]])
    pool = np.concatenate(sequences)
    contacts = draw_contacts(rng, sizes, pairs, landscapes=landscapes)
    for low in range(0, pairs, batch):
        part = Contacts(*(getattr(contacts, name)[low : low + batch] for name in vars(contacts)))
        mates = []
        for mate in (0, 1):
            ends = _end(pool, offsets, sizes, part, mate)
            mates.append(sequence(rng, with_adapter(ends, part.lengths, mate)))
        yield part, mates
