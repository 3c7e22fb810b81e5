#!/usr/bin/env python3
"""Gene models of protein alignments, each with its identity, coverage and faults."""

import argparse
import json
import sys
from pathlib import Path

from linnaea.annotation.protein_models import READERS, alignment_record, protein_models
from linnaea.base.errors import run
from linnaea.base.records import write_metrics
from linnaea.formats.gff3 import sequence_lengths, write_genes


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    add = parser.add_argument
    add("--id", required=True, help="genome id")
    add("--library", required=True, help="name of the protein set")
    add("--aligner", required=True, choices=sorted(READERS))
    add("--alignments", required=True, metavar="GFF", help="output of the aligner")
    add("--genome", required=True, metavar="FASTA")
    add("--proteins", required=True, metavar="FASTA", help="proteins as aligned")
    add("--names", required=True, metavar="TSV", help="table of names of clean_proteins.py")
    add("--counts", required=True, type=Path, metavar="JSON", help="counts of clean_proteins.py")
    add("--genetic-code", type=int, default=1, help="NCBI genetic code (%(default)s)")
    add("--gff", required=True, help="models to write")
    add("--out", required=True, metavar="JSON", help="metrics record to write")
    args = parser.parse_args(argv)
    inputs = (args.alignments, args.genome, args.proteins, args.names)
    models = protein_models(args.aligner, *inputs, code=args.genetic_code)
    write_genes(args.gff, models, sequence_lengths(args.genome))
    record = {"id": args.id, "step": "protein_alignment", "library": args.library, "aligner": args.aligner}
    write_metrics(args.out, record | alignment_record(models, json.loads(args.counts.read_text())))
    return 0


if __name__ == "__main__":
    sys.exit(run(main))
