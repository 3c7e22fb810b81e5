"""Spliced RNA alignments: mapping rate, strandedness, introns with their multiplicity."""

from collections import Counter
from pathlib import Path
from typing import Any, Literal

import pysam

from linnaea.annotation.hints import (
    MIN_INTRON,
    MIN_RNA,
    RNA,
    Hints,
    canonical_strand,
    outcompeted,
    write_hints,
)
from linnaea.base.errors import InputError
from linnaea.base.records import write_metrics

# Fewer spliced reads than these say nothing of strandedness.
MIN_SPLICED_READS = 50
# Shares of reads from the transcript's own strand beyond which a library is called stranded, as RSeQC's users
# do.
STRANDED_PCT, UNSTRANDED_PCT = 80, 60
LOW_MAPPING_PCT = 50


def strandedness(agreeing: int, opposite: int) -> str:
    """`forward`, `reverse`, `unstranded` or `unknown`, from spliced first mates (or single reads).

    `agreeing` counts those read in the direction of the intron's splice sites, `opposite` the others.
    """
    total = agreeing + opposite
    if total < MIN_SPLICED_READS:
        return "unknown"
    share = 100 * agreeing / total
    if share >= STRANDED_PCT:
        return "forward"
    if share <= 100 - STRANDED_PCT:
        return "reverse"
    return "unstranded" if 100 - UNSTRANDED_PCT <= share <= UNSTRANDED_PCT else "unknown"


def _introns(cigar: list[tuple[int, int]], position: int) -> list[tuple[int, int]]:
    """Half-open genomic introns (N) of an alignment that begins at `position`."""
    found = []
    for operation, length in cigar:
        if operation == 3:
            found.append((position, position + length))
        if operation in (0, 2, 3, 7, 8):
            position += length
    return found


def read_alignments(bam: str | Path, genome: str | Path) -> tuple[Hints, dict[str, Any]]:
    """Introns of every spliced primary alignment, and counts of the reads, in one pass over a sorted BAM.

    Strands come from the splice sites of the genome; an intron without a known pair of sites is counted and
    left out. A read pair that crosses an intron twice counts it once for each mate.
    """
    hints = Hints()
    counts: Counter[str] = Counter()
    with (
        pysam.AlignmentFile(str(bam), "rb") as alignments,
        pysam.FastaFile(str(genome)) as reference,
    ):
        name, sequence = "", b""
        sites: dict[tuple[int, int], str | None] = {}
        for read in alignments.fetch(until_eof=True):
            if read.is_secondary or read.is_supplementary:
                continue
            counts["reads"] += 1
            if read.is_unmapped or read.reference_name is None:
                continue
            counts["mapped_reads"] += 1
            if read.cigartuples is None or "N" not in (read.cigarstring or ""):
                continue
            counts["spliced_reads"] += 1
            if read.reference_name != name:
                name, sites = read.reference_name, {}
                sequence = reference.fetch(name).encode()
            for intron in _introns(read.cigartuples, read.reference_start):
                if intron not in sites:
                    sites[intron] = canonical_strand(sequence, *intron)
                strand = sites[intron]
                if strand is None:
                    counts["odd_sites"] += 1
                    continue
                if intron[1] - intron[0] < MIN_INTRON:
                    continue
                forward = read.is_reverse == (strand == "-")
                counts["agreeing" if forward != read.is_read2 else "opposite"] += 1
                hints.add(RNA, "intron", (name, *intron, strand))
    return hints, dict(counts)


def library_record(counts: dict[str, int], hints: Hints, declared: str | None) -> dict[str, Any]:
    """Mapping and strandedness of a library for its metrics record, with warnings in words."""
    reads, mapped = counts.get("reads", 0), counts.get("mapped_reads", 0)
    if not reads:
        raise InputError("the alignment file has no reads; the library is empty, check its FASTQ files")
    agreeing, opposite = counts.get("agreeing", 0), counts.get("opposite", 0)
    odd = counts.get("odd_sites", 0)
    found = hints.of[RNA]["intron"]
    rivals = outcompeted(found)
    crossings = agreeing + opposite + odd
    detected = strandedness(agreeing, opposite)
    mapped_pct = 100 * mapped / reads
    warnings = []
    if mapped_pct < LOW_MAPPING_PCT:
        warnings.append(
            f"only {mapped_pct:.1f} % of the reads map: wrong species, contamination or poor reads; the "
            "introns are still used"
        )
    if detected not in ("unknown", declared) and declared:
        warnings.append(
            f"declared {declared}, but spliced reads show {detected} "
            f"({100 * agreeing / (agreeing + opposite):.1f} % in the direction of the splice sites); "
            f"{detected} is used"
        )
    if not found:
        warnings.append("no read crosses an intron: this library has no information on gene structure")
    return {
        "reads": reads,
        "mapped_reads": mapped,
        "mapped_pct": mapped_pct,
        "spliced_reads": counts.get("spliced_reads", 0),
        "strandedness": declared if detected == "unknown" and declared else detected,
        "strandedness_declared": declared,
        "reads_in_direction_pct": 100 * agreeing / (agreeing + opposite) if agreeing + opposite else None,
        "introns": len(found),
        "introns_kept": sum(n >= MIN_RNA and interval not in rivals for interval, n in found.items()),
        "introns_canonical_pct": 100 * (agreeing + opposite) / crossings if crossings else None,
        "warnings": warnings,
    }


def collect_evidence(
    bam: str,
    /,
    *,
    id: str,
    library: str,
    type: Literal["rnaseq", "isoseq"],
    genome: str,
    hints: str,
    out: str,
    strandedness: str | None = None,
) -> None:
    """Introns, mapping rate and strandedness of one library's spliced alignments.

    bam: alignments of the library
    id: genome id
    library: name of the library
    genome: FASTA
    strandedness: as declared: forward, reverse or unstranded
    hints: introns to write (GFF)
    out: metrics record to write (JSON)
    """
    introns, counts = read_alignments(bam, genome)
    write_hints(hints, introns)
    record = {"id": id, "step": "transcript_mapping", "library": library, "type": type}
    write_metrics(out, record | library_record(counts, introns, strandedness))
