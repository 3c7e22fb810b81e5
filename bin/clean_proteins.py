#!/usr/bin/env python3
"""Proteins fit for an aligner: short names, no stops, no odd letters, no copies."""

import argparse
import json
import sys

from linnaea.annotation.clean_proteins import clean_proteins
from linnaea.base.errors import run
from linnaea.base.files import complete_file


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--proteins", required=True, metavar="FASTA", help="plain or gzip")
    parser.add_argument("--fasta", required=True, help="cleaned proteins to write")
    parser.add_argument(
        "--names", required=True, metavar="TSV", help="short name, own name, length: to write"
    )
    parser.add_argument("--counts", required=True, metavar="JSON", help="what was changed, to write")
    args = parser.parse_args(argv)
    counts = clean_proteins(args.proteins, args.fasta, args.names)
    with complete_file(args.counts) as handle:
        json.dump(counts, handle)
    return 0


if __name__ == "__main__":
    sys.exit(run(main))
