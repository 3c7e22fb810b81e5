#!/usr/bin/env python3
"""Genome profile of a read set from its k-mer histogram (GenomeScope's model)."""

import argparse
import sys

from linnaea.assembly.genome_profile import Known, profile, read_histogram
from linnaea.base.errors import run
from linnaea.base.records import write_metrics


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--id", required=True, help="genome id")
    parser.add_argument("--histogram", required=True, help="k-mer histogram: multiplicity, count")
    parser.add_argument("--kmer-size", required=True, type=int, help="k of the histogram")
    parser.add_argument("--ploidy", type=int, help="number of chromosome sets, if known")
    parser.add_argument("--genome-size", type=float, help="size of one haplotype in bp, if known")
    parser.add_argument("--kmer-coverage", type=float, help="coverage of k-mers of one copy, if known")
    parser.add_argument("--out", required=True, help="metrics record to write (JSON)")
    args = parser.parse_args(argv)
    known = Known(args.ploidy, args.genome_size, args.kmer_coverage)
    record = profile(read_histogram(args.histogram), args.kmer_size, known, args.histogram)
    write_metrics(args.out, {"id": args.id, "step": "genome_profile", **record})
    return 0


if __name__ == "__main__":
    sys.exit(run(main))
