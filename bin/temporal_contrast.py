#!/usr/bin/env python3
"""Historical against modern samples: temporal effective size, and diversity at the sites that both have
called.
"""

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
    parser.add_argument("--generations", type=float, help="between the historical and the modern samples")
    parser.add_argument("--all-sites", action="store_true", help="take transitions too, which damage makes")
    parser.add_argument("--block-bp", type=int, default=1_000_000, help="block of the jackknife")
    parser.add_argument("--temporal", required=True)
    parser.add_argument("--contrast", required=True)
    parser.add_argument("--out", required=True, help="metrics record")
    args = parser.parse_args(argv)

    from linnaea.base.tables import write_table
    from linnaea.population import temporal_contrast as temporal
    from linnaea.population.genotypes import batches, group_columns, open_genotypes

    genotypes = open_genotypes(args.vcf, args.samples, args.compartments)
    counts = {
        name: temporal.TemporalCounts(
            historical, modern, block_bp=args.block_bp, transversions_only=not args.all_sites
        )
        for name, (historical, modern) in temporal.population_pairs(group_columns(genotypes)).items()
    }
    temporal.count_sites(batches(genotypes.stream, 4096), counts)
    rows = [temporal.temporal_row(name, each, args.generations) for name, each in counts.items()]
    contrasts = [temporal.contrast_row(name, each) for name, each in counts.items()]
    write_table(args.temporal, temporal.TEMPORAL_COLUMNS, rows)
    write_table(args.contrast, temporal.CONTRAST_COLUMNS, contrasts)
    populations = {
        row[0]: dict(zip(temporal.TEMPORAL_COLUMNS[1:], row[1:], strict=True))
        | dict(zip(temporal.CONTRAST_COLUMNS[1:], contrast[1:], strict=True))
        for row, contrast in zip(rows, contrasts, strict=True)
    }
    write_metrics(args.out, {"id": args.id, "step": "temporal_contrast", "populations": populations})
    return 0


if __name__ == "__main__":
    sys.exit(run(main))
