#!/usr/bin/env python3
"""Models of another assembly's annotation on this one: `transcripts` before minimap2, `models` after it."""

import argparse
import sys

from linnaea.annotation.lift_over import lift_over, read_source, record, write_transcripts
from linnaea.base.errors import run
from linnaea.base.records import write_metrics
from linnaea.formats.gff3 import write_genes


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parts = parser.add_subparsers(dest="part", required=True)
    before = parts.add_parser("transcripts", help="write spliced transcripts; prints minimap2's -G (bp)")
    after = parts.add_parser("models", help="write the models of aligned transcripts")
    for part in (before, after):
        part.add_argument("--source-assembly", required=True, metavar="FASTA", help="plain or gzip")
        part.add_argument("--annotation", required=True, metavar="GFF", help="GFF3 or GTF, plain or gzip")
        part.add_argument("--genetic-code", type=int, default=1, help="NCBI genetic code (%(default)s)")
    before.add_argument("--fasta", required=True, help="transcripts to write")
    add = after.add_argument
    add("--id", required=True, help="genome id")
    add("--library", required=True, help="name of the annotation")
    add("--alignments", required=True, metavar="PAF", help="transcripts on the genome, minimap2 -c")
    add("--genome", required=True, metavar="FASTA", help="assembly that gets the models")
    add("--gff", required=True, help="models to write")
    add("--out", required=True, metavar="JSON", help="metrics record to write")
    args = parser.parse_args(argv)
    notes: list[str] = []
    source = read_source(args.source_assembly, args.annotation, args.genetic_code, notes)
    if args.part == "transcripts":
        print(write_transcripts(args.fasta, source))
        return 0
    genes, lengths = lift_over(source, args.alignments, args.genome, args.genetic_code)
    write_genes(args.gff, genes, lengths)
    facts = {"id": args.id, "step": "lift_over", "library": args.library}
    write_metrics(args.out, facts | record(source, genes, args.annotation, notes))
    return 0


if __name__ == "__main__":
    sys.exit(run(main))
