#!/usr/bin/env python3
"""Join the ancestry proportions of fastmixture for several K into one table."""

import argparse
import sys
from pathlib import Path

from linnaea.base.errors import run
from linnaea.base.records import write_metrics


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--samples", required=True, help="sample table")
    parser.add_argument("--fam", type=Path, required=True, help="PLINK samples, in the order of the fits")
    parser.add_argument(
        "--fits", required=True, help="prefix of fastmixture: <prefix>.K<k>.s<seed>.Q and .log"
    )
    parser.add_argument("--table", required=True)
    parser.add_argument("--out", required=True)
    args = parser.parse_args(argv)

    import numpy as np

    from linnaea.base.tables import write_table
    from linnaea.population.admixture import ADMIXTURE_COLUMNS, ancestry_rows, fit_of
    from linnaea.population.samples import read_samples

    groups = {sample.sample: sample.group for sample in read_samples(args.samples)}
    names = [line.split()[1] for line in args.fam.read_text().splitlines()]
    proportions, fits = {}, {}
    for path in Path().glob(f"{args.fits}.K*.Q"):
        table = np.loadtxt(path, ndmin=2)
        proportions[table.shape[1]] = table
        fits[table.shape[1]] = fit_of(path.with_suffix(".log"))
    write_table(args.table, ADMIXTURE_COLUMNS, ancestry_rows(proportions, names, groups, fits))
    errors = {k: fit["cross_validation_error"] for k, fit in sorted(fits.items())}
    known = {k: error for k, error in errors.items() if error is not None}
    record = {"id": "popgen", "step": "admixture", "samples": len(names), "ks": dict(sorted(fits.items()))}
    write_metrics(args.out, record | {"best_k": min(known, key=known.__getitem__) if known else None})
    return 0


if __name__ == "__main__":
    sys.exit(run(main))
