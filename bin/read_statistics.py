#!/usr/bin/env python3
"""Yield, lengths, GC and qualities of one read library; every read is checked on the way."""

import argparse
import sys

from linnaea.assembly.read_statistics import read_statistics
from linnaea.base.errors import run
from linnaea.base.records import write_metrics

TYPES = ["hifi", "ont", "hic", "illumina", "rnaseq", "isoseq"]


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("reads", nargs="+", help="FASTQ or FASTA (plain or gzip), or BAM")
    parser.add_argument("--id", required=True, help="genome id")
    parser.add_argument("--library", required=True, help="name of the library")
    parser.add_argument("--type", required=True, choices=TYPES, help="kind of reads")
    parser.add_argument("--stage", required=True, choices=["raw", "filtered"])
    parser.add_argument("--out", required=True, help="metrics record to write (JSON)")
    args = parser.parse_args(argv)
    named = {"id": args.id, "step": "read_statistics", "stage": args.stage}
    named |= {"library": args.library, "type": args.type}
    raw_long = args.stage == "raw" and args.type in ("hifi", "ont")
    pairs = args.type in ("hic", "illumina") and len(args.reads) % 2 == 0
    statistics = read_statistics(args.reads, unique_names=raw_long, pairs=pairs)
    write_metrics(args.out, {**named, **statistics})
    return 0


if __name__ == "__main__":
    sys.exit(run(main))
