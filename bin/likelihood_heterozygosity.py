#!/usr/bin/env python3
"""Heterozygosity of a sample of low depth by EM on genotype likelihoods, from `bcftools query` on standard
input.
"""

import argparse
import sys

from linnaea.base.errors import run
from linnaea.base.records import write_metrics


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sample", required=True)
    parser.add_argument("--compartments", help="chromosomes that are no autosomes")
    parser.add_argument("--table", required=True)
    parser.add_argument("--out", required=True, help="metrics record")
    args = parser.parse_args(argv)

    from linnaea.base.tables import write_table
    from linnaea.population import likelihoods
    from linnaea.population.compartments import read_compartments

    others = read_compartments(args.compartments)
    everything, transversions, counts = likelihoods.read_triplets(sys.stdin.buffer, args.sample, others)
    rows = likelihoods.heterozygosity_rows(args.sample, (everything, transversions))
    write_table(args.table, likelihoods.HETEROZYGOSITY_COLUMNS, rows)
    write_metrics(
        args.out,
        {"id": "popgen", "sample": args.sample, "step": "likelihood_heterozygosity", **counts}
        | {f"heterozygosity_{row[1]}_per_bp": row[4] for row in rows},
    )
    return 0


if __name__ == "__main__":
    sys.exit(run(main))
