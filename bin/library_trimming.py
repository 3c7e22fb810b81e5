#!/usr/bin/env python3
"""Reads of one library before and after trimming, from the reports of its lanes."""

import argparse
import sys

from linnaea.base.errors import run
from linnaea.base.records import read_metrics, write_metrics
from linnaea.population.library_trimming import READERS, library_trimming


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("tool", choices=READERS)
    parser.add_argument("reports", nargs="+", help="one a lane: fastp's JSON or AdapterRemoval's settings")
    parser.add_argument("--sample", required=True)
    parser.add_argument("--library", required=True)
    parser.add_argument(
        "--read-pairs", nargs="*", default=[], help="records of split_pairs.py, if there are any"
    )
    parser.add_argument("--out", required=True)
    args = parser.parse_args(argv)
    labels = {"id": "popgen", "step": "library_trimming", "sample": args.sample, "library": args.library}
    without_mate = sum(read_metrics(path)["reads_without_mate"] for path in args.read_pairs)
    write_metrics(
        args.out, labels | library_trimming(args.tool, args.reports) | {"reads_without_mate": without_mate}
    )
    return 0


if __name__ == "__main__":
    sys.exit(run(main))
