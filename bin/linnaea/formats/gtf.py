"""GTF 2.2 of gene models, with the rows and names that Ensembl's files have."""

import sys
from collections.abc import Iterable, Iterator, Mapping
from itertools import count
from pathlib import Path

from linnaea.base.errors import InputError
from linnaea.base.files import complete_file
from linnaea.formats.gene_models import (
    Gene,
    Part,
    Transcript,
    by_sequence,
    codon_table,
    phases,
    recoded,
    spliced,
    total_bp,
)
from linnaea.formats.genetic_codes import code_of
from linnaea.formats.gff3 import ordered, read_genes, shown_score
from linnaea.formats.sequences import fasta_records

_FLAT = str.maketrans({'"': "'", "\t": " ", "\n": " ", "\r": " "})
_OF_GENE = {"Name": "gene_name", "biotype": "gene_biotype", "Dbxref": "db_xref"}
_OF_TRANSCRIPT = {"Name": "transcript_name", "biotype": "transcript_biotype", "Dbxref": "db_xref"}


def write_gtf(
    path: str | Path,
    genes: Iterable[Gene],
    sequences: Iterable[tuple[str, bytes | None]],
    code: int = 1,
    mito_code: int | None = None,
) -> None:
    """Write sorted GTF: genes, transcripts, exons, CDS, start and stop codons, UTRs.

    Parts stand in reading direction. The CDS ends before the stop codon, which has rows of its own; a codon
    that an intron splits has a row a piece. A model has them where the letters of its sequence read ATG and a
    stop codon of the NCBI code `code` (`mito_code` in the mitochondrion); where `sequences` (name, letters)
    has None as letters, if `partial` does not name the end (5, 3) and the frame is whole. InputError when a
    gene lies on no sequence.
    """
    placed = dict(by_sequence(list(genes)))
    with complete_file(path) as handle:
        for name, letters in sequences:
            own = code_of(name, code, mito_code)
            handle.writelines(_gene_lines(gene, letters, own) for gene in placed.pop(name, ()))
        for name, (gene, *_) in placed.items():
            raise InputError(
                f"gene {gene.id} lies on {name}, which the assembly lacks; give the matching assembly"
            )


def _pairs(found: Mapping[str, str], names: Mapping[str, str]) -> str:
    """Attributes as ` key "value";`, one a value of a list of cross-references."""
    text = ""
    for key, value in found.items():
        for one in value.split(",") if key in ("Dbxref", "Ontology_term") else (value,):
            text += f' {names.get(key, key)} "{one.translate(_FLAT)}";'
    return text


def _gene_lines(gene: Gene, sequence: bytes | None, code: int) -> str:
    ident = f'gene_id "{gene.id.translate(_FLAT)}";'
    column = ident + _pairs(gene.attributes, _OF_GENE)
    place = f"{gene.start + 1}\t{gene.end}\t{shown_score(gene.score)}\t{gene.strand}"
    biotype = _pairs({key: v for key, v in gene.attributes.items() if key in ("Name", "biotype")}, _OF_GENE)
    lines = [f"{gene.seqid}\t{gene.source}\tgene\t{place}\t.\t{column}\n"]
    for model in ordered(gene):
        names = f'{ident} transcript_id "{model.id.translate(_FLAT)}";{biotype}'
        lines += _transcript_lines(model, names, sequence, code)
    return "".join(lines)


