#!/usr/bin/env python3
"""Compare results of the population workflow with the truth of `linnaea simulate --populations`."""

import argparse
import sys
from pathlib import Path

from linnaea.base.errors import InputError, run
from linnaea.base.records import write_metrics
from linnaea.base.tables import write_table
from linnaea.truth.population import checks
from linnaea.truth.population.results import Results, read_truth

COLUMNS = ("quantity", "truth", "measured", "difference", "limit", "rule", "pass")


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    add = parser.add_argument
    add("--id", default="popgen", help="name of the record (%(default)s)")
    add("--truth", type=Path, required=True, metavar="DIR", help="truth folder of the simulated populations")
    add(
        "--masks",
        type=Path,
        metavar="DIR",
        help="mappability.bed, repeats.bed (default: beside --truth)",
    )
    add(
        "--results", type=Path, required=True, metavar="DIR", help="results of a run; files are found by name"
    )
    add("--table", type=Path, metavar="TSV", help="also write the checks as a table")
    add("--strict", action="store_true", help="exit with 1 when a check fails (files are written)")
    add("--out", type=Path, required=True, metavar="JSON", help="metrics record to write")
    args = parser.parse_args(argv)
    truth = read_truth(args.truth, args.masks or args.truth.parent / "masks")
    record = {"id": args.id, **checks.compare(truth, Results(args.results))}
    if args.table:
        keys = COLUMNS[:-1]
        rows = [
            [*(check[key] for key in keys), "yes" if check["passed"] else "no"] for check in record["checks"]
        ]
        write_table(args.table, COLUMNS, rows)
    write_metrics(args.out, record)
    failed = [check["quantity"] for check in record["checks"] if not check["passed"]]
    if args.strict and failed:
        raise InputError(f"the truth check of {args.id} failed: {'; '.join(failed)}")
    return 0


if __name__ == "__main__":
    sys.exit(run(main))
