#!/usr/bin/env python3
"""Judge an assembly against the Earth BioGenome Project's standard."""

import argparse
import sys

from linnaea.assembly.verdict import Expected, judge, table_lines
from linnaea.base.errors import InputError, run
from linnaea.base.files import complete_file
from linnaea.base.records import write_metrics
from linnaea.report.inputs import read_records, read_tables


def arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--id", required=True, help="genome id")
    parser.add_argument("--metrics", nargs="+", required=True, metavar="JSON", help="records")
    parser.add_argument(
        "--tables",
        nargs="*",
        default=[],
        metavar="TSV",
        help="per-sequence tables of the assembly statistics, named as their JSON",
    )
    parser.add_argument("--haploid-number", type=int, help="expected chromosomes of one haplotype")
    parser.add_argument("--ploidy", type=int, help="expected ploidy")
    parser.add_argument("--sex", help="expected sex (XX, XY, ZW, ...)")
    parser.add_argument("--genome-size", type=float, metavar="BP", help="expected haploid size")
    parser.add_argument("--out", required=True, help="verdict, JSON")
    parser.add_argument("--tsv", help="verdict, table")
    return parser


def main(argv: list[str] | None = None) -> int:
    args = arguments().parse_args(argv)
    for option, value in (
        ("--haploid-number", args.haploid_number),
        ("--ploidy", args.ploidy),
        ("--genome-size", args.genome_size),
    ):
        if value is not None and value <= 0:
            raise InputError(f"{option} is {value:g}; give a number above 0 or leave it out")
    records = [record for _, record in read_records(args.metrics, args.id)]
    expected = Expected(
        args.haploid_number,
        args.ploidy,
        args.sex,
        int(args.genome_size) if args.genome_size else None,
    )
    verdict = judge(args.id, records, expected, tables=read_tables(args.tables, args.metrics))
    if args.tsv:
        with complete_file(args.tsv) as handle:
            handle.writelines(f"{line}\n" for line in table_lines(verdict))
    write_metrics(args.out, verdict)
    return 0


if __name__ == "__main__":
    sys.exit(run(main))
