#!/usr/bin/env python3
"""Genetic distances of all pairs of samples and their neighbour-joining tree."""

import argparse
import sys

from linnaea.base.errors import run
from linnaea.base.files import complete_file
from linnaea.base.records import write_metrics


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--id", default="population")
    parser.add_argument("--vcf", required=True, help="VCF of variants that passed, `-` for standard input")
    parser.add_argument("--samples", required=True, help="sample table")
    parser.add_argument("--compartments", help="chromosomes that are no autosomes")
    parser.add_argument(
        "--callable-sites", type=int, help="autosomal sites callable in any sample, invariant too"
    )
    parser.add_argument("--distances", required=True)
    parser.add_argument("--tree", required=True, help="Newick")
    parser.add_argument("--out", required=True, help="metrics record")
    args = parser.parse_args(argv)

    from linnaea.base.tables import write_table
    from linnaea.population import distance_tree as tree
    from linnaea.population.genotypes import open_genotypes

    genotypes = open_genotypes(args.vcf, args.samples, args.compartments, outgroup=True)
    names = genotypes.names
    counts = tree.count_distances(genotypes.stream, len(names))
    write_table(args.distances, tree.DISTANCE_COLUMNS, tree.distance_rows(names, counts, args.callable_sites))
    distances, _ = counts.distances(args.callable_sites)
    left = tree.without_unknown(distances)
    kept = [names[row] for row in left]
    outgroup = [name for name in kept if name not in genotypes.group_of]
    joined = tree.neighbour_joining(distances[left][:, left])
    with complete_file(args.tree) as handle:
        handle.write(tree.newick(joined, kept, outgroup) + "\n")
    write_metrics(
        args.out,
        {
            "id": args.id,
            "step": "distance_tree",
            "samples": len(names),
            "variant_sites": counts.sites,
            "callable_sites": args.callable_sites,
            "samples_not_in_tree": [name for name in names if name not in kept],
        },
    )
    return 0


if __name__ == "__main__":
    sys.exit(run(main))
