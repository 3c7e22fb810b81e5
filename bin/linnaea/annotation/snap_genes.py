"""SNAP's formats: training genes as ZFF, its predictions as models."""

from collections.abc import Iterable, Sequence
from pathlib import Path

import pysam

from linnaea.annotation.gene_training import MIN_TRAINING, training_sets
from linnaea.annotation.hints import read_hints
from linnaea.base.errors import InputError
from linnaea.formats.gene_models import Gene, Transcript
from linnaea.formats.gff3 import read_genes, rows, sequence_lengths, write_genes


def exon_names(number: int) -> list[str]:
    """SNAP's words for the CDS parts of a gene, in reading direction."""
    return ["Esngl"] if number == 1 else ["Einit", *["Exon"] * (number - 2), "Eterm"]


def write_zff(models: Sequence[Transcript], genome: str | Path, annotation: Path, dna: Path) -> None:
    """Training genes and the sequences that hold them, as fathom reads them.

    InputError when they are too few to train on.
    """
    if len(models) < MIN_TRAINING:
        raise InputError(
            f"SNAP needs {MIN_TRAINING} training genes, the evidence gave {len(models)}; leave out --snap, "
            "or give more proteins or RNA"
        )
    by_sequence: dict[str, list[Transcript]] = {}
    for model in models:
        by_sequence.setdefault(model.seqid, []).append(model)
    with annotation.open("w") as table, dna.open("w") as out, pysam.FastaFile(str(genome)) as reference:
        for seqid, listed in by_sequence.items():
            out.write(f">{seqid}\n{reference.fetch(seqid).upper()}\n")
            table.write(f">{seqid}\n")
            for model in sorted(listed, key=lambda m: m.start):
                parts = model.cds if model.strand == "+" else model.cds[::-1]
                for name, (start, end) in zip(exon_names(len(parts)), parts, strict=True):
                    place = (start + 1, end) if model.strand == "+" else (end, start + 1)
                    table.write(f"{name}\t{place[0]}\t{place[1]}\t{model.id}\n")


def read_gff(path: str | Path) -> Iterable[Gene]:
    """Genes of `snap -gff`: one row a CDS part, its group in the last column."""
    models: dict[tuple[str, str], Transcript] = {}
    ends: dict[tuple[str, str], set[str]] = {}
    for row in rows(path):
        key = (row[0], row[8])
        model = models.setdefault(key, Transcript(f"snap.{row[8]}", row[0], row[6], [], source="snap"))
        model.exons.append((int(row[3]) - 1, int(row[4])))
        ends.setdefault(key, set()).add(row[2])
    for key, model in models.items():
        model.exons.sort()
        model.cds = list(model.exons)
        whole = {"5": {"Einit", "Esngl"}, "3": {"Eterm", "Esngl"}}
        missing = [end for end, names in whole.items() if not names & ends[key]]
        if missing:
            model.attributes["partial"] = ",".join(missing)
        yield Gene(f"gene.{model.id}", model.seqid, model.strand, [model], source="snap")


def export_training_genes(
    models: Sequence[str], /, *, genome: str, hints: str, out: Path, genetic_code: int = 1
) -> None:
    """Training genes for SNAP, with the sequences that hold them.

    models: models of the evidence (GFF3)
    genome: FASTA
    hints: hints of hints.py (GFF)
    genetic_code: NCBI genetic code
    out: prefix of .ann and .dna, to write
    """
    transcripts = [model for path in models for gene in read_genes(path) for model in gene.transcripts]
    sets = training_sets(transcripts, read_hints(hints, empty=True), genome, genetic_code)
    write_zff(max(sets.values(), key=len), genome, out.with_suffix(".ann"), out.with_suffix(".dna"))


def import_models(predictions: Sequence[str], /, *, genome: str, out: Path) -> None:
    """Genes that SNAP predicted, as GFF3.

    predictions: output of snap -gff
    genome: FASTA
    out: GFF3 to write
    """
    genes = [gene for path in predictions for gene in read_gff(path)]
    write_genes(out, genes, sequence_lengths(genome))
