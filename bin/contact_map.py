#!/usr/bin/env python3
"""Numbers and picture of a Hi-C contact map."""

import argparse
import sys

from linnaea.assembly.contact_map import draw, pair_metrics, read_pairtools_statistics, report_matrix
from linnaea.base.errors import InputError, run
from linnaea.base.records import write_metrics


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("mcool")
    parser.add_argument("--id", required=True)
    parser.add_argument("--stage", required=True)
    parser.add_argument("--haplotype", required=True)
    parser.add_argument("--statistics", nargs="+", required=True, help="tables of pairtools stats")
    parser.add_argument("--out", required=True)
    parser.add_argument("--picture", required=True, help="PNG")
    args = parser.parse_args(argv)
    pairs = pair_metrics(read_pairtools_statistics(args.statistics))
    if not pairs["unique_pairs"]:
        raise InputError(
            f"{args.id} {args.haplotype}: no Hi-C pair has both ends on the assembly; "
            "are reads and assembly of the same species?"
        )
    matrix = report_matrix(args.mcool)
    draw(matrix, f"{args.id} {args.haplotype}", args.picture)
    labels = {"id": args.id, "step": "hic_map", "stage": args.stage, "haplotype": args.haplotype}
    write_metrics(args.out, labels | pairs | {"matrix": matrix})
    return 0


if __name__ == "__main__":
    sys.exit(run(main))
