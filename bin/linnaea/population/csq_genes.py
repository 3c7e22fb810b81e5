"""Coding genes in the dialect that `bcftools csq` reads."""

import sys
from collections.abc import Iterator
from pathlib import Path

from linnaea.base.errors import InputError
from linnaea.base.files import complete_file
from linnaea.formats.gene_models import is_stepwise, phases
from linnaea.formats.genetic_codes import is_mitochondrion
from linnaea.formats.gff3 import read_genes


def csq_lines(path: str | Path, notes: list[str] | None = None) -> Iterator[str]:
    """Coding genes of a GFF3 or GTF as `bcftools csq` reads them (Ensembl's ids and biotypes).

    Transcripts with ribosomal slippage backwards are left out, because it refuses overlapping CDS. `notes`
    gets what was left out.
    """
    notes, slipping = [] if notes is None else notes, 0
    yield "##gff-version 3\n"
    for gene in read_genes(path, notes):
        coding = [model for model in gene.transcripts if model.cds and not is_stepwise(model.cds)]
        slipping += sum(is_stepwise(model.cds) for model in gene.transcripts)
        if not coding or gene.strand not in "+-":
            continue
        place = f"{gene.seqid}\tlinnaea\t"
        end = f"\t.\t{gene.strand}\t"
        place_of = f"{place}gene\t{gene.start + 1}\t{gene.end}{end}.\t"
        yield f"{place_of}ID=gene:{gene.id};biotype=protein_coding;Name={gene.id}\n"
        for model in coding:
            yield (
                f"{place}mRNA\t{model.start + 1}\t{model.end}{end}.\t"
                f"ID=transcript:{model.id};Parent=gene:{gene.id};biotype=protein_coding\n"
            )
            for start, stop in model.exons:
                yield f"{place}exon\t{start + 1}\t{stop}{end}.\tParent=transcript:{model.id}\n"
            for (start, stop), phase in zip(
                model.cds, phases(model.cds, model.strand, model.phase), strict=True
            ):
                yield f"{place}CDS\t{start + 1}\t{stop}{end}{phase}\tParent=transcript:{model.id}\n"
    if slipping:
        notes.append(f"{path}: transcripts with ribosomal slippage are left out: {slipping}")


def write_csq_genes(
    gff: str,
    /,
    *,
    out: str,
) -> None:
    """Write the coding genes of a GFF in the dialect that `bcftools csq` reads.

    gff: GFF3 or GTF
    """
    rows = left_out = 0
    notes: list[str] = []
    with complete_file(out) as handle:
        for line in csq_lines(gff, notes):
            if is_mitochondrion(line.partition("\t")[0]):  # bcftools csq reads the standard code alone
                left_out += "\tgene\t" in line
                continue
            handle.write(line)
            rows += "\tCDS\t" in line
        if not rows:
            raise InputError(f"{gff} has no coding gene; give one with CDS rows")
    if left_out:
        print(
            f"{left_out} genes of the mitochondrion are left out, because it has another genetic code",
            file=sys.stderr,
        )
    for note in notes:
        print(f"warning: {note}", file=sys.stderr)
