#!/usr/bin/env python3
"""Heterozygosity by likelihoods of all samples in one table, historical against modern by population."""

import argparse
import csv
import sys

from linnaea.base.errors import run
from linnaea.base.records import write_metrics


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("tables", nargs="+", help="of likelihood_heterozygosity.py, one a sample")
    parser.add_argument("--samples", required=True, help="sample table")
    parser.add_argument("--table", required=True)
    parser.add_argument("--contrast", required=True)
    parser.add_argument("--out", required=True)
    args = parser.parse_args(argv)

    from linnaea.base.tables import write_table
    from linnaea.population.samples import read_samples
    from linnaea.population.temporal_contrast import LIKELIHOOD_CONTRAST_COLUMNS, likelihood_contrast

    rows = []
    for path in args.tables:
        with open(path, newline="") as handle:  # noqa: PTH123
            rows += list(csv.DictReader(handle, delimiter="\t"))
    rows.sort(key=lambda row: (row["sample"], row["sites"]))
    write_table(args.table, list(rows[0]), [list(row.values()) for row in rows])
    contrast = likelihood_contrast(rows, read_samples(args.samples))
    write_table(args.contrast, LIKELIHOOD_CONTRAST_COLUMNS, contrast)
    told = [dict(zip(LIKELIHOOD_CONTRAST_COLUMNS, row, strict=True)) for row in contrast]
    write_metrics(args.out, {"id": "popgen", "step": "likelihood_contrast", "populations": told})
    return 0


if __name__ == "__main__":
    sys.exit(run(main))
