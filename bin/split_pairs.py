#!/usr/bin/env python3
"""Split interleaved FASTQ into first and second mates; reads without their mate are left out and counted."""

import argparse
import sys

from linnaea.base.errors import run
from linnaea.base.records import write_metrics
from linnaea.formats.split_pairs import split_pairs
from linnaea.formats.tool_metrics import pairs_record


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("reads", nargs="+", help="interleaved FASTQ, plain or gzip")
    parser.add_argument("--id", required=True, help="genome id")
    parser.add_argument("--library", required=True, help="name of the library")
    parser.add_argument("--type", required=True, help="kind of reads")
    parser.add_argument("--first", required=True, help="FASTQ of first mates to write (gzip)")
    parser.add_argument("--second", required=True, help="FASTQ of second mates to write (gzip)")
    parser.add_argument("--out", required=True, help="metrics record to write (JSON)")
    args = parser.parse_args(argv)
    record = pairs_record(*split_pairs(args.reads, args.first, args.second))
    write_metrics(args.out, {"id": args.id, "library": args.library, "type": args.type, **record})
    return 0


if __name__ == "__main__":
    sys.exit(run(main))
