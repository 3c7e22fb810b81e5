#!/usr/bin/env python3
"""Principal components of samples from unlinked SNVs, and PLINK files of those SNVs."""

import argparse
import sys
from contextlib import nullcontext

from linnaea.base.errors import run
from linnaea.base.records import write_metrics


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--id", default="population")
    parser.add_argument("--vcf", required=True, help="VCF of variants that passed, `-` for standard input")
    parser.add_argument("--samples", required=True, help="sample table")
    parser.add_argument("--compartments", help="chromosomes that are no autosomes")
    parser.add_argument("--window-bp", type=int, default=50_000)
    parser.add_argument("--max-r2", type=float, default=0.2, help="of r2 less 1 / samples")
    parser.add_argument("--min-maf", type=float, default=0.05)
    parser.add_argument(
        "--max-missing", type=float, default=0.2, help="largest share of samples missing at a site"
    )
    parser.add_argument("--components", type=int, default=10)
    parser.add_argument("--plink", help="prefix of the PLINK files to write")
    parser.add_argument("--pca", required=True)
    parser.add_argument("--eigenvalues", required=True)
    parser.add_argument("--out", required=True, help="metrics record")
    args = parser.parse_args(argv)

    from linnaea.base.tables import write_table
    from linnaea.population import pca as ordination
    from linnaea.population.genotypes import batches, open_genotypes

    genotypes = open_genotypes(args.vcf, args.samples, args.compartments)
    usable = ordination.usable_sites(genotypes.stream, args.min_maf, args.max_missing)
    pruned = ordination.pruned_sites(usable, args.window_bp, args.max_r2)
    covariance = ordination.Covariance(len(genotypes.names))
    writer = ordination.PlinkWriter(args.plink, genotypes.names, genotypes.group_of) if args.plink else None
    with writer or nullcontext():
        for sites in batches(pruned, 1024):
            covariance.add(sites.dosage)
            if writer:
                writer.add(sites)
    coordinates, values = covariance.components(args.components)
    kept = coordinates.shape[1]
    write_table(
        args.pca,
        ["sample", "group", "missing_share", *(f"pc{number + 1}" for number in range(max(kept, 1)))],
        # Without a component (one sample, no variant) the table has no row.
        [
            (name, genotypes.group_of[name], missing / covariance.sites if covariance.sites else None, *place)
            for name, missing, place in zip(genotypes.names, covariance.missing, coordinates, strict=True)
            if kept
        ],
    )
    write_table(
        args.eigenvalues,
        ["component", "eigenvalue", "explained_share"],
        [(number + 1, value, value / values.sum()) for number, value in enumerate(values)],
    )
    write_metrics(
        args.out,
        {
            "id": args.id,
            "step": "pca",
            "samples": len(genotypes.names),
            "pruned_sites": covariance.sites,
            "window_bp": args.window_bp,
            "max_r2": args.max_r2,
            "min_maf": args.min_maf,
            "max_missing_share": args.max_missing,
            "components": coordinates.shape[1],
        },
    )
    return 0


if __name__ == "__main__":
    sys.exit(run(main))
