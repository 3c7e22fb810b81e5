"""Small genomes with simulated genes on both strands, for tests that need sequence that reads as genes."""

from pathlib import Path

import numpy as np

from linnaea.gene_models import Gene
from linnaea.gff3 import read_genes
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


def models(path: Path) -> dict:
    """Transcripts of an annotation by name."""
    return {model.id: model for gene in read_genes(path) for model in gene.transcripts}


def shape(model) -> tuple:
    """What must be equal in two models that are the same."""
    return model.seqid, model.strand, model.exons, model.cds, model.phase


def as_gene(model) -> Gene:
    return Gene(f"{model.id}.gene", model.seqid, model.strand, [model])
