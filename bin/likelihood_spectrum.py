#!/usr/bin/env python3
"""Folded site frequency spectra of groups by EM on genotype likelihoods, from `bcftools query -H` on standard
input.
"""

import argparse
import sys

from linnaea.base.errors import run
from linnaea.base.records import write_metrics


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--id", default="population")
    parser.add_argument("--samples", required=True, help="sample table")
    parser.add_argument("--compartments", help="chromosomes that are no autosomes")
    parser.add_argument("--transversions-only", action="store_true", help="leave out sites of a transition")
    parser.add_argument("--max-sites", type=int, default=1_000_000, help="more sites are thinned evenly")
    parser.add_argument("--max-samples", type=int, default=20, help="of a larger group the first by name")
    parser.add_argument("--table", required=True)
    parser.add_argument("--out", required=True, help="metrics record")
    args = parser.parse_args(argv)

    import numpy as np

    from linnaea.base.tables import write_table
    from linnaea.population import likelihoods, sfs
    from linnaea.population.compartments import read_compartments
    from linnaea.population.genotypes import sample_columns
    from linnaea.population.samples import groups, read_samples

    names = likelihoods.header_samples(sys.stdin.buffer.readline(), "standard input")
    members = {
        group: [name for name in group_names if name in names]
        for group, group_names in groups(read_samples(args.samples)).items()
    }
    members = {group: found for group, found in members.items() if found}
    sizes = {group: len(found) for group, found in members.items()}
    members = {group: found[: args.max_samples] for group, found in members.items()}
    wanted = [name for found in members.values() for name in found]
    columns = sample_columns(names, wanted, args.samples)
    sample = likelihoods.SiteSample(args.max_sites)
    read = likelihoods.read_sites(
        sys.stdin.buffer, "standard input", columns, read_compartments(args.compartments), sample.wants
    )
    for site in read:
        if args.transversions_only and likelihoods.is_transition(site.reference, site.alternate):
            continue
        sample.add(site.chromosome, site.position, np.minimum(site.levels, 255).astype(np.uint8))
    levels = np.array(sample.items(), float).reshape(-1, len(wanted), 3)
    rows, record = [], {}
    start = 0
    for group, found in members.items():
        part = levels[:, start : start + len(found)]
        start += len(found)
        part = part[part.any(axis=(1, 2))]
        chromosomes = 2 * len(found)
        record[group] = {"samples": len(found), "samples_of_group": sizes[group], "sites": len(part)}
        if len(part):
            table = likelihoods.allele_count_likelihoods(10 ** (-part / 10))
            folded = sfs.fold(likelihoods.spectrum_by_em(table) * len(part))[: len(found) + 1]
            rows += [
                (group, "folded", chromosomes, count, value) for count, value in enumerate(folded.tolist())
            ]
            count = np.arange(len(folded))
            pairs = 2 * count * (chromosomes - count) / (chromosomes * (chromosomes - 1))
            record[group]["pi_per_bp"] = float(pairs @ folded) / len(part)
            harmonic = (1 / np.arange(1, chromosomes)).sum()
            record[group]["theta_watterson_per_bp"] = float(folded[1:].sum() / harmonic) / len(part)
    write_table(args.table, sfs.SPECTRUM_COLUMNS, rows)
    write_metrics(
        args.out,
        {
            "id": args.id,
            "step": "likelihood_spectrum",
            "thinned_to_share": 0.5**sample.level,
            "transversions_only": args.transversions_only,
            "groups": record,
        },
    )
    return 0


if __name__ == "__main__":
    sys.exit(run(main))
