#!/usr/bin/env python3
"""Write the report of populations: one HTML file that needs no network."""

import argparse
import sys
from pathlib import Path

from linnaea.base.errors import run
from linnaea.base.files import complete_file
from linnaea.report.page import Extras
from linnaea.report.population.inputs import read_populations
from linnaea.report.population.page import render_populations


def arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--metrics", nargs="*", default=[], metavar="JSON", help="records")
    parser.add_argument(
        "--tables",
        nargs="*",
        default=[],
        metavar="TSV",
        help="tables of statistics, known by their file names; those the report does not show are not read",
    )
    parser.add_argument("--tree", type=Path, metavar="NWK", help="tree of the samples")
    parser.add_argument("--samples", required=True, type=Path, metavar="TSV", help="sample table")
    parser.add_argument("--software", type=Path, metavar="TSV", help="process, tool, version")
    parser.add_argument("--tools", type=Path, metavar="YAML", help="containers/software.yml")
    parser.add_argument("--warnings", type=Path, metavar="TXT", help="one warning a line")
    parser.add_argument("--parameters", type=Path, metavar="JSON", help="parameters of the run")
    parser.add_argument("--out", required=True, help="report, HTML")
    return parser


def main(argv: list[str] | None = None) -> int:
    args = arguments().parse_args(argv)
    data = read_populations(args.metrics, args.tables, args.samples, args.tree, args.parameters)
    extras = Extras(args.software, args.tools, (), args.warnings, args.parameters)
    page = render_populations(data, extras)
    with complete_file(args.out) as handle:
        handle.write(page)
    return 0


if __name__ == "__main__":
    sys.exit(run(main))
