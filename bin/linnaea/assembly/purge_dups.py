"""What purge_dups reads and writes (Guan et al. 2020, doi:10.1093/bioinformatics/btaa025).

purge_dups takes names apart at `:` and `-`, so contigs are numbered for it: c1, c2, ….
"""

import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from linnaea.assembly.decisions import Decision
from linnaea.assembly.purge_duplicates import (
    LOW_DEPTH,
    REASONS,
    STEP,
    Coverage,
    Depth,
    coverage_of,
    read_evidence,
    remove,
)
from linnaea.assembly.removal import Files
from linnaea.base.files import complete_file
from linnaea.base.records import read_metrics, write_metrics
from linnaea.formats.agp import Component, refuse, sequence_layout
from linnaea.formats.sequence_store import stored_sequences, write_record
from linnaea.formats.sequences import is_empty, sequence_lengths, text_lines

TOOL = "purge_dups"
REMOVED = {"HAPLOTIG": "haplotig", "OVLP": "overlap", "JUNK": "low_depth"}
REVIEWED = {
    "REPEAT": "it aligns to several other contigs, twice its length in all",
    "HIGHCOV": "its depth is that of a collapsed repeat",
}
# get_seqs of purge_dups: stretches so near to each other or to an end are one, and a contig of which less
# is left is removed as a whole.
NEAR_BP = 10_000
SHORTEST_BP, SMALLEST_SHARE = 10_000, 0.05
# Above this many times the depth of a locus a base is in a collapsed repeat.
HIGH_DEPTH = 3


@dataclass(frozen=True)
class Row:
    """A row of the BED: what [start, end) of a contig is, and the contig it is a copy of, if any."""

    sequence: str
    start: int
    end: int
    type: str
    partner: str


def cutoffs(coverage: Coverage) -> str:
    """The file of cutoffs, as calcuts writes it: at most `low` is junk, from `middle` on two haplotypes.

    calcuts estimates them from the depth of the assembly alone, and takes one with many haplotigs for one
    without; here they follow from the k-mers of the reads.
    """
    low = max(1, round(LOW_DEPTH * coverage.haploid))
    middle = round(0.75 * coverage.locus)
    high = round(HIGH_DEPTH * coverage.locus)
    return "\t".join(map(str, (low, middle - 1, middle - 1, middle, middle, high))) + "\n"


def prepare_purge_dups(*, assembly: str, profile: str, contigs: str, split: str, out: str) -> None:
    """Write the contigs as purge_dups takes them, and its cutoffs.

    assembly: FASTA, may be compressed
    profile: record of the genome profile
    contigs: FASTA of the numbered contigs
    split: FASTA of these, cut at N, as split_fa writes it
    out: cutoffs; empty if the profile has no ploidy model
    """
    layout = sequence_layout(assembly, min_gap_bp=1)
    with (
        stored_sequences(assembly) as store,
        complete_file(contigs, "wb") as whole,
        complete_file(split, "wb") as pieces,
    ):
        for number, (name, length) in enumerate(store.lengths.items(), 1):
            write_record(whole, f"c{number}", store.pieces(name, 0, length))
            for part in layout.objects[name]:
                if isinstance(part, Component):
                    label = f"c{number}:{part.start + 1}-{part.end}"
                    write_record(pieces, label, store.pieces(name, part.start, part.end))
    coverage = coverage_of(read_metrics(profile))
    Path(out).write_text(cutoffs(coverage) if coverage else "")


def read_bed(path: str | Path, lengths: Mapping[str, int]) -> Iterator[Row]:
    """Rows of the BED of purge_dups, under the names of the assembly."""
    names = _names(lengths)
    faults = []
    for number, line in () if is_empty(path) else text_lines(path):
        name, first, last, kind, *partner = line.rstrip("\n").split("\t")
        sequence = names.get(name, "")
        start, end = max(0, int(first)), int(last)
        if kind in ("PRIMARY", "UNKNOWN"):
            continue
        if kind not in REMOVED and kind not in REVIEWED:
            faults.append(f"{path}, line {number}: type {kind} is not known; use purge_dups 1.2.6")
        elif not sequence or not start < end <= lengths[sequence]:
            faults.append(f"{path}, line {number}: {name} {first} to {last} is not a stretch of the assembly")
        else:
            # junk begins at 1, as split_fa counts, other types at 0
            start = 0 if start == 1 else start
            yield Row(sequence, start, end, kind, names.get(partner[0], "") if partner else "")
    refuse(faults)


def _names(lengths: Mapping[str, int]) -> dict[str, str]:
    return {f"c{number}": name for number, name in enumerate(lengths, 1)}


