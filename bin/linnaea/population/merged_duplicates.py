"""Duplicates among merged reads of short fragments: both ends of the fragment are known, so both have to
agree.

A merged read spans its whole fragment. Two are copies of one molecule when they map to the same strand with
the same first and last base, clips included. The copy with the highest sum of base qualities stays. (Tools
for paired reads look at the 5' end of single reads alone, and take different fragments for copies.)
"""

from collections import deque
from collections.abc import Iterable, Iterator
from typing import Any

import pysam

DUPLICATE = 0x400
# Operations of bases that lie outside of the alignment: soft and hard clips.
CLIPS = (4, 5)
# Copies start within the length of a merged read of each other: two reads of 2 x 300 bp make at most 590 bp.
REACH_BP = 1000

Fragment = tuple[int, int, int, bool]


def fragment(read: Any) -> Fragment:
    """(reference id, first base, base after the last, reverse strand) of a mapped read with its clips."""
    operations = read.cigartuples
    before = sum(length for kind, length in operations[:1] if kind in CLIPS)
    after = sum(length for kind, length in operations[-1:] if kind in CLIPS)
    return read.reference_id, read.reference_start - before, read.reference_end + after, read.is_reverse


def mark_duplicates(reads: Iterable[Any]) -> Iterator[Any]:
    """Reads (pysam.AlignedSegment) of a coordinate-sorted stream in their order, duplicates flagged.

    Only those that could still have a copy ahead are held.
    """
    held: deque[Any] = deque()
    best: dict[Fragment, Any] = {}
    for read in reads:
        while held and (
            held[0].reference_id != read.reference_id
            or held[0].reference_start < read.reference_start - REACH_BP
        ):
            done = held.popleft()
            if not _is_other(done) and best.get(fragment(done)) is done:
                del best[fragment(done)]
            yield done
        held.append(read)
        if _is_other(read):
            continue
        read.flag &= ~DUPLICATE
        first = best.setdefault(fragment(read), read)
        if first is not read:
            better = _quality(read) > _quality(first)
            (first if better else read).flag |= DUPLICATE
            if better:
                best[fragment(read)] = read
    yield from held


def _is_other(read: Any) -> bool:
    return read.is_unmapped or read.is_secondary or read.is_supplementary


def _quality(read: Any) -> int:
    return sum(read.query_qualities or ())


def mark_stream() -> None:
    """Mark duplicates among merged reads in a coordinate-sorted BAM, standard input to standard output."""
    with (
        pysam.AlignmentFile("-", "rb") as reads,
        pysam.AlignmentFile("-", "wb", template=reads) as marked,
    ):
        for read in mark_duplicates(reads):
            marked.write(read)
