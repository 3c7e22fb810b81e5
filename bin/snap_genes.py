#!/usr/bin/env python3
"""Training genes for SNAP, and SNAP's predictions as GFF3."""

import argparse
import sys
from pathlib import Path

from linnaea.annotation.gene_training import training_sets
from linnaea.annotation.hints import read_hints
from linnaea.annotation.snap_genes import read_gff, write_zff
from linnaea.base.errors import run
from linnaea.formats.gff3 import read_genes, sequence_lengths, write_genes


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    add = parser.add_argument
    add("action", choices=["train", "models"])
    add("files", nargs="+", help="GFF3 of models of the evidence (train), output of snap -gff (models)")
    add("--genome", required=True, metavar="FASTA")
    add("--hints", metavar="GFF", help="train: hints of hints.py")
    add("--genetic-code", type=int, default=1, help="NCBI genetic code (%(default)s)")
    add("--out", type=Path, required=True, help="train: prefix of .ann and .dna; models: GFF3 to write")
    args = parser.parse_args(argv)
    if args.action == "models":
        genes = [gene for path in args.files for gene in read_gff(path)]
        write_genes(args.out, genes, sequence_lengths(args.genome))
        return 0
    models = [model for path in args.files for gene in read_genes(path) for model in gene.transcripts]
    sets = training_sets(models, read_hints(args.hints, empty=True), args.genome, args.genetic_code)
    largest = max(sets.values(), key=len)
    write_zff(largest, args.genome, args.out.with_suffix(".ann"), args.out.with_suffix(".dna"))
    return 0


if __name__ == "__main__":
    sys.exit(run(main))
