#!/usr/bin/env python3
"""Print options for a tool from the cores and memory of its task."""

import argparse
import sys

from linnaea.base.errors import run
from linnaea.run.tool_options import bcftools, java, samtools, samtools_sort


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("tool", choices=["java", "samtools", "samtools-sort", "bcftools"])
    parser.add_argument("--cpus", type=int, default=1)
    parser.add_argument("--memory-mb", type=int, default=0)
    parser.add_argument("--share", type=float, default=0.8, help="share of the memory that is for this tool")
    args = parser.parse_args(argv)
    options = {
        "java": lambda: java(args.memory_mb),
        "samtools": lambda: samtools(args.cpus),
        "samtools-sort": lambda: samtools_sort(args.cpus, args.memory_mb, args.share),
        "bcftools": lambda: bcftools(args.cpus),
    }
    print(options[args.tool]())
    return 0


if __name__ == "__main__":
    sys.exit(run(main))
