#!/usr/bin/env python3
"""Principal components from the covariance matrix of PCAngsd."""

import argparse
import sys
from pathlib import Path

from linnaea.base.errors import run
from linnaea.base.records import read_metrics, write_metrics


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--samples", required=True, help="sample table")
    parser.add_argument("--called", required=True, help="sample table of those whose genotypes are called")
    parser.add_argument("--likelihoods", required=True, help="record of beagle_likelihoods.py")
    parser.add_argument("--covariance", required=True, help="*.cov of PCAngsd; not read without samples")
    parser.add_argument("--order", type=Path, required=True, help="samples of the matrix, one a line")
    parser.add_argument("--table", required=True)
    parser.add_argument("--out", required=True)
    args = parser.parse_args(argv)

    import numpy as np

    from linnaea.base.tables import write_table
    from linnaea.population.likelihood_components import components
    from linnaea.population.samples import read_samples

    groups = {sample.sample: sample.group for sample in read_samples(args.samples)}
    called = {sample.sample for sample in read_samples(args.called, may_be_empty=True)}
    names = args.order.read_text().split()
    coordinates, shares = np.zeros((0, 1)), np.zeros(0)
    if names:
        coordinates, shares = components(np.loadtxt(args.covariance, ndmin=2), 10)
    columns = [
        "sample",
        "group",
        "route",
        *(f"pc{number + 1}" for number in range(max(1, coordinates.shape[1]))),
    ]
    # PCAngsd starts at random: further digits differ from run to run
    rows = [
        (
            name,
            groups[name],
            "calls" if name in called else "likelihoods",
            *(round(float(x), 3) for x in place),
        )
        for name, place in zip(names, coordinates, strict=True)
    ]
    write_table(args.table, columns, sorted(rows, key=lambda row: row[0]))
    labels = {"id": "popgen", "step": "likelihood_pca", "samples": len(names)}
    labels["reason"] = read_metrics(args.likelihoods)["reason"]
    write_metrics(args.out, labels | {"explained_share": shares[: coordinates.shape[1]].round(3)})
    return 0


if __name__ == "__main__":
    sys.exit(run(main))
