#!/usr/bin/env python3
"""Recent effective size of each group from linkage disequilibrium between chromosomes (LDNe's method)."""

import argparse
import sys

from linnaea.base.errors import InputError, run
from linnaea.base.records import write_metrics


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--id", default="population")
    parser.add_argument("--vcf", required=True, help="VCF of variants that passed, `-` for standard input")
    parser.add_argument("--samples", required=True, help="sample table")
    parser.add_argument("--compartments", help="chromosomes that are no autosomes")
    parser.add_argument("--exclude", default="", help="samples to leave out (duplicates), comma-separated")
    parser.add_argument("--max-sites", type=int, default=2000)
    parser.add_argument("--table", required=True)
    parser.add_argument("--out", required=True, help="metrics record")
    args = parser.parse_args(argv)

    from linnaea.base.tables import write_table
    from linnaea.population import effective_size
    from linnaea.population.genotypes import group_columns, open_genotypes

    genotypes = open_genotypes(args.vcf, args.samples, args.compartments)
    excluded = {name for name in args.exclude.split(",") if name}
    if unknown := sorted(excluded - set(genotypes.names)):
        raise InputError(f"--exclude {unknown[0]}: no sample of {args.samples} and the VCF has this name")
    columns = {
        group: members[[genotypes.names[column] not in excluded for column in members]]
        for group, members in group_columns(genotypes).items()
    }
    chosen = effective_size.choose(genotypes.stream, columns, args.max_sites)
    rows = [effective_size.size_row(group, sites) for group, sites in chosen.items()]
    write_table(args.table, effective_size.SIZE_COLUMNS, rows)
    groups = {row[0]: dict(zip(effective_size.SIZE_COLUMNS[1:], row[1:], strict=True)) for row in rows}
    write_metrics(
        args.out,
        {"id": args.id, "step": "effective_size", "excluded_samples": sorted(excluded), "groups": groups},
    )
    return 0


if __name__ == "__main__":
    sys.exit(run(main))
