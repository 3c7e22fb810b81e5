#!/usr/bin/env python3
"""Collect the depths of all samples: windows, route by depth, ploidy and sex for `bcftools call`."""

import argparse
import sys
from dataclasses import astuple
from pathlib import Path

from linnaea.base.errors import InputError, run
from linnaea.base.files import complete_file
from linnaea.base.records import read_metrics, write_metrics
from linnaea.population.cohort_depths import decisions, ploidy_lines, sex_used
from linnaea.population.compartments import read_compartments
from linnaea.population.samples import COLUMNS, read_samples


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("depths", nargs="+", help="records of sample_depth.py")
    parser.add_argument("--samples", required=True, help="sample table")
    parser.add_argument("--fai", type=Path, required=True, help="index of the reference")
    parser.add_argument("--compartments", help="chromosome and kind, without autosomes")
    parser.add_argument(
        "--low-depth", type=float, required=True, help="median depth below which likelihoods are used"
    )
    parser.add_argument("--windows", required=True, help="depth windows, TSV")
    parser.add_argument("--called", required=True, help="sample table of those whose genotypes are called")
    parser.add_argument("--ploidy", required=True)
    parser.add_argument("--sexes", required=True)
    parser.add_argument("--out", required=True)
    args = parser.parse_args(argv)
    samples = read_samples(args.samples)
    depths = {record["sample"]: record for record in map(read_metrics, args.depths)}
    missing = [sample.sample for sample in samples if sample.sample not in depths]
    if missing:
        raise InputError(f"no depth is known of {', '.join(missing)}; were all samples mapped?")
    rows = decisions(samples, depths, args.low_depth)
    called = {row["sample"] for row in rows if row["route"] == "calls"}
    with complete_file(args.windows) as handle:
        handle.write("sample\tmin_depth\tmax_depth\tmedian_depth\n")
        for row in rows:
            numbers = (row[key] for key in ("min_depth_x", "max_depth_x", "median_depth_x"))
            handle.write("\t".join([row["sample"], *(f"{number:g}" for number in numbers)]) + "\n")
    with complete_file(args.called) as handle:
        handle.write("\t".join(COLUMNS) + "\n")
        for sample in samples:
            if sample.sample in called:
                values = (
                    "."
                    if value is None
                    else "yes"
                    if value is True
                    else "no"
                    if value is False
                    else str(value)
                    for value in astuple(sample)
                )
                handle.write("\t".join(values) + "\n")
    lengths = {row[0]: int(row[1]) for row in map(str.split, args.fai.read_text().splitlines())}
    with complete_file(args.ploidy) as handle:
        handle.writelines(f"{line}\n" for line in ploidy_lines(read_compartments(args.compartments), lengths))
    with complete_file(args.sexes) as handle:
        handle.writelines(
            f"{sample.sample} {sex_used(sample, depths[sample.sample])}\n" for sample in samples
        )
    write_metrics(
        args.out, {"id": "popgen", "step": "cohort", "low_depth_x": args.low_depth, "samples": rows}
    )
    return 0


if __name__ == "__main__":
    sys.exit(run(main))
