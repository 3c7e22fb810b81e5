#!/usr/bin/env python3
"""GTF of a GFF3, with start and stop codons as the genome reads them."""

import argparse
import sys

from linnaea.base.errors import run
from linnaea.formats.gff3 import read_genes
from linnaea.formats.gtf import write_gtf
from linnaea.formats.sequences import fasta_records


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("annotation", help="gene set, GFF3 or GTF, plain or gzip")
    parser.add_argument("--genome", required=True, metavar="FASTA", help="plain or gzip")
    parser.add_argument("--genetic-code", type=int, default=1, help="NCBI genetic code (%(default)s)")
    parser.add_argument("--mito-code", type=int, help="NCBI genetic code of the mitochondrion")
    parser.add_argument("--out", required=True, help="GTF to write")
    args = parser.parse_args(argv)
    notes: list[str] = []
    genes, codes = read_genes(args.annotation, notes), (args.genetic_code, args.mito_code)
    write_gtf(args.out, genes, fasta_records(args.genome), *codes)
    for note in notes:
        print(f"warning: {note}", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(run(main))
