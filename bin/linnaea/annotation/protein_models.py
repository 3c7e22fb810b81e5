"""Gene models of protein alignments, each with its identity, coverage and faults."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any, Literal

import edlib
import pysam

from linnaea.annotation.clean_proteins import MIN_PROTEIN, proteins
from linnaea.annotation.hints import MIN_INTRON, canonical_strand
from linnaea.base.errors import InputError
from linnaea.base.records import write_metrics
from linnaea.formats.gene_models import (
    Gene,
    Part,
    Transcript,
    codon_table,
    introns,
    spliced,
    total_bp,
    translate,
)
from linnaea.formats.gff3 import attributes, rows, sequence_lengths, write_genes

LOW_ALIGNED_PCT = 5


# Input


# Alignments


@dataclass
class Alignment:
    """One protein on the genome: CDS parts (ascending, without a stop codon that the aligner did not
    give).

    `doubtful` is a last part in reading direction whose own score is negative, and its residues.
    """

    protein: str
    seqid: str
    strand: str
    cds: list[Part]
    query: tuple[int, int]
    score: float
    frameshifts: int = 0
    phase: int = 0
    doubtful: tuple[Part, int] | None = None


def read_spaln(path: str | Path) -> Iterator[Alignment]:
    """Alignments of `spaln -O0` (GFF3 with a Target on every CDS row)."""
    current: Alignment | None = None
    for row in rows(path):
        if row[2] == "mRNA":
            if current and current.cds:
                yield _ascending(current)
            current = Alignment("", row[0], row[6], [], (0, 0), float(row[5]))
        elif row[2].lower() == "cds" and current is not None:
            target = attributes(row[8])["Target"].split()
            first, last = int(target[1]) - 1, int(target[2])
            if not current.cds:
                current.protein, current.query, current.phase = target[0], (first, last), int(row[7])
            part = (int(row[3]) - 1, int(row[4]))
            current.doubtful = (part, last - first) if current.cds and float(row[5]) < 0 else None
            current.cds.append(part)
            current.query = (min(first, current.query[0]), max(last, current.query[1]))
    if current and current.cds:
        yield _ascending(current)


def read_miniprot(path: str | Path) -> Iterator[Alignment]:
    """Alignments of `miniprot --gff`; the stop codon is part of its last CDS row."""
    current: Alignment | None = None
    for row in rows(path):
        facts = attributes(row[8])
        if row[2] == "mRNA":
            if current and current.cds:
                yield _ascending(current)
            target = facts["Target"].split()
            query = (int(target[1]) - 1, int(target[2]))
            shifts = int(facts.get("Frameshift", 0))
            current = Alignment(target[0], row[0], row[6], [], query, float(row[5]), shifts)
        elif row[2] == "CDS" and current is not None:
            if not current.cds:
                current.phase = int(row[7])
            current.cds.append((int(row[3]) - 1, int(row[4])))
    if current and current.cds:
        yield _ascending(current)


READERS = {"spaln": read_spaln, "miniprot": read_miniprot}


def _ascending(alignment: Alignment) -> Alignment:
    """Parts by position; gaps shorter than an intron are frame shifts or deletions, not introns."""
    joined: list[Part] = []
    for start, end in sorted(
        part for part in alignment.cds if part[0] < part[1]
    ):  # spaln ends some with an empty one
        if joined and start - joined[-1][1] < MIN_INTRON:
            alignment.frameshifts += (start - joined[-1][1]) % 3 != 0
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    alignment.cds = joined
    return alignment


def model(alignment: Alignment, sequence: bytes, protein: str, code: int = 1) -> Transcript:
    """A transcript of the alignment, with start and stop codon added where the genome has them at its ends.

    Attributes: `protein`, `identity` (1 - edit distance / longer length), `coverage` (share of the protein
    aligned), `partial` (ends that lack a start or stop codon), `stops` (in frame), `frameshifts`,
    `noncanonical` (introns).
    """
    table = codon_table(code)
    cds, plus = list(alignment.cds), alignment.strand == "+"
    if alignment.phase:
        cds = _without_first(cds, alignment.phase, plus)
    cds = _straight_to_the_stop(cds, alignment, sequence, code)

    def codon_after() -> bytes:
        part = (cds[-1][1], cds[-1][1] + 3) if plus else (cds[0][0] - 3, cds[0][0])
        return spliced(sequence, [part], alignment.strand).upper() if part[0] >= 0 else b""

    letters = spliced(sequence, cds, alignment.strand).upper()
    at_end = alignment.query[1] >= len(protein) - 2
    if (
        table.get(letters[-3:]) != "*"
        and len(letters) % 3 == 0
        and at_end
        and table.get(codon_after()) == "*"
    ):
        cds[-1 if plus else 0] = (cds[-1][0], cds[-1][1] + 3) if plus else (cds[0][0] - 3, cds[0][1])
        letters = spliced(sequence, cds, alignment.strand).upper()
    read = translate(letters, code)
    ends_with_stop = read.endswith("*") and len(letters) % 3 == 0
    missing = [] if letters.startswith(b"ATG") and alignment.query[0] <= 5 else ["5"]
    missing += [] if ends_with_stop else ["3"]
    aligned = protein[slice(*alignment.query)]
    distance = edlib.align(read.rstrip("*"), aligned, mode="NW")["editDistance"]
    facts = {
        "protein": alignment.protein,
        "identity": f"{max(0.0, 1 - distance / max(len(aligned), len(read), 1)):.3f}",
        "coverage": f"{(alignment.query[1] - alignment.query[0]) / len(protein):.3f}",
        "stops": str(read.rstrip("*").count("*")),
        "frameshifts": str(alignment.frameshifts + (len(letters) % 3 != 0)),
        "noncanonical": str(
            sum(
                canonical_strand(sequence, left[1], right[0]) != alignment.strand
                for left, right in pairwise(cds)
            )
        ),
    }
    if missing:
        facts["partial"] = ",".join(missing)
    ident = f"{alignment.protein}.{alignment.seqid}.{cds[0][0]}"
    return Transcript(
        ident, alignment.seqid, alignment.strand, cds, cds, 0, "mRNA", "protein", alignment.score, facts
    )


def _straight_to_the_stop(cds: list[Part], alignment: Alignment, sequence: bytes, code: int) -> list[Part]:
    """Parts with a last exon of negative score replaced by the bases behind the exon before it, if these have
    as many residues, give or take one, and a stop codon.

    spaln puts the last one or two residues behind an intron where they differ from the genome.
    """
    plus = alignment.strand == "+"
    if alignment.doubtful is None or len(cds) < 2 or cds[-1 if plus else 0] != alignment.doubtful[0]:
        return cds
    kept, residues = cds[:-1] if plus else cds[1:], alignment.doubtful[1]
    size = -total_bp(kept) % 3 + 3 * (residues + 2)
    edge = kept[-1][1] if plus else kept[0][0]
    if not (edge - size >= 0 and edge + size <= len(sequence)):
        return cds
    parts = [*kept[:-1], (kept[-1][0], edge + size)] if plus else [(edge - size, kept[0][1]), *kept[1:]]
    read = translate(spliced(sequence, parts, alignment.strand).upper(), code)
    behind = residues + 2
    stop = read[-behind:].find("*")
    if abs(stop - residues) > 1 or stop < 0:
        return cds
    spare = 3 * (behind - stop - 1)
    if plus:
        return [*parts[:-1], (parts[-1][0], parts[-1][1] - spare)]
    return [(parts[0][0] + spare, parts[0][1]), *parts[1:]]


def _without_first(cds: list[Part], number: int, plus: bool) -> list[Part]:
    """Ascending parts without their first bases in reading direction."""
    kept = []
    for start, end in cds if plus else reversed(cds):
        cut = min(number, end - start)
        number -= cut
        part = (start + cut, end) if plus else (start, end - cut)
        if part[0] < part[1]:
            kept.append(part)
    return kept if plus else kept[::-1]


def faultless(transcript: Transcript) -> bool:
    """Whether the alignment reads as a gene: no stop, shift or odd splice site inside."""
    return all(transcript.attributes[key] == "0" for key in ("stops", "frameshifts", "noncanonical"))


def protein_models(
    aligner: str,
    alignments: str | Path,
    genome: str | Path,
    fasta: str | Path,
    names: str | Path,
    code: int = 1,
    min_identity: float = 0.25,
    min_coverage: float = 0.3,
) -> list[Gene]:
    """Models of every alignment good enough to be evidence, one gene per alignment, by position."""
    if not Path(alignments).stat().st_size:  # spaln prints nothing when no protein aligns
        return []
    letters = dict(proteins(fasta))
    own = dict(line.split("\t")[:2] for line in Path(names).read_text().splitlines())
    found: list[Gene] = []
    name, sequence = None, b""
    with pysam.FastaFile(str(genome)) as reference:
        ordered = sorted(READERS[aligner](alignments), key=lambda a: (a.seqid, a.cds[0], a.protein))
        for alignment in ordered:
            if alignment.protein not in letters:
                raise InputError(
                    f"{alignments}: the protein {alignment.protein} is not in {fasta}; align that file"
                )
            if alignment.seqid != name:
                name, sequence = alignment.seqid, reference.fetch(alignment.seqid).encode()
            made = model(alignment, sequence, letters[alignment.protein], code)
            if (
                float(made.attributes["identity"]) >= min_identity
                and float(made.attributes["coverage"]) >= min_coverage
                and total_bp(made.cds) >= 3 * MIN_PROTEIN
            ):
                made.attributes["protein"] = own[alignment.protein]
                found.append(Gene(f"gene.{made.id}", made.seqid, made.strand, [made], source="protein"))
    return found


def alignment_record(models: Sequence[Gene], counts: Mapping[str, Any]) -> dict[str, Any]:
    """Facts of one protein set for its metrics record; `counts` are those of `clean_proteins`."""
    made = [gene.transcripts[0] for gene in models]
    aligned = len({model.attributes["protein"] for model in made})
    share = 100 * aligned / counts["proteins_used"]
    warnings = list(counts["warnings"])
    if share < LOW_ALIGNED_PCT:
        warnings.append(
            f"only {share:.1f} % of the proteins align: they come from a distant species, or are contaminants"
        )
    return {
        "proteins": counts["proteins"],
        "proteins_used": counts["proteins_used"],
        "proteins_aligned": aligned,
        "aligned_pct": share,
        "models": len(made),
        "models_complete": sum(faultless(model) and "partial" not in model.attributes for model in made),
        "models_broken": sum(not faultless(model) for model in made),
        "introns": len({(m.seqid, m.strand, part) for m in made for part in introns(m.cds)}),
        "warnings": warnings,
    }


def build_models(
    *,
    id: str,
    library: str,
    aligner: Literal["miniprot", "spaln"],
    alignments: str,
    genome: str,
    proteins: str,
    names: str,
    counts: Path,
    gff: str,
    out: str,
    genetic_code: int = 1,
) -> None:
    """Gene models of protein alignments, each with its identity, coverage and faults.

    id: genome id
    library: name of the protein set
    alignments: output of the aligner (GFF)
    genome: FASTA
    proteins: proteins as aligned (FASTA)
    names: table of names of clean_proteins.py (TSV)
    counts: counts of clean_proteins.py (JSON)
    genetic_code: NCBI genetic code
    gff: models to write
    out: metrics record to write (JSON)
    """
    inputs = (alignments, genome, proteins, names)
    models = protein_models(aligner, *inputs, code=genetic_code)
    write_genes(gff, models, sequence_lengths(genome))
    record = {"id": id, "step": "protein_alignment", "library": library, "aligner": aligner}
    write_metrics(out, record | alignment_record(models, json.loads(counts.read_text())))
