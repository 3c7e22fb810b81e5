#!/usr/bin/env python3
"""After a run: index and cost; it is refused when a task lost a child process to memory unseen."""

import argparse
import sys
from pathlib import Path

from linnaea import __version__
from linnaea.cost import account
from linnaea.errors import InputError, run
from linnaea.outputs import tasks_that_lost_a_child, write_index


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--outdir", type=Path, required=True)
    args = parser.parse_args(argv)
    hit = tasks_that_lost_a_child(args.outdir / "pipeline_info" / "trace.tsv")
    if hit:
        raise InputError(
            "a process was killed for memory inside a task that went on without it, so these results are "
            f"not to be trusted: {', '.join(hit)}; give the process more memory (conf/resources.config) "
            "and run again without -resume for it"
        )
    try:
        account(args.outdir)
    except (InputError, ValueError) as fault:  # the results stand without
        print(f"note: what the run cost is not told: {fault}", file=sys.stderr)
    write_index(args.outdir, __version__)
    for report in sorted(args.outdir.glob("*/report.html")):
        print(f"report: {report}")
    return 0


if __name__ == "__main__":
    sys.exit(run(main))
