#!/usr/bin/env python3
"""Genes of AUGUSTUS with hints, over a share of the genome's chunks or all."""

import argparse
import sys
from pathlib import Path

from linnaea.annotation.gene_prediction import plan_chunks, predict
from linnaea.annotation.hints import read_hints
from linnaea.base.errors import run
from linnaea.formats.gff3 import sequence_lengths, write_genes


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    add = parser.add_argument
    add("--genome", required=True, metavar="FASTA", help="soft-masked assembly")
    add("--hints", required=True, metavar="GFF", help="hints of hints.py")
    add("--config", type=Path, required=True, metavar="DIR", help="config folder of gene_training.py")
    add("--species", required=True, help="model in the config folder")
    add("--max-intron", type=int, required=True, help="longest intron believed, bp")
    add("--genetic-code", type=int, default=1, help="NCBI genetic code (%(default)s)")
    add("--options", default="", help="further options of augustus")
    add("--threads", type=int, default=1)
    add("--gff", required=True, help="genes to write")
    args = parser.parse_args(argv)
    lengths = sequence_lengths(args.genome)
    jobs = plan_chunks(lengths, args.max_intron)
    hints = read_hints(args.hints, empty=True)
    options = args.options.split()
    genes = predict(
        args.genome, hints, args.config, args.species, jobs, args.threads, args.genetic_code, options
    )
    write_genes(args.gff, genes, lengths)
    return 0


if __name__ == "__main__":
    sys.exit(run(main))
