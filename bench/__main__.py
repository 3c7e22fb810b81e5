"""Speed and memory of our programs beside peers that do the same, or beside merely reading the same files.

    python bench [population annotation ...]

Limits of time are relative to a peer measured in the same run. All benches run to their end; the limits that
do not hold are listed last, and the exit code is then 1. CPU is user and system time of a program and its
children, the median of the runs.
"""

import argparse
import sys
import tempfile
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

from timing import Limit, run_bench

BENCHES = (
    "sequences",
    "kmers",
    "scaffolding",
    "annotation",
    "population",
    "simulation",
    "operation",
    "submission",
    "publication",
)


def limits_of(name: str, runs: int) -> list[Limit]:
    """Run a bench in a process of its own, as a program's peak memory counts that of its parent.

    A bench that fails is a limit that does not hold.
    """
    with (
        tempfile.TemporaryDirectory(prefix="linnaea-bench-") as folder,
        ProcessPoolExecutor(1, get_context("spawn")) as executor,
    ):
        try:
            return executor.submit(run_bench, name, Path(folder), runs).result()
        # One bench that fails, for whatever reason, must not hide the results of the others.
        except Exception as error:
            return [Limit(f"{name} stopped: {type(error).__name__}: {error}", False)]


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="bench", description=__doc__.split("\n")[0])
    parser.add_argument("benches", nargs="*", metavar="bench", help=f"of {', '.join(BENCHES)}; default: all")
    parser.add_argument("--runs", type=int, default=3, help="runs of each program; default: 3")
    args = parser.parse_args(argv)
    if unknown := [name for name in args.benches if name not in BENCHES]:
        parser.error(f"no bench {unknown[0]!r}; there are {', '.join(BENCHES)}")
    limits = [limit for name in args.benches or BENCHES for limit in limits_of(name, args.runs)]
    print("\nHolds")
    print("\n".join(f"  {limit.text}" for limit in limits if limit.holds) or "  none")
    short = [limit for limit in limits if not limit.holds]
    print(f"\nFalls short ({len(short)} of {len(limits)})")
    print("\n".join(f"  {limit.text}" for limit in short) or "  none")
    return 1 if short else 0


if __name__ == "__main__":
    sys.exit(main())
