#!/usr/bin/env python3
"""Write the report of one genome: one HTML file that needs no network."""

import argparse
import json
import sys
from pathlib import Path

from linnaea.assembly.verdict import load_standard
from linnaea.base.errors import InputError, run
from linnaea.base.files import complete_file
from linnaea.report.assembly import Material
from linnaea.report.inputs import read_records, read_tables
from linnaea.report.page import Extras, render


def arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--id", required=True, help="genome id")
    parser.add_argument("--name", required=True, help="scientific name")
    parser.add_argument("--metrics", nargs="+", required=True, metavar="JSON", help="records")
    parser.add_argument(
        "--tables",
        nargs="*",
        default=[],
        metavar="TSV",
        help="per-sequence tables of the assembly statistics, named as their JSON",
    )
    parser.add_argument("--verdict", metavar="JSON", help="record of assembly_verdict.py")
    parser.add_argument("--software", type=Path, metavar="TSV", help="process, tool, version")
    parser.add_argument("--tools", type=Path, metavar="YAML", help="containers/software.yml")
    parser.add_argument("--images", nargs="*", default=[], type=Path, help="PNG, JPEG or SVG")
    parser.add_argument("--warnings", type=Path, metavar="TXT", help="one warning a line")
    parser.add_argument("--parameters", type=Path, metavar="JSON", help="parameters of the run")
    parser.add_argument("--out", required=True, help="report, HTML")
    return parser


def main(argv: list[str] | None = None) -> int:
    args = arguments().parse_args(argv)
    records = [record for _, record in read_records(args.metrics, args.id)]
    verdict = json.loads(Path(args.verdict).read_text()) if args.verdict else None
    if verdict and (verdict.get("step") != "ebp_verdict" or verdict.get("id") != args.id):
        raise InputError(f"{args.verdict} is not the verdict on {args.id}; make it with assembly_verdict.py")
    material = Material(records, load_standard()["stages"], read_tables(args.tables, args.metrics))
    extras = Extras(args.software, args.tools, args.images, args.warnings, args.parameters)
    page = render(args.id, args.name, material, verdict, extras)
    with complete_file(args.out) as handle:
        handle.write(page)
    return 0


if __name__ == "__main__":
    sys.exit(run(main))
