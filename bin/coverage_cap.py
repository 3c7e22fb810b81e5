#!/usr/bin/env python3
"""Judge the coverage of a genome by its filtered reads; print the share of reads to keep (1 for all)."""

import argparse
import sys

from linnaea.assembly.coverage_cap import coverage_record
from linnaea.base.errors import run
from linnaea.base.records import write_metrics


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--id", required=True)
    parser.add_argument("--bases", type=int, required=True, help="bases of the filtered reads")
    parser.add_argument("--genome-size", type=int, required=True, help="haploid size, bp")
    parser.add_argument("--minimum", type=float, required=True, help="coverage an assembler needs")
    parser.add_argument("--cap", type=float, required=True, help="coverage beyond which reads are left out")
    parser.add_argument("--out", required=True)
    args = parser.parse_args(argv)
    record = coverage_record(args.id, args.bases, args.genome_size, args.minimum, args.cap)
    write_metrics(args.out, record)
    print(f"{record['kept_share']:.6g}")
    return 0


if __name__ == "__main__":
    sys.exit(run(main))
