#!/usr/bin/env python3
"""Depth of a sample whose gVCF was made before, from the depths of its blocks on standard input; prints the
window.

The depth of a block is its smallest, so that the window starts a little lower than that of the alignment.
"""

import argparse
import sys

from linnaea.errors import run
from linnaea.gff3 import sequence_lengths
from linnaea.metrics import write_metrics
from linnaea.population.compartments import read_compartments
from linnaea.population.depth import block_histograms, depth_of


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sample", required=True)
    parser.add_argument("--fai", required=True, help="index of the reference")
    parser.add_argument("--compartments", help="chromosome and kind (X, Y, Z, W, mito), without autosomes")
    parser.add_argument("--low", type=float, required=True, help="window from this share of the median")
    parser.add_argument("--high", type=float, required=True, help="window up to this multiple of the median")
    parser.add_argument("--min-depth", type=int, required=True, help="no window starts lower")
    parser.add_argument("--out", required=True)
    args = parser.parse_args(argv)
    histograms = block_histograms(sys.stdin, sequence_lengths(args.fai))
    compartments = read_compartments(args.compartments)
    found = depth_of(args.sample, histograms, compartments, args.low, args.high, args.min_depth)
    write_metrics(args.out, {"id": "popgen", "step": "sample_depth", "sample": args.sample} | found)
    print(found["min_depth_x"], found["max_depth_x"])
    return 0


if __name__ == "__main__":
    sys.exit(run(main))
