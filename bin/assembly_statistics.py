#!/usr/bin/env python3
"""Contiguity, gaps, composition and telomeres of one assembly."""

import argparse
import csv
import re
import sys

from linnaea.assembly.statistics import TABLE_COLUMNS, assembly_statistics
from linnaea.assembly.telomeres import MIN_TELOMERE_BP
from linnaea.base.errors import InputError, run
from linnaea.base.files import complete_file
from linnaea.base.records import write_metrics


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("fasta", help="assembly, FASTA, plain or gzip")
    parser.add_argument("--id", required=True, help="genome id")
    parser.add_argument("--stage", required=True, help="stage of the assembly, such as raw")
    parser.add_argument("--haplotype", required=True, help="haplotype, such as hap1 or primary")
    parser.add_argument(
        "--telomere-motif", default="auto", help="motif on either strand, such as TTAGGG, or auto"
    )
    parser.add_argument("--haploid-number", type=int, help="expected chromosomes of one haplotype")
    parser.add_argument("--min-gap", type=int, default=1, help="shortest run of N that is a gap")
    parser.add_argument("--min-telomere", type=int, default=MIN_TELOMERE_BP, help="shortest telomere in bp")
    parser.add_argument("--out", required=True, help="metrics record to write (JSON)")
    parser.add_argument("--table", required=True, help="per-sequence table to write (TSV)")
    args = parser.parse_args(argv)
    if args.telomere_motif != "auto" and not re.fullmatch("[ACGTacgt]{4,30}", args.telomere_motif):
        raise InputError(
            f"--telomere-motif {args.telomere_motif}: give `auto` or 4 to 30 letters of A, C, G, T"
        )
    if args.min_gap < 1 or args.min_telomere < 1:
        raise InputError("--min-gap and --min-telomere must be 1 or more")
    record, table = assembly_statistics(
        args.fasta, args.telomere_motif, args.haploid_number, args.min_gap, args.min_telomere
    )
    with complete_file(args.table) as handle:
        writer = csv.DictWriter(handle, TABLE_COLUMNS, delimiter="\t", lineterminator="\n")
        writer.writeheader()
        writer.writerows(table)
    named = {"id": args.id, "step": "assembly_statistics", "stage": args.stage}
    write_metrics(args.out, {**named, "haplotype": args.haplotype, **record})
    return 0


if __name__ == "__main__":
    sys.exit(run(main))
