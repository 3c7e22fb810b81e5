#!/usr/bin/env python3
"""Sort a GFF3 of any features by place, parents before children, and repair its CDS phases."""

import argparse
import sys

from linnaea.errors import run
from linnaea.gff3 import sequence_lengths
from linnaea.gff3_sort import sort_gff3


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("gff3", help="features, GFF3, plain or gzip")
    parser.add_argument("--lengths", help=".fai of the genome: order of the sequences and their ends")
    parser.add_argument("--out", required=True, help="sorted GFF3 to write")
    args = parser.parse_args(argv)
    done = sort_gff3(args.gff3, args.out, sequence_lengths(args.lengths) if args.lengths else None)
    print("\n".join(f"{name.replace('_', ' ')}: {number}" for name, number in done.items()), file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(run(main))
