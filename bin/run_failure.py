#!/usr/bin/env python3
"""After a failed run: one screen that says why, and pipeline_info/failure.md with the same."""

import argparse
import sys
from pathlib import Path

from linnaea.base.errors import InputError, run
from linnaea.base.files import complete_file
from linnaea.run.failure import Failure, page
from linnaea.run.finish import close_to_others
from linnaea.run.launch import Launch, read_launch


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--outdir", type=Path, required=True)
    parser.add_argument("--launch-dir", type=Path, required=True)
    parser.add_argument("--command", required=True, help="the command line of the run")
    parser.add_argument("--report", default="", help="what the engine says of the failure")
    parser.add_argument("--complaint", default="", help="what the checks at the end of the run say")
    args = parser.parse_args(argv)
    try:
        launch = read_launch(args.launch_dir)
    except (InputError, OSError):
        launch = Launch(args.launch_dir, args.launch_dir / ".nextflow.log")
    launch.trace = args.outdir / "pipeline_info" / "trace.tsv"
    text = page(Failure(launch, args.outdir, args.command, args.report, args.complaint))
    print(f"\n{text}")
    path = args.outdir / "pipeline_info" / "failure.md"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with complete_file(path) as handle:
            handle.write(text)
        close_to_others(args.outdir)
    except OSError:
        return 0  # the disk may be the reason
    print(f"This page: {path}")
    return 0


if __name__ == "__main__":
    sys.exit(run(main))
