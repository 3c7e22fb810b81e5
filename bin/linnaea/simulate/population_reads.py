"""Short-read libraries of individuals: modern pairs, and degraded historical molecules.

Historical molecules are 30 to 90 bp long and deaminated: C is read as T towards the 5' end and, in the
double-stranded library, G as A towards the 3' end, with a chance that falls with the distance from the end
(Briggs et al. 2007, PNAS 104:14616) above a low one throughout. Damage is on the molecule, so that its PCR
duplicates share it.
"""

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np

from linnaea.simulate.output import gzip_file
from linnaea.simulate.sequence import LETTERS, encode
from linnaea.simulate.short_reads import sequence, with_adapter

MODERN_CYCLES, HISTORICAL_CYCLES = 150, 75
INSERT, INSERT_SD = 350, 50
SHORTEST, LONGEST, MEDIAN = 30, 90, 52
DEAMINATION, DEAMINATION_DECAY, DEAMINATION_INSIDE = 0.25, 0.35, 0.01
DAMAGE_POSITIONS = 25
# The whole TruSeq adapters with an index: short molecules are read far into them.
LONG_ADAPTERS = (
    encode("AGATCGGAAGAGCACACGTCTGAACTCCAGTCACATCACGATCTCGTATGCCGTCTTCTGCTTG"),
    encode("AGATCGGAAGAGCGTCGTGTAGGGAAAGAGTGTAGATCTCGGTGGTCGCCGTATCATT"),
)
BATCH = 20_000


@dataclass(frozen=True)
class Library:
    """A library of a sample, spread over `lanes`; `duplicates` is its share of PCR copies."""

    sample: str
    name: str
    lanes: tuple[str, ...]
    coverage: float
    historical: bool = False
    paired: bool = True
    duplicates: float = 0.04

    def files(self, lane: str) -> list[str]:
        """FASTQ names of a lane, one or two."""
        stem = f"{self.name}_{lane}"
        return [f"{stem}_R{mate}.fastq.gz" for mate in (1, 2)] if self.paired else [f"{stem}.fastq.gz"]


@dataclass
class Molecules:
    """Fragments of a library, in the order of sequencing; arrays are (n,).

    start, length: in the pool of the individual's copies; forward: read 1 is on the forward strand; source:
    number of the molecule that a fragment is a copy of.
    """

    start: np.ndarray
    length: np.ndarray
    forward: np.ndarray
    source: np.ndarray

    @property
    def copies(self) -> int:
        """Fragments beyond the first of each molecule."""
        return self.source.size - np.unique(self.source).size


def draw_molecules(rng: np.random.Generator, sizes: np.ndarray, library: Library) -> Molecules:
    """Fragments of a library, uniform over chromosome copies of `sizes` bp lying one behind the other.

    The coverage is that of two copies, so a chromosome with one has half of it.
    """
    mean = MEDIAN * 1.03 if library.historical else 2 * MODERN_CYCLES
    number = round(library.coverage * sizes.sum() / 2 / mean)
    unique = number - round(number * library.duplicates)
    if library.historical:
        length = _historical_lengths(rng, unique)
    else:
        length = np.clip(rng.normal(INSERT, INSERT_SD, unique), 200, 600).astype(np.int64)
    copy = rng.choice(sizes.size, unique, p=sizes / sizes.sum())
    offsets = np.concatenate([[0], np.cumsum(sizes)[:-1]])
    start = offsets[copy] + (rng.random(unique) * (sizes[copy] - length + 1)).astype(np.int64)
    forward = rng.random(unique) < 0.5
    source = np.concatenate([np.arange(unique), rng.integers(0, max(unique, 1), number - unique)])
    source = source[rng.permutation(number)]
    return Molecules(start[source], length[source], forward[source], source)


