#!/usr/bin/env python3
"""Join GFF3 and GTF files as one GFF3, by place, parents before children, and repair its CDS phases."""

import argparse
import sys

from linnaea.base.errors import run
from linnaea.formats.gff3 import sequence_lengths
from linnaea.formats.gff3_sort import sort_gff3


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("gff3", nargs="+", help="features, GFF3 or GTF, plain or gzip")
    parser.add_argument("--lengths", help=".fai of the genome: order of the sequences and their ends")
    parser.add_argument("--out", required=True, help="sorted GFF3 to write")
    args = parser.parse_args(argv)
    notes: list[str] = []
    done = sort_gff3(args.gff3, args.out, sequence_lengths(args.lengths) if args.lengths else None, notes)
    for note in notes:
        print(f"warning: {note}", file=sys.stderr)
    print("\n".join(f"{name.replace('_', ' ')}: {number}" for name, number in done.items()), file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(run(main))
