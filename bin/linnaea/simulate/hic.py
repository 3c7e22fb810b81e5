"""Hi-C pairs of a sonicated, enzyme-free (Omni-C-like) library.

The distance of the two ends of a contact in the same chromosome copy follows P(s) ~ 1/s
(Lieberman-Aiden et al. 2009, Science 326:289); a share of contacts is between any two chromosome
copies. The ligation junction lies anywhere in the sequenced fragment, so reads may run across it. A
share of fragments is unligated, and a share of pairs is copied (PCR duplicates).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from linnaea.simulate.short_reads import sequence, with_adapter

READ_LENGTH = 150
SHORTEST = 500


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
) -> Contacts:
    """Contacts among chromosome copies of `sizes` bp; duplicates come last."""
    unique = pairs - round(pairs * duplicates)
    share = sizes / sizes.sum()
    first = rng.choice(sizes.size, unique, p=share)
    position1 = (rng.random(unique) * sizes[first]).astype(np.int64)
    draw = rng.random(unique)
    kind = np.where(draw < trans, "trans", np.where(draw < trans + unligated, "unligated", "cis"))
    second = np.where(kind == "trans", rng.choice(sizes.size, unique, p=share), first)
    cis = _cis_partner(rng, position1, sizes[first])
    far = (rng.random(unique) * sizes[second]).astype(np.int64)
    position2 = np.where(kind == "trans", far, np.where(kind == "cis", cis, position1))
    strand1 = rng.choice([-1, 1], unique)
    strand2 = np.where(kind == "unligated", -strand1, rng.choice([-1, 1], unique))
    lengths = np.clip(rng.normal(380, 80, unique), 120, 700).astype(np.int64)
    junction = (lengths * rng.uniform(0.1, 0.9, unique)).astype(np.int64)
    columns = [first, second, position1, position2, strand1, strand2, lengths, junction, kind]
    again = rng.integers(0, unique, pairs - unique)
    order = rng.permutation(pairs)
    return Contacts(*(np.concatenate([column, column[again]])[order] for column in columns))


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
    rng: np.random.Generator, sequences: list[np.ndarray], pairs: int, batch: int = 20_000
) -> Iterator[tuple[Any, Any]]:
    """Draw pairs from chromosome copies; yields (contacts, mates) of batches.

    mates: two (bases, qualities), each (n, READ_LENGTH).
    """
    sizes = np.array([codes.size for codes in sequences])
    offsets = np.concatenate([[0], np.cumsum(sizes)[:-1]])
    pool = np.concatenate(sequences)
    contacts = draw_contacts(rng, sizes, pairs)
    for low in range(0, pairs, batch):
        part = Contacts(*(getattr(contacts, name)[low : low + batch] for name in vars(contacts)))
        mates = []
        for mate in (0, 1):
            ends = _end(pool, offsets, sizes, part, mate)
            mates.append(sequence(rng, with_adapter(ends, part.lengths, mate)))
        yield part, mates
