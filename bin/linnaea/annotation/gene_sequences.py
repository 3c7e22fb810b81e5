"""Proteins, coding sequences and transcripts of a gene set, in one pass over its genes."""

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import pysam

from linnaea.base.errors import InputError
from linnaea.base.files import complete_file
from linnaea.formats.gene_models import Gene, by_sequence, protein, spliced, unrolled
from linnaea.formats.genetic_codes import code_of
from linnaea.formats.gff3 import read_genes

KINDS = ("proteins", "cds", "transcripts", "representatives")
LINE = 60


def _record(name: str, gene: str, letters: str) -> str:
    lines = "\n".join(letters[i : i + LINE] for i in range(0, len(letters), LINE))
    return f">{name} gene={gene}\n{lines}\n"


def write_sequences(
    genes: Sequence[Gene],
    genome: str | Path,
    outputs: Mapping[str, str | Path],
    code: int = 1,
    mito_code: int | None = None,
) -> dict[str, int]:
    """Write FASTA of each kind in `outputs` (proteins, cds, transcripts) by transcript; how many of each.

    Proteins are read with the NCBI genetic code `code`, those of a mitochondrion with `mito_code`; their
    closing stop is left out, stops inside are `*`.
    `representatives` are the longest protein of each gene, the first of equals: what programs need that take
    two proteins of a gene for two genes (BUSCO, OMArk).
    InputError when a gene lies on a sequence that the genome lacks, or beyond its end.
    """
    unknown = outputs.keys() - set(KINDS)
    if unknown:
        raise ValueError(f"no such kind of sequence: {', '.join(sorted(unknown))}")
    counts = dict.fromkeys(outputs, 0)
    texts: dict[str, list[str]] = {kind: [] for kind in outputs}
    with pysam.FastaFile(str(genome)) as reference:
        for seqid, listed in by_sequence(genes):
            if seqid not in reference:
                raise InputError(
                    f"gene {listed[0].id} is on {seqid}, which {genome} lacks; give its own assembly"
                )
            whole = reference.fetch(seqid).encode()
            sequence = unrolled(whole, listed)
            own = code_of(seqid, code, mito_code)
            for gene in listed:
                if gene.end > len(sequence):
                    raise InputError(
                        f"gene {gene.id} ends at {gene.end}, but {seqid} of {genome} has {len(whole)} bp; "
                        "give the assembly that was annotated"
                    )
                longest = ("", "")
                for model in gene.transcripts:
                    made = {"transcripts": spliced(sequence, model.exons, model.strand).decode()}
                    if model.cds:
                        made["cds"] = spliced(sequence, model.cds, model.strand).decode()
                        made["proteins"] = protein(model, sequence, own).removesuffix("*")
                    for kind in outputs:
                        if made.get(kind):
                            texts[kind].append(_record(model.id, gene.id, made[kind]))
                            counts[kind] += 1
                    if len(made.get("proteins", "")) > len(longest[1]):
                        longest = model.id, made["proteins"]
                if longest[1] and "representatives" in outputs:
                    texts["representatives"].append(_record(longest[0], gene.id, longest[1]))
                    counts["representatives"] += 1
    if counts.get("proteins") == 0:
        raise InputError(f"no gene of the annotation has a protein on {genome}; look at its CDS rows")
    for kind, path in outputs.items():
        with complete_file(path) as handle:
            handle.writelines(texts[kind])
    return counts


def extract_sequences(
    annotation: str,
    /,
    *,
    genome: str,
    genetic_code: int = 1,
    mito_code: int | None = None,
    proteins: str | None = None,
    cds: str | None = None,
    transcripts: str | None = None,
    representatives: str | None = None,
) -> None:
    """Proteins, coding sequences and transcripts of a gene set.

    annotation: gene set, GFF3
    genome: not gzipped (FASTA)
    genetic_code: NCBI genetic code
    mito_code: NCBI genetic code of the mitochondrion
    proteins: proteins to write (FASTA)
    cds: coding sequences to write (FASTA)
    transcripts: transcripts to write (FASTA)
    representatives: proteins of one transcript per gene to write (FASTA)
    """
    paths = zip(KINDS, (proteins, cds, transcripts, representatives), strict=True)
    outputs = {kind: path for kind, path in paths if path}
    notes: list[str] = []
    genes = read_genes(annotation, notes, over_origin=True)
    write_sequences(genes, genome, outputs, genetic_code, mito_code)
    for note in notes:
        print(f"warning: {note}", file=sys.stderr)
