"""Small genomes with simulated genes on both strands, for tests that need sequence that reads as genes."""

from pathlib import Path

import numpy as np

from linnaea.formats.gene_models import Gene, codon_table, spliced
from linnaea.formats.gene_models import reverse_complement as reverse_complemented
from linnaea.formats.gff3 import read_genes
from linnaea.simulate.genes import gff3, make_genes, place
from linnaea.simulate.sequence import decode, random_sequence, reverse_complement


def genome_with_genes(
    folder: Path, genes: int, seed: int = 1, spacer: int = 1500, longest: int = 10**6
) -> tuple[Path, Path]:
    """FASTA and GFF3 of one chromosome c1 with this many genes of up to `longest` bp, strands in turn."""
    rng = np.random.default_rng(seed)
    pieces, placed, offset = [], [], 0
    blocks = make_genes(rng, genes if longest == 10**6 else 4 * genes)
    short = [(gene, codes) for gene, codes in blocks if codes.size <= longest][:genes]
    assert len(short) == genes
    for number, (gene, codes) in enumerate(short):
        pieces.append(random_sequence(rng, spacer, 0.38))
        strand = 1 if number % 2 else -1
        placed.append(place(gene, "c1", offset + spacer, strand))
        pieces.append(codes if strand > 0 else reverse_complement(codes))
        offset += spacer + codes.size
    pieces.append(random_sequence(rng, spacer, 0.38))
    codes = np.concatenate(pieces)
    fasta, annotation = folder / "genome.fasta", folder / "genes.gff3"
    fasta.write_bytes(b">c1\n" + decode(codes) + b"\n")
    annotation.write_text("\n".join(gff3(placed, {"c1": codes})) + "\n")
    return fasta, annotation


def recoded(letters: bytes, code: int, rng: np.random.Generator, share: float = 0.6) -> bytes:
    """A coding sequence of the standard code in another one: a stop that is a stop, the same protein.

    So many of the codons of an amino acid become one that only this code reads so.
    """
    before, after = codon_table(1), codon_table(code)
    codons = [letters[i : i + 3] for i in range(0, len(letters), 3)]
    for number, codon in enumerate(codons[1:], 1):
        same = [other for other, residue in after.items() if residue == before[codon]]
        own = [other for other in same if before[other] != before[codon]]
        if own and before[codon] != "*" and rng.random() < share:
            codons[number] = own[rng.integers(len(own))]
        elif after[codon] != before[codon]:
            old = [other for other in same if other not in own]
            codons[number] = old[rng.integers(len(old))]
    return b"".join(codons)


def recoded_genome(fasta: Path, annotation: Path, code: int, seed: int = 1) -> Path:
    """The FASTA with the CDS of each gene's first transcript recoded."""
    sequence, rng = bytearray(b"".join(fasta.read_bytes().split(b"\n")[1:])), np.random.default_rng(seed)
    for gene in read_genes(annotation):
        model = gene.transcripts[0]
        places = np.concatenate([np.arange(*part) for part in model.cds])
        letters = recoded(spliced(bytes(sequence), model.cds, model.strand), code, rng)
        forward = letters if model.strand == "+" else reverse_complemented(letters)
        for position, letter in zip(places.tolist(), forward, strict=True):
            sequence[position] = letter
    target = fasta.with_name(f"code{code}.fasta")
    target.write_bytes(b">c1\n" + bytes(sequence) + b"\n")
    return target


def models(path: Path) -> dict:
    """Transcripts of an annotation by name."""
    return {model.id: model for gene in read_genes(path) for model in gene.transcripts}


def shape(model) -> tuple:
    """What must be equal in two models that are the same."""
    return model.seqid, model.strand, model.exons, model.cds, model.phase


def as_gene(model) -> Gene:
    return Gene(f"{model.id}.gene", model.seqid, model.strand, [model])
