#!/usr/bin/env python3
"""Counts and lengths of the genes of a GFF3."""

import argparse
import sys

from linnaea.annotation.statistics import annotation_statistics
from linnaea.base.errors import run
from linnaea.base.records import write_metrics
from linnaea.formats.gff3 import sequence_lengths


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("gff3", help="gene set, GFF3, plain or gzip")
    parser.add_argument("--id", required=True, help="genome id")
    parser.add_argument(
        "--lengths", help=".fai of the genome, or name and bp a line, for shares of the genome"
    )
    parser.add_argument("--out", required=True, help="metrics record to write (JSON)")
    args = parser.parse_args(argv)
    lengths = sequence_lengths(args.lengths) if args.lengths else None
    record = annotation_statistics(args.gff3, lengths)
    write_metrics(args.out, {"id": args.id, "step": "annotation_statistics", **record})
    return 0


if __name__ == "__main__":
    sys.exit(run(main))
