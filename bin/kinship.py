#!/usr/bin/env python3
"""Kinship of all pairs of samples from the genotypes of biallelic SNVs."""

import argparse
import sys

from linnaea.base.errors import run
from linnaea.base.records import write_metrics


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--id", default="population")
    parser.add_argument("--vcf", required=True, help="VCF of variants that passed, `-` for standard input")
    parser.add_argument("--samples", required=True, help="sample table")
    parser.add_argument("--compartments", help="chromosomes that are no autosomes")
    parser.add_argument("--min-sites", type=int, help="fewest shared sites of a pair")
    parser.add_argument("--table", required=True)
    parser.add_argument("--out", required=True, help="metrics record")
    args = parser.parse_args(argv)

    from collections import Counter

    from linnaea.base.tables import write_table
    from linnaea.population import kinship
    from linnaea.population.genotypes import open_genotypes

    genotypes = open_genotypes(args.vcf, args.samples, args.compartments)
    counts = kinship.count_pairs(genotypes.stream, len(genotypes.names))
    min_sites = kinship.MIN_SHARED_SITES if args.min_sites is None else args.min_sites
    rows = kinship.kinship_rows(counts, genotypes.names, genotypes.group_of, min_sites)
    write_table(args.table, kinship.KINSHIP_COLUMNS, rows)
    write_metrics(
        args.out,
        {
            "id": args.id,
            "step": "kinship",
            "samples": len(genotypes.names),
            "min_shared_sites": min_sites,
            "relations": dict(sorted(Counter(row[-2] for row in rows).items())),
            "duplicates": [[row[0], row[1]] for row in rows if row[-1] != "."],
        },
    )
    return 0


if __name__ == "__main__":
    sys.exit(run(main))