def _historical_lengths(rng: np.random.Generator, number: int) -> np.ndarray:
    """Log-normal lengths within the limits, drawn again outside."""
    lengths = np.zeros(number, np.int64)
    todo = np.arange(number)
    while todo.size:
        lengths[todo] = rng.lognormal(np.log(MEDIAN), 0.3, todo.size)
        todo = todo[(lengths[todo] < SHORTEST) | (lengths[todo] > LONGEST)]
    return lengths


def deamination_chance(positions: np.ndarray) -> np.ndarray:
    """Chance that a C is read as T at a distance (0-based) from the 5' end; of G to A from the 3' end."""
    return DEAMINATION_INSIDE + (DEAMINATION - DEAMINATION_INSIDE) * np.exp(-DEAMINATION_DECAY * positions)


@dataclass
class Damage:
    """Bases and changes by distance from an end, (DAMAGE_POSITIONS,) each: C, C>T at 5' and G, G>A at 3'."""

    c: np.ndarray
    c_to_t: np.ndarray
    g: np.ndarray
    g_to_a: np.ndarray

    @classmethod
    def empty(cls) -> "Damage":
        return cls(*(np.zeros(DAMAGE_POSITIONS, np.int64) for _ in range(4)))


def deaminate(rng: np.random.Generator, bases: np.ndarray, lengths: np.ndarray, damage: Damage) -> np.ndarray:
    """Damaged copies of molecules, (n, LONGEST) codes from the 5' end; counts are added to `damage`."""
    five = np.arange(bases.shape[1])[None, :]
    three = lengths[:, None] - 1 - five
    inside = three >= 0
    result = bases.copy()
    for distance, old, new, total, changed in (
        (np.broadcast_to(five, bases.shape), 1, 3, damage.c, damage.c_to_t),
        (three, 2, 0, damage.g, damage.g_to_a),
    ):
        here = inside & (bases == old)
        hit = here & (rng.random(bases.shape, np.float32) < deamination_chance(np.maximum(distance, 0)))
        result[hit] = new
        for mask, counts in ((here, total), (hit, changed)):
            near = distance[mask]
            counts += np.bincount(near[near < DAMAGE_POSITIONS], minlength=DAMAGE_POSITIONS)
    return result


def _oriented(pool: np.ndarray, molecules: Molecules, rows: slice, cycles: int, mate: int) -> np.ndarray:
    """The first `cycles` bases of fragments from the end that a mate reads, (n, cycles) codes.

    Beyond the end of a shorter fragment the bases are those of its last position.
    """
    start, length = molecules.start[rows, None], molecules.length[rows, None]
    step = np.minimum(np.arange(cycles), length - 1)
    forward = molecules.forward[rows, None] == (mate == 0)
    bases = pool[np.where(forward, start + step, start + length - 1 - step)]
    return np.where(forward, bases, 3 - bases)


def _modern_mates(
    rng: np.random.Generator, pool: np.ndarray, molecules: Molecules, rows: slice
) -> list[tuple[np.ndarray, np.ndarray]]:
    # Inserts are longer than a read, so that there is no adapter in it.
    return [sequence(rng, _oriented(pool, molecules, rows, MODERN_CYCLES, mate)) for mate in (0, 1)]


def _historical_mates(
    rng: np.random.Generator, damaged: np.ndarray, molecules: Molecules, rows: slice, mates: int
) -> list[tuple[np.ndarray, np.ndarray]]:
    """Mates of damaged molecules ((molecules, LONGEST) codes)."""
    bases, lengths = damaged[molecules.source[rows]], molecules.length[rows]
    step = np.arange(HISTORICAL_CYCLES)
    result = []
    for mate in range(mates):
        if mate:
            place = np.maximum(lengths[:, None] - 1 - step, 0)
            ends = 3 - np.take_along_axis(bases, place, axis=1)
        else:
            ends = bases[:, :HISTORICAL_CYCLES]
        result.append(sequence(rng, with_adapter(ends, lengths, mate, LONG_ADAPTERS)))
    return result


