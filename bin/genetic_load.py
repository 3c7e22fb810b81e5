#!/usr/bin/env python3
"""Count coding alleles by class, sample and state, from the consequences on standard input."""

import argparse
import sys
from pathlib import Path

from linnaea.base.errors import run
from linnaea.base.files import complete_file
from linnaea.base.records import write_metrics
from linnaea.population.genetic_load import LoadCounts, read_consequences, table
from linnaea.population.samples import read_samples


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--columns", type=Path, required=True, help="samples of the stream, one a line")
    parser.add_argument("--samples", required=True, help="sample table")
    parser.add_argument("--table", required=True, help="counts by sample and class, TSV")
    parser.add_argument("--sites", required=True, help="the variants with their classes, TSV")
    parser.add_argument("--out", required=True)
    args = parser.parse_args(argv)
    import numpy as np

    columns = args.columns.read_text().split()
    known = {sample.sample: sample for sample in read_samples(args.samples)}
    counts = LoadCounts(columns, np.array([known[name].outgroup for name in columns]))
    with complete_file(args.sites) as sites:
        sites.write(
            "chromosome\tposition\treference\talternate\tclass\tconsequence\tgene\ttranscript\t"
            "counted_allele\theterozygous_samples\thomozygous_samples\n"
        )
        for variant in read_consequences(sys.stdin, len(columns)):
            alternate = counts.add(variant)
            counted = variant.alternates if alternate else variant.ploidy - variant.alternates
            called = variant.ploidy > 0
            het = [columns[i] for i in np.flatnonzero(called & (counted > 0) & (counted < variant.ploidy))]
            hom = [columns[i] for i in np.flatnonzero(called & (counted == variant.ploidy))]
            if alternate is not None and not het and not hom:
                continue
            allele = "NA" if alternate is None else variant.alternate if alternate else variant.reference
            facts = (
                variant.chromosome, str(variant.position), variant.reference, variant.alternate, variant.kind,
                variant.consequence, variant.gene, variant.transcript, allele,
            )  # fmt: skip
            sites.write(
                "\t".join([*facts, ",".join(sorted(het)) or ".", ",".join(sorted(hom)) or "."]) + "\n"
            )
    rows = list(table(counts, {name: known[name].group for name in columns}))
    with complete_file(args.table) as handle:
        handle.writelines("\t".join(row) + "\n" for row in rows)
    record = {
        "id": "popgen",
        "step": "genetic_load",
        "sites": counts.sites,
        "unpolarised_sites": counts.unpolarised,
    }
    per_sample = [dict(zip(rows[0], row, strict=True)) for row in rows[1:]]
    write_metrics(args.out, record | {"samples": per_sample})
    return 0


if __name__ == "__main__":
    sys.exit(run(main))