def decide(rows: Iterable[Row], depth: Depth, coverage: Coverage) -> list[Decision]:
    """Decisions as `get_seqs -e` of purge_dups makes them: only ends of contigs and whole contigs go.

    Repeats and contigs of high depth, which get_seqs removes as well, may be the only copy of their
    sequence; they stay, for a person to look at.
    """
    by_sequence: dict[str, list[Row]] = {}
    for row in rows:
        by_sequence.setdefault(row.sequence, []).append(row)
    decisions = []
    for name, found in by_sequence.items():
        length = depth.windows.lengths[name]
        for row in found:
            if row.type in REVIEWED:
                numbers = _numbers(row, row.start, row.end, depth, coverage)
                reason = f"a person should look: {REVIEWED[row.type]}"
                decisions.append(Decision(STEP, name, row.start, row.end, "review", reason, numbers, TOOL))
        merged = _merged([row for row in found if row.type in REMOVED], length)
        ends = [one for one in merged if one[1] == 0 or one[2] == length]
        left = length - sum(end - start for _, start, end in ends)
        if ends and (left <= SHORTEST_BP or left <= SMALLEST_SHARE * length):
            largest = max(merged, key=lambda one: one[2] - one[1])
            decisions.append(_removal(largest[0], 0, length, "remove", depth, coverage))
            continue
        decisions += [_removal(row, start, end, "trim", depth, coverage) for row, start, end in ends]
        for row, start, end in merged:
            if (row, start, end) not in ends:
                reason = "a person should look: an overlap inside the contig, which is not cut out"
                numbers = _numbers(row, start, end, depth, coverage)
                decisions.append(Decision(STEP, name, start, end, "review", reason, numbers, TOOL))
    return decisions


def _merged(rows: Sequence[Row], length: int) -> list[tuple[Row, int, int]]:
    """Stretches of rows, each with the longest of its rows; those near an end of the contig reach it."""
    merged: list[tuple[Row, int, int]] = []
    for row in sorted(rows, key=lambda one: one.start):
        start = 0 if row.start < NEAR_BP else row.start
        end = length if length - row.end < NEAR_BP else row.end
        if merged and start < merged[-1][2] + NEAR_BP:
            before, low, high = merged[-1]
            longest = max(before, row, key=lambda one: one.end - one.start)
            merged[-1] = (longest, low, max(high, end))
        else:
            merged.append((row, start, end))
    return merged


def _removal(row: Row, start: int, end: int, action: str, depth: Depth, coverage: Coverage) -> Decision:
    kind = REMOVED[row.type]
    reason = REASONS[kind].format(partner=row.partner or "another contig")
    numbers = {"kind": kind, **_numbers(row, start, end, depth, coverage)}
    return Decision(STEP, row.sequence, start, end, action, reason, numbers, TOOL)


def _numbers(row: Row, start: int, end: int, depth: Depth, coverage: Coverage) -> dict[str, str | float]:
    partner = {"partner": row.partner} if row.partner else {}
    mean = depth.mean(row.sequence, start, end)
    return {"type": row.type, **partner, "depth_x": mean, "haploid_depth_x": coverage.haploid}


def apply_purge_dups(
    *,
    id: str,
    haplotype: str,
    assembly: str,
    dups: str,
    profile: str,
    out: str,
    removed: str,
    agp: str,
    decisions: str,
    metrics: str,
    evaluation: str | None = None,
    keep: str | None = None,
    edited: str | None = None,
) -> None:
    """Remove from an assembly what purge_dups found, at ends of contigs and whole contigs.

    Reads the PAF of the reads on the numbered contigs (minimap2 --secondary=no) from standard input, unless
    `purge_duplicates.py check-need` has a reason to remove nothing.

    assembly: FASTA, may be compressed
    dups: BED of purge_dups
    profile: record of the genome profile
    evaluation: record of the k-mer evaluation of this assembly; below 2 % false duplications nothing is done
    keep: list of sequences to keep
    edited: table of decisions that replaces those of the step
    out: FASTA without duplicates
    removed: FASTA of what was removed, bgzipped
    agp: where the parts of the result are in the assembly
    decisions: table of decisions
    metrics: metrics record (JSON)
    """
    lengths = sequence_lengths(assembly)
    alignments = _renamed(sys.stdin, _names(lengths))
    evidence = read_evidence(id, haplotype, assembly, alignments, profile, evaluation)
    own: list[Decision] = []
    if evidence.depth and evidence.coverage and not evidence.kept_because:
        own = decide(read_bed(dups, lengths), evidence.depth, evidence.coverage)
    labels = {"id": id, "step": STEP, "haplotype": haplotype, "tool": TOOL}
    files = Files(out, removed, agp, decisions)
    write_metrics(metrics, labels | remove(assembly, own, evidence, files, keep, edited))


def _renamed(lines: Iterable[str], names: Mapping[str, str]) -> Iterator[str]:
    """Lines of a PAF whose targets have the names of the assembly."""
    for line in lines:
        fields = line.split("\t", 6)
        fields[5] = names.get(fields[5], fields[5])
        yield "\t".join(fields)
