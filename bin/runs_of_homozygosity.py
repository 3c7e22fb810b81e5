#!/usr/bin/env python3
"""Runs of homozygosity and F_ROH of each sample from the site scan's bins of callable and heterozygous
sites.
"""

import argparse
import sys

from linnaea.base.errors import run
from linnaea.base.records import write_metrics


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--id", default="population")
    parser.add_argument("--bins", required=True, help="sample bins of the site scan, .npz")
    parser.add_argument("--bin-bp", type=int, default=1000)
    parser.add_argument(
        "--samples", help="sample table, to compare a sample without diversity with its own group"
    )
    parser.add_argument("--compartments", help="chromosomes that are no autosomes")
    parser.add_argument("--fai", help="index of the reference, to end runs at the ends of chromosomes")
    parser.add_argument("--bcftools", help="output of `bcftools roh -O r`, for a cross-check")
    parser.add_argument(
        "--error-per-bp", type=float, help="expected false heterozygous sites per callable base"
    )
    parser.add_argument("--length-classes", help="smallest lengths of the classes in bp, comma-separated")
    parser.add_argument("--roh", required=True)
    parser.add_argument("--froh", required=True)
    parser.add_argument("--out", required=True, help="metrics record")
    args = parser.parse_args(argv)

    import numpy as np

    from linnaea.base.tables import write_table
    from linnaea.population import runs_of_homozygosity as roh
    from linnaea.population.compartments import read_compartments
    from linnaea.population.samples import read_samples

    classes = (
        tuple(int(size) for size in (args.length_classes or "").split(",") if size) or roh.LENGTH_CLASSES_BP
    )
    error = args.error_per_bp or roh.ERROR_PER_BP
    bins, rows, data = roh.read_bins(args.bins, args.bin_bp, list(read_compartments(args.compartments)))
    checks = roh.read_bcftools(args.bcftools) if args.bcftools else None
    lengths = None
    if args.fai:
        with open(args.fai) as index:  # noqa: PTH123
            lengths = {name: int(length) for name, length in (line.split("\t")[:2] for line in index)}

    def counts(sample: str) -> tuple[np.ndarray, np.ndarray]:
        arrays = data[f"callable/{sample}"][rows], data[f"heterozygous/{sample}"][rows]
        return arrays[0].astype(np.int64), arrays[1].astype(np.int64)

    samples = roh.samples_of(data)
    groups = {"all": samples}
    if args.samples:
        groups = {}
        group_of = {item.sample: (item.group, item.outgroup) for item in read_samples(args.samples)}
        for name in samples:
            # A sample that the table lacks is a group of its own.
            groups.setdefault(group_of.get(name, name), []).append(name)
    statuses: dict[str, tuple[str, float | None]] = {}
    for members in groups.values():
        rates = {name: roh.outside_rate(bins, *counts(name)) for name in members}
        statuses |= roh.outside_rates(rates, error)
    run_rows, sample_rows, record = [], [], {}
    for name in samples:
        status, outside = statuses[name]
        callable_sites, heterozygous = counts(name)
        found, model = [], None
        if status != "no_diversity":
            model, inside = roh.fit(bins, callable_sites, heterozygous, outside, error)
            found = roh.runs(bins, callable_sites, heterozygous, inside, lengths)
        shown = [item for item in found if item.length_bp >= min(classes)]
        run_rows += [
            (
                *(name, item.chromosome, item.start_bp, item.end_bp, item.length_bp, item.callable_bp),
                *(item.heterozygous_sites, item.posterior),
            )
            for item in shown
        ]
        sample_rows.append(
            roh.sample_row(name, status, bins, callable_sites, heterozygous, model, found, classes, checks)
        )
        record[name] = {
            "status": status,
            "runs": len(shown),
            "longest_run_bp": max((item.length_bp for item in shown), default=0),
        }
    write_table(args.roh, roh.ROH_COLUMNS, run_rows)
    write_table(args.froh, roh.class_columns(classes, checks is not None), sample_rows)
    write_metrics(
        args.out,
        {
            "id": args.id,
            "step": "runs_of_homozygosity",
            "bin_bp": args.bin_bp,
            "error_per_bp": error,
            "length_classes_bp": list(classes),
            "samples": record,
        },
    )
    return 0


if __name__ == "__main__":
    sys.exit(run(main))
