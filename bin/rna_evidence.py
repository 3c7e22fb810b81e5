#!/usr/bin/env python3
"""Introns, mapping rate and strandedness of one library's spliced alignments."""

import argparse
import sys

from linnaea.annotation.hints import write_hints
from linnaea.annotation.rna_evidence import library_record, read_alignments
from linnaea.base.errors import run
from linnaea.base.records import write_metrics


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    add = parser.add_argument
    add("bam", help="alignments of the library")
    add("--id", required=True, help="genome id")
    add("--library", required=True, help="name of the library")
    add("--type", required=True, choices=["rnaseq", "isoseq"])
    add("--genome", required=True, metavar="FASTA")
    add("--strandedness", help="as declared: forward, reverse or unstranded")
    add("--hints", required=True, metavar="GFF", help="introns to write")
    add("--out", required=True, metavar="JSON", help="metrics record to write")
    args = parser.parse_args(argv)
    hints, counts = read_alignments(args.bam, args.genome)
    write_hints(args.hints, hints)
    record = {"id": args.id, "step": "transcript_mapping", "library": args.library, "type": args.type}
    write_metrics(args.out, record | library_record(counts, hints, args.strandedness))
    return 0


if __name__ == "__main__":
    sys.exit(run(main))
