#!/usr/bin/env python3
"""Decay of linkage disequilibrium with distance, of each group."""

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
    parser.add_argument("--max-distance-bp", type=int, default=100_000)
    parser.add_argument("--bin-bp", type=int, default=1000)
    parser.add_argument("--min-maf", type=float, default=0.05)
    parser.add_argument(
        "--max-pairs", type=int, default=20_000_000, help="of each group; above, sites are thinned"
    )
    parser.add_argument("--min-samples", type=int, default=4, help="smaller groups are left out")
    parser.add_argument("--table", required=True)
    parser.add_argument("--out", required=True, help="metrics record")
    args = parser.parse_args(argv)

    from linnaea.base.tables import write_table
    from linnaea.population import ld_decay as ld
    from linnaea.population.genotypes import batches, group_columns, open_genotypes

    genotypes = open_genotypes(args.vcf, args.samples, args.compartments)
    columns = group_columns(genotypes)
    decays = {
        group: ld.LdDecay(args.max_distance_bp, args.bin_bp, args.min_maf, args.max_pairs)
        for group, members in columns.items()
        if len(members) >= args.min_samples
    }
    for sites in batches(genotypes.stream, 4096):
        for group, decay in decays.items():
            decay.add_all([sites._replace(dosage=sites.dosage[:, columns[group]])])
    rows = {group: decay.rows(group) for group, decay in decays.items()}
    write_table(args.table, ld.DECAY_COLUMNS, [row for part in rows.values() for row in part])
    groups = {
        group: {
            "samples": len(members),
            "pairs": sum(row[3] for row in rows.get(group, [])),
            "share_of_sites_compared": decays[group].share if group in decays else None,
            "half_decay_bp": ld.half_decay_bp(rows[group]) if group in rows else None,
            "left_out": None if group in decays else f"fewer than {args.min_samples} samples",
        }
        for group, members in columns.items()
    }
    write_metrics(args.out, {"id": args.id, "step": "ld_decay", "min_maf": args.min_maf, "groups": groups})
    return 0


if __name__ == "__main__":
    sys.exit(run(main))
