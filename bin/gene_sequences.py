#!/usr/bin/env python3
"""Proteins, coding sequences and transcripts of a gene set."""

import argparse
import sys

from linnaea.annotation.gene_sequences import KINDS, write_sequences
from linnaea.base.errors import run
from linnaea.formats.gff3 import read_genes


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("annotation", help="gene set, GFF3")
    parser.add_argument("--genome", required=True, metavar="FASTA", help="not gzipped")
    parser.add_argument("--genetic-code", type=int, default=1, help="NCBI genetic code (%(default)s)")
    parser.add_argument("--mito-code", type=int, help="NCBI genetic code of the mitochondrion")
    for kind in KINDS:
        parser.add_argument(f"--{kind}", metavar="FASTA", help=f"{kind} to write")
    args = parser.parse_args(argv)
    outputs = {kind: getattr(args, kind) for kind in KINDS if getattr(args, kind)}
    notes: list[str] = []
    genes = read_genes(args.annotation, notes)
    write_sequences(genes, args.genome, outputs, args.genetic_code, args.mito_code)
    for note in notes:
        print(f"warning: {note}", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(run(main))
