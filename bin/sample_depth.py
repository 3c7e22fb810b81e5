#!/usr/bin/env python3
"""The depth window of one sample, and its sex by depth; prints the window.

Depth is mosdepth's distribution, or of a gVCF that was made before that of its blocks, on standard input. The
depth of a block is its smallest, so that this window starts a little lower than that of the alignment.
"""

import argparse
import sys

from linnaea.errors import run
from linnaea.gff3 import sequence_lengths
from linnaea.metrics import write_metrics
from linnaea.population.compartments import read_compartments
from linnaea.population.depth import block_histograms, chromosome_histograms, depth_of


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sample", required=True)
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument("--mosdepth", nargs=2, metavar=("DIST", "SUM"), help="global.dist.txt, summary.txt")
    source.add_argument("--fai", help="index of the reference: blocks of a gVCF come on standard input")
    parser.add_argument("--compartments", help="chromosome and kind (X, Y, Z, W, mito), without autosomes")
    parser.add_argument("--low", type=float, required=True, help="window from this share of the median")
    parser.add_argument("--high", type=float, required=True, help="window up to this multiple of the median")
    parser.add_argument("--min-depth", type=int, required=True, help="no window starts lower")
    parser.add_argument("--out", required=True)
    args = parser.parse_args(argv)
    if args.mosdepth:
        histograms = chromosome_histograms(*args.mosdepth)
    else:
        histograms = block_histograms(sys.stdin, sequence_lengths(args.fai))
    compartments = read_compartments(args.compartments)
    found = depth_of(args.sample, histograms, compartments, args.low, args.high, args.min_depth)
    write_metrics(args.out, {"id": "popgen", "step": "sample_depth", "sample": args.sample} | found)
    print(found["min_depth_x"], found["max_depth_x"])
    return 0


if __name__ == "__main__":
    sys.exit(run(main))
