#!/usr/bin/env python3
"""The depth window of one sample from mosdepth's distribution, and its sex by depth; prints the window."""

import argparse
import sys

from linnaea.errors import run
from linnaea.metrics import write_metrics
from linnaea.population.compartments import read_compartments
from linnaea.population.depth import chromosome_histograms, depth_of


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sample", required=True)
    parser.add_argument("--distribution", required=True, help="*.mosdepth.global.dist.txt")
    parser.add_argument("--summary", required=True, help="*.mosdepth.summary.txt")
    parser.add_argument("--compartments", help="chromosome and kind (X, Y, Z, W, mito), without autosomes")
    parser.add_argument("--low", type=float, required=True, help="window from this share of the median")
    parser.add_argument("--high", type=float, required=True, help="window up to this multiple of the median")
    parser.add_argument("--min-depth", type=int, required=True, help="no window starts lower")
    parser.add_argument("--out", required=True)
    args = parser.parse_args(argv)
    histograms = chromosome_histograms(args.distribution, args.summary)
    compartments = read_compartments(args.compartments)
    found = depth_of(args.sample, histograms, compartments, args.low, args.high, args.min_depth)
    write_metrics(args.out, {"id": "popgen", "step": "sample_depth", "sample": args.sample} | found)
    print(found["min_depth_x"], found["max_depth_x"])
    return 0


if __name__ == "__main__":
    sys.exit(run(main))
