"""A gene set against a reference annotation or a known truth: sensitivity, precision and F1 per level.

Only coding structure is compared, so UTRs are free. With TP what both sides hold, sensitivity is TP over
the reference's count, precision TP over the predicted count, F1 their harmonic mean (Burset and Guigó
1996, Keibler and Brent 2003). The levels:

- base: coding bases, union of all transcripts of a strand
- exon: coding exons (the CDS part of an exon), both ends exact, each interval counted once
- intron: gaps of the CDS, both ends exact, each interval counted once
- transcript: whole CDS chains, each counted once
- gene: one chain of the gene is exact on the other side
- locus: the gene shares a coding base with one of the other side, on the same strand

A reference gene is split when several predicted genes share its coding bases, a predicted gene fused when
it shares those of several reference genes.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, TypedDict

import numpy as np

from linnaea.base.errors import InputError
from linnaea.base.records import write_metrics
from linnaea.base.tables import write_table
from linnaea.base.text import listing, number
from linnaea.formats.gene_models import (
    Gene,
    Part,
    Transcript,
    by_sequence,
    codon_table,
    introns,
    merged,
    overlap,
    reverse_complement,
    total_bp,
    unrolled,
)
from linnaea.formats.gff3 import read_genes
from linnaea.formats.sequences import fasta_records

LEVELS = ("base", "exon", "intron", "transcript", "gene", "locus")
Chain = tuple[Part, ...]
SequenceStrand = tuple[str, str]
Region = tuple[str, int, int]
Structures = dict[str, set]


@dataclass(slots=True)
class CodingGene:
    """The coding chains of one gene: sequence, strand and the distinct CDS parts of its transcripts."""

    id: str
    seqid: str
    strand: str
    chains: list[Chain]
    partners: list[int] = field(default_factory=list)

    @property
    def sequence_strand(self) -> SequenceStrand:
        return self.seqid, self.strand

    @property
    def parts(self) -> list[Part]:
        return [part for chain in self.chains for part in chain]


def coding_genes(genes: Iterable[Gene], regions: Sequence[Region] = ()) -> list[CodingGene]:
    """Genes with their distinct CDS chains; with regions only the chains that lie wholly inside one.

    A gene with transcripts on several strands or sequences counts once on each.
    """
    found: dict[tuple[str, str, str], CodingGene] = {}
    for gene in genes:
        for model in gene.transcripts:
            if not model.cds or (regions and not _inside(model, regions)):
                continue
            key = (model.seqid, model.strand, gene.id)
            chains = found.setdefault(key, CodingGene(gene.id, model.seqid, model.strand, [])).chains
            if tuple(model.cds) not in chains:
                chains.append(tuple(model.cds))
    return list(found.values())


def _inside(model: Transcript, regions: Sequence[Region]) -> bool:
    first, last = model.cds[0][0], model.cds[-1][1]
    return any(model.seqid == seqid and start <= first and last <= end for seqid, start, end in regions)


def parse_region(text: str) -> Region:
    """`name:first-last` (1-based, inclusive; thousands may be separated) as 0-based half-open."""
    seqid, _, span = text.rpartition(":")
    first, _, last = span.replace(",", "").partition("-")
    if not (seqid and first.isdigit() and last.isdigit() and 0 < int(first) <= int(last)):
        raise InputError(f"--region {text}: give name:first-last in bp, such as chr1:1-1000000")
    return seqid, int(first) - 1, int(last)


class StopCodons:
    """Whether the CDS of a gene set hold their stop codons, seen one sequence at a time."""

    def __init__(self, genes: Sequence[Gene], code: int = 1):
        self.stops = {codon for codon, letter in codon_table(code).items() if letter == "*"}
        self.genes = dict(by_sequence(genes))
        self.total = self.held = 0
        self.followed: list[Transcript] = []

    def look(self, seqid: str, letters: bytes) -> None:
        """Count the CDS of a sequence that end in a stop codon, and those that one follows."""
        genes = self.genes.get(seqid, [])
        letters = unrolled(letters, genes)
        for model in (model for gene in genes for model in gene.transcripts if model.cds):
            start, end = model.cds[0][0], model.cds[-1][1]
            if model.strand == "-":
                last, after = letters[start : start + 3], letters[max(0, start - 3) : start]
                last, after = reverse_complement(last), reverse_complement(after)
            else:
                last, after = letters[end - 3 : end], letters[end : end + 3]
            self.total += 1
            self.held += last.upper() in self.stops
            if after.upper() in self.stops:
                self.followed.append(model)

    def complete(self) -> int:
        """Extend every CDS by the stop codon that follows it, if the whole set was written without stops.

        It is taken to be so when not one CDS ends in a stop codon and at least half are followed by one.
        Returns the number of transcripts that were extended, in place.
        """
        if self.held or 2 * len(self.followed) < self.total:
            return 0
        for model in self.followed:
            if model.strand == "-":
                model.cds[0] = (model.cds[0][0] - 3, model.cds[0][1])
            else:
                model.cds[-1] = (model.cds[-1][0], model.cds[-1][1] + 3)
        return len(self.followed)


def _grouped(genes: Sequence[CodingGene]) -> dict[SequenceStrand, list[int]]:
    groups: dict[SequenceStrand, list[int]] = defaultdict(list)
    for index, gene in enumerate(genes):
        groups[gene.sequence_strand].append(index)
    return groups


def _placed_parts(genes: Sequence[CodingGene], indices: Sequence[int]) -> np.ndarray:
    """Merged coding parts of the genes as rows (start, end, gene), by start; int64 (parts, 3)."""
    rows = [(*part, index) for index in indices for part in merged(genes[index].parts)]
    array = np.array(rows, np.int64).reshape(-1, 3)
    return array[np.argsort(array[:, 0], kind="stable")]


def overlapping_pairs(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Pairs of genes that share a base: rows (gene of one, gene of other), each once.

    Both arrays have rows (start, end, gene), `other` by start. A part of `other` can meet one of `one` only
    from the first whose running maximum of ends passes its start, to the last that starts before its end.
    """
    if not (len(one) and len(other)):
        return np.empty((0, 2), np.int64)
    first = np.searchsorted(np.maximum.accumulate(other[:, 1]), one[:, 0], "right")
    counts = np.maximum(np.searchsorted(other[:, 0], one[:, 1], "left") - first, 0)
    left = np.repeat(np.arange(len(one)), counts)
    right = np.arange(counts.sum()) - np.repeat(counts.cumsum() - counts, counts) + first[left]
    meets = (other[right, 1] > one[left, 0]) & (other[right, 0] < one[left, 1])
    return np.unique(np.column_stack([one[left[meets], 2], other[right[meets], 2]]), axis=0)