def _all_damaged(
    rng: np.random.Generator, pool: np.ndarray, molecules: Molecules, damage: Damage
) -> np.ndarray:
    """Every molecule once, damaged: (molecules, LONGEST) codes in the order of their numbers."""
    _, first = np.unique(molecules.source, return_index=True)
    each = Molecules(*(values[first] for values in vars(molecules).values()))
    parts = []
    for low in range(0, first.size, BATCH):
        rows = slice(low, low + BATCH)
        bases = _oriented(pool, each, rows, LONGEST, 0)
        parts.append(deaminate(rng, bases, each.length[rows], damage))
    return np.concatenate(parts)


def batches(
    rng: np.random.Generator, pool: np.ndarray, molecules: Molecules, library: Library, damage: Damage
) -> Iterator[tuple[slice, list[tuple[np.ndarray, np.ndarray]]]]:
    """Rows and (bases, qualities) of the mates, batch by batch, never across two lanes."""
    damaged = _all_damaged(rng, pool, molecules, damage) if library.historical else None
    number = molecules.start.size
    edges = [round(number * lane / len(library.lanes)) for lane in range(len(library.lanes) + 1)]
    for lane_low, lane_high in pairwise(edges):
        for low in range(lane_low, lane_high, BATCH):
            rows = slice(low, min(low + BATCH, lane_high))
            if damaged is None:
                yield rows, _modern_mates(rng, pool, molecules, rows)
            else:
                yield rows, _historical_mates(rng, damaged, molecules, rows, 1 + library.paired)


def fastq(prefix: str, first: int, bases: np.ndarray, quality: np.ndarray) -> bytes:
    """FASTQ text of (n, cycles) reads named `prefix` and a number of eight digits, from `first` on."""
    number, cycles = bases.shape
    head = np.frombuffer(f"@{prefix}0000:0000\n".encode(), np.uint8)
    text = np.empty((number, head.size + 2 * cycles + 4), np.uint8)
    text[:, : head.size] = head
    value = np.arange(first, first + number)
    for column in (2, 3, 4, 5, 7, 8, 9, 10):
        text[:, head.size - column] = 48 + value % 10
        value //= 10
    text[:, head.size : head.size + cycles] = LETTERS[bases]
    text[:, head.size + cycles : head.size + cycles + 3] = np.frombuffer(b"\n+\n", np.uint8)
    text[:, head.size + cycles + 3 : -1] = quality + np.uint8(33)
    text[:, -1] = 10
    return text.tobytes()


@dataclass(frozen=True)
class Written:
    """What a lane got."""

    library: Library
    lane: str
    fragments: int
    bases: int


def write_library(
    rng: np.random.Generator, copies: list[np.ndarray], library: Library, folder: Path
) -> tuple[list[Written], Molecules, Damage]:
    """FASTQ files of a library of an individual with chromosome `copies`."""
    sizes = np.array([codes.size for codes in copies])
    pool = np.concatenate(copies)
    molecules = draw_molecules(rng, sizes, library)
    damage = Damage.empty()
    number, lanes = molecules.start.size, len(library.lanes)
    stream = batches(rng, pool, molecules, library, damage)
    result = []
    for index, lane in enumerate(library.lanes):
        end = round(number * (index + 1) / lanes)
        done = bases = 0
        begin = round(number * index / lanes)
        names = library.files(lane)
        prefix = f"LINNAEA:31:{library.name}:{index + 1}:1101:"
        with ExitStack() as stack:
            handles = [stack.enter_context(gzip_file(folder / name)) for name in names]
            while begin + done < end:
                _, mates = next(stream)
                for handle, (codes, quality) in zip(handles, mates, strict=True):
                    handle.write(fastq(prefix, done, codes, quality))
                    bases += codes.size
                done += mates[0][0].shape[0]
        result.append(Written(library, lane, done, bases))
    return result, molecules, damage
