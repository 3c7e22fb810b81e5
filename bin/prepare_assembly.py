#!/usr/bin/env python3
"""An assembly under short sequence names for the tools of the annotation, with the table of names."""

import argparse
import sys

from linnaea.annotation.prepare_assembly import prepare
from linnaea.base.errors import run
from linnaea.base.records import write_metrics


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--id", required=True, help="genome id")
    parser.add_argument("--assembly", required=True, metavar="FASTA", help="plain or gzip")
    parser.add_argument("--fasta", required=True, help="the assembly under short names, to write")
    parser.add_argument(
        "--names", required=True, metavar="TSV", help="short name, own name, length: to write"
    )
    parser.add_argument("--out", required=True, metavar="JSON", help="metrics record to write")
    args = parser.parse_args(argv)
    counts = prepare(args.assembly, args.fasta, args.names)
    write_metrics(args.out, {"id": args.id, "step": "assembly_preparation", **counts})
    return 0


if __name__ == "__main__":
    sys.exit(run(main))