def link(reference: Sequence[CodingGene], predicted: Sequence[CodingGene]) -> None:
    """Fill `partners` of both sides: the genes of the other side that share a coding base and the strand."""
    groups, others = _grouped(reference), _grouped(predicted)
    for strand in groups.keys() & others.keys():
        pairs = overlapping_pairs(
            _placed_parts(reference, groups[strand]), _placed_parts(predicted, others[strand])
        )
        for one, other in pairs.tolist():
            reference[one].partners.append(other)
            predicted[other].partners.append(one)


def _union(genes: Sequence[CodingGene]) -> dict[SequenceStrand, list[Part]]:
    parts: dict[SequenceStrand, list[Part]] = defaultdict(list)
    for gene in genes:
        parts[gene.sequence_strand] += gene.parts
    return {strand: merged(found) for strand, found in parts.items()}


def structures_of(genes: Sequence[CodingGene]) -> Structures:
    """Distinct exons, introns and chains of the genes, each with its sequence and strand."""
    exons: set[Any] = set()
    gaps: set[Any] = set()
    chains: set[Any] = set()
    for gene in genes:
        strand = gene.sequence_strand
        for chain in gene.chains:
            chains.add((strand, chain))
            exons.update((strand, part) for part in chain)
            gaps.update((strand, part) for part in introns(chain))
    return {"exon": exons, "intron": gaps, "transcript": chains}


