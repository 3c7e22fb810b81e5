#!/usr/bin/env python3
"""Mark duplicates among merged reads in a coordinate-sorted BAM (standard input to standard output)."""

import argparse
import sys

from linnaea.base.errors import run
from linnaea.population.merged_duplicates import mark_duplicates


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.parse_args(argv)
    import pysam

    with (
        pysam.AlignmentFile("-", "rb") as reads,
        pysam.AlignmentFile("-", "wb", template=reads) as marked,
    ):
        for read in mark_duplicates(reads):
            marked.write(read)
    return 0


if __name__ == "__main__":
    sys.exit(run(main))
