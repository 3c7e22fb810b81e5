"""A genome with genes, and the package for ENA made of it as Biopython reads it."""

import gzip
from io import StringIO

from Bio import SeqIO

from linnaea.submission import command

FACTS = {
    "organism": "Parus major", "study": "PRJEB00000", "sample": "SAMEA1", "coverage": "45",
    "program": "hifiasm 0.19.8", "platform": "PacBio HiFi", "locus_tag": "LINN",
}  # fmt: skip


class Genome:
    """Sequences and rows of a GFF3, and the package made of them."""

    def __init__(self, folder):
        self.folder, self.letters, self.rows = folder, {}, []

    def gene(self, sequence, exons, strand="+", kind="mRNA", cds=None, gene="", transcript="", phase=0):
        """Add a gene with one transcript; coordinates from 1, `cds` its parts (all exons by default)."""
        number = sum("\tgene\t" in row for row in self.rows) + 1
        name = f"g{number}"
        start, end = exons[0][0], exons[-1][1]

        def row(feature, first, last, column, said="."):
            self.rows.append(f"{sequence}\tx\t{feature}\t{first}\t{last}\t.\t{strand}\t{said}\t{column}")

        row("gene", start, end, f"ID={name}{gene}")
        row(kind, start, end, f"ID={name}.t1;Parent={name}{transcript}")
        for first, last in exons:
            row("exon", first, last, f"Parent={name}.t1")
        for first, last in exons if cds is None and kind == "mRNA" else cds or ():
            row("CDS", first, last, f"Parent={name}.t1", phase)
        return name

    def package(self, name="bParMaj1.1", **facts):
        fasta, genes = self.folder / "genome.fa", self.folder / "genes.gff3"
        fasta.write_text("".join(f">{key}\n{text}\n" for key, text in self.letters.items()))
        genes.write_text("\n".join(["##gff-version 3", *self.rows, ""]))
        if "chromosomes" not in facts:
            facts["chromosomes"] = self.list("SUPER_1\t1\tchromosome")
        command.ena(
            fasta=str(fasta), genes=str(genes) if self.rows else "", name=name, out=str(self.folder),
            **{**FACTS, **facts},
        )  # fmt: skip
        path = self.folder / f"{name}.{'embl' if self.rows else 'fa'}.gz"
        with gzip.open(path, "rt") as handle:
            return {record.name: record for record in _records(handle, self.rows)}

    def list(self, *rows):
        path = self.folder / "chromosomes.tsv"
        path.write_text("\n".join([*rows, ""]))
        return str(path)


def _records(handle, annotated):
    """Records; the name is in a line that the parser leaves out."""
    if not annotated:
        yield from SeqIO.parse(handle, "fasta")
        return
    text = handle.read()
    names = [line[6:] for line in text.splitlines() if line.startswith("AC * _")]
    for name, record in zip(names, SeqIO.parse(StringIO(text), "embl"), strict=True):
        record.name = name
        yield record