def _share(part: int, whole: int) -> float | None:
    return 100 * part / whole if whole else None


def _level(name: str, found: int, reference: int, right: int, predicted: int) -> dict[str, Any]:
    """Numbers of a level: `found` of the reference's, `right` of the predicted; a share of none is null."""
    sensitivity, precision = _share(found, reference), _share(right, predicted)
    both = (sensitivity or 0) + (precision or 0)
    return {
        f"{name}_sensitivity_pct": sensitivity,
        f"{name}_precision_pct": precision,
        f"{name}_f1_pct": 2 * (sensitivity or 0) * (precision or 0) / both if both else 0.0,
        f"{name}_reference": reference,
        f"{name}_predicted": predicted,
    }


def _is_exact(gene: CodingGene, chains: set) -> bool:
    return any((gene.sequence_strand, chain) in chains for chain in gene.chains)


def compare(
    reference: Sequence[CodingGene], predicted: Sequence[CodingGene], theirs: Structures, ours: Structures
) -> dict[str, Any]:
    """The numbers of every level, and split, fused, missed and new genes.

    `link` must have run; `theirs` and `ours` are the structures of the reference and the predicted genes.
    """
    union, other = _union(reference), _union(predicted)
    shared = sum(overlap(parts, other.get(strand, ())) for strand, parts in union.items())
    record = _level(
        "base", shared, sum(map(total_bp, union.values())), shared, sum(map(total_bp, other.values()))
    )
    for level in ("exon", "intron", "transcript"):
        same = len(theirs[level] & ours[level])
        record |= _level(level, same, len(theirs[level]), same, len(ours[level]))
    record |= _level(
        "gene",
        sum(_is_exact(gene, ours["transcript"]) for gene in reference),
        len(reference),
        sum(_is_exact(gene, theirs["transcript"]) for gene in predicted),
        len(predicted),
    )
    met = [sum(bool(gene.partners) for gene in side) for side in (reference, predicted)]
    record |= _level("locus", met[0], len(reference), met[1], len(predicted))
    return record | {
        "split_genes": sum(len(gene.partners) > 1 for gene in reference),
        "fused_genes": sum(len(gene.partners) > 1 for gene in predicted),
        "missed_genes": len(reference) - met[0],
        "new_genes": len(predicted) - met[1],
        "reference_transcripts": len(theirs["transcript"]),
        "predicted_transcripts": len(ours["transcript"]),
    }


class DifferingGene(TypedDict):
    """A row of the table: a gene of one side that is not exact on the other (see `differing_genes`)."""

    side: str
    gene: str
    sequence: str
    start: int
    end: int
    strand: str
    verdict: str
    exons_exact: int
    exons: int
    overlapping_genes: str


TABLE_COLUMNS = tuple(DifferingGene.__annotations__)


def differing_genes(
    reference: Sequence[CodingGene], predicted: Sequence[CodingGene], theirs: Structures, ours: Structures
) -> list[DifferingGene]:
    """Rows of the table: every gene of either side that is not exact on the other, by position.

    `verdict` is missed (reference) or new (predicted) without a shared coding base, split or fused with
    several partners, else different; start and end are those of the CDS, 1-based.
    """
    rows: list[DifferingGene] = []
    sides = (
        ("reference", "missed", "split", reference, predicted, ours),
        ("predicted", "new", "fused", predicted, reference, theirs),
    )
    for side, alone, several, genes, others, known in sides:
        for gene in genes:
            if _is_exact(gene, known["transcript"]):
                continue
            exons = set(gene.parts)
            rows.append(
                {
                    "side": side,
                    "gene": gene.id,
                    "sequence": gene.seqid,
                    "start": min(exons)[0] + 1,
                    "end": max(end for _, end in exons),
                    "strand": gene.strand,
                    "verdict": alone
                    if not gene.partners
                    else several
                    if len(gene.partners) > 1
                    else "different",
                    "exons_exact": sum((gene.sequence_strand, exon) in known["exon"] for exon in exons),
                    "exons": len(exons),
                    "overlapping_genes": ",".join(others[i].id for i in gene.partners),
                }
            )
    return sorted(rows, key=lambda row: (row["sequence"], row["start"], row["end"], row["side"]))


