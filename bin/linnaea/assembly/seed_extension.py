"""Circles from accurate long reads of a small high-copy genome: a seed read is extended until it repeats.

Reads overlap where they share k-mers at one offset. A read that carries a stretch which hardly any other
read has (the nuclear neighbour of a copy in the nucleus, a chimera) is left out before.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from linnaea.assembly.kmer_evaluation import encode
from linnaea.base.errors import InputError
from linnaea.formats.sequences import reverse_complement

K = 31
SHORTEST_CIRCLE = 2_000
TAIL = 4_000
SHORTEST_OVERHANG = 300
MOST_EXTENSIONS = 200
# Share of the k-mers of an overlap that both sequences have; reads of 1 % errors keep half of theirs.
OVERLAP_SHARE = 0.25
# Offsets of shared k-mers differ by insertions and deletions.
OFFSET_SLACK = 30
# K-mers rarer than this share of the median are errors or of another sequence.
RARE_SHARE = 0.2
LONGEST_RARE_RUN = 400
MOST_RARE_SHARE = 0.5

_CODES = np.zeros(256, np.uint8)
for _code, _letters in enumerate((b"Aa", b"Cc", b"Gg", b"TtUu")):
    _CODES[np.frombuffer(_letters, np.uint8)] = _code


@dataclass(frozen=True)
class Read:
    """Letters of a read, or of its reverse complement."""

    letters: bytes

    @cached_property
    def kmers(self) -> np.ndarray:
        """K-mers in order, uint64; letters other than A, C, G and T count as A."""
        return kmers_of(self.letters)


def kmers_of(letters: bytes) -> np.ndarray:
    """K-mers of a sequence in order, shape (n - K + 1,), uint64; none of a shorter one."""
    if len(letters) < K:
        return np.zeros(0, np.uint64)
    return encode(_CODES[np.frombuffer(letters, np.uint8)], K)


def both_strands(letters: Sequence[bytes]) -> list[Read]:
    """The reads, each followed by its reverse complement."""
    return [Read(strand) for read in letters for strand in (read, reverse_complement(read))]


def _longest_run(flags: np.ndarray) -> int:
    edges = np.flatnonzero(np.diff(np.concatenate([[False], flags, [False]])))
    return int((edges[1::2] - edges[::2]).max(initial=0))


def supported(reads: Sequence[Read]) -> list[Read]:
    """Reads, both strands in turn, whose k-mers are as frequent as those of the others nearly everywhere."""
    if not reads:
        return []
    words, index, counts = np.unique(
        np.concatenate([read.kmers for read in reads]), return_inverse=True, return_counts=True
    )
    if not len(words):
        return []
    support = counts[index]
    rare = support < RARE_SHARE * np.median(support)
    ends = np.cumsum([len(read.kmers) for read in reads])
    kept = []
    for read, flags in zip(reads, np.split(rare, ends[:-1]), strict=True):
        if len(flags) and flags.mean() <= MOST_RARE_SHARE and _longest_run(flags) <= LONGEST_RARE_RUN:
            kept.append(read)
    return kept


def find_period(letters: bytes) -> int | None:
    """Distance after which the end of a sequence is a repetition of what stands before, in bp."""
    words = kmers_of(letters)
    tail = words[-SHORTEST_CIRCLE:]
    before = words[: len(words) - len(tail)]
    if len(before) < len(tail) // 4:
        return None
    order = np.argsort(before, kind="stable")
    ordered = before[order]
    # The last place before the tail at which a k-mer of the tail stands.
    last = np.searchsorted(ordered, tail, side="right") - 1
    hit = (last >= 0) & (ordered[np.maximum(last, 0)] == tail)
    distances = (np.arange(len(tail)) + len(before) - order[np.maximum(last, 0)])[hit]
    distances = distances[distances >= SHORTEST_CIRCLE]
    if not len(distances):
        return None
    middle = int(np.median(distances))
    near = np.abs(distances - middle) <= OFFSET_SLACK
    return middle if near.sum() >= 0.4 * len(tail) else None


def _overhang(read: Read, tail: np.ndarray, order: np.ndarray, size: int) -> int:
    """How far a read reaches beyond the end of a sequence, in bp; 0 without an overlap."""
    ordered = tail[order]
    at = np.searchsorted(ordered, read.kmers)
    hit = ordered[np.minimum(at, len(ordered) - 1)] == read.kmers
    offsets = np.flatnonzero(hit) - order[at[hit]]
    if not len(offsets):
        return 0
    offset = int(np.median(offsets))
    overlap = min(size, len(read.letters) - offset) - max(0, -offset)
    agreeing = int((np.abs(offsets - offset) <= OFFSET_SLACK).sum())
    if overlap < 1000 or agreeing < OVERLAP_SHARE * overlap:
        return 0
    return max(0, len(read.letters) - (offset + size))


def extend(seed: bytes, reads: Sequence[Read]) -> tuple[bytes, bool]:
    """A sequence that begins with the seed and grows to the right until it repeats; whether it does.

    Of a circle one turn is returned, or a whole number of turns.
    """
    sequence = seed
    for _ in range(MOST_EXTENSIONS):
        period = find_period(sequence)
        if period:
            return sequence[-period:], True
        tail = sequence[-TAIL:]
        words = kmers_of(tail)
        order = np.argsort(words, kind="stable")
        # Repeated k-mers of the tail would give two offsets.
        ordered = words[order]
        single = np.ones(len(ordered), bool)
        single[1:] &= ordered[1:] != ordered[:-1]
        single[:-1] &= ordered[:-1] != ordered[1:]
        reach = [_overhang(read, words, order[single], len(tail)) for read in reads]
        best = int(np.argmax(reach)) if reach else 0
        if not reach or reach[best] < SHORTEST_OVERHANG:
            break
        sequence += reads[best].letters[-reach[best] :]
    return sequence, False


def one_turn(letters: bytes) -> bytes:
    """One turn from the middle of a sequence that goes around a circle at least twice.

    It is cut where the same k-mer comes again, so the cut adds and loses nothing. Raises InputError when
    the sequence does not repeat.
    """
    words = kmers_of(letters)
    order = np.argsort(words, kind="stable")
    same = words[order][1:] == words[order][:-1]
    starts, distances = order[:-1][same], (order[1:] - order[:-1])[same]
    far = distances >= SHORTEST_CIRCLE
    starts, distances = starts[far], distances[far]
    if len(distances) < K:
        raise InputError("the sequence does not repeat, so it is not a circle")
    period = int(np.bincount(distances).argmax())
    starts = starts[distances == period]
    start = int(starts[np.argmin(np.abs(starts - (len(letters) - period) // 2))])
    return letters[start : start + period]
