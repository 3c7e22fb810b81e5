#!/usr/bin/env python3
"""Write the metrics records of one genome, or of the samples of populations, as MultiQC custom content."""

import argparse
import csv
import sys
from pathlib import Path

from linnaea.base.errors import run
from linnaea.base.records import read_metrics
from linnaea.report.multiqc_content import write_content

TABLES = ("heterozygosity", "froh")


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as handle:
        return list(csv.DictReader(handle, delimiter="\t"))


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--metrics",
        nargs="+",
        required=True,
        metavar="JSON",
        help="records, that of assembly_verdict.py among them",
    )
    parser.add_argument(
        "--tables",
        nargs="*",
        default=[],
        metavar="TSV",
        help="heterozygosity.tsv and froh.tsv of populations; others are not read",
    )
    parser.add_argument("--outdir", type=Path, required=True, help="made when it is not there")
    args = parser.parse_args(argv)
    records = list(map(read_metrics, args.metrics))
    tables = {path.stem: _rows(path) for path in map(Path, args.tables) if path.stem in TABLES}
    write_content(records, args.outdir, tables)
    return 0


if __name__ == "__main__":
    sys.exit(run(main))