def _check_names(genes: Sequence[Gene], path: str | Path, names: set[str], other: str | Path) -> list[str]:
    """Sequences of the genes of `path` that `names` (of the file `other`) lacks; InputError when all."""
    used = dict.fromkeys(gene.seqid for gene in genes)
    lost = [name for name in used if name not in names]
    if names and used and len(lost) == len(used):
        raise InputError(
            f"{path} is on sequences such as {listing(lost[:3])}, {other} on {listing(sorted(names)[:3])}: "
            "they share no names; give the reference annotation of this assembly, with its names"
        )
    return lost


def annotation_accuracy(
    annotation: str | Path,
    reference: str | Path,
    genome: str | Path | None = None,
    regions: Sequence[Region] = (),
    code: int = 1,
) -> tuple[dict[str, Any], list[DifferingGene]]:
    """Compare two annotations (GFF3 or GTF); return the metrics and the table of differing genes.

    With the genome (FASTA), annotations written without stop codons are completed first. Raises InputError
    when the reference holds no coding gene (in the regions) or shares no sequence name with the genes.
    """
    notes: list[str] = []
    ours, theirs = (read_genes(annotation, over_origin=True), read_genes(reference, notes, over_origin=True))
    if genome:
        sides = {"annotation": StopCodons(ours, code), "reference": StopCodons(theirs, code)}
        names = set()
        for seqid, letters in fasta_records(genome):
            names.add(seqid)
            for side in sides.values():
                side.look(seqid, letters)
        lost = _check_names(theirs, reference, names, genome)
        _check_names(ours, annotation, names, genome)
        for name, side in sides.items():
            if extended := side.complete():
                notes.append(
                    f"the CDS of the {name} had no stop codons; they were added to "
                    f"{number(extended)} transcripts"
                )
    else:
        lost = _check_names(theirs, reference, {gene.seqid for gene in ours}, annotation)
    if lost and genome:
        notes.append(
            f"the reference has genes on {number(len(lost))} sequences that the genome lacks, such as "
            f"{listing(lost[:3])}; they count as missed"
        )
    known, found = coding_genes(theirs, regions), coding_genes(ours, regions)
    if not known:
        where = " in the given regions" if regions else ""
        raise InputError(f"{reference} has no coding genes{where} (rows of type CDS); give another reference")
    link(known, found)
    structures = structures_of(known), structures_of(found)
    record = {
        "reference": Path(reference).name,
        "regions": [f"{seqid}:{start + 1}-{end}" for seqid, start, end in regions],
        **compare(known, found, *structures),
        "notes": notes,
    }
    return record, differing_genes(known, found, *structures)


def compare_annotations(
    annotation: str,
    reference: str,
    /,
    *,
    id: str,
    out: str,
    stage: Literal["reference", "truth"] = "reference",
    evidence: str = "",
    genome: str | None = None,
    genetic_code: int = 1,
    region: Sequence[str] = (),
    table: str | None = None,
) -> None:
    """Sensitivity and precision of a gene set against a reference annotation or the demo's truth.

    annotation: gene set, GFF3 or GTF, plain or gzip
    reference: what it is compared with, GFF3 or GTF, plain or gzip
    id: genome id
    stage: what it is
    evidence: what the gene set was made from, free text
    genome: FASTA, plain or gzip, to add stop codons that the CDS leave out
    genetic_code: NCBI number of the code
    region: name:first-last; only transcripts whose CDS is wholly inside count (repeatable)
    out: metrics record to write (JSON)
    table: genes that differ, to write (TSV)
    """
    record, rows = annotation_accuracy(
        annotation, reference, genome, list(map(parse_region, region)), genetic_code
    )
    if table:
        write_table(table, TABLE_COLUMNS, [list(row.values()) for row in rows])
    named = {"id": id, "step": "annotation_accuracy", "stage": stage, "evidence": evidence}
    write_metrics(out, {**named, **record})
