#!/usr/bin/env python3
"""After a run: index and cost; refuse it when a task lost a child process or a file is no result."""

import argparse
import sys
from pathlib import Path

from linnaea import __version__
from linnaea.cost import account
from linnaea.errors import InputError, run
from linnaea.outputs import close_to_others, faulty_files, tasks_that_lost_a_child, write_index


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--outdir", type=Path, required=True)
    parser.add_argument("--stub", action="store_true", help="of a stub run, whose files are empty")
    args = parser.parse_args(argv)
    hit = tasks_that_lost_a_child(args.outdir / "pipeline_info" / "trace.tsv")
    if hit:
        raise InputError(
            "a process was killed for memory inside a task that went on without it, so these results are "
            f"not to be trusted: {', '.join(hit)}; give the process more memory (conf/resources.config) "
            "and run again without -resume for it"
        )
    faults = [] if args.stub else faulty_files(args.outdir)
    if faults:
        more = f" and {len(faults) - 10} more" if len(faults) > 10 else ""
        raise InputError(
            f"published files are no results: {'; '.join(faults[:10])}{more}; make room where disk or quota "
            "is full, delete these files and run again with -resume; what stays so is a fault of its step"
        )
    # that of an earlier attempt
    (args.outdir / "pipeline_info" / "failure.md").unlink(missing_ok=True)
    try:
        account(args.outdir)
    except (InputError, ValueError) as fault:  # the results stand without
        print(f"note: what the run cost is not told: {fault}", file=sys.stderr)
    close_to_others(args.outdir)
    write_index(args.outdir, __version__)
    for report in sorted(args.outdir.glob("*/report.html")):
        print(f"report: {report}")
    return 0


if __name__ == "__main__":
    sys.exit(run(main))
