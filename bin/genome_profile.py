#!/usr/bin/env python3
"""Genome profile of a read set from its k-mer histogram (GenomeScope's model)."""

import argparse
import sys

from linnaea.errors import run
from linnaea.genome_profile import profile, read_histogram
from linnaea.metrics import write_metrics


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--id", required=True, help="genome id")
    parser.add_argument("--histogram", required=True, help="k-mer histogram: multiplicity, count")
    parser.add_argument("--kmer-size", required=True, type=int, help="k of the histogram")
    parser.add_argument("--ploidy", default="auto", choices=["auto", "1", "2", "3", "4"])
    parser.add_argument("--out", required=True, help="metrics record to write (JSON)")
    args = parser.parse_args(argv)
    record = profile(read_histogram(args.histogram), args.kmer_size, args.ploidy, args.histogram)
    write_metrics(args.out, {"id": args.id, "step": "genome_profile", **record})
    return 0


if __name__ == "__main__":
    sys.exit(run(main))