def _transcript_lines(model: Transcript, names: str, sequence: bytes | None, code: int) -> Iterator[str]:
    strand = model.strand
    head = f"{model.seqid}\t{model.source}\t"
    kind_of_rna = {} if model.type in ("mRNA", "transcript") else {"biotype": model.type}
    column = names + _pairs({**kind_of_rna, **model.attributes}, _OF_TRANSCRIPT)
    place = f"{model.start + 1}\t{model.end}\t{shown_score(model.score)}\t{strand}"
    yield f"{head}transcript\t{place}\t.\t{column}\n"
    exons = model.exons if strand != "-" else model.exons[::-1]
    start, stop = codons(model, sequence, code)
    coding = cut(model.cds, 3, at_end=strand != "-")[0] if stop else model.cds
    protein = {"protein_id": model.attributes["protein_id"]} if "protein_id" in model.attributes else {}
    of_exon = {part: number for number, part in zip(count(1), exons, strict=False)}

    def rows(kind: str, parts: list[Part], first: int | None, more: str = "") -> Iterator[str]:
        """Rows of parts in reading direction, with frames from `first` on."""
        frames = phases(parts, strand, first) if first is not None else ["."] * len(parts)
        for (begin, end), frame in list(zip(parts, frames, strict=True))[:: -1 if strand == "-" else 1]:
            number = next((n for (low, high), n in of_exon.items() if low <= begin and end <= high), 0)
            exon = f' exon_number "{number}";' if number else ""
            yield f"{head}{kind}\t{begin + 1}\t{end}\t.\t{strand}\t{frame}\t{names}{exon}{more}\n"

    yield from rows("exon", model.exons, None)
    yield from rows("CDS", coding, model.phase, _pairs(protein, {}))
    yield from rows("start_codon", start, 0)
    yield from rows("stop_codon", stop, 0)
    if model.cds:
        before = [(low, min(high, model.cds[0][0])) for low, high in model.exons if low < model.cds[0][0]]
        after = [(max(low, model.cds[-1][1]), high) for low, high in model.exons if high > model.cds[-1][1]]
        five, three = (before, after) if strand != "-" else (after, before)
        yield from rows("five_prime_utr", five, None)
        yield from rows("three_prime_utr", three, None)


def codons(model: Transcript, sequence: bytes | None, code: int = 1) -> tuple[list[Part], list[Part]]:
    """Parts of the start codon and of the stop codon of a model's CDS, each empty where it has none."""
    if total_bp(model.cds) - model.phase <= 3 or model.strand not in "+-":
        return [], []
    backward = model.strand == "-"
    _, start = cut(model.cds, 3, at_end=backward)
    _, stop = cut(model.cds, 3, at_end=not backward)
    partial = model.attributes.get("partial", "").split(",")
    whole = (total_bp(model.cds) - model.phase) % 3 == 0
    starts, stops = "5" not in partial, "3" not in partial
    if sequence is not None:
        ends = {codon for codon, letter in codon_table(code).items() if letter == "*"}
        starts = spliced(sequence, start, model.strand).upper() == b"ATG" or recoded(model).get(0) == "M"
        stops = spliced(sequence, stop, model.strand).upper() in ends
    return (start if starts and not model.phase else []), (stop if stops and whole else [])


def cut(parts: list[Part], number: int, at_end: bool) -> tuple[list[Part], list[Part]]:
    """Parts without `number` bases of one end, and the parts of those bases."""
    kept, taken = list(parts), []
    while number and kept:
        start, end = kept.pop(-1 if at_end else 0)
        size = min(number, end - start)
        number -= size
        edge = end - size if at_end else start + size
        taken.append((edge, end) if at_end else (start, edge))
        rest = (start, edge) if at_end else (edge, end)
        if rest[0] < rest[1]:
            kept.insert(len(kept) if at_end else 0, rest)
    return kept, sorted(taken)


def convert_to_gtf(
    annotation: str,
    /,
    *,
    genome: str,
    out: str,
    genetic_code: int = 1,
    mito_code: int | None = None,
) -> None:
    """GTF of a GFF3, with start and stop codons as the genome reads them.

    annotation: gene set, GFF3 or GTF, plain or gzip
    genome: plain or gzip (FASTA)
    genetic_code: NCBI genetic code
    mito_code: NCBI genetic code of the mitochondrion
    out: GTF to write
    """
    notes: list[str] = []
    genes, codes = read_genes(annotation, notes), (genetic_code, mito_code)
    write_gtf(out, genes, fasta_records(genome), *codes)
    for note in notes:
        print(f"warning: {note}", file=sys.stderr)
