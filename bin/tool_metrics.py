#!/usr/bin/env python3
"""Turn the report of another tool, such as fastp, BUSCO or OMArk, into a metrics record."""

import argparse
import sys

from linnaea.base.errors import InputError, run
from linnaea.base.records import write_metrics
from linnaea.formats.tool_metrics import READERS

LABELS = ("library", "type", "stage", "haplotype", "sample")


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("tool", choices=READERS)
    parser.add_argument("report", help="the tool's machine-readable report")
    parser.add_argument("--id", required=True)
    for label in LABELS:
        parser.add_argument(f"--{label}")
    parser.add_argument("--out", required=True)
    args = parser.parse_args(argv)
    labels = {key: getattr(args, key) for key in ("id", *LABELS)}
    labels = {key: value for key, value in labels.items() if value is not None}
    try:
        record = READERS[args.tool](args.report)
    except InputError as error:
        raise InputError(f"{' '.join(labels.values())}: {error}") from error
    write_metrics(args.out, labels | record)
    return 0


if __name__ == "__main__":
    sys.exit(run(main))
