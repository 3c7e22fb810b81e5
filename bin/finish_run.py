#!/usr/bin/env python3
"""After a run: index and cost; refuse it when a task lost a child process or a file is no result."""

import argparse
import shlex
import sys
from collections.abc import Iterable
from pathlib import Path

from linnaea import __version__
from linnaea.base.errors import InputError, run
from linnaea.run.cost import account
from linnaea.run.finish import (
    close_to_others,
    faulty_files,
    makers_of_faults,
    tasks_that_lost_a_child,
    write_index,
)


def _removal(folders: Iterable[Path]) -> str:
    return f"`rm -r {' '.join(shlex.quote(str(folder)) for folder in folders)}`"


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--outdir", type=Path, required=True)
    parser.add_argument("--stub", action="store_true", help="of a stub run, whose files are empty")
    args = parser.parse_args(argv)
    trace = args.outdir / "pipeline_info" / "trace.tsv"
    lost = tasks_that_lost_a_child(trace)
    if lost:
        raise InputError(
            "a process was killed for memory inside a task that went on without it, so these results are "
            f"not to be trusted: {', '.join(lost)}; give that process more memory (`withName` in a file for "
            f"-c), delete what the task wrote ({_removal(lost.values())}) and run again with -resume"
        )
    faults = [] if args.stub else faulty_files(args.outdir)
    if faults:
        more = f" and {len(faults) - 10} more" if len(faults) > 10 else ""
        makers = makers_of_faults(faults, trace)
        remove = "delete these files" + (
            f" and what their steps wrote ({_removal(makers)})" if makers else ""
        )
        raise InputError(
            f"published files are not valid results: {'; '.join(faults[:10])}{more}; make room where disk or "
            f"quota is full, {remove} and run again with -resume; if it happens again, the step that writes "
            "them has a bug"
        )
    # that of an earlier attempt
    (args.outdir / "pipeline_info" / "failure.md").unlink(missing_ok=True)
    try:
        account(args.outdir)
    except (InputError, ValueError) as fault:  # the results stand without
        print(f"note: the cost of this run could not be calculated: {fault}", file=sys.stderr)
    close_to_others(args.outdir)
    write_index(args.outdir, __version__)
    for report in sorted(args.outdir.glob("*/report.html")):
        print(f"report: {report}")
    return 0


if __name__ == "__main__":
    sys.exit(run(main))
