"""Alignments of reads to contigs by which racon may polish."""

import sys
from collections.abc import Iterable, Iterator

# An alignment that stops this near to an end reaches it.
NEAR_END_BP = 1000


def end_to_end(lines: Iterable[str]) -> Iterator[str]:
    """Lines of a PAF whose alignments reach, on both sides, an end of the read or of the contig.

    Others are of a repeat: the reads of a mitochondrion, many times as deep as those of the nucleus, would
    turn its copies in the nucleus into its own sequence. A read that is hardly longer than a copy passes.
    """
    for line in lines:
        fields = line.split("\t", 9)
        read_bp, start, end = map(int, fields[1:4])
        contig_bp, low, high = map(int, fields[6:9])
        before, after = (low, contig_bp - high) if fields[4] == "+" else (contig_bp - high, low)
        if min(start, before) < NEAR_END_BP and min(read_bp - end, after) < NEAR_END_BP:
            yield line


def keep_overlaps() -> None:
    """Copy the alignments that reach ends on both sides (PAF) from standard input to standard output."""
    sys.stdout.writelines(end_to_end(sys.stdin))
