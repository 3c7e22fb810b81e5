#!/usr/bin/env python3
"""Sensitivity and precision of a gene set against a reference annotation or the demo's truth."""

import argparse
import csv
import sys

from linnaea.annotation.accuracy import TABLE_COLUMNS, annotation_accuracy, parse_region
from linnaea.base.errors import run
from linnaea.base.files import complete_file
from linnaea.base.records import write_metrics


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("annotation", help="gene set, GFF3 or GTF, plain or gzip")
    parser.add_argument("reference", help="what it is compared with, GFF3 or GTF, plain or gzip")
    parser.add_argument("--id", required=True, help="genome id")
    parser.add_argument("--stage", choices=("reference", "truth"), default="reference", help="what it is")
    parser.add_argument("--evidence", default="", help="what the gene set was made from, free text")
    parser.add_argument("--genome", help="FASTA, plain or gzip, to add stop codons that the CDS leave out")
    parser.add_argument("--genetic-code", type=int, default=1, help="NCBI number of the code")
    parser.add_argument(
        "--region",
        action="append",
        default=[],
        help="name:first-last; only transcripts whose CDS is wholly inside count (repeatable)",
    )
    parser.add_argument("--out", required=True, help="metrics record to write (JSON)")
    parser.add_argument("--table", help="genes that differ, to write (TSV)")
    args = parser.parse_args(argv)
    record, rows = annotation_accuracy(
        args.annotation, args.reference, args.genome, list(map(parse_region, args.region)), args.genetic_code
    )
    if args.table:
        with complete_file(args.table) as handle:
            writer = csv.DictWriter(handle, TABLE_COLUMNS, delimiter="\t", lineterminator="\n")
            writer.writeheader()
            writer.writerows(rows)
    named = {"id": args.id, "step": "annotation_accuracy", "stage": args.stage, "evidence": args.evidence}
    write_metrics(args.out, {**named, **record})
    return 0


if __name__ == "__main__":
    sys.exit(run(main))
