#!/usr/bin/env python3
"""Judge an annotation by the warning thresholds of AnnoAudit (ERGA)."""

import argparse
import sys

from linnaea.annotation.verdict import judge, table_lines
from linnaea.base.errors import run
from linnaea.base.files import complete_file
from linnaea.base.records import write_metrics
from linnaea.report.inputs import read_records


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--id", required=True, help="genome id")
    parser.add_argument(
        "--metrics",
        nargs="+",
        required=True,
        metavar="JSON",
        help="records: annotation statistics and quality, transcript mapping, BUSCO (of the proteins: stage "
        "annotation)",
    )
    parser.add_argument("--out", required=True, help="verdict, JSON")
    parser.add_argument("--tsv", help="verdict, table")
    args = parser.parse_args(argv)
    verdict = judge(args.id, [record for _, record in read_records(args.metrics, args.id)])
    if args.tsv:
        with complete_file(args.tsv) as handle:
            handle.writelines(f"{line}\n" for line in table_lines(verdict))
    write_metrics(args.out, verdict)
    return 0


if __name__ == "__main__":
    sys.exit(run(main))
